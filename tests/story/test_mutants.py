"""Hundreds of videos with a few bytes wrong: each works or fails with a typed error, and soon."""

import random
from collections import Counter
from pathlib import Path

import pytest
from story.steps import prepare
from videos import make_video

from cutroom.records.errors import CutroomError

MUTANTS, BATCHES = 150, 10
KINDS = ("flip", "truncate", "length", "delete", "insert")
SOURCES = (("plain.mp4", {}), ("fast.mp4", {"movflags": "+faststart"}), ("box.mkv", {}))
HEAD = 4096
"""Bytes in which half of the wounds lie: there a byte decides over the rest."""


def mutant(data: bytes, number: int) -> bytes:
    """Return a copy with one to eight wounds, always the same for the same number."""
    chance = random.Random(number)
    kind = KINDS[number % len(KINDS)]
    wounded = bytearray(data)
    for _ in range(1 if kind == "truncate" else chance.randint(1, 8)):
        # The table of contents lies at either end.
        near = chance.choice((HEAD, len(wounded)))
        at = chance.randrange(min(near, len(wounded)))
        at = at if chance.random() < 0.5 else len(wounded) - 1 - at
        size = chance.randint(1, 64)
        match kind:
            case "flip":
                wounded[at] ^= 1 << chance.randrange(8)
            case "truncate":
                del wounded[max(1, at) :]
            case "length":
                wounded[at : at + 4] = chance.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff"))
            case "delete":
                del wounded[at : at + size]
            case "insert":
                wounded[at:at] = chance.randbytes(size)
    return bytes(wounded)


@pytest.fixture(scope="session")
def originals(tmp_path_factory) -> list[tuple[str, bytes]]:
    """Return the videos that are to be wounded: name and bytes."""
    folder = tmp_path_factory.mktemp("originals")
    return [
        (name, make_video(folder / name, seconds=1, size="160x90", **options).read_bytes())
        for name, options in SOURCES
    ]


def outcome(path: Path, folder: Path) -> str:
    """Return what came of a file: `works`, or the code of a typed error."""
    try:
        prepare(path, folder)
    except CutroomError as error:
        return error.code
    return "works"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_wounded_file_never_surprises(tmp_path, originals, batch, record_property):
    """No hang, no foreign exception: anything but success and our own errors fails this test."""
    found: Counter[str] = Counter()
    for number in range(batch, MUTANTS, BATCHES):
        name, data = originals[number // len(KINDS) % len(originals)]
        folder = tmp_path / str(number)
        folder.mkdir()
        path = folder / name
        path.write_bytes(mutant(data, number))
        found[outcome(path, folder / "work")] += 1

    record_property("outcomes", dict(found))
    assert sum(found.values()) == MUTANTS / BATCHES
    assert found["works"] < MUTANTS / BATCHES, "these wounds are no wounds"
    assert not found["FFMPEG_STALLED"]
