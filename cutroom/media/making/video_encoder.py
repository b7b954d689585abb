"""Choose the H.264 encoder for a machine: the fastest that looks no worse than libx264.

Hardware encoders have quality scales of their own. Each is calibrated here by encoding a few
seconds of generated footage and measuring SSIM (Wang et al. 2004): it gets the coarsest setting
that is still as good as libx264 at the quality asked for, and is taken only if that is faster.
`cutroom doctor --encode` tells what came out; jobs encode with libx264.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ffmpeg

from cutroom.media.ffmpeg import guarded_input, run
from cutroom.media.making.encoders import try_encoder
from cutroom.records.errors import MediaError

SOFTWARE = "libx264"
HARDWARE = ("h264_nvenc", "h264_qsv", "h264_videotoolbox", "h264_vaapi")
PRESET = "veryfast"
FASTER_BY = 1.3
"""Times faster than libx264 that an encoder must be: below, its larger files are not worth it."""
SETTINGS: dict[str, tuple[str, range]] = {
    "h264_nvenc": ("cq", range(34, 13, -2)),
    "h264_qsv": ("global_quality", range(34, 13, -2)),
    "h264_vaapi": ("qp", range(34, 13, -2)),
    "h264_videotoolbox": ("q:v", range(40, 91, 5)),
}
"""Each encoder's quality option and its values from coarse to fine."""
_TRIAL_SECONDS = 2


@dataclass(frozen=True, slots=True)
class VideoEncoder:
    """An H.264 encoder and the setting that matches libx264 at one quality."""

    name: str
    crf: int
    """The libx264 quality it stands for."""
    setting: int
    """The value of its own quality option."""

    @property
    def options(self) -> dict[str, Any]:
        """What an ffmpeg-python output takes."""
        if self.name == SOFTWARE:
            return {"c:v": SOFTWARE, "preset": PRESET, "crf": self.crf}
        option, _ = SETTINGS[self.name]
        return {"c:v": self.name, option: self.setting}


def software(crf: int) -> VideoEncoder:
    """Return libx264, which works everywhere."""
    return VideoEncoder(SOFTWARE, crf, crf)


def calibrate(crf: int, names: tuple[str, ...] = HARDWARE) -> VideoEncoder:
    """Return the fastest encoder that reaches libx264's SSIM at a quality, by trying them."""
    working = [name for name in names if try_encoder(name).works]
    if not working:
        return software(crf)
    with TemporaryDirectory() as folder:
        footage = _make_footage(Path(folder))
        best = software(crf)
        floor, fastest = _trial(footage, best)
        fastest /= FASTER_BY
        for name in working:
            found = _match(footage, name, crf, floor)
            if found is not None and found[1] < fastest:
                best, fastest = found
        return best


def _match(footage: Path, name: str, crf: int, floor: float) -> tuple[VideoEncoder, float] | None:
    """Return the coarsest setting that is good enough and the seconds it takes, if any is."""
    for setting in SETTINGS[name][1]:
        encoder = VideoEncoder(name, crf, setting)
        try:
            ssim, seconds = _trial(footage, encoder)
        except MediaError:
            return None
        if ssim >= floor:
            return encoder, seconds
    return None


def _make_footage(folder: Path) -> Path:
    """Make two seconds of moving detail with grain, losslessly."""
    path = folder / "footage.mkv"
    picture = ffmpeg.input("testsrc2=size=1280x720:rate=30", f="lavfi", t=_TRIAL_SECONDS)
    grainy = picture.filter("noise", alls=4, allf="t").filter("format", "yuv420p")
    run(ffmpeg.output(grainy, f"file:{path}", **{"c:v": "ffv1", "f": "matroska"}))
    return path


def _trial(footage: Path, encoder: VideoEncoder) -> tuple[float, float]:
    """Encode the footage; return its SSIM against the original and the seconds it took."""
    path = footage.with_name("trial.mp4")
    picture = upload(guarded_input(footage, "matroska")["v:0"], encoder)
    seconds = run(
        with_device(ffmpeg.output(picture, f"file:{path}", **encoder.options, f="mp4"), encoder)
    ).seconds
    return measure_ssim(path, footage), seconds


def measure_ssim(one: Path, other: Path) -> float:
    """Return the mean SSIM of two videos with the same frames, in [0, 1]."""
    compared = ffmpeg.filter([guarded_input(one)["v:0"], guarded_input(other)["v:0"]], "ssim")
    # The filter logs its mean below what the door listens to; each frame's metadata has it too.
    with TemporaryDirectory() as folder:
        printed = compared.filter("metadata", "print", file="ssim.txt")
        run(ffmpeg.output(printed, "-", f="null"), folder=Path(folder))
        text = (Path(folder) / "ssim.txt").read_text()
    values = [float(value) for value in re.findall(r"lavfi\.ssim\.All=([\d.]+)", text)]
    return sum(values) / len(values)


def upload(picture: Any, encoder: VideoEncoder) -> Any:
    """Bring frames to where the encoder wants them; VAAPI wants them on the GPU."""
    if encoder.name == "h264_vaapi":
        return picture.filter("format", "nv12").filter("hwupload")
    return picture.filter("format", "nv12" if encoder.name == "h264_qsv" else "yuv420p")


def with_device(output: Any, encoder: VideoEncoder) -> Any:
    """Name the GPU where the encoder needs one named."""
    if encoder.name == "h264_vaapi":
        return output.global_args("-init_hw_device", "vaapi=gpu", "-filter_hw_device", "gpu")
    return output
