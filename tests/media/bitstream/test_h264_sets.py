"""Parameter sets of H.264 tell how slice headers are to be read."""

from pathlib import Path
from typing import Any

import av
import pytest

from cutroom.media.bitstream.h264_sets import read_picture_set, read_sequence
from cutroom.media.bitstream.sample_description import SampleDescription
from tests.media.numbered_video import make_numbered


def described(path: Path, words: str, **settings: Any) -> SampleDescription:
    """Encode a few frames with x264 and return what the file says of all of them."""
    make_numbered(path, frames=12, options={"x264-params": words}, **settings)
    with av.open(str(path)) as container:
        data = container.streams.video[0].codec_context.extradata
    return SampleDescription.read("h264", data)


@pytest.mark.parametrize(
    "words", ["ref=1:bframes=0", "ref=5:bframes=2", "ref=3:cqm=jvt", "ref=4:8x8dct=0:cabac=0"]
)
def test_reference_frames_are_read_past_everything_before_them(tmp_path, words):
    """Scaling lists and profiles included; x264 keeps what it is told, and two at least for B."""
    description = described(tmp_path / "a.mp4", f"{words}:b-pyramid=none")

    sequence = read_sequence(description.of_kind("sps")[0])

    assert sequence.reference_frames == int(words[4])


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le", "yuv444p", "gray"])
def test_chroma_is_told(tmp_path, pixel_format):
    """Weights of references have more numbers where there is colour."""
    description = described(tmp_path / "a.mp4", "bframes=0", pixel_format=pixel_format)

    sequence = read_sequence(description.of_kind("sps")[0])

    assert sequence.has_chroma == (pixel_format != "gray")
    assert not sequence.has_planes_apart


def test_order_is_told_by_what_is_written_of_it(tmp_path):
    """Without B-frames x264 leaves pictures to be shown as they are decoded."""
    with_b = read_sequence(described(tmp_path / "b.mp4", "bframes=2").of_kind("sps")[0])
    without = read_sequence(described(tmp_path / "p.mp4", "bframes=0").of_kind("sps")[0])

    assert (with_b.order_type, without.order_type) == (0, 2)
    assert with_b.order_bits >= 4
    assert without.order_bits == 0


@pytest.mark.parametrize("is_interlaced", [False, True])
def test_fields_are_told(tmp_path, is_interlaced):
    """Where pictures may be single fields, every slice says whether it is of one."""
    description = described(tmp_path / "a.mp4", f"fake-interlaced={int(is_interlaced)}")

    assert read_sequence(description.of_kind("sps")[0]).is_frames_only != is_interlaced


def test_a_picture_set_tells_of_coding_weights_and_lists(tmp_path):
    """As x264 was told."""
    plain = described(tmp_path / "a.mp4", "cabac=0:weightp=0:weightb=0:ref=1:bframes=0")
    rich = described(tmp_path / "b.mp4", "cabac=1:weightp=2:ref=3:bframes=3")

    one, other = (read_picture_set(each.of_kind("pps")[0]) for each in (plain, rich))

    assert (one.is_arithmetic, other.is_arithmetic) == (False, True)
    assert (one.weights_p, other.weights_p) == (False, True)
    assert not other.weights_b
    assert (one.active[0], other.active[0]) == (1, 3)
    assert one.sequence == 0


@pytest.mark.parametrize("read", [read_sequence, read_picture_set])
def test_a_set_that_ends_early_is_refused(read):
    """Rather than read as something else."""
    with pytest.raises(ValueError, match="ends before"):
        read(b"\x68\xce")
