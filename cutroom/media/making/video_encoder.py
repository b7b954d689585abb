"""An H.264 encoder, and the setting at which it looks no worse than libx264.

Hardware encoders have quality scales of their own. Each is calibrated here by encoding a few
seconds of generated footage and measuring SSIM (Wang et al. 2004): it gets the coarsest setting
that is still as good as libx264 at what is asked for, and is taken only if that is faster.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ffmpeg

from cutroom.media.ffmpeg import guarded_input, run
from cutroom.media.making.encoders import try_encoder
from cutroom.records.errors import FfmpegKilled, MediaError

SOFTWARE = "libx264"
NVENC = "h264_nvenc"
HARDWARE = (NVENC, "h264_qsv", "h264_videotoolbox", "h264_vaapi")
PRESET = "veryfast"
"""libx264's, for every encode: slower ones win a few per cent of size for twice the time."""
FASTER_BY = 1.3
"""Times faster than libx264 that an encoder must be: below, its larger files are not worth it."""
QUALITIES: dict[str, tuple[str, range]] = {
    "h264_nvenc": ("cq", range(34, 13, -2)),
    "h264_qsv": ("global_quality", range(34, 13, -2)),
    "h264_vaapi": ("qp", range(34, 13, -2)),
    "h264_videotoolbox": ("q:v", range(40, 91, 5)),
}
"""Each encoder's quality option and its values from coarse to fine."""
EFFORTS: dict[str, tuple[dict[str, Any], ...]] = {
    "h264_nvenc": ({"preset": "p4"}, {"preset": "p7", "multipass": "fullres", "spatial-aq": 1}),
    "h264_qsv": ({"preset": "medium"}, {"preset": "veryslow"}),
    "h264_vaapi": ({"compression_level": 4}, {"compression_level": 1}),
    "h264_videotoolbox": ({},),
}
"""Each encoder's options from quick to thorough: at a bit rate, care is all that can be added."""
ROOM_FOR_HARD_SCENES = 1.5
"""Times the bit rate that a scene may take, as MediaCMS gives."""
_TRIAL_SECONDS = 2
_TRIAL_SIDE = 720


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked of an encoder: a quality of libx264's, or a bit rate."""

    crf: int | None = None
    """libx264's constant quality, from 0, lossless, to 51."""
    kbps: int | None = None
    """Average bit rate, in 1,000 bits a second."""
    short_side: int = _TRIAL_SIDE
    """Pixels of the pictures meant; a bit rate says nothing without them."""

    @property
    def name(self) -> str:
        """What it is noted under."""
        return f"crf {self.crf}" if self.kbps is None else f"{self.kbps}k {self.short_side}p"

    @property
    def rate(self) -> dict[str, Any]:
        """The options of a bit rate, the same for every encoder; none for a quality."""
        if self.kbps is None:
            return {}
        most = round(self.kbps * ROOM_FOR_HARD_SCENES)
        return {"b:v": f"{self.kbps}k", "maxrate": f"{most}k", "bufsize": f"{self.kbps * 2}k"}


@dataclass(frozen=True, slots=True)
class VideoEncoder:
    """An H.264 encoder and the setting that serves a target."""

    name: str
    target: Target
    setting: int = 0
    """The value of its own quality option, or for a bit rate the number of its effort."""

    @property
    def is_hardware(self) -> bool:
        """Whether a chip does it, which may be busy, gone or limited in sessions."""
        return self.name != SOFTWARE

    @property
    def options(self) -> dict[str, Any]:
        """What an ffmpeg-python output takes."""
        if not self.is_hardware:
            quality = {} if self.target.crf is None else {"crf": self.target.crf}
            return {"c:v": SOFTWARE, "preset": PRESET, **quality, **self.target.rate}
        if self.target.kbps is not None:
            return {"c:v": self.name, **EFFORTS[self.name][self.setting], **self.target.rate}
        option, _ = QUALITIES[self.name]
        return {"c:v": self.name, option: self.setting}


def software(target: Target) -> VideoEncoder:
    """Return libx264, which works everywhere."""
    return VideoEncoder(SOFTWARE, target)


def calibrate(target: Target, names: tuple[str, ...] = HARDWARE) -> VideoEncoder:
    """Return the fastest encoder that reaches libx264's SSIM at a target, by trying them.

    Raises:
        FfmpegKilled: Someone killed a trial; nothing is known then.
    """
    working = [name for name in names if try_encoder(name).works]
    if not working:
        return software(target)
    with TemporaryDirectory() as folder:
        footage = _make_footage(Path(folder), target.short_side)
        best = software(target)
        floor, fastest = _trial(footage, best)
        fastest /= FASTER_BY
        for name in working:
            found = _match(footage, name, target, floor)
            if found is not None and found[1] < fastest:
                best, fastest = found
        return best


def _match(
    footage: Path, name: str, target: Target, floor: float
) -> tuple[VideoEncoder, float] | None:
    """Return the coarsest setting that is good enough and the seconds it takes, if any is."""
    for encoder in _candidates(name, target):
        try:
            ssim, seconds = _trial(footage, encoder)
        except FfmpegKilled:
            raise
        except MediaError:
            return None
        if ssim >= floor:
            return encoder, seconds
    return None


def _candidates(name: str, target: Target) -> Iterator[VideoEncoder]:
    settings = range(len(EFFORTS[name])) if target.kbps is not None else QUALITIES[name][1]
    return (VideoEncoder(name, target, setting) for setting in settings)


def _make_footage(folder: Path, short_side: int) -> Path:
    """Make two seconds of moving detail with grain, losslessly."""
    path = folder / "footage.mkv"
    size = f"{short_side * 16 // 18 * 2}x{short_side // 2 * 2}"
    picture = ffmpeg.input(f"testsrc2=size={size}:rate=30", f="lavfi", t=_TRIAL_SECONDS)
    grainy = picture.filter("noise", alls=4, allf="t").filter("format", "yuv420p")
    run(ffmpeg.output(grainy, f"file:{path}", **{"c:v": "ffv1", "f": "matroska"}))
    return path


def _trial(footage: Path, encoder: VideoEncoder) -> tuple[float, float]:
    """Encode the footage; return its SSIM against the original and the seconds it took."""
    path = footage.with_name("trial.mp4")
    picture = upload(guarded_input(footage, "matroska")["v:0"], encoder)
    output = ffmpeg.output(picture, f"file:{path}", **encoder.options, f="mp4")
    seconds = run(with_device(output, encoder)).seconds
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


def with_device(output: Any, *encoders: VideoEncoder) -> Any:
    """Name the GPU where one of an output's encoders needs one named."""
    if any(encoder.name == "h264_vaapi" for encoder in encoders):
        return output.global_args("-init_hw_device", "vaapi=gpu", "-filter_hw_device", "gpu")
    return output
