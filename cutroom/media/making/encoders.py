"""Which video encoders truly work on this machine: a list in a build says little."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import ffmpeg

from cutroom.media.ffmpeg import run
from cutroom.records.errors import FfmpegKilled, MediaError

ENCODERS = (
    *("libx264", "h264_nvenc", "h264_qsv", "h264_vaapi", "h264_videotoolbox"),
    *("libvpx-vp9", "ffv1"),
)
"""The software encoders that every job may need, and the hardware ones that could replace x264."""
TRIAL_SIZE = "256x256"
"""NVENC refuses pictures smaller than about 145 pixels."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of encoding a few frames."""

    encoder: str
    works: bool
    why_not: str = ""


def try_encoder(encoder: str) -> Trial:
    """Encode ten generated frames and say whether that worked.

    Raises:
        FfmpegKilled: Someone killed the trial, which says nothing about the encoder.
    """
    with TemporaryDirectory() as folder:
        picture = ffmpeg.input(f"testsrc2=size={TRIAL_SIZE}:rate=25", f="lavfi", t=0.4)
        if encoder.endswith("_vaapi"):
            picture = picture.filter("format", "nv12").filter("hwupload")
        path = Path(folder) / "trial.mkv"
        options = {"c:v": encoder, "f": "matroska"}
        if not encoder.endswith("_vaapi"):
            options["pix_fmt"] = "nv12" if encoder.endswith("_qsv") else "yuv420p"
        trial = ffmpeg.output(picture, f"file:{path}", **options)
        if encoder.endswith("_vaapi"):
            trial = trial.global_args("-init_hw_device", "vaapi=gpu", "-filter_hw_device", "gpu")
        try:
            run(trial, timeout=20)
        except FfmpegKilled:
            raise
        except MediaError as error:
            return Trial(
                encoder, works=False, why_not=error.problem.removeprefix("ffmpeg failed: ")
            )
    return Trial(encoder, works=True)
