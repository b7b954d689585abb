"""What we let in: demuxers, decoders and sizes, the same for ffmpeg, PyAV and OpenCV.

A playlist, a manifest or a script renamed to `.mp4` makes ffmpeg open whatever it points at,
and protocol whitelists do not stop the local half of that. A forced demuxer plus these lists do.
"""

from pydantic import Field

from cutroom.records.base import Record

DEMUXERS = (
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "mpegts", "mpeg"),
    *("flv", "asf", "ogg", "gif", "mp3", "wav", "flac", "aac"),
)
"""Demuxers that read one self-contained file. None of them follows a name written inside it."""

VIDEO_DECODERS = (
    *("h264", "hevc", "av1", "libdav1d", "libaom-av1", "vp8", "vp9", "libvpx", "libvpx-vp9", "vp6"),
    *("vp6f", "vp6a", "mpeg4", "msmpeg4", "msmpeg4v2", "msmpeg4v3", "mpeg2video", "mpeg1video"),
    *("h263", "h263i", "h263p", "flv", "flv1", "mjpeg", "prores", "ffv1", "dnxhd", "theora"),
    *("wmv1", "wmv2", "wmv3", "vc1", "gif", "rawvideo", "huffyuv", "ffvhuff", "utvideo", "dvvideo"),
)
SOUND_DECODERS = (
    *("aac", "aac_latm", "mp3", "mp3float", "mp2", "mp2float", "opus", "libopus", "vorbis"),
    *("libvorbis", "flac", "ac3", "eac3", "alac", "amrnb", "amrwb", "amr_nb", "amr_wb", "wmav1"),
    *("wmav2", "wmapro", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le"),
    *("pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_u8", "pcm_s8", "pcm_alaw", "pcm_mulaw"),
    *("adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms", "nellymoser"),
)
DECODERS = (*VIDEO_DECODERS, *SOUND_DECODERS, "mov_text", "subrip", "webvtt")
"""Decoders that people's videos really need; the rest is where decoders' security holes live."""

MAX_STREAMS = 64
MAX_PIXELS = 8192 * 4320
"""Pixels in one frame: past this a 300 kB file can claim a gigabyte of memory."""


class Limits(Record):
    """How large a source may be."""

    size_bytes: int = Field(default=10 * 2**30, gt=0)
    duration: float = Field(default=6 * 3600, gt=0)
    """Seconds."""
    frame_rate: float = Field(default=240, gt=0)
    """Average frames per second."""
    longest_side: int = Field(default=8192, gt=0)
    """Pixels."""


OURS = Limits(size_bytes=2**62, duration=1e9)
"""For files that we made: their source was within its limits, which settings may have raised."""


def format_options() -> dict[str, str]:
    """Return the options that ffmpeg's and PyAV's demuxers take to hold these lists."""
    return {
        "protocol_whitelist": "file",
        "format_whitelist": ",".join(DEMUXERS),
        "codec_whitelist": ",".join(DECODERS),
        "max_streams": str(MAX_STREAMS),
    }
