"""Join the faces of several looks into tracks, and tell people from what looks like them."""

from dataclasses import dataclass
from itertools import pairwise

from cutroom.media.watching.face_detector import overlap
from cutroom.records.findings import FaceBox, FaceTrack
from cutroom.records.span import Span

NEAR = 1.0
"""Widths of a face that it may move within half a second and still be the same: heads rarely
cross more than their own width in that time."""
DRIFT = 0.5
"""Widths more for each further second between two looks: people stay about where they are."""
FARTHEST = 2.5
"""Widths at most, however long nobody looked: farther away another person is as likely."""
SIMILAR = 1.8
"""Times that a face may grow or shrink between two looks."""
LOST_AFTER = 1.5
"""Seconds after which a face that looks have missed is gone."""
LIKELY = 0.65
"""Mean score of a face that is seen more than once: people of the corpus turn away and blur, yet
keep above it; galaxies, butterflies and toys are doubtful most of the time."""
SURE = 0.75
"""Best score of a face that is seen more than once: each person is seen well at least once."""
SURE_ALONE = 0.8
"""Score of a face that is seen once: nothing else speaks for it."""


@dataclass(frozen=True, slots=True)
class FaceLook:
    """What one look found."""

    time: float
    faces: list[FaceBox]


@dataclass(slots=True)
class _Track:
    """A face being followed."""

    boxes: list[FaceBox]

    @property
    def last(self) -> FaceBox:
        return self.boxes[-1]


def follow(looks: list[FaceLook], shot: Span) -> list[FaceTrack]:
    """Join the faces seen in one shot into tracks.

    Args:
        looks: In order, those that saw nobody included.
        shot: Where the tracks must stay.

    Returns:
        A track lasts half-way to the looks before and after it, which did not see it; where
        nobody looked any more, to the shot's end.
    """
    running: list[_Track] = []
    done: list[_Track] = []
    for look in looks:
        left = list(look.faces)
        for track, box in _continued(running, left):
            track.boxes.append(box)
            left.remove(box)
        gone = [one for one in running if look.time - one.last.time >= LOST_AFTER]
        done += gone
        running = [one for one in running if one not in gone] + [_Track([box]) for box in left]
    times = [look.time for look in looks]
    return [_finished(track, times, shot) for track in done + running if is_likely(track.boxes)]


def is_likely(boxes: list[FaceBox]) -> bool:
    """Say whether what was seen is a person rather than something that looks like one."""
    scores = [box.score for box in boxes]
    if len(scores) == 1:
        return scores[0] >= SURE_ALONE
    return max(scores) >= SURE and sum(scores) / len(scores) >= LIKELY


def _continued(tracks: list[_Track], boxes: list[FaceBox]) -> list[tuple[_Track, FaceBox]]:
    """Pair tracks with the boxes that continue them, the nearest pairs first."""
    pairs = [(track, box) for track in tracks for box in boxes if _fits(track.last, box)]
    pairs.sort(key=lambda pair: _distance(pair[0].last, pair[1]) - overlap(pair[0].last, pair[1]))
    chosen: list[tuple[_Track, FaceBox]] = []
    for track, box in pairs:
        if all(track is not other and box is not taken for other, taken in chosen):
            chosen.append((track, box))
    return chosen


def _fits(last: FaceBox, box: FaceBox) -> bool:
    gap = max(0.0, box.time - last.time - 0.5)
    reach = min(FARTHEST, NEAR + DRIFT * gap)
    is_similar = 1 / SIMILAR <= last.height / box.height <= SIMILAR
    return is_similar and _distance(last, box) <= reach


def _distance(one: FaceBox, other: FaceBox) -> float:
    """Return how far the middles are apart, in widths and heights of the faces."""
    across = (one.x + one.width / 2 - other.x - other.width / 2) / max(one.width, other.width)
    down = (one.y + one.height / 2 - other.y - other.height / 2) / max(one.height, other.height)
    return max(abs(across), abs(down))


def _finished(track: _Track, times: list[float], shot: Span) -> FaceTrack:
    first, last = track.boxes[0].time, track.boxes[-1].time
    start, end = shot.start, shot.end
    for one, two in pairwise(times):
        if two == first:
            start = max(start, (one + two) / 2)
        if one == last:
            end = min(end, (one + two) / 2)
    return FaceTrack(start=start, end=end, boxes=tuple(track.boxes))
