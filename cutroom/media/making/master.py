"""Make a lossless master: FFV1 version 3 (RFC 9043) and FLAC in Matroska."""

from pathlib import Path
from typing import Any

import ffmpeg

from cutroom.media.ffmpeg import OnProgress, guarded_input, run
from cutroom.records.errors import CodecUnsupported
from cutroom.records.media import Media

FFV1_PIXELS = {
    *("yuv420p", "yuv422p", "yuv444p", "yuv410p", "yuv411p", "yuv440p", "gray", "gray10le"),
    *("yuv420p10le", "yuv422p10le", "yuv444p10le", "yuv420p12le", "yuv422p12le", "yuv444p12le"),
    *(
        "yuva420p",
        "yuva422p",
        "yuva444p",
        "gbrp",
        "gbrp10le",
        "gbrp12le",
        "bgr0",
        "bgra",
        "rgb48le",
    ),
    *("yuvj420p", "yuvj422p", "yuvj444p", "gray12le", "gray16le", "yuv444p16le"),
}
"""Pixel formats that FFV1 keeps as they are; anything else would lose something."""


def make_master(
    source: Path,
    media: Media,
    path: Path,
    *,
    slices: int = 16,
    slice_crc: bool = True,
    on_progress: OnProgress | None = None,
) -> None:
    """Write a master whose frames equal the source's decode bit for bit.

    Args:
        source: The original, never a file made from it.
        media: Its probe.
        path: Where the master goes, ending in .mkv.
        slices: Parts a frame is coded in: more decode in parallel, a damaged byte loses less.
        slice_crc: Whether each slice carries a checksum.
        on_progress: Called with seconds done.

    Raises:
        CodecUnsupported: FFV1 has no such pixel format.
    """
    pixels = media.video.pixel_format
    if pixels not in FFV1_PIXELS:
        raise CodecUnsupported(
            f"FFV1 cannot hold {pixels} pixels without loss.", "Order this one without a master."
        )
    source_file = guarded_input(source, media.container, noautorotate=None)
    streams = [source_file[str(media.video.index)]]
    streams += [source_file[str(track.index)] for track in media.audio]
    options: dict[str, Any] = {
        "c:v": "ffv1",
        "level": 3,
        "g": 1,
        "coder": 1,
        "context": 0,
        "slices": slices,
        "slicecrc": int(slice_crc),
        "fps_mode": "passthrough",
        "pix_fmt": pixels.replace("yuvj", "yuv"),
        "c:a": "flac",
        "f": "matroska",
    }
    if pixels.startswith("yuvj"):
        options["color_range"] = "pc"
    for number, track in enumerate(media.audio):
        if not track.codec.startswith("pcm_s16"):
            options[f"sample_fmt:a:{number}"] = "s32"  # decoders of lossy sound give floats
    run(ffmpeg.output(*streams, f"file:{path}", **options), on_progress=on_progress)
