"""Parameter sets are found, told apart and added to."""

import av
import pytest

from cutroom.media.bitstream.renumbering import NEW_ID, renumbered
from cutroom.media.bitstream.sample_description import SampleDescription
from tests.media.numbered_video import make_numbered


def extradata(path):
    with av.open(str(path)) as container:
        return container.streams.video[0].codec_context.extradata


@pytest.mark.parametrize(
    ("codec", "pixel_format", "options"),
    [
        ("libx264", "yuv420p", {"profile": "baseline"}),
        ("libx264", "yuv422p10le", {}),
        ("libx265", "yuv420p10le", {"x265-params": "log-level=none"}),
    ],
)
def test_it_is_put_together_as_it_was(tmp_path, codec, pixel_format, options):
    """Taking apart loses nothing."""
    path = make_numbered(
        tmp_path / "a.mp4", frames=5, codec=codec, pixel_format=pixel_format, options=options
    )
    data = extradata(path)

    description = SampleDescription.read("h264" if codec == "libx264" else "hevc", data)

    assert len(description.of_kind("sps")) == len(description.of_kind("pps")) == 1
    again = SampleDescription.read(description.codec, description.as_bytes())
    assert again == description
    assert len(description.as_bytes()) == len(data)


def test_sets_with_an_id_that_is_taken_are_refused(tmp_path):
    """A picture could not say which it means."""
    path = make_numbered(tmp_path / "a.mp4", frames=2)
    description = SampleDescription.read("h264", extradata(path))
    others = make_numbered(
        tmp_path / "b.mp4", frames=2, options={"x264-params": "sps-id=7"}, size=(96, 48)
    )
    more = SampleDescription.read("h264", extradata(others))

    both = description.with_sets(tuple(unit for _, unit in more.sets))

    assert both.ids == {0, 7}
    again = SampleDescription.read("h264", both.as_bytes())
    assert again.of_kind("sps") == both.of_kind("sps")
    assert again.of_kind("pps") == both.of_kind("pps")
    with pytest.raises(ValueError, match="same id"):
        both.with_sets(tuple(unit for _, unit in more.sets))


@pytest.mark.parametrize("data", [b"", b"\x00\x00\x00\x01\x67", b"\x01\x64\x00", b"\x01" * 40])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_other_forms_and_broken_ones_are_refused(codec, data):
    """Annex B, or what ends early."""
    with pytest.raises(ValueError, match=r"form of MP4|end early|longer than"):
        SampleDescription.read(codec, data)


def test_sets_of_hevc_get_another_id_and_nothing_else_changes(tmp_path):
    """They come out longer by the bytes that the id takes, and are read back under it."""
    words = {"x265-params": "log-level=none"}
    path = make_numbered(tmp_path / "a.mp4", frames=3, codec="libx265", options=words)
    description = SampleDescription.read("hevc", extradata(path))
    sets = [unit for kind in ("vps", "sps", "pps") for unit in description.of_kind(kind)]

    moved = tuple(renumbered(unit) for unit in sets)

    assert [len(new) - len(old) for new, old in zip(moved, sets, strict=True)] == [0, 1, 2]
    assert description.with_sets(moved).ids == {0, NEW_ID}
    with pytest.raises(ValueError, match="not called 0"):
        renumbered(moved[0])
