"""What is left out, and what may be ordered of the rest."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cutroom.records.trend import Account, Candidate, Ranked, Reason, TrendOrder, Verdict
from cutroom.trends.addresses import canonical, job_id, key
from cutroom.trends.texts import speaks_of

Refusal = tuple[Reason, str]
"""Why a candidate is skipped, for programs and in words."""


def day_begins(now: datetime, time_zone: str) -> datetime:
    """Return the last midnight of a zone, in UTC; a day may have 23 or 25 hours there."""
    local = now.astimezone(ZoneInfo(time_zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


def sift(
    candidates: Sequence[Candidate],
    order: TrendOrder,
    known: Mapping[str, str | None],
    now: datetime,
) -> tuple[tuple[Candidate, ...], tuple[Verdict, ...]]:
    """Part the candidates that may be ordered from those that may not, whatever the budget.

    Args:
        candidates: One for each video.
        order: What is wanted.
        known: The jobs that the owner's videos have already, by the key of the address; None
            where the job is gone.
        now: The moment ages are reckoned from.

    Returns:
        Those to rank, and the verdicts on the others.
    """
    fit: list[Candidate] = []
    refused: list[Verdict] = []
    for candidate in candidates:
        video = key(canonical(candidate.address))
        refusal = _known(known, video) if video in known else _unfit(candidate, order, now)
        if refusal is None:
            fit.append(candidate)
        else:
            ranked = Ranked(candidate=candidate, score=0.0)
            refused.append(_skipped(ranked, refusal, known.get(video)))
    return tuple(fit), tuple(refused)


def judge(
    ranked: Sequence[Ranked],
    order: TrendOrder,
    known: Mapping[str, str | None],
    spent: Account,
) -> tuple[Verdict, ...]:
    """Order from the top what the budgets of the run and of the day still hold.

    A video too long for what is left is passed over, and a shorter one below it may still fit.

    Args:
        ranked: Best first.
        order: Has the budgets.
        known: As for `sift`; what another run ordered meanwhile is there.
        spent: What the owner's runs ordered this day before.
    """
    verdicts: list[Verdict] = []
    run = Account()
    for each in ranked:
        video = key(canonical(each.candidate.address))
        seconds = charged(each.candidate, order)
        refusal = _known(known, video) if video in known else None
        refusal = refusal or _unaffordable(seconds, order, run, spent)
        if refusal is not None:
            verdicts.append(_skipped(each, refusal, known.get(video)))
            continue
        run = Account(videos=run.videos + 1, seconds=run.seconds + seconds)
        verdicts.append(
            Verdict(
                ranked=each,
                decision="ordered",
                reason="ordered",
                why="within the budget",
                job_id=job_id(order.owner, canonical(each.candidate.address)),
                seconds=seconds,
            )
        )
    return tuple(verdicts)


def charged(candidate: Candidate, order: TrendOrder) -> float:
    """Return the seconds that a candidate costs; assumed where no source tells its length."""
    return candidate.duration or order.assumed_minutes * 60


def _skipped(ranked: Ranked, refusal: Refusal, job: str | None) -> Verdict:
    reason, why = refusal
    return Verdict(
        ranked=ranked,
        decision="skipped",
        reason=reason,
        why=why,
        job_id=job if reason == "known" else None,
    )


def _known(known: Mapping[str, str | None], video: str) -> Refusal:
    job = known[video]
    return "known", f"has job {job[:8]}" if job else "was ordered before, its job is gone"


def _unfit(candidate: Candidate, order: TrendOrder, now: datetime) -> Refusal | None:
    text = f"{candidate.title} · {candidate.channel or ''}"
    unwanted = next((word for word in order.unwanted if speaks_of(text, word)), None)
    if unwanted is not None:
        return "unwanted", f"speaks of {unwanted}"
    published, oldest = candidate.published, timedelta(days=order.newest_days)
    if published is not None and now - published > oldest:
        return "too_old", f"{(now - published).days} days old, at most {order.newest_days:g}"
    minutes = None if candidate.duration is None else candidate.duration / 60
    if minutes is not None and minutes < order.shortest_minutes:
        return "too_short", f"{minutes:.1f} min, at least {order.shortest_minutes:g}"
    if minutes is not None and minutes > order.longest_minutes:
        return "too_long", f"{minutes:.0f} min, at most {order.longest_minutes:g}"
    return None


def _unaffordable(seconds: float, order: TrendOrder, run: Account, day: Account) -> Refusal | None:
    if run.videos >= order.videos_per_run:
        return "run_videos", f"the run's {order.videos_per_run} videos are taken"
    if run.seconds + seconds > order.minutes_per_run * 60:
        return "run_minutes", f"more than the run's {order.minutes_per_run:g} minutes"
    if day.videos + run.videos >= order.videos_per_day:
        return "day_videos", f"the day's {order.videos_per_day} videos are taken"
    if day.seconds + run.seconds + seconds > order.minutes_per_day * 60:
        return "day_minutes", f"more than the day's {order.minutes_per_day:g} minutes"
    return None
