"""A canvas with soft edges: everything is drawn large and made smaller at the end."""

from PIL import Image, ImageDraw, ImageFont, ImageOps

Colour = tuple[int, int, int]
"""RGB, 0 to 255 each."""
Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels; right and bottom are the first beyond it."""

SCALE = 2
"""How much larger it is drawn; twice gives clean edges at a quarter of the next step's memory."""
_HATCH = 7
"""Pixels from one line of a hatch to the next."""


class Canvas:
    """A picture to draw on; sizes and places are those of the finished picture."""

    def __init__(self, width: int, height: int, colour: Colour) -> None:
        self._image = Image.new("RGB", (width * SCALE, height * SCALE), colour)
        self._pen = ImageDraw.Draw(self._image)
        self._fonts: dict[int, ImageFont.FreeTypeFont | ImageFont.ImageFont] = {}

    def block(self, box: Box, colour: Colour, radius: float = 0) -> None:
        """Fill a box, its corners rounded as far as its size allows."""
        left, top, right, bottom = self._scaled(box)
        corner = min(radius * SCALE, (right - left) / 2, (bottom - top) / 2)
        if corner < 1:
            self._pen.rectangle((left, top, right - 1, bottom - 1), colour)
        else:
            self._pen.rounded_rectangle((left, top, right - 1, bottom - 1), corner, colour)

    def hatch(self, box: Box, back: Colour, lines: Colour) -> None:
        """Fill a box with slanted lines."""
        left, top, right, bottom = self._scaled(box)
        tile = Image.new("RGB", (right - left, bottom - top), back)
        pen = ImageDraw.Draw(tile)
        for x in range(-tile.height, tile.width + tile.height, _HATCH * SCALE):
            pen.line((x, tile.height, x + tile.height, 0), lines, SCALE * 2)
        self._image.paste(tile, (left, top))

    def paste(self, picture: Image.Image, box: Box) -> None:
        """Lay a picture into a box, cropped evenly where its shape differs."""
        left, top, right, bottom = self._scaled(box)
        fitted = ImageOps.fit(picture.convert("RGB"), (right - left, bottom - top))
        self._image.paste(fitted, (left, top))

    def write(
        self,
        at: tuple[float, float],
        text: str,
        colour: Colour,
        *,
        size: int,
        anchor: str,
        room: float | None = None,
    ) -> float:
        """Write a line and return the x where it ends.

        Args:
            at: Where its anchor lies.
            text: Letters that Pillow's own font has; foreign text is not for pictures.
            colour: Of the letters.
            size: Of the letters, in pixels.
            anchor: Pillow's two letters, such as `lm` for left and middle.
            room: Pixels it may be wide; it is left out where it would be wider.
        """
        font = self._font(size)
        width = font.getlength(text) / SCALE
        if text and (room is None or width <= room):
            self._pen.text((at[0] * SCALE, at[1] * SCALE), text, colour, font, anchor)
        return at[0] + width

    def finished(self) -> Image.Image:
        """Return the picture at its own size."""
        size = (self._image.width // SCALE, self._image.height // SCALE)
        return self._image.resize(size, Image.Resampling.BOX)

    def _scaled(self, box: Box) -> tuple[int, int, int, int]:
        """Return the box on the large picture, at least one pixel wide and high."""
        left, top, right, bottom = (round(edge * SCALE) for edge in box)
        return left, top, max(right, left + 1), max(bottom, top + 1)

    def _font(self, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        if size not in self._fonts:
            self._fonts[size] = ImageFont.load_default(size * SCALE)
        return self._fonts[size]
