"""What speaks for a candidate: how fast it grows, how new it is, what it is about."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cutroom.records.trend import Candidate, Ranked, Sighting, Topic
from cutroom.trends.addresses import canonical, key
from cutroom.trends.texts import speaks_of, words_of

GROWTH, FRESHNESS, FIT, TOPICAL, SEEN = 0.35, 0.2, 0.3, 0.1, 0.05
"""What each counts for. Growth leads, for it is what trending means; fit nearly as much, for a
video that everybody watches and the owner does not care about is of no use. Without words, or
without topics, their share goes to the others."""
FULL_GROWTH = 100_000.0
"""Views an hour that count in full; the scale is logarithmic, so a tenth of it counts 0.8."""
UNKNOWN = 0.3
"""For growth or freshness that no source tells: a little less than a usual candidate has, so that
silence is no advantage, and no end either."""
HALF_LIFE = 48.0
"""Hours after which half the freshness is gone: what trends is watched within days."""
YOUNGEST = 1.0
"""Hours that a video counts as old at least; the first minutes of a video say little."""
FULL_FIT = 2
"""So many of the owner's words in one title are a full fit; more would reward lists of words."""
FULL_SEARCHES = 1_000_000.0
SAMENESS = 0.6
"""What a candidate loses that is the same as a better one; a tie of channel alone costs half."""
SAME_CHANNEL = 0.5
MOST_SPREAD = 100
"""Places for which likeness is looked at; nobody orders more in a run."""


@dataclass(frozen=True, slots=True)
class Taste:
    """What the ranking goes by, beside the candidates themselves."""

    now: datetime
    words: tuple[str, ...] = ()
    topics: tuple[Topic, ...] = ()
    sightings: Mapping[str, Sighting] | None = None
    """Earlier counts of views, by the key of the address."""


def rank(candidates: Sequence[Candidate], taste: Taste) -> tuple[Ranked, ...]:
    """Return the candidates best first, each with its score and reasons.

    The best comes first; each further place goes to whatever is best once likeness to what
    stands above is taken off, so that one story does not take all places. Equal candidates stand
    in the order of their addresses.
    """
    waiting = {place: _Entry.of(each, taste) for place, each in enumerate(candidates)}
    ranked: list[Ranked] = []
    while waiting and len(ranked) < MOST_SPREAD:
        place = min(waiting, key=lambda place: waiting[place].order)
        best = waiting.pop(place)
        ranked.append(best.ranked)
        for other in waiting.values():
            other.stand_below(best)
    rest = sorted(waiting.values(), key=lambda entry: entry.order)
    return tuple(ranked + [entry.ranked for entry in rest])


class _Entry:
    """A candidate on its way to a place."""

    def __init__(self, candidate: Candidate, merit: float, reasons: Sequence[str]) -> None:
        self.candidate = candidate
        self._merit = merit
        self._reasons = tuple(reasons)
        self.words = frozenset(words_of(candidate.title))
        self._likeness = 0.0
        self._like = ""

    @classmethod
    def of(cls, candidate: Candidate, taste: Taste) -> "_Entry":
        """Weigh a candidate by itself."""
        parts = [
            (GROWTH, *_growth(candidate, taste)),
            (FRESHNESS, *_freshness(candidate, taste.now)),
            (SEEN, *_seen(candidate)),
        ]
        if taste.words:
            parts.append((FIT, *_fit(candidate, taste.words)))
        if taste.topics:
            parts.append((TOPICAL, *_topical(candidate, taste.topics)))
        merit = sum(weight * part for weight, part, _ in parts) / sum(part[0] for part in parts)
        return cls(candidate, merit, [reason for *_, reason in parts if reason])

    @property
    def score(self) -> float:
        return self._merit * (1 - SAMENESS * self._likeness)

    @property
    def order(self) -> tuple[float, str]:
        """What places are given by; the smallest comes first."""
        return -self.score, self.candidate.address

    @property
    def ranked(self) -> Ranked:
        like = (f"like “{self._like[:60]}” above it",) if self._like else ()
        return Ranked(
            candidate=self.candidate, score=round(self.score, 4), reasons=self._reasons + like
        )

    def stand_below(self, better: "_Entry") -> None:
        """Take off what is the same in a better one."""
        union = self.words | better.words
        likeness = len(self.words & better.words) / len(union) if union else 0.0
        channel = self.candidate.channel
        if channel is not None and channel == better.candidate.channel:
            likeness = max(likeness, SAME_CHANNEL)
        if likeness > self._likeness:
            self._likeness = likeness
            self._like = better.candidate.title if likeness >= SAME_CHANNEL else ""


def _growth(candidate: Candidate, taste: Taste) -> tuple[float, str]:
    """Views an hour since an earlier run saw it, else since it was published."""
    if candidate.views is None:
        return UNKNOWN, ""
    before = (taste.sightings or {}).get(key(canonical(candidate.address)))
    if before is not None:
        hours = max((taste.now - before.at).total_seconds() / 3600, YOUNGEST)
        gained, since = max(candidate.views - before.views, 0), "since it was last seen"
    elif candidate.published is not None:
        hours, gained, since = _age(candidate.published, taste.now), candidate.views, ""
    else:
        return UNKNOWN, f"{candidate.views:,} views"
    hourly = gained / hours
    share = min(1.0, math.log10(1 + hourly) / math.log10(1 + FULL_GROWTH))
    return share, f"{hourly:,.0f} views an hour {since}".strip()


def _freshness(candidate: Candidate, now: datetime) -> tuple[float, str]:
    if candidate.published is None:
        return UNKNOWN, ""
    hours = _age(candidate.published, now)
    told = f"{hours:.0f} h" if hours < 2 * 24 else f"{hours / 24:.0f} days"
    return float(0.5 ** (hours / HALF_LIFE)), f"{told} old"


def _age(published: datetime, now: datetime) -> float:
    """Hours; what claims to come from the future counts as just published."""
    return max((now - published).total_seconds() / 3600, YOUNGEST)


def _fit(candidate: Candidate, words: Sequence[str]) -> tuple[float, str]:
    text = f"{candidate.title} · {candidate.channel or ''}"
    said = [word for word in words if speaks_of(text, word)]
    told = f"speaks of {', '.join(said[:5])}" if said else ""
    return min(len(said), FULL_FIT) / min(len(words), FULL_FIT), told


def _topical(candidate: Candidate, topics: Sequence[Topic]) -> tuple[float, str]:
    said = [topic for topic in topics if speaks_of(candidate.title, topic.words)]
    if not said:
        return 0.0, ""
    busiest = max(said, key=lambda topic: (topic.searches, topic.words))
    share = math.log10(1 + busiest.searches) / math.log10(1 + FULL_SEARCHES)
    return min(1.0, max(share, UNKNOWN)), f"searched for now: {busiest.words}"


def _seen(candidate: Candidate) -> tuple[float, str]:
    times = len(candidate.sources)
    if times <= 1:
        return 0.0, ""
    return 1 - 0.5 ** (times - 1), f"named by {times} sources"
