"""Moments are worth it, whole, apart, and never cut a word."""

from itertools import pairwise

import numpy as np
import pytest

from cutroom.media.choosing.moments import choose_moments
from cutroom.records.findings import FaceBox, FaceTrack, Scene, Segment, Transcript, Word
from cutroom.records.span import Span

PLAIN = "and then the others went over there with some of their things"


def talk(sentences, *, start=1.0, pause=0.8, rate=3.0) -> list[Word]:
    """Say sentences one after the other, with a pause after each."""
    words = []
    for sentence in sentences:
        for text in sentence.split():
            words.append(Word(start=start, end=start + 0.9 / rate, text=text, probability=0.9))
            start += 1 / rate
        start += pause
    return words


def transcript(words, language="en") -> Transcript:
    """Wrap words, all in one segment, as an engine does with a run of speech."""
    text = " ".join(word.text for word in words)
    segments = [Segment(start=words[0].start, end=words[-1].end, text=text)] if words else []
    return Transcript(
        engine="test", model="m", language=language, words=tuple(words), segments=tuple(segments)
    )


def silences_between(words, shortest=0.5) -> list[Span]:
    """Return the pauses between words."""
    pairs = pairwise(words)
    return [Span(start=a.end, end=b.start) for a, b in pairs if b.start - a.end >= shortest]


def choose(duration, words=(), **findings):
    """Choose with nothing found but what is given."""
    settings = {
        "transcript": transcript(list(words)) if words else None,
        "speech": [],
        "silences": silences_between(list(words)),
        "scenes": [],
        "faces": [],
        "energy": [],
        "energy_step": 0.1,
        "count": 6,
        "shortest": 6.0,
        "longest": 60.0,
    }
    return choose_moments(duration=duration, **{**settings, **findings})


def shots(*times: float) -> list[Scene]:
    """Return shots between the given times."""
    pairs = pairwise(times)
    return [Scene(start=start, end=end) for start, end in pairs]


def random_talk(seed, duration):
    """Return words of uneven lengths with uneven pauses, some touching, some overlapping."""
    dice = np.random.default_rng(seed)
    words, at = [], 0.3
    while at < duration - 2:
        length = dice.uniform(0.1, 0.6)
        end = "." if dice.random() < 0.1 else ""
        text = f"w{dice.integers(50)}{end}".replace("w", "word ").split()[0] + end
        words.append(Word(start=at, end=at + length, text=text, probability=0.5))
        at += length + dice.choice([-0.05, 0, 0.02, 0.3, 1.2], p=[0.1, 0.5, 0.2, 0.15, 0.05])
    return words


@pytest.mark.parametrize("seed", range(12))
def test_every_promise_holds_for_any_talk(seed):
    """Whatever is found: in order, apart, inside, of allowed length, no edge inside a word."""
    dice = np.random.default_rng(seed + 100)
    duration = float(dice.uniform(30, 400))
    words = random_talk(seed, duration)
    cuts = sorted({0.0, duration, *dice.uniform(0, duration, 20).round(3).tolist()})
    energy = dice.normal(-30, 8, int(duration * 10)).tolist()
    shortest, longest = float(dice.uniform(2, 8)), float(dice.uniform(10, 60))

    moments = choose(
        duration, words, scenes=shots(*cuts), energy=energy, shortest=shortest, longest=longest
    )

    assert 1 <= len(moments) <= 6
    for before, after in pairwise(moments):
        assert before.end <= after.start
    for moment in moments:
        assert 0 <= moment.start < moment.end <= duration
        assert shortest - 1e-3 <= moment.duration <= longest + 1e-3
        assert moment.reasons
        for edge in (moment.start, moment.end):
            assert not [word for word in words if word.start + 1e-6 < edge < word.end - 1e-6]


def test_the_same_findings_give_the_same_moments():
    """Nothing is left to chance."""
    words = random_talk(3, 200)

    assert choose(200.0, words) == choose(200.0, words)


def test_edges_lie_close_around_the_sentences():
    """A clip begins at most 0.35 s before its first word and ends at most 0.45 s after its last."""
    words = talk(["What is the best thing that seven people ever did here?"] * 12, pause=2.0)

    for moment in choose(words[-1].end + 1, words, shortest=8, longest=20):
        inside = [word for word in words if moment.start <= word.start and word.end <= moment.end]
        assert inside[0].start - moment.start <= 0.35 + 1e-6
        assert moment.end - inside[-1].end <= 0.45 + 1e-6
        assert inside[-1].text.endswith("?")


def test_a_question_full_of_numbers_beats_small_talk():
    """The lively part of a dull talk is chosen, and its reasons say why."""
    hook = "Why did 7 people lose 100 million in 3 days? It was the worst mistake ever made."
    words = talk([PLAIN + "."] * 12 + [hook] + [PLAIN + "."] * 12)
    start = next(word.start for word in words if word.text == "Why")

    (best,) = choose(words[-1].end + 1, words, count=1, shortest=5, longest=15)

    assert best.start <= start < best.end
    assert best.title == "Why did 7 people lose 100 million in 3 days?"
    assert any("asks 1 question" in reason and "names" in reason for reason in best.reasons)


def test_reasons_carry_figures():
    """Words a second and the share of faces are said as they are."""
    words = talk(["the quick brown foxes jump over seven lazy dogs every single morning."] * 8)
    duration = words[-1].end + 0.5
    face = FaceTrack(
        start=0, end=duration, boxes=(FaceBox(time=0, x=0, y=0, width=0.1, height=0.1, score=1),)
    )

    moments = choose(duration, words, faces=[face], count=1)

    assert "a face in 100% of it" in moments[0].reasons
    assert any("words a second" in reason for reason in moments[0].reasons)


def test_a_clip_does_not_begin_with_the_end_of_another_shot():
    """Where a cut lies in the pause before the first word, the clip begins at the cut."""
    words = talk(["seven people asked the most important question of all today."] * 6, pause=3.0)
    firsts = [word.start for word in words if word.text == "seven"]
    cuts = [first - 0.2 for first in firsts]

    moments = choose(words[-1].end + 3, words, scenes=shots(0.0, *cuts, words[-1].end + 3))

    for moment in moments:
        assert moment.start == 0 or min(abs(moment.start - cut) for cut in cuts) < 1e-6


def test_a_clip_leaves_a_dissolve_out():
    """It begins after a gradual change and ends before one."""
    change = Span(start=19, end=21)
    scenes = [
        Scene(start=0, end=20),
        Scene(start=20, end=40, gradual=True, change=change),
        Scene(start=40, end=60),
    ]

    for moment in choose(60.0, scenes=scenes, longest=25):
        assert not change.start < moment.start < change.end
        assert not change.start < moment.end < change.end


def test_long_silences_are_left_out():
    """Two lively halves around half a minute of nothing become two clips, not one."""
    sentence = "seven people asked the most important question of all today."
    early = talk([sentence] * 4)
    late = talk([sentence] * 4, start=early[-1].end + 30)
    duration = late[-1].end + 1
    hush = Span(start=early[-1].end, end=late[0].start)

    for moment in choose(duration, early + late):
        assert moment.overlap(hush) < 2


def test_junk_does_not_fill_up_the_count():
    """Where one part is lively and the rest is silent, the rest is no clip."""
    words = talk(["why did seven people win the biggest prize ever today?"] * 4)
    rest = Span(start=words[-1].end, end=600)

    moments = choose(600.0, words, silences=[*silences_between(words), rest])

    assert moments
    assert all(moment.end <= words[-1].end + 0.5 for moment in moments)


def test_a_normal_talk_gives_as_many_clips_as_asked():
    """Ten minutes of talk hold six good ones."""
    dice = np.random.default_rng(5)
    nouns = [f"{a}{b}" for a in ("sun", "rain", "book", "river") for b in ("light", "man", "side")]
    sentences = [
        " ".join(dice.choice(nouns, 10)) + ("?" if dice.random() < 0.2 else ".") for _ in range(150)
    ]
    words = talk(sentences)

    assert len(choose(words[-1].end + 1, words)) == 6


def test_without_sound_scenes_and_faces_decide():
    """A silent film is cut at its cuts, where the faces are."""
    scenes = shots(0, 10, 20, 30, 40, 50, 60)
    face = FaceTrack(
        start=20, end=40, boxes=(FaceBox(time=20, x=0, y=0, width=0.1, height=0.1, score=1),)
    )

    moments = choose(60.0, scenes=scenes, faces=[face], longest=20)

    assert moments[0].title.startswith("Scene at 0:")
    assert {moment.start % 10 for moment in moments} == {0}
    assert max(moments, key=lambda one: one.score).overlap(face) > 9


def test_without_words_clips_are_cut_in_silences():
    """Music and pauses alone give edges too."""
    energy = [-20.0] * 1000
    pauses = [Span(start=at, end=at + 1) for at in (20.0, 45.0, 70.0)]

    for moment in choose(100.0, silences=pauses, energy=energy, longest=30):
        for edge in (moment.start, moment.end):
            assert edge in (0, 100) or any(one.start <= edge <= one.end for one in pauses)


def test_loud_passages_are_found():
    """The cheering minute of a quiet recording is the best one."""
    energy = np.full(6000, -45.0)
    energy[3000:3300] = -15 + 5 * np.sin(np.arange(300))

    (best,) = choose(600.0, energy=energy.tolist(), count=1, longest=30)

    assert best.overlap(Span(start=300, end=330)) > 15
    assert any("louder than the rest" in reason for reason in best.reasons)


@pytest.mark.parametrize("duration", [0.0, 0.04, 0.2, 5.9])
def test_a_short_video_is_one_moment(duration):
    """It is taken whole, even a single frame."""
    (moment,) = choose(duration)

    assert moment.start == 0
    assert moment.end == max(duration, 0.001)


def test_nothing_at_all_is_known_and_there_is_still_a_moment():
    """One long take without sound or faces gives something of allowed length."""
    moments = choose(38.0, longest=15)

    assert moments
    assert all(6 - 1e-3 <= moment.duration <= 15 + 1e-3 for moment in moments)


def test_no_clips_asked_none_chosen():
    """A count of zero is an answer."""
    assert choose(60.0, count=0) == []


def test_segments_without_words_are_enough():
    """An engine that times whole segments only still gives edges between them, and titles."""
    segments = tuple(
        Segment(start=k * 10 + 1.0, end=k * 10 + 9.0, text="seven people asked about this here")
        for k in range(6)
    )
    said = Transcript(engine="t", model="m", language="en", segments=segments)

    for moment in choose(62.0, transcript=said, longest=25):
        assert moment.title == "Seven people asked about this here"
        for edge in (moment.start, moment.end):
            assert not [one for one in segments if one.start + 1e-6 < edge < one.end - 1e-6]


def test_a_long_sentence_is_shortened_between_words():
    """Titles stay within sixty letters and do not break a word."""
    words = talk(["the extraordinarily complicated machinery " * 4 + "works."] * 3)

    title = choose(words[-1].end + 1, words)[0].title

    assert len(title) <= 60
    assert title.endswith("…")
    assert title[:-1].lower().split()[-1] in {"the", "extraordinarily", "complicated", "machinery"}


def test_three_hours_stay_small_enough_to_weigh():
    """Candidates are bounded, and the count still is what was asked at most."""
    words = random_talk(9, 10_800)
    cuts = np.arange(0, 10_801, 7.0).tolist()

    moments = choose(
        10_800.0, words, scenes=shots(*cuts), energy=[-25.0] * 108_000, count=200, shortest=6
    )

    assert 20 < len(moments) <= 200
