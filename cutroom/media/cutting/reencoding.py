"""Cutting with one encode: any frame can be the first, and anything can be drawn on the way."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
import numpy.typing as npt

from cutroom.media.cutting.captions import font_folder
from cutroom.media.cutting.cropping import COMMANDS_NAME, Crop, clip_size
from cutroom.media.cutting.packets import Frames, Packets, starts_cleanly_anywhere
from cutroom.media.ffmpeg import OnProgress, guarded_input, run
from cutroom.media.making.filters import SDR_TAGS, progressive, scaled, to_sdr
from cutroom.media.making.video_encoder import (
    Target,
    VideoEncoder,
    software,
    upload,
    with_device,
)
from cutroom.records.clip import Cut
from cutroom.records.media import AudioStream, Media

CLIP_TARGET = Target(crf=19)
"""Close to the source to the eye, at a fraction of the time of x264's default preset."""
KEYFRAME_SECONDS = 4
"""Players seek to keyframes; clips are short."""
CAPTIONS_NAME = "captions.ass"
"""Read by ffmpeg's `ass` filter by this relative name, so that no path needs escaping."""
_SOUND_LEAD = 0.5
"""Seconds of sound decoded before the cut, so that its decoder has warmed up."""
_MOST_DRIFT = 0.02
"""Seconds that sound and its time stamps may drift apart before a gap is filled or cut."""
_SOUND_RATES = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
_BIT_RATES = {1: "160k", 2: "160k", 6: "384k"}
"""By channels, as AAC codes them well; other counts are mixed down to two."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What to encode of a source."""

    source: Path
    media: Media
    cut: Cut
    packets: Packets
    frames: Frames
    sound: AudioStream | None

    @property
    def zero(self) -> float:
        """Seconds on the source's own clock that become the clip's time zero."""
        return float(self.frames.zero * self.packets.time_base)

    @property
    def sound_end(self) -> float:
        """Seconds on the source's own clock at which the sound ends."""
        end = float(self.frames.stop * self.packets.time_base)
        # Past the last frame the sound may go on.
        return max(end, self.cut.span.end + self.media.start) if self.frames.is_last else end

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """Seconds of the source of each frame."""
        return np.asarray(
            self.frames.pts * float(self.packets.time_base) - self.media.start, dtype=np.float64
        )

    @property
    def clip_times(self) -> npt.NDArray[np.float64]:
        """Seconds of the clip of each frame; one that began before the clip is shown at once."""
        ticks = (self.frames.pts - self.frames.zero).clip(0)
        return np.asarray(ticks * float(self.packets.time_base), dtype=np.float64)


def encode(
    stretch: Stretch,
    part: Path,
    *,
    ass: Path | None = None,
    encoder: VideoEncoder | None = None,
    on_progress: OnProgress | None = None,
) -> None:
    """Encode a stretch into an H.264 and AAC MP4 with one ffmpeg process.

    The frames keep their times; HDR becomes SDR, rotation is applied, pixels become square.

    Args:
        stretch: What to encode.
        part: The MP4 to write; the folder around it also gets ffmpeg's small input files.
        ass: Captions to burn in, timed from the first frame.
        encoder: What encodes the picture; libx264 when None.
        on_progress: Called with the seconds written so far.

    Raises:
        FfmpegFailed, FfmpegStalled, DiskFull: As `run` says.
    """
    folder = part.parent
    crop = Crop.of(stretch.media, stretch.cut.framing, stretch.times)
    if crop.moves:
        crop.write_commands(stretch.clip_times, folder)
    if ass is not None and ass.resolve() != (folder / CAPTIONS_NAME).resolve():
        (folder / CAPTIONS_NAME).write_bytes(ass.read_bytes())
    encoder = encoder or software(CLIP_TARGET)
    streams = [upload(_picture(stretch, crop, draws_captions=ass is not None), encoder)]
    if stretch.sound is not None:
        streams.append(_sound(stretch, stretch.sound))
    options = {
        **encoder.options,
        **_picture_options(stretch.media),
        **_sound_options(stretch.sound),
    }
    output = ffmpeg.output(*streams, f"file:{part.resolve()}", **options)
    run(with_device(output, encoder), on_progress=on_progress, folder=folder)


def encode_sound(stretch: Stretch, part: Path) -> None:
    """Encode the sound of a stretch alone, as `encode` does, into an MP4.

    Raises:
        ValueError: The stretch has no sound.
        FfmpegFailed, FfmpegStalled, DiskFull: As `run` says.
    """
    if stretch.sound is None:
        raise ValueError("The stretch has no sound.")
    sound = _sound(stretch, stretch.sound)
    options = {**_sound_options(stretch.sound), "copyts": None, "map_metadata": -1, "f": "mp4"}
    run(ffmpeg.output(sound, f"file:{part.resolve()}", **options), folder=part.parent)


def _input(stretch: Stretch, target: float) -> Any:
    """Open the source at the keyframe before `target`, seconds of the source.

    Nothing is cut here but by the filters, which see the source's own time stamps.
    """
    source = stretch.source.resolve()
    if target <= 0 or not starts_cleanly_anywhere(stretch.media):
        return guarded_input(source, stretch.media.container)
    return guarded_input(source, stretch.media.container, ss=f"{target:.6f}", noaccurate_seek=None)


def _picture(stretch: Stretch, crop: Crop, *, draws_captions: bool) -> Any:
    """Compose everything that happens to the picture."""
    media = stretch.media
    start, end = _borders(stretch)
    picture = _input(stretch, float(stretch.times[0]))[str(media.video.index)]
    picture = picture.filter("trim", start=f"{start:.6f}", end=f"{end:.6f}")
    picture = progressive(
        picture.filter("setpts", f"max(round(PTS-({stretch.zero:.9f})/TB),0)"), media
    )
    if crop.moves:
        picture = picture.filter("sendcmd", filename=COMMANDS_NAME)
    x, y = crop.positions[0]
    picture = picture.filter("crop", crop.width, crop.height, int(x), int(y))
    picture = to_sdr(scaled(picture, *clip_size(media, stretch.cut, crop)), media)
    if not draws_captions:
        return picture
    fonts = font_folder()
    return picture.filter("ass", filename=CAPTIONS_NAME, **({"fontsdir": fonts} if fonts else {}))


def _borders(stretch: Stretch) -> tuple[float, float]:
    """Return times about half-way to the frames left out, on the source's own clock.

    `trim` rounds them to microseconds, then to ticks, neither of which may decide over a frame:
    a border on a tick keeps where ticks are coarse, one half-way where they are fine.
    """
    frames, pts = stretch.frames, stretch.packets.pts
    first, last = int(frames.pts[0]), int(frames.pts[-1])
    second = round(1 / stretch.packets.time_base)
    before = int(pts[pts < first].max(initial=first - second))
    after = int(pts[pts > last].min(initial=last + second))
    ticks = (before + (first - before + 1) // 2, last + (after - last + 1) // 2)
    start, end = (float(one * stretch.packets.time_base) for one in ticks)
    return start, end


def _sound(stretch: Stretch, track: AudioStream) -> Any:
    """Compose everything that happens to the sound: cut to the sample, gaps filled."""
    source = _input(stretch, float(stretch.times[0]) - _SOUND_LEAD)
    sound = (
        source[str(track.index)]
        .filter("atrim", start=f"{stretch.zero:.6f}", end=f"{stretch.sound_end:.6f}")
        .filter("asetpts", f"PTS-({stretch.zero:.9f})/TB")
        .filter("aresample", **{"async": 1, "first_pts": 0, "min_hard_comp": _MOST_DRIFT})
    )
    if stretch.cut.loudness == "broadcast":
        # EBU R 128 as streaming platforms set it; the recipe promises these figures.
        sound = sound.filter("loudnorm", I=-14, TP=-2, LRA=11)
    return sound


def _picture_options(media: Media) -> dict[str, Any]:
    rate = float(media.video.frame_rate or 25)
    return {
        "g": max(1, round(min(rate, 60) * KEYFRAME_SECONDS)),
        "fps_mode": "vfr",
        "enc_time_base:v": "demux",
        "copyts": None,
        "map_metadata": -1,
        "map_chapters": -1,
        "movflags": "+faststart",
        "f": "mp4",
        **(SDR_TAGS if media.video.hdr else {}),
    }


def _sound_options(track: AudioStream | None) -> dict[str, Any]:
    if track is None:
        return {}
    channels = track.channels if track.channels in _BIT_RATES else 2
    rate = track.sample_rate if track.sample_rate in _SOUND_RATES else _SOUND_RATES[0]
    return {"c:a": "aac", "b:a": _BIT_RATES[channels], "ac": channels, "ar": rate}
