"""Split a transcript into stretches about one thing, without a language model.

TextTiling (Hearst 1997): the vocabulary left and right of every gap between sentences is
compared; where the two have least in common, relative to the peaks around, the topic changes.
"""

import math
import re
from collections import Counter

from cutroom.records.findings import Segment, Topic, Transcript

BLOCK_WORDS = 60
"""Words compared on each side of a gap: about 25 s of talk, three or four sentences."""
SHORTEST_TOPIC = 20.0
"""Seconds; briefer stretches are remarks, not topics."""
SHALLOWEST = 0.2
"""Valleys shallower than this, in cosine, are noise even where all valleys are shallow."""
TITLE_WORDS = 3
_STOP_WORDS = frozenset(
    """
a about after again all also am an and any are as at be because been before being but by
can could did do does doing don down each even every few first for from get go going got
had has have having he her here hers him his how i if in into is it its just know last
let like ll made make many may me might more most much must my never new no not now of
off on once one only or other our out over own re really right s said same say see she
should so some still such t take tell than that the their them then there these they
thing things think this those through time to too two under until up us use ve very want
was way we well went were what when where which while who why will with would yes you
your
    """.split()  # noqa: SIM905  a paragraph reads better than a hundred quotes
)


def find_topics(transcript: Transcript) -> list[Topic]:
    """Return the stretches of a transcript that are about one thing, in order.

    Each is titled by the words that are frequent in it and rare elsewhere. Scores say how much
    its vocabulary is its own, in [0, 1].
    """
    segments = [segment for segment in transcript.segments if _content_words(segment.text)]
    if not segments:
        return []
    bags = [Counter(_content_words(segment.text)) for segment in segments]
    groups = _grouped(segments, _borders(bags))
    everywhere = sum(bags, Counter[str]())
    return [_topic(group, everywhere, len(groups)) for group in groups]


def _content_words(text: str) -> list[str]:
    words = re.findall(r"[^\W\d_]+", text.lower())
    return [word for word in words if len(word) > 2 and word not in _STOP_WORDS]  # noqa: PLR2004


def _borders(bags: list[Counter[str]]) -> list[int]:
    """Return the gaps (before which segment) where a topic changes."""
    likeness = [_likeness(bags, gap) for gap in range(1, len(bags))]
    depths = [_depth(likeness, place) for place in range(len(likeness))]
    if not depths:
        return []
    mean = sum(depths) / len(depths)
    spread = math.sqrt(sum((depth - mean) ** 2 for depth in depths) / len(depths))
    threshold = max(mean + spread, SHALLOWEST)
    return [gap for gap, depth in enumerate(depths, 1) if depth >= threshold]


def _likeness(bags: list[Counter[str]], gap: int) -> float:
    """Return the cosine between the blocks of words on both sides of a gap."""
    left, right = _block(bags[gap - 1 :: -1]), _block(bags[gap:])
    product = sum(count * right[word] for word, count in left.items())
    size = math.sqrt(
        sum(count**2 for count in left.values()) * sum(count**2 for count in right.values())
    )
    return product / size if size else 0.0


def _block(bags: list[Counter[str]]) -> Counter[str]:
    block: Counter[str] = Counter()
    for bag in bags:
        block += bag
        if block.total() >= BLOCK_WORDS:
            break
    return block


def _depth(likeness: list[float], place: int) -> float:
    """Return how far a valley lies below the peaks to its left and right."""
    return _climb(likeness, place, -1) + _climb(likeness, place, 1) - 2 * likeness[place]


def _climb(likeness: list[float], place: int, direction: int) -> float:
    peak = likeness[place]
    while 0 <= place + direction < len(likeness) and likeness[place + direction] >= peak:
        place += direction
        peak = likeness[place]
    return peak


def _grouped(segments: list[Segment], borders: list[int]) -> list[list[Segment]]:
    groups: list[list[Segment]] = [[]]
    for number, segment in enumerate(segments):
        lasts = groups[-1] and segment.start - groups[-1][0].start
        if number in borders and lasts and lasts >= SHORTEST_TOPIC:
            groups.append([])
        groups[-1].append(segment)
    return groups


def _topic(group: list[Segment], everywhere: Counter[str], groups: int) -> Topic:
    here = Counter(word for segment in group for word in _content_words(segment.text))
    own = {word: count * count / everywhere[word] for word, count in here.items()}
    best = sorted(own, key=lambda word: (-own[word], word))[:TITLE_WORDS]
    share = sum(own.values()) / max(1, here.total())
    return Topic(
        start=group[0].start,
        end=group[-1].end,
        title=", ".join(best),
        summary=group[0].text[:200],
        score=round(min(1.0, share), 3) if groups > 1 else 1.0,
    )
