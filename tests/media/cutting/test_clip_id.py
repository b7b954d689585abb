"""The same cut has the same id, another one another."""

import pytest

from cutroom.media.cutting.clip_id import cut_id
from cutroom.records.clip import CropPoint, FramingPath
from cutroom.records.span import Span

DIGEST = "ab" * 32
SPAN = Span(start=1.5, end=9.25)
FRAMING = FramingPath(width=0.5, height=1, points=(CropPoint(time=0, x=0.2, y=0),))


def test_an_id_is_sixteen_hex_letters_and_known_for_ever():
    """Links and caches outlive processes, so the id of a known cut is written down here."""
    assert cut_id(DIGEST, SPAN) == "1f11a78dd92729ec"


def test_times_that_agree_to_the_millisecond_are_the_same_cut():
    """Rounding on the way through JSON makes no new clip."""
    assert cut_id(DIGEST, Span(start=1.5000004, end=9.2499996)) == cut_id(DIGEST, SPAN)


@pytest.mark.parametrize(
    "other",
    [
        {"span": Span(start=1.501, end=9.25)},
        {"span": Span(start=1.5, end=9.3)},
        {"digest": "cd" * 32},
        {"layout": "vertical"},
        {"framing": FRAMING},
        {"captions": "burned"},
        {"mode": "copy"},
        {"loudness": "broadcast"},
    ],
)
def test_whatever_changes_the_file_changes_the_id(other):
    """Two different clips never share a name."""
    settings = {"digest": DIGEST, "span": SPAN, **other}

    assert cut_id(**settings) != cut_id(DIGEST, SPAN)
