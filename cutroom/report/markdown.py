"""A report as Markdown, short, for the page of a Prefect run."""

import html
import re

from cutroom.records.report import ClipReport, Report, Stage
from cutroom.report.wording import between, count, dollars, length, percent, pixels, plain, size

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>:@])")
"""What means something to Markdown, address and mention finders included."""


def as_markdown(report: Report) -> str:
    """Return the report's head, clips, stages and what was degraded, as GitHub's Markdown.

    Foreign text is escaped: nothing in a title becomes a link, a picture or a tag.
    """
    parts = [_head(report), _error(report), _degraded(report), _clips(report), _stages(report)]
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str) -> str:
    """Return foreign text that Markdown shows as it is written, on one line."""
    return _MARKUP.sub(r"\\\1", html.escape(plain(text), quote=False))


def _head(report: Report) -> str:
    video = report.media.video
    facts = (
        report.status,
        length(report.source.duration),
        pixels(video.width, video.height),
        size(report.source.size_bytes),
        count(len(report.clips), "clip"),
        count(len(report.scenes), "scene"),
    )
    return f"# {escaped(report.source.title)}\n\n{' · '.join(facts)}"


def _error(report: Report) -> str:
    if report.error is None:
        return ""
    error = report.error
    return f"**{escaped(error.code)}**: {escaped(error.message)}  \n{escaped(error.hint)}"


def _degraded(report: Report) -> str:
    if not report.degraded:
        return ""
    rows = [f"- **{escaped(item.what)}**: {escaped(item.why)}" for item in report.degraded]
    return "\n".join(["## Done less well than it could be", "", *rows])


def _clips(report: Report) -> str:
    if not report.clips:
        return ""
    rows = [_clip(number, clip) for number, clip in enumerate(report.clips, 1)]
    head = ["## Clips", "", "| # | Title | Span | Length | Score | Why | How |"]
    return "\n".join([*head, "|--:|---|---|--:|--:|---|---|", *rows])


def _clip(number: int, clip: ClipReport) -> str:
    cells = (
        str(number),
        escaped(clip.title),
        between(clip.start, clip.end),
        length(clip.duration),
        percent(clip.score),
        ", ".join(escaped(reason) for reason in clip.reasons),
        clip.how or "planned",
    )
    return f"| {' | '.join(cells)} |"


def _stages(report: Report) -> str:
    ledger = report.ledger
    if not ledger.stages:
        return ""
    head = ["## Stages", "", "| Stage | Seconds | CPU | |", "|---|--:|--:|---|"]
    rows = [_stage(stage) for stage in ledger.stages]
    total = f"| **all** | {ledger.wall_seconds:.2f} | {ledger.cpu_seconds:.2f} | |"
    encodes = count(ledger.video_encodes, "video encode")
    cost = f"{encodes}, {dollars(ledger.cost_usd.total)}"
    return "\n".join([*head, *rows, total, "", cost])


def _stage(stage: Stage) -> str:
    mark = "cached" if stage.cached else ""
    return f"| {stage.name} | {stage.seconds:.2f} | {stage.cpu_seconds:.2f} | {mark} |"
