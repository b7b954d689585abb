"""The part of the picture that a clip shows, which may move from frame to frame."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from cutroom.media.cutting.packets import EDGE_TOLERANCE
from cutroom.records.clip import Cut, FramingPath
from cutroom.records.media import Media

COMMANDS_NAME = "crop.cmd"
"""The file of moves, read by ffmpeg's `sendcmd` filter by this relative name."""
_BOXES = {"vertical": (1080, 1920), "square": (1080, 1080)}
"""Most pixels of a layout: what the apps for short videos show."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A crop in whole pixels of the upright picture, before its pixels are made square."""

    width: int
    height: int
    positions: npt.NDArray[np.int64]
    """Left and top edge for each frame, shape (frames, 2), even as 4:2:0 colour needs."""

    @classmethod
    def of(cls, media: Media, framing: FramingPath | None, times: npt.NDArray[np.float64]) -> Self:
        """Work out a framing in pixels.

        Args:
            media: The picture, with its rotation.
            framing: What to show; None shows all but the odd row or column.
            times: Of the frames shown, in seconds of the source, ascending.
        """
        full = upright_pixels(media)
        share = (framing.width, framing.height) if framing else (1.0, 1.0)
        # A picture of a single pixel is the only one that may keep an odd size.
        width, height = (
            min(size, _even(size * part)) for size, part in zip(full, share, strict=True)
        )
        positions = np.zeros((len(times), 2), dtype=np.int64)
        if framing:
            room = np.array([full[0] - width, full[1] - height]).clip(0)
            wanted = np.round(_places(framing, times) * full / 2) * 2
            positions = np.clip(wanted, 0, room // 2 * 2).astype(np.int64)
        return cls(width, height, positions)

    @property
    def moves(self) -> bool:
        """Whether the crop is not in the same place for all frames."""
        return bool((self.positions != self.positions[0]).any())

    def write_commands(self, times: npt.NDArray[np.float64], folder: Path) -> None:
        """Write the moves for `sendcmd`, each taking effect at its frame.

        Args:
            times: Of the frames, in seconds of the clip, ascending.
            folder: Gets the file `COMMANDS_NAME`.
        """
        moved = np.flatnonzero((np.diff(self.positions, axis=0) != 0).any(axis=1)) + 1
        lines = [
            # Half a frame early: the command is sent before the first frame at or after its time.
            f"{(times[k - 1] + times[k]) / 2:.6f} "
            f"crop x {self.positions[k, 0]}, crop y {self.positions[k, 1]};\n"
            for k in moved
        ]
        (folder / COMMANDS_NAME).write_text("".join(lines), encoding="ascii")


def upright_pixels(media: Media) -> tuple[int, int]:
    """Return width and height of the picture after rotation, in the source's own pixels."""
    video = media.video
    size = (video.width, video.height)
    return (size[1], size[0]) if video.rotation % 180 else size


def clip_size(media: Media, cut: Cut, crop: Crop) -> tuple[int, int]:
    """Return the even size of a clip in square pixels, never larger than what it shows."""
    shape = media.video.pixel_shape
    is_sideways = bool(media.video.rotation % 180)
    width = crop.width * (Fraction(1) if is_sideways else shape)
    height = crop.height * (shape if is_sideways else Fraction(1))
    box = _BOXES.get(cut.layout)
    scale = min(Fraction(1), box[0] / width, box[1] / height) if box else Fraction(1)
    return _nearest_even(width * scale), _nearest_even(height * scale)


def place_at(framing: FramingPath, time: float) -> tuple[float, float]:
    """Return the crop's left and top edge at one time, as fractions of the upright picture."""
    x, y = _places(framing, np.array([time]))[0]
    return float(x), float(y)


def _places(framing: FramingPath, times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the crop's left and top edge at each time, as fractions, shape (times, 2)."""
    points = sorted(framing.points, key=lambda point: point.time)
    at = np.array([point.time for point in points])
    xy = np.array([(point.x, point.y) for point in points])
    # Of two points at one time, a jump, the later one rules from that time on.
    after = np.searchsorted(at, times + EDGE_TOLERANCE, side="right")
    left, right = (after - 1).clip(0), after.clip(max=len(points) - 1)
    length = at[right] - at[left]
    share = np.where(length > 0, (times - at[left]) / np.where(length > 0, length, 1), 0.0)
    return np.asarray(xy[left] + (xy[right] - xy[left]) * share.clip(0, 1)[:, None])


def _even(pixels: float) -> int:
    """Round down to an even number, at least 2; a hair below one counts as it."""
    return max(2, int(pixels + 0.01) // 2 * 2)


def _nearest_even(pixels: Fraction) -> int:
    return max(2, round(pixels / 2) * 2)
