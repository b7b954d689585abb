"""Encoding the two ends of a clip whose middle is copied, to fit what they are joined to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.codec.context import Flags
from av.video.frame import PictureType

from cutroom.media.bitstream.h264_sets import read_sequence
from cutroom.media.bitstream.nal_units import join_lengths, split_start_codes
from cutroom.media.bitstream.renumbering import NEW_ID, renumbered
from cutroom.media.bitstream.sample_description import (
    Codec,
    SampleDescription,
    is_set,
    unit_type,
)
from cutroom.media.cutting.few_frames import Luma, decode_few, luma_of
from cutroom.media.cutting.packets import starts_cleanly_anywhere
from cutroom.records.errors import OutputUnsound
from cutroom.records.media import Media

PIXEL_FORMATS: dict[str, tuple[str, ...]] = {
    "h264": ("yuv420p", "yuvj420p", "yuv422p", "yuv420p10le", "yuv422p10le"),
    "hevc": ("yuv420p", "yuvj420p", "yuv420p10le"),
}
"""What both the copied and the encoded part of a clip may have."""
QUALITIES: Mapping[str, tuple[int, ...]] = {"h264": (14, 7), "hevc": (9, 2)}
"""Values of crf to try in turn. Both are finer than a whole clip's: the ends lie beside the
source's own pictures, and must look like it within 0.99 SSIM even where there is grain. They are
short, so that the bytes do not matter."""
_PRESET = "ultrafast"
"""With the tools below, a third of the time of a whole clip's encoder at these qualities, and more
like the source: bytes stand in for search."""
_TOOLS = {"cabac": 1, "8x8dct": 1, "deblock": 1}
"""What `ultrafast` leaves out though it costs little, but for what a profile has not."""
_PROFILE_LACKS = {66: ("cabac", "8x8dct"), 77: ("8x8dct",)}
"""Of these tools; x264 takes a higher profile rather than leave out one that it was told to use."""
_PROFILES = {66: "baseline", 77: "main", 100: "high", 110: "high10", 122: "high422"}
"""By `profile_idc`; x264 takes the lowest that does, up to this one."""
_TIERS = {1: "main", 2: "main10"}
"""Profiles of HEVC by `general_profile_idc`."""
_LEVEL_1B = 9
_SLICES = {"h264": range(1, 6), "hevc": range(32)}
_X265_LEVEL = 30
"""`general_level_idc` is thirty times the level."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What every picture of a stream has in common, as the source's decoder tells it."""

    codec: Codec
    width: int
    height: int
    pixel_format: str
    rate: Fraction
    time_base: Fraction
    pixel_shape: Fraction
    colour: tuple[int, int, int, int]
    """Primaries, transfer, matrix and range, as in ITU-T H.273; range as in ffmpeg."""
    reorder_depth: int
    """Frames that may be decoded before one that is shown earlier."""
    description: SampleDescription


@dataclass(frozen=True, slots=True)
class Sample:
    """One encoded frame, in the form of MP4."""

    pts: int
    """In ticks of the source."""
    data: bytes
    is_key: bool


@dataclass(frozen=True, slots=True)
class End:
    """One end of a clip."""

    samples: tuple[Sample, ...] = ()
    """In decode order."""
    sets: tuple[bytes, ...] = ()
    """The parameter sets they refer to."""
    pictures: Mapping[int, Luma] = field(default_factory=dict)
    """The source's brightness of frames at the seam, by time stamp."""


def encode_end(
    source: Path,
    media: Media,
    picture: Picture,
    pts: npt.NDArray[np.int64],
    *,
    key: int,
    looked_at: Collection[int],
    crf: int,
    notes: tuple[bytes, ...] = (),
) -> End:
    """Decode and encode the frames of one end.

    Args:
        source: The video.
        media: Its probe.
        picture: What to encode like.
        pts: Time stamps of the frames, in ticks, ascending; they keep them.
        key: Time stamp of the keyframe to begin decoding at.
        looked_at: Frames, of this end or beside it, whose brightness is wanted.
        crf: One of `QUALITIES`.
        notes: Units to repeat before each keyframe.

    Raises:
        OutputUnsound: The frames cannot be decoded, or not be encoded alike.
    """
    inside: frozenset[int] = frozenset(pts.tolist())
    frames = decode_few(
        source,
        media.video.index,
        key=key,
        wanted=inside.union(looked_at),
        may_seek=starts_cleanly_anywhere(media),
    )
    samples: list[Sample] = []
    pictures: dict[int, Luma] = {}
    encoder = _encoder(picture, crf)
    try:
        encoder.open()
        for frame in frames:
            if frame.pts in looked_at:
                pictures[frame.pts] = luma_of(frame)
            if frame.pts in inside:
                samples += _encoded(encoder, frame, picture, notes)
        samples += _encoded(encoder, None, picture, notes)
        sets = _parameter_sets(encoder.extradata or b"", picture.codec)
    except (av.error.FFmpegError, ValueError, OverflowError) as error:
        raise OutputUnsound(
            f"The ends of a clip could not be encoded like its source: {error}",
            "It is encoded as a whole instead.",
        ) from error
    return End(tuple(samples), sets, pictures)


def _encoder(picture: Picture, crf: int) -> Any:
    """Set up an encoder whose pictures fit the source's."""
    encoder: Any = av.CodecContext.create("libx264" if picture.codec == "h264" else "libx265", "w")
    encoder.width, encoder.height = picture.width, picture.height
    encoder.pix_fmt = picture.pixel_format
    encoder.time_base, encoder.framerate = picture.time_base, picture.rate
    encoder.sample_aspect_ratio = picture.pixel_shape
    colour = picture.colour
    encoder.color_primaries, encoder.color_trc, encoder.colorspace, encoder.color_range = colour
    encoder.flags |= Flags.global_header
    encoder.thread_type = "AUTO"
    encoder.gop_size = max(1, round(picture.rate))
    options = _h264_options(picture) if picture.codec == "h264" else _hevc_options(picture)
    encoder.options = {"preset": _PRESET, "crf": str(crf), **options}
    return encoder


def _h264_options(picture: Picture) -> dict[str, str]:
    """Return x264's options; its decoder needs as many frames in memory as the source's does."""
    description = picture.description
    sps = description.of_kind("sps")[0]
    lacks = _PROFILE_LACKS.get(description.profile, ())
    words = {
        **{name: value for name, value in _TOOLS.items() if name not in lacks},
        "sps-id": free_id(description),
        "dpb-size": read_sequence(sps).reference_frames,
    }
    options = {**_reordering(picture), "x264-params": _joined(words)}
    if description.profile in _PROFILES:
        options["profile"] = _PROFILES[description.profile]
    if description.level != _LEVEL_1B:
        options["level"] = f"{description.level / 10:.1f}"
    return options


def _hevc_options(picture: Picture) -> dict[str, str]:
    description = picture.description
    words = {
        "log-level": "none",
        "info": 0,
        "open-gop": 0,
        "level-idc": f"{description.level / _X265_LEVEL:.1f}",
        "high-tier": int(description.is_high_tier),
    }
    options = {**_reordering(picture), "x265-params": _joined(words)}
    if description.profile in _TIERS:
        options["profile"] = _TIERS[description.profile]
    return options


def _reordering(picture: Picture) -> dict[str, str]:
    """Use B-frames as deeply as the source: its decoder must not have to wait longer midway."""
    if picture.reorder_depth == 0:
        return {"bf": "0"}
    if picture.codec == "hevc":
        return {"bf": "3"}
    return {"bf": "3", "b-pyramid": "normal" if picture.reorder_depth > 1 else "none"}


def _joined(words: dict[str, Any]) -> str:
    return ":".join(f"{name}={value}" for name, value in words.items())


def free_id(description: SampleDescription) -> int:
    """Return an id for parameter sets that the source leaves free.

    Raises:
        ValueError: It leaves none.
    """
    if description.codec == "hevc":
        if NEW_ID in description.ids:
            raise ValueError(f"The id {NEW_ID} is taken.")
        return NEW_ID
    return min(set(range(1, 32)) - description.ids)


def _encoded(encoder: Any, frame: Any, picture: Picture, notes: tuple[bytes, ...]) -> list[Sample]:
    """Encode one frame, or what is left when None, in the form of MP4."""
    if frame is not None:
        if (frame.width, frame.height) != (picture.width, picture.height):
            raise ValueError("the size changes midway")
        # The encoder would else repeat the source's choice of frame types.
        frame.pict_type = PictureType.NONE
    return [
        Sample(
            packet.pts,
            _as_sample(bytes(packet), picture, notes if packet.is_keyframe else ()),
            packet.is_keyframe,
        )
        for packet in encoder.encode(frame)
    ]


def _as_sample(data: bytes, picture: Picture, notes: tuple[bytes, ...]) -> bytes:
    """Keep the slices alone; the encoder's own notes say nothing that a decoder needs."""
    codec = picture.codec
    units = [unit for unit in split_start_codes(data) if unit_type(codec, unit) in _SLICES[codec]]
    if codec == "hevc":
        units = [renumbered(unit) for unit in units]
    return join_lengths([*notes, *units], picture.description.length_size)


def _parameter_sets(data: bytes, codec: Codec) -> tuple[bytes, ...]:
    units = [unit for unit in split_start_codes(data) if is_set(codec, unit)]
    return tuple(renumbered(unit) if codec == "hevc" else unit for unit in units)
