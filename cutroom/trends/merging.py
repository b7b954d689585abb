"""One candidate for each video, however many sources name it, and however they spell it."""

from collections.abc import Iterable, Sequence

from cutroom.records.trend import Candidate
from cutroom.trends.addresses import canonical, youtube_id


def merge(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return one candidate for each video, in the order they were first seen.

    What one source does not tell is taken from another, of views the highest count, for views
    only grow; the earliest moment, for a playlist may name the day it added a video.
    """
    found: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        found.setdefault(canonical(candidate.address), []).append(candidate)
    return tuple(_joined(address, same) for address, same in found.items())


def _joined(address: str, same: Sequence[Candidate]) -> Candidate:
    first = same[0]
    moments = [each.published for each in same if each.published is not None]
    lengths = [each.duration for each in same if each.duration]
    views = [each.views for each in same if each.views is not None]
    return Candidate(
        # YouTube's own spelling is safe to use; another host may want its `www.` or its slash.
        address=address if youtube_id(address) else first.address,
        title=first.title,
        channel=next((each.channel for each in same if each.channel), None),
        published=min(moments, default=None),
        duration=lengths[0] if lengths else None,
        views=max(views, default=None),
        sources=tuple(dict.fromkeys(source for each in same for source in each.sources)),
    )
