"""How much a stretch of a video is worth watching, and why, from what was found in it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cutroom.media.choosing.edges import spoken_words
from cutroom.media.choosing.hooks import HOOKS, NONE, Hooks
from cutroom.records.findings import FaceTrack, Scene, Transcript, Word
from cutroom.records.span import Span

Floats = npt.NDArray[np.float64]

_CONTENT_LETTERS = 4
"""Words shorter than this are mostly grammar."""
_MEMORY = 40
"""A content word counts as fresh when it is not among this many content words before it."""
_LONG_SILENCE = 1.5
"""Seconds of silence that a viewer forgives; what is beyond counts against a stretch."""
_QUIETEST = -70.0
"""dBFS below which it is all the same."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that speaks for a stretch."""

    weight: float
    value: Floats
    """For each stretch, 0 to 1."""
    reason: Callable[[int], str]
    """Says it in words, with a figure, for one stretch."""


class Evidence:
    """All findings of one video, laid out so that any stretch is measured at once."""

    def __init__(
        self,
        *,
        transcript: Transcript | None,
        speech: Sequence[Span],
        silences: Sequence[Span],
        scenes: Sequence[Scene],
        faces: Sequence[FaceTrack],
        energy: Sequence[float],
        energy_step: float,
    ) -> None:
        words = spoken_words(transcript)
        self._middles = np.array([(word.start + word.end) / 2 for word in words])
        self._order = np.argsort(self._middles, kind="stable")
        self._middles = self._middles[self._order]
        hooks = HOOKS.get(transcript.language[:2], NONE) if transcript else NONE
        self._questions = self._counter(_is_question(words, hooks))
        self._numbers = self._counter([_is_number(word.text, hooks) for word in words])
        self._strong = self._counter([_bare(word.text) in hooks.strong for word in words])
        fresh, content = _freshness(words)
        self._fresh, self._content = self._counter(fresh), self._counter(content)
        self._speech = _coverage(speech)
        self._silence = _coverage(silences)
        self._long_silence = _coverage(_beyond(silences, _LONG_SILENCE))
        self._faces = _coverage(faces)
        self._cuts = np.array(sorted(scene.start for scene in scenes if scene.start > 0))
        levels = np.nan_to_num(np.array(energy, dtype=np.float64), nan=_QUIETEST)
        self._levels = levels.clip(_QUIETEST, 0.0)
        self._step = energy_step
        self._usual = float(np.median(self._levels)) if len(levels) else 0.0

    def _counter(self, flags: Sequence[bool]) -> Floats:
        """Return running totals of flags in the order of the words' middles."""
        ordered = np.array(flags, dtype=np.float64)[self._order] if len(flags) else np.zeros(0)
        return np.concatenate([[0.0], np.cumsum(ordered)])

    def signals(self, starts: Floats, ends: Floats) -> list[Signal]:
        """Measure stretches, each by everything that this video has."""
        found: list[Signal] = []
        if len(self._middles):
            found += self._said(starts, ends)
        elif self._speech is not None:
            found.append(self._spoken(starts, ends))
        if len(self._levels):
            found += self._heard(starts, ends)
        if self._silence is not None and (len(self._levels) or found):
            found.append(self._unbroken(starts, ends))
        if len(self._cuts):
            found.append(self._paced(starts, ends))
        if self._faces is not None:
            share = self._faces(starts, ends)
            found.append(Signal(0.9, share, lambda k: f"a face in {share[k]:.0%} of it"))
        return found

    def dead_share(self, starts: Floats, ends: Floats) -> Floats:
        """Return the share of each stretch lost to silences that are too long."""
        if self._long_silence is None:
            return np.zeros(len(starts))
        return self._long_silence(starts, ends)

    def _said(self, starts: Floats, ends: Floats) -> list[Signal]:
        first, last = (np.searchsorted(self._middles, at) for at in (starts, ends))
        length = ends - starts
        rate = (last - first) / length
        counts = [
            total[last] - total[first] for total in (self._questions, self._numbers, self._strong)
        ]
        questions, numbers, strong = counts
        density = (1.5 * questions + numbers + strong) / length * 10
        content = self._content[last] - self._content[first]
        fresh = (self._fresh[last] - self._fresh[first]) / np.maximum(content, 1)
        richness = ((fresh - 0.3) / 0.6).clip(0, 1) * (content / 8).clip(0, 1)
        return [
            Signal(
                1.0,
                ((rate - 0.5) / 2.5).clip(0, 1),
                lambda k: f"speaks {rate[k]:.1f} words a second",
            ),
            Signal(
                1.2,
                1 - np.exp(-density / 1.5),
                lambda k: _hooks(int(questions[k]), int(numbers[k]), int(strong[k])),
            ),
            Signal(0.8, richness, lambda k: f"{fresh[k]:.0%} of its words are not repeated"),
        ]

    def _spoken(self, starts: Floats, ends: Floats) -> Signal:
        assert self._speech is not None  # noqa: S101  asked by the caller
        share = self._speech(starts, ends)
        return Signal(1.2, share, lambda k: f"somebody speaks in {share[k]:.0%} of it")

    def _heard(self, starts: Floats, ends: Floats) -> list[Signal]:
        first = (starts / self._step).astype(int).clip(0, len(self._levels) - 1)
        last = np.maximum(first + 1, (ends / self._step).astype(int).clip(0, len(self._levels)))
        sums = np.concatenate([[0.0], np.cumsum(self._levels)])
        mean = (sums[last] - sums[first]) / (last - first)
        above = mean - self._usual
        second = max(1, round(1 / self._step))
        # From one second to the next: a voice that moves, not a step from one level to another.
        moves = np.abs(sums[2 * second :] - 2 * sums[second:-second] + sums[: -2 * second]) / second
        totals = np.concatenate([[0.0], np.cumsum(moves)])
        low, high = (at.clip(0, len(moves)) for at in (first, last))
        change = (totals[high] - totals[low]) / np.maximum(high - low, 1)
        return [
            Signal(
                0.7,
                (0.5 + above / 30).clip(0, 1) * (mean > _QUIETEST + 1),
                lambda k: (
                    f"{abs(above[k]):.1f} dB {'louder' if above[k] >= 0 else 'softer'} "
                    "than the rest"
                ),
            ),
            Signal(
                0.4,
                (change / 8).clip(0, 1),
                lambda k: f"its loudness moves by {change[k]:.0f} dB a second",
            ),
        ]

    def _unbroken(self, starts: Floats, ends: Floats) -> Signal:
        assert self._silence is not None  # noqa: S101  asked by the caller
        share = self._silence(starts, ends)
        return Signal(
            0.7, 1 - (share / 0.4).clip(0, 1), lambda k: f"silent in only {share[k]:.0%} of it"
        )

    def _paced(self, starts: Floats, ends: Floats) -> Signal:
        first = np.searchsorted(self._cuts, starts, side="right")
        count = np.maximum(0, np.searchsorted(self._cuts, ends) - first)
        pace = count / (ends - starts) * 60
        return Signal(
            0.6,
            1 - np.exp(-pace / 8),
            lambda k: f"{_number_of(int(count[k]), 'change')} of shot, {pace[k]:.0f} a minute",
        )


def _hooks(questions: int, numbers: int, strong: int) -> str:
    parts = [
        f"asks {_number_of(questions, 'question')}" if questions else "",
        f"names {_number_of(numbers, 'number')}" if numbers else "",
        f"uses {_number_of(strong, 'strong word')}" if strong else "",
    ]
    return ", ".join(part for part in parts if part)


def _number_of(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _bare(text: str) -> str:
    """Return a word in lower case without what is attached to it."""
    return re.sub(r"^\W+|\W+$", "", text.lower())


def _is_number(text: str, hooks: Hooks) -> bool:
    return any(letter.isdigit() for letter in text) or _bare(text) in hooks.numbers


def _is_question(words: Sequence[Word], hooks: Hooks) -> list[bool]:
    """Say which words are a question's one mark: its question mark, else its first word."""
    if any("?" in word.text for word in words):
        return [word.text.rstrip("\"'”)").endswith(("?", "\uff1f", "؟")) for word in words]
    latest, flags = -1.0, []
    for word in words:
        is_first = word.start - latest > 0.3 or latest < 0  # noqa: PLR2004  a breath, where no mark tells
        flags.append(is_first and _bare(word.text) in hooks.questions)
        latest = word.end
    return flags


def _freshness(words: Sequence[Word]) -> tuple[list[bool], list[bool]]:
    """Say which words are content, and which of them were not said shortly before."""
    fresh: list[bool] = []
    content: list[bool] = []
    said_at: dict[str, int] = {}
    count = 0
    for word in words:
        bare = _bare(word.text)
        is_content = len(bare) >= _CONTENT_LETTERS
        fresh.append(is_content and count - said_at.get(bare, -_MEMORY - 1) > _MEMORY)
        content.append(is_content)
        if is_content:
            said_at[bare] = count
            count += 1
    return fresh, content


def _beyond(spans: Sequence[Span], allowance: float) -> list[Span]:
    """Return what is left of spans after their first seconds."""
    return [
        Span(start=span.start + allowance, end=span.end)
        for span in spans
        if span.duration > allowance + 1e-6
    ]


def _coverage(spans: Sequence[Span]) -> Callable[[Floats, Floats], Floats] | None:
    """Return a function that says which share of each stretch is covered; None without spans."""
    if not spans:
        return None
    borders = sorted([(span.start, 1) for span in spans] + [(span.end, -1) for span in spans])
    times = np.array([time for time, _ in borders])
    depth = np.cumsum([step for _, step in borders])[:-1]
    covered = np.concatenate([[0.0], np.cumsum(np.diff(times) * (depth > 0))])

    def share(starts: Floats, ends: Floats) -> Floats:
        seconds = np.interp(ends, times, covered) - np.interp(starts, times, covered)
        return np.asarray(seconds / (ends - starts))

    return share
