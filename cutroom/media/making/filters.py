"""Filters that more than one encode needs, composed with ffmpeg-python."""

from fractions import Fraction
from typing import Any

from cutroom.records.media import Media

SDR_TAGS = {"color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709"}
"""Output options that say what a tone-mapped picture is."""
HDR_PEAK_NITS = 100
"""Brightness that SDR white stands for; the reference of ITU-R BT.2408."""


def upright_size(media: Media, *, short_side: int, long_side: int) -> tuple[int, int]:
    """Return the even size that fits a picture into a box, upright, never larger than it is.

    Args:
        media: The picture, with its rotation and pixel shape.
        short_side: Most pixels on the shorter side.
        long_side: Most pixels on the longer side.
    """
    width, height = media.video.display_size
    shorter, longer = sorted((width, height))
    scale = min(Fraction(short_side, shorter), Fraction(long_side, longer), Fraction(1))
    return _even(width * scale), _even(height * scale)


def _even(pixels: Fraction) -> int:
    """Round to the nearest even number, at least 2: 4:2:0 colour needs pairs."""
    return max(2, round(pixels / 2) * 2)


def progressive(picture: Any, media: Media) -> Any:
    """Deinterlace when the source is interlaced, one frame out for each frame in."""
    return picture.filter("bwdif", mode="send_frame") if media.video.is_interlaced else picture


def to_sdr(picture: Any, media: Media) -> Any:
    """Tone-map PQ and HLG to BT.709, and bring any picture to 8-bit 4:2:0.

    The order (linear light, primaries, tone curve, BT.709) is the one ffmpeg's own documentation
    of `tonemap` gives; Hable's curve keeps highlights, as Immich settled on for the same task.
    """
    if media.video.hdr:
        transfer = {"pq": "smpte2084", "hlg": "arib-std-b67"}[media.video.hdr]
        picture = (
            picture.filter(
                "zscale", tin=transfer, pin="bt2020", min="bt2020nc", t="linear", npl=HDR_PEAK_NITS
            )
            .filter("format", "gbrpf32le")
            .filter("zscale", p="bt709")
            .filter("tonemap", "hable", desat=0)
            .filter("zscale", t="bt709", m="bt709", r="tv")
        )
    return picture.filter("format", "yuv420p")


def scaled(picture: Any, width: int, height: int) -> Any:
    """Scale to a size with square pixels."""
    return picture.filter("scale", width, height, flags="bicubic", out_range="tv").filter(
        "setsar", 1
    )
