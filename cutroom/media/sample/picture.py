"""The sample's shots: photographs in the public domain and scenery made here.

A shot is a function from its progress in [0, 1] to a picture. Everything that moves is placed
by fractions of a pixel: whole pixels at slow speeds would be seen as a tremble.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
"""RGB, shape (height, width, 3)."""
Layer = npt.NDArray[np.float32]
"""RGBA with colours multiplied by alpha, 0 to 255 and 0 to 1, shape (height, width, 4)."""
Shot = Callable[[float], Picture]

WIDTH, HEIGHT = 1280, 720
PHOTOGRAPHS = ("astronaut", "rocket", "coffee", "chelsea", "hubble_deep_field")
"""scikit-image's pictures used here, each public domain or CC0 by its own documentation."""

_NIGHT = ((24, 27, 46), (66, 44, 78))
_GOLD = (242, 178, 75)
_PAPER = (250, 246, 238)


def photograph(name: str) -> Picture:
    """Return one of `PHOTOGRAPHS`."""
    from skimage import data  # noqa: PLC0415  only the sample looks at photographs

    return np.ascontiguousarray(getattr(data, name)()[..., :3], np.uint8)


def travelling(picture: Picture, start: "View", end: "View") -> Shot:
    """Glide over a photograph from one view to another.

    Args:
        picture: The photograph.
        start: The view at progress 0.
        end: The view at progress 1.
    """
    import cv2  # noqa: PLC0415  heavy

    cover = max(WIDTH / picture.shape[1], HEIGHT / picture.shape[0])
    factor = cover * max(start.zoom, end.zoom)
    # Enlarged once with a fine filter; the small rest of the zoom is then cheap for each frame.
    large = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_LANCZOS4)

    def draw(progress: float) -> Picture:
        view = start.towards(end, _eased(progress))
        scale = cover * view.zoom / factor
        left = WIDTH / 2 - scale * large.shape[1] * view.x
        top = HEIGHT / 2 - scale * large.shape[0] * view.y
        matrix = np.array([[scale, 0, left], [0, scale, top]])
        seen = cv2.warpAffine(large, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(seen)

    return draw


class View:
    """Where the camera looks: a zoom over just covering the frame, and a centre in fractions."""

    def __init__(self, zoom: float, x: float, y: float) -> None:
        self.zoom, self.x, self.y = zoom, x, y

    def towards(self, other: "View", share: float) -> "View":
        """Return the view a share of the way to another one."""
        return View(
            self.zoom + (other.zoom - self.zoom) * share,
            self.x + (other.x - self.x) * share,
            self.y + (other.y - self.y) * share,
        )


def title_card(title: str, line: str) -> Shot:
    """A title over a strip of film that slides by."""
    strip = _film_strip([photograph(name) for name in ("rocket", "coffee", "chelsea")] * 2)
    back = _lettered(_gradient(*_NIGHT), [(title, 84, 190, _PAPER), (line, 34, 290, _GOLD)])

    def draw(progress: float) -> Picture:
        picture = back.copy()
        _lay(picture, strip, x=-60 - 260 * progress, y=400)
        return picture

    return draw


def crossing(print_: Layer, colours: tuple[tuple[int, int, int], tuple[int, int, int]]) -> Shot:
    """A photographic print that slides across a wall from left to right, turning a little."""
    back = _wall(colours)

    def draw(progress: float) -> Picture:
        picture = back.copy()
        share = _eased(progress)
        x = 60 + (WIDTH - 120 - print_.shape[1]) * share
        _lay(picture, print_, x=x, y=84, degrees=3.0 - 6.0 * share)
        return picture

    return draw


def face_print() -> Layer:
    """The astronaut's portrait as a print with a white border and a soft shadow."""
    import cv2  # noqa: PLC0415  heavy

    portrait = photograph("astronaut")[4:304, 92:342]
    large = cv2.resize(portrait, (425, 510), interpolation=cv2.INTER_LANCZOS4)
    return _as_print(np.asarray(large, np.uint8), border=16)


def sound_wave(loudness: npt.NDArray[np.float32]) -> Shot:
    """A voice drawn as bars that light up as a playhead passes them.

    Args:
        loudness: The voice from the shot's first to its last moment, 0 to 1, one value a bar.
    """
    import cv2  # noqa: PLC0415  heavy

    ahead = _gradient((20, 24, 34), (32, 38, 54))
    passed = ahead.copy()
    left, step = 100, (WIDTH - 200) / len(loudness)
    for index, value in enumerate(loudness):
        x = int(left + (index + 0.5) * step)
        half = round(3 + 200 * float(value))
        for picture, colour in ((ahead, (84, 96, 122)), (passed, _GOLD)):
            cv2.line(picture, (x, 350 - half), (x, 350 + half), colour, 7, cv2.LINE_AA)

    def draw(progress: float) -> Picture:
        x = left + (WIDTH - 2 * left) * progress
        column = int(x)
        picture = ahead.copy()
        picture[:, :column] = passed[:, :column]
        share = x - column
        for offset, weight in ((-1, 1 - share), (0, 1.0), (1, share)):
            line = picture[100:600, column + offset]
            picture[100:600, column + offset] = line + (np.array(_PAPER) - line) * weight
        return picture

    return draw


def dusk() -> Shot:
    """Hills that drift past each other under a setting sun."""
    import cv2  # noqa: PLC0415  heavy

    sky = _dusk_sky()
    hills = (
        (470.0, 46.0, 18.0, (150, 84, 98)),
        (525.0, 40.0, 34.0, (104, 60, 88)),
        (585.0, 52.0, 58.0, (64, 42, 72)),
        (655.0, 40.0, 96.0, (33, 26, 48)),
    )

    def draw(progress: float) -> Picture:
        shift = np.array([[1.0, 0, 0], [0, 1.0, 60 * progress - 60]])
        moved = cv2.warpAffine(sky, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        picture = np.asarray(moved, np.uint8)
        for number, (base, swing, speed, colour) in enumerate(hills):
            _raise_hill(picture, _ridge(number, base, swing, speed * 5 * progress), colour)
        return picture

    return draw


def _dusk_sky() -> Picture:
    """A sky taller than the frame, with the sun and its glow in it."""
    rows = np.linspace(0, 1, HEIGHT + 120)
    stops = [0.0, 0.45, 0.72, 1.0]
    colours = np.array([(52, 48, 92), (168, 92, 116), (244, 162, 110), (250, 206, 140)])
    column = np.stack([np.interp(rows, stops, colours[:, channel]) for channel in range(3)], -1)
    sky = np.repeat(column[:, None, :], WIDTH, 1)
    y, x = np.mgrid[0 : HEIGHT + 120, 0:WIDTH]
    distance = np.hypot(x - 860.0, y - 440.0)
    glow = np.exp(-np.square(distance / 190.0))[..., None] * 0.55
    disc = np.clip(70.5 - distance, 0, 1)[..., None]
    warm = np.array((255, 226, 170))
    sky = sky + (warm - sky) * glow
    return _dithered(sky + (np.array((255, 244, 214)) - sky) * disc)


def _ridge(number: int, base: float, swing: float, offset: float) -> npt.NDArray[np.float64]:
    """Height of a hill's edge at each column, in pixels from the top."""
    x = np.arange(WIDTH) + offset + 500 * number
    waves = np.sin(x / 170) + 0.5 * np.sin(x / 67 + number) + 0.18 * np.sin(x / 23 + 2 * number)
    return np.asarray(base + swing * waves / 1.68)


def _raise_hill(
    picture: Picture, ridge: npt.NDArray[np.float64], colour: tuple[int, int, int]
) -> None:
    """Fill what lies below a ridge; its edge is as soft as one pixel."""
    top, bottom = int(ridge.min()) - 1, min(HEIGHT, int(ridge.max()) + 2)
    rows = np.arange(top, bottom, dtype=np.float32)[:, None]
    share = np.clip(rows - ridge[None].astype(np.float32) + 0.5, 0, 1)[..., None]
    band = picture[top:bottom]
    picture[top:bottom] = band + (np.array(colour, np.float32) - band) * share
    picture[bottom:] = colour


def _eased(progress: float) -> float:
    """Start and stop gently, never standing still."""
    return 0.3 * progress + 0.7 * progress * progress * (3 - 2 * progress)


def _gradient(top: tuple[int, int, int], bottom: tuple[int, int, int]) -> Picture:
    """A fall of colour from the top left to the bottom right, with darker corners."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    share = ((x / WIDTH + 2 * y / HEIGHT) / 3)[..., None]
    corners = 1 - 0.22 * np.square(np.hypot(x / WIDTH - 0.5, y / HEIGHT - 0.5) / 0.7)[..., None]
    start, end = np.array(top, np.float32), np.array(bottom, np.float32)
    return _dithered((start + (end - start) * share) * corners)


def _dithered(colours: npt.NDArray[np.floating]) -> Picture:
    """Round to bytes with a grain of one level, so that slow gradients show no bands."""
    grain = np.random.default_rng(24).random(colours.shape[:2])[..., None] - 0.5
    return np.clip(np.rint(colours + grain), 0, 255).astype(np.uint8)


def _wall(colours: tuple[tuple[int, int, int], tuple[int, int, int]]) -> Picture:
    """A painted wall with the light of a window on it."""
    import cv2  # noqa: PLC0415  heavy

    light = np.zeros((HEIGHT, WIDTH), np.float32)
    for left in (300, 560, 820):
        for top in (40, 350):
            corners = [(left, top), (left + 220, top + 30), (left + 170, top + 310)]
            corners.append((left - 50, top + 280))
            cv2.fillConvexPoly(light, np.array(corners, np.int32), 1.0)
    soft = np.asarray(cv2.GaussianBlur(light, (0, 0), 9), np.float32)
    wall = _gradient(*colours).astype(np.float32)
    return _dithered(wall * (1 + 0.26 * soft[..., None]))


def _as_print(photo: Picture, border: int, shadow: int = 22) -> Layer:
    """Put a white border around a photograph and a shadow under it."""
    import cv2  # noqa: PLC0415  heavy

    height, width = photo.shape[0] + 2 * border, photo.shape[1] + 2 * border
    paper = np.empty((height, width, 3), np.uint8)
    paper[:] = _PAPER
    paper[border:-border, border:-border] = photo
    layer = np.zeros((height + 4 * shadow, width + 4 * shadow, 4), np.float32)
    inside = np.s_[2 * shadow : 2 * shadow + height, 2 * shadow : 2 * shadow + width]
    layer[inside][..., 3] = 0.5
    # Blurred as a layer of black, then covered; its lower edge shows as the shadow.
    layer[..., 3] = np.roll(cv2.GaussianBlur(layer[..., 3], (0, 0), shadow / 2), shadow // 2, 0)
    layer[inside] = np.dstack([paper, np.ones((height, width), np.float32)])
    return layer


def _film_strip(photos: list[Picture]) -> Layer:
    """Photographs side by side between two rows of sprocket holes."""
    import cv2  # noqa: PLC0415  heavy

    frame, gap, edge = (280, 186), 14, 36
    width = len(photos) * (frame[0] + gap) + gap
    strip = np.empty((frame[1] + 2 * edge, width, 3), np.uint8)
    strip[:] = (16, 15, 20)
    for number, photo in enumerate(photos):
        height = photo.shape[1] * frame[1] // frame[0]
        top = max(0, (photo.shape[0] - height) // 2)
        small = cv2.resize(photo[top : top + height], frame, interpolation=cv2.INTER_AREA)
        left = gap + number * (frame[0] + gap)
        strip[edge : edge + frame[1], left : left + frame[0]] = small
    for left in range(8, width - 18, 36):
        for top in (10, frame[1] + edge + 10):
            strip[top : top + 16, left : left + 18] = (196, 188, 190)
    return np.dstack([strip, np.ones(strip.shape[:2])]).astype(np.float32)


def _lettered(picture: Picture, lines: list[tuple[str, int, int, tuple[int, int, int]]]) -> Picture:
    """Write centred lines, each (text, size, top, colour), with sizes and tops in pixels."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415  only the title needs letters

    image = Image.fromarray(picture)
    pen = ImageDraw.Draw(image)
    for text, size, top, colour in lines:
        pen.text((WIDTH / 2, top), text, colour, ImageFont.load_default(size), anchor="mm")
    return np.array(image)


def _lay(picture: Picture, layer: Layer, *, x: float, y: float, degrees: float = 0.0) -> None:
    """Blend a layer into a picture, its top left corner at (x, y), turned about its middle."""
    import cv2  # noqa: PLC0415  heavy

    height, width = layer.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    # A turned layer reaches beyond its own box; this much at the angles used here.
    reach = 40 if degrees else 2
    left, right = max(0, int(x) - reach), min(WIDTH, int(x) + width + reach)
    top, bottom = max(0, int(y) - reach), min(HEIGHT, int(y) + height + reach)
    if left >= right or top >= bottom:
        return
    matrix[:, 2] += np.array((x - left, y - top))
    placed = cv2.warpAffine(layer, matrix, (right - left, bottom - top))
    region = picture[top:bottom, left:right]
    picture[top:bottom, left:right] = region * (1 - placed[..., 3:]) + placed[..., :3]
