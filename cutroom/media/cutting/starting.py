"""The picture that a copied run begins with, brought into the form in which a stream may begin."""

from dataclasses import dataclass
from pathlib import Path

from cutroom.media.bitstream.nal_units import join_lengths, split_lengths
from cutroom.media.bitstream.restarting import Restart
from cutroom.media.bitstream.sample_description import unit_type
from cutroom.media.cutting.ends import Picture
from cutroom.media.cutting.packets import packets_from
from cutroom.media.opening import open_media
from cutroom.records.media import Media

_H264_IDR = 5
_HEVC_IDR = (19, 20)
_HEVC_BLA = range(16, 19)
_HEVC_CRA = 21
_BLA_WITHOUT_LEADING = 18
_HEVC_NOTE = 39
_NOTES_ON_LIGHT = (137, 144, 147)
"""SEI: mastering display colour volume, content light level, alternative transfer (HLG)."""
_HEVC_UNKNOWN = range(48, 64)
"""Dolby Vision and its like keep notes for each frame there, which an encoder would not write."""


@dataclass(frozen=True, slots=True)
class Start:
    """A run's first picture."""

    data: bytes
    """In the form of MP4."""
    notes: tuple[bytes, ...] = ()
    """Units in it that tell a screen how bright an HDR picture is; the ends get them too."""
    is_restart: bool = False
    """Whether it, of H.264, was no IDR picture, so that the run is renumbered from it on."""


def read_start(source: Path, media: Media, picture: Picture, pts: int) -> Start | None:
    """Return a keyframe as one that a stream may begin with; None if it may not.

    H.264 begins with an IDR picture; another one becomes one, see `restarting`. HEVC's CRA, which
    pictures before may lead to, becomes the BLA without leading pictures that clause 7.4.2.2 has
    for splicing: only its type changes.

    Args:
        source: The video.
        media: Its probe.
        picture: What its pictures have in common.
        pts: The keyframe's time stamp, in ticks.
    """
    data = _packet_at(source, media, pts)
    try:
        units = split_lengths(data, picture.description.length_size)
        kinds = {unit_type(picture.codec, unit) for unit in units}
        return _h264(data, kinds, picture) if picture.codec == "h264" else _hevc(units, picture)
    except ValueError:
        return None


def _packet_at(source: Path, media: Media, pts: int) -> bytes:
    """Read one packet; nothing where it is not there."""
    start = float(pts * media.video.time_base) - media.start
    with open_media(source) as container:
        stream = container.streams[media.video.index]
        packets = packets_from(container, [stream], media, start)
        return next((bytes(one) for one in packets if one.pts == pts), b"")


def _h264(data: bytes, kinds: set[int], picture: Picture) -> Start | None:
    if _H264_IDR in kinds:
        return Start(data)
    return Start(Restart(picture.description).rewritten(data, is_kept=True), is_restart=True)


def _hevc(units: list[bytes], picture: Picture) -> Start | None:
    kinds = {unit_type("hevc", unit) for unit in units}
    if kinds.intersection(_HEVC_UNKNOWN):
        return None
    if _HEVC_CRA in kinds:
        units = [_without_leading(unit) for unit in units]
    elif not kinds.intersection((*_HEVC_IDR, *_HEVC_BLA)):
        return None
    data = join_lengths(units, picture.description.length_size)
    notes = [one for one in units if unit_type("hevc", one) == _HEVC_NOTE]
    return Start(data, tuple(one for one in notes if one[2] in _NOTES_ON_LIGHT))


def _without_leading(unit: bytes) -> bytes:
    """Return a slice of a CRA as one of a BLA without leading pictures."""
    if unit_type("hevc", unit) != _HEVC_CRA:
        return unit
    return bytes([unit[0] & 0x81 | _BLA_WITHOUT_LEADING << 1]) + unit[1:]
