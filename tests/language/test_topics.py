"""Topics are found by words alone, without a language model."""

from cutroom.language.topics import find_topics
from cutroom.records.findings import Segment, Transcript

GARDEN = [
    "The garden needs water and the roses need sun.",
    "Roses grow along the garden wall where the soil is rich.",
    "Water the soil around the roses in the garden every morning.",
]
ENGINE = [
    "The engine turns the wheels through a gearbox.",
    "Oil keeps the engine and the gearbox from wearing out.",
    "A gearbox without oil ruins the engine and then the wheels.",
]


def transcript(sentences, seconds=10.0):
    segments = tuple(
        Segment(start=number * seconds, end=(number + 1) * seconds, text=text)
        for number, text in enumerate(sentences)
    )
    return Transcript(engine="test", model="test", language="en", segments=segments)


def test_two_subjects_are_two_topics():
    """The border lies where the vocabulary changes, and titles come from it."""
    garden, engine = find_topics(transcript(GARDEN * 3 + ENGINE * 3))

    assert (garden.end, engine.start) == (90.0, 90.0)
    assert "roses" in garden.title
    assert "gearbox" in engine.title


def test_one_subject_is_one_topic():
    """Talk that stays with its subject is not split."""
    assert len(find_topics(transcript(GARDEN[:1] * 8))) == 1


def test_nothing_said_is_no_topic():
    """An empty transcript, or one of mere filler words, has none."""
    assert find_topics(transcript([])) == []
    assert find_topics(transcript(["and so it is", "yes, of the"])) == []
