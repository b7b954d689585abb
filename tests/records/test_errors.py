"""The family of errors is whole, told in one tree, and travels between processes."""

import pickle
import re

import pytest

from cutroom.records import errors
from cutroom.records.errors import CutroomError, FfmpegFailed, SourceGone

FAMILY = [
    thing
    for thing in vars(errors).values()
    if isinstance(thing, type) and issubclass(thing, CutroomError)
]


def test_the_tree_in_the_docstring_is_the_family():
    """Every error is drawn, with its code and whether it may heal; nothing else is."""
    drawn = {}
    for line in errors.__doc__.splitlines():
        found = re.search(r"[├└]── (\w+)(?:\s+([A-Z_]+)(\s+may heal)?)?", line)
        if found:
            drawn[found[1]] = (found[2], bool(found[3]))

    leaves = {error for error in FAMILY if not error.__subclasses__()}
    assert {error.__name__ for error in FAMILY} == {*drawn, "CutroomError"}
    assert {error.__name__: (error.code, error.is_transient) for error in leaves} == {
        name: told for name, told in drawn.items() if told[0]
    }


@pytest.mark.parametrize("error", FAMILY)
def test_errors_survive_pickling(error):
    """Prefect pickles failures; what happened and what to do must arrive."""
    back = pickle.loads(pickle.dumps(error("It broke.", "Mend it.")))  # noqa: S301  made in the same line

    assert type(back) is error
    assert str(back) == f"{error.code}: It broke.\nhint: Mend it."


def test_a_code_is_made_from_the_name():
    """`SourceGone` is SOURCE_GONE everywhere."""
    assert SourceGone.code == "SOURCE_GONE"


def test_ffmpegs_first_error_is_the_reason():
    """Warnings before it and phrases after it are left out; the hint can be pasted."""
    log = (
        "[mov @ 0x1] [warning] something odd\n[in#0 @ 0x1] [error] moov atom not found\n"
        "[fatal] Error opening output files: Invalid argument\n"
    )

    error = FfmpegFailed.after(["ffmpeg", "-codec_whitelist", "a,b", "-i", "a b.mp4"], log)

    assert error.problem == "ffmpeg failed: moov atom not found"
    assert error.hint == "Try by hand: ffmpeg -i 'a b.mp4'"
