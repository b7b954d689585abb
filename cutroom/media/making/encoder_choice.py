"""Choose this machine's encoders, remember the choice, and fall back to software in mid-job."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from cutroom.media.ffmpeg import program
from cutroom.media.making import hardware_decoding
from cutroom.media.making.video_encoder import (
    HARDWARE,
    NVENC,
    SOFTWARE,
    Target,
    VideoEncoder,
    calibrate,
    software,
)
from cutroom.records.errors import FfmpegFailed, FfmpegStalled, OutputUnsound
from cutroom.records.media import Media

T = TypeVar("T")
Chosen = Mapping[Target, VideoEncoder]
DEVICES = ("/dev/nvidia0", "/dev/dxg", "/dev/dri/renderD128", "/System/Library/CoreMedia")
"""Files that a machine with a hardware encoder has: NVIDIA's, Windows' for Linux, Linux' own for
Intel and AMD, macOS's. Without any, nothing is tried."""
_FAULTS = (FfmpegFailed, FfmpegStalled, OutputUnsound)
_lock = threading.Lock()


class Encoders:
    """What encodes H.264 on this machine.

    An encoder is tried once for each target and noted in a file; one that fails in the middle of a
    job is not taken again until the machine's ffmpeg or devices change, or the file is removed.
    """

    def __init__(self, notes: Path | None = None, wanted: str = "auto") -> None:
        """Take up the notes.

        Args:
            notes: The file of notes; None remembers nothing, which is for `libx264` alone.
            wanted: `auto`, or the name of an encoder that has to be tried before others.
        """
        self._notes = notes
        self._wanted = wanted

    def best(self, target: Target) -> VideoEncoder:
        """Return the fastest encoder that looks no worse than libx264 at a target."""
        if self._notes is None or not self._candidates():
            return software(target)
        with _lock:
            noted = self._read()
            if target.name not in noted["best"]:
                found = calibrate(target, self._candidates(noted))
                noted["best"][target.name] = [found.name, found.setting]
                self._write(noted)
            name, setting = noted["best"][target.name]
        return VideoEncoder(name, target, setting)

    def decoding(self, source: Path, media: Media, chosen: Chosen) -> dict[str, Any]:
        """Return ffmpeg's input options for decoding a whole video; none for software.

        A card decodes only for its own encoder: beside libx264 the processor has time to decode.
        """
        if self._notes is None or not any(one.name == NVENC for one in chosen.values()):
            return {}
        kind = f"{media.video.codec} {media.video.pixel_format} {media.video.height}p"
        with _lock:
            noted = self._read()
            if kind not in noted["decoding"]:
                noted["decoding"][kind] = hardware_decoding.helps(source, media)
                self._write(noted)
            return dict(hardware_decoding.ON_CARD) if noted["decoding"][kind] else {}

    def run(self, targets: Sequence[Target], work: Callable[[Chosen], T]) -> T:
        """Do work with the best encoders, once more in software when hardware fails at it.

        Args:
            targets: What the work encodes.
            work: Given an encoder for each; it may be called twice, and writes the same files.

        Raises:
            MediaError: It fails in software, too.
        """
        chosen = {target: self.best(target) for target in targets}
        if not any(encoder.is_hardware for encoder in chosen.values()):
            return work(chosen)
        try:
            return work(chosen)
        except _FAULTS as error:
            done = work({target: software(target) for target in targets})
            # Software could do it, so it was not the video's fault.
            self._give_up({one.name for one in chosen.values() if one.is_hardware}, str(error))
            return done

    def given_up(self) -> dict[str, str]:
        """Return the encoders that failed in the middle of a job, and what they said."""
        return dict(self._read()["given_up"]) if self._notes is not None else {}

    def _give_up(self, names: set[str], why: str) -> None:
        with _lock:
            noted = self._read()
            noted["given_up"] |= dict.fromkeys(sorted(names), why[:500])
            noted["best"] = {
                target: best for target, best in noted["best"].items() if best[0] not in names
            }
            self._write(noted)

    def _candidates(self, noted: Mapping[str, Any] | None = None) -> tuple[str, ...]:
        """Return the hardware encoders that are worth a trial."""
        if self._wanted == SOFTWARE or not _devices():
            return ()
        names = HARDWARE if self._wanted == "auto" else (self._wanted,)
        return tuple(name for name in names if noted is None or name not in noted["given_up"])

    def _read(self) -> dict[str, Any]:
        """Return what is noted, nothing when it was noted on another machine, as it were."""
        blank: dict[str, Any] = {
            "machine": self._machine(),
            "best": {},
            "given_up": {},
            "decoding": {},
        }
        with suppress(OSError, ValueError):
            assert self._notes is not None  # noqa: S101  asked before
            noted = json.loads(self._notes.read_text())
            if isinstance(noted, dict) and noted.get("machine") == blank["machine"]:
                return {**blank, **noted}
        return blank

    def _write(self, noted: Mapping[str, Any]) -> None:
        assert self._notes is not None  # noqa: S101  asked before
        self._notes.parent.mkdir(parents=True, exist_ok=True)
        part = self._notes.with_suffix(f".{threading.get_ident()}.part")
        part.write_text(json.dumps(noted, indent=2) + "\n")
        part.replace(self._notes)

    def _machine(self) -> list[str]:
        """Tell this machine from itself after a new ffmpeg, card or setting."""
        return [program(), self._wanted, *_devices()]


def _devices() -> list[str]:
    return [path for path in DEVICES if Path(path).exists()]


IN_SOFTWARE = Encoders()
"""libx264 for everything."""
