"""Films with known changes of shot, made of photographs or of drawn shapes: a seed each.

A shot is a camera over a larger picture: it rests, drifts, zooms, shakes like a hand or whips
round, with grain, and a flash may go off. Shots follow one another by cuts, among them cuts to a
closer or wider view of the same picture, by dissolves of several lengths, dips to black or white,
or wipes.
"""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cutroom.media.ffmpeg import program

Picture = npt.NDArray[np.uint8]
"""RGB, shape (height, width, 3)."""

PHOTOGRAPHS = (
    "astronaut", "brick", "camera", "chelsea", "coffee", "coins", "grass", "gravel",
    "hubble_deep_field", "immunohistochemistry", "moon", "page", "retina", "rocket",
)  # fmt: skip
"""What comes with scikit-image itself, nothing fetched."""
DISSOLVES = (6, 12, 25, 38, 50, 75)
"""Frames: from as short as can be seen to 3 s at 25 a second."""
VERSION = 2
"""Part of the films' names; raise it when what is drawn changes."""
FLASH_FRAMES = 2
CLOSE = 1.5
"""Zoom from which a view counts as close."""
_GRAINS = 8


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a film is made of."""

    name: str
    seed: int
    of: str
    """`photographs` or `shapes`."""
    size: tuple[int, int]
    """Width and height."""
    rate: int
    shots: int
    gradual: float
    """Share of changes that are not cuts."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """One change of shot: the first frame touched by it and the first purely new one."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Shot:
    picture: Picture
    views: npt.NDArray[np.float64]
    """For each frame zoom over just covering, and centre in fractions: shape (frames, 3)."""
    blur: npt.NDArray[np.int64]
    """Pixels each frame is smeared sideways."""
    flash: int
    """The frame at which a flash goes off, -1 for none."""
    change: str
    """How the next shot follows."""
    overlap: int
    """Frames shared with the next."""


def make_film(recipe: Recipe, path: Path) -> list[Boundary]:
    """Encode a film with x264's defaults and return its changes of shot."""
    shots = _storyboard(recipe)
    width, height = recipe.size
    frames = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}")
    command = [program(), "-nostdin", "-loglevel", "error", "-y", *frames, "-r", str(recipe.rate)]
    command = [*command, "-i", "pipe:0", "-c:v", "libx264", "-pix_fmt", "yuv420p"]
    with subprocess.Popen([*command, "-f", "mp4", str(path)], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for picture in _frames(shots, recipe):
            process.stdin.write(picture.tobytes())
        process.stdin.close()
    if process.returncode != 0:
        raise RuntimeError(f"ffmpeg ended with {process.returncode} while filming {recipe.name}")
    return _boundaries(shots)


def _boundaries(shots: Sequence[_Shot]) -> list[Boundary]:
    found: list[Boundary] = []
    place = 0
    for number, shot in enumerate(shots[:-1]):
        lead = shots[number - 1].overlap if number else 0
        place += len(shot.views) - lead - shot.overlap
        found.append(Boundary(shot.change, place, place + shot.overlap))
        place += shot.overlap
    return found


def _storyboard(recipe: Recipe) -> list[_Shot]:
    rng = np.random.default_rng(recipe.seed)
    pictures = _pictures(recipe, rng)
    shots: list[_Shot] = []
    last, lead, change = -1, 0, "cut"
    for number in range(recipe.shots):
        closer = number > 0 and change == "cut" and rng.random() < 0.15
        choice = last if closer else _another(rng, len(pictures), last)
        change, overlap = _change(recipe, rng, is_last=number == recipe.shots - 1)
        frames = lead + overlap + int(rng.integers(recipe.rate // 2, recipe.rate * 4))
        # Closer than close would be the same view: no one sees a cut between two of those.
        is_close = bool(shots) and shots[-1].views[-1, 0] >= CLOSE
        zoom = 1.9 if closer and not is_close else 1.15
        views, blur = _move(rng, frames, zoom, recipe.size[0])
        flash = lead + 8 if rng.random() < 0.12 and frames > lead + overlap + 20 else -1
        shots.append(_Shot(pictures[choice], views, blur, flash, change, overlap))
        last, lead = choice, overlap
    return shots


def _another(rng: np.random.Generator, many: int, last: int) -> int:
    choice = int(rng.integers(many - 1)) if last >= 0 else int(rng.integers(many))
    return choice + 1 if 0 <= last <= choice else choice


def _change(recipe: Recipe, rng: np.random.Generator, *, is_last: bool) -> tuple[str, int]:
    if is_last or rng.random() >= recipe.gradual:
        return "cut", 0
    kind = str(rng.choice(["dissolve", "dissolve", "dissolve", "black", "white", "wipe"]))
    frames = int(rng.choice(DISSOLVES)) if kind == "dissolve" else int(rng.choice([16, 24, 40]))
    return kind, frames * recipe.rate // 25


def _move(
    rng: np.random.Generator, frames: int, zoom: float, width: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return views and blur for one of five ways to hold a camera."""
    shares = np.linspace(0, 1, frames)
    x, y = 0.5 + rng.uniform(-0.03, 0.03, 2)
    views = np.tile([zoom, x, y], (frames, 1))
    way = rng.choice(["rest", "drift", "zoom", "hand", "whip"], p=[0.2, 0.3, 0.2, 0.2, 0.1])
    if way == "drift":
        views[:, 1:] += np.outer(shares - 0.5, rng.uniform(-0.1, 0.1, 2))
    if way == "zoom":
        views[:, 0] *= 1 + 0.4 * (shares if rng.random() < 0.5 else 1 - shares)
    if way == "hand":
        views[:, 1:] += np.cumsum(rng.normal(0, 0.0015, (frames, 2)), axis=0)
    if way == "whip":
        views[:, 0] *= 1.8
        views[:, 1] += 0.5 * (_eased(np.clip(shares * 3 - 1, 0, 1)) - 0.5)
    speed = np.abs(np.diff(views[:, 1], prepend=views[0, 1])) * width * views[:, 0]
    return views, (speed / 2).astype(np.int64)


def _eased(shares: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return shares * shares * (3 - 2 * shares)


def _pictures(recipe: Recipe, rng: np.random.Generator) -> list[Picture]:
    if recipe.of == "photographs":
        from skimage import data  # noqa: PLC0415  its pictures are wanted here alone

        found = [np.asarray(getattr(data, name)(), np.uint8) for name in PHOTOGRAPHS]
        return [_coloured(picture) for picture in found]
    return [_shapes(rng, *recipe.size) for _ in range(12)]


def _coloured(picture: Picture) -> Picture:
    """Return three colours of a picture, by repetition where it is grey."""
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, axis=2)
    return np.ascontiguousarray(picture[..., :3])


def _shapes(rng: np.random.Generator, width: int, height: int) -> Picture:
    """Draw soft clouds of few colours with lines and discs before them."""
    import cv2  # noqa: PLC0415  heavy

    base = rng.integers(30, 200, 3)
    cells = np.clip(base + rng.normal(0, 45, (5, 7, 3)), 0, 255).astype(np.uint8)
    canvas = cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(int(rng.integers(4, 14))):
        colour = [int(value) for value in rng.integers(0, 256, 3)]
        one, other = ([int(v) for v in rng.integers(0, (width, height))] for _ in range(2))
        if rng.random() < 0.5:
            cv2.line(canvas, one, other, colour, int(rng.integers(2, 12)), cv2.LINE_AA)
        else:
            cv2.circle(canvas, one, int(rng.integers(6, height // 5)), colour, -1, cv2.LINE_AA)
    return np.asarray(canvas, np.uint8)


def _frames(shots: Sequence[_Shot], recipe: Recipe) -> Iterator[Picture]:
    rng = np.random.default_rng(recipe.seed + 1)
    width, height = recipe.size
    grains = rng.normal(0, 3, (_GRAINS, height + 16, width + 16)).astype(np.int8)
    for picture in _clean(shots, recipe):
        grain, y, x = rng.integers(0, (_GRAINS, 16, 16))
        noise = grains[grain, y : y + height, x : x + width, None]
        yield np.clip(picture.astype(np.int16) + noise, 0, 255).astype(np.uint8)


def _clean(shots: Sequence[_Shot], recipe: Recipe) -> Iterator[Picture]:
    """Draw every frame in order, still without grain."""
    lead = 0
    for number, shot in enumerate(shots):
        stop = len(shot.views) - shot.overlap
        for frame in range(lead, stop):
            yield _draw(shot, frame, recipe.size)
        for frame in range(shot.overlap):
            old = _draw(shot, stop + frame, recipe.size)
            new = _draw(shots[number + 1], frame, recipe.size)
            yield _mixed(shot.change, old, new, (frame + 1) / (shot.overlap + 1))
        lead = shot.overlap


def _mixed(change: str, old: Picture, new: Picture, share: float) -> Picture:
    if change == "wipe":
        edge = round(share * old.shape[1])
        return np.concatenate([new[:, :edge], old[:, edge:]], axis=1)
    if change == "dissolve":
        return (old + share * (new.astype(np.float32) - old)).astype(np.uint8)
    tone = np.full_like(old, 16 if change == "black" else 240)
    if share < 0.5:
        return _mixed("dissolve", old, tone, 2 * share)
    return _mixed("dissolve", tone, new, 2 * share - 1)


def _draw(shot: _Shot, frame: int, size: tuple[int, int]) -> Picture:
    """Draw what the camera sees at one frame, centred and scaled by fractions of a pixel."""
    import cv2  # noqa: PLC0415  heavy

    width, height = size
    zoom, x, y = shot.views[frame]
    tall, wide = shot.picture.shape[:2]
    scale = zoom * max(width / wide, height / tall)
    turn: Any = np.array(
        [[scale, 0, width / 2 - scale * x * wide], [0, scale, height / 2 - scale * y * tall]]
    )
    seen = cv2.warpAffine(shot.picture, turn, size, borderMode=cv2.BORDER_REFLECT)
    if shot.blur[frame] > 1:
        seen = cv2.blur(seen, (int(shot.blur[frame]), 1))
    if shot.flash <= frame < shot.flash + FLASH_FRAMES and shot.flash >= 0:
        seen = cv2.addWeighted(seen, 0.4, np.full_like(seen, 255), 0.6, 0)
    return np.asarray(seen, np.uint8)
