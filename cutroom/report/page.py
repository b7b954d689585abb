"""report.html: one file that shows a job to a person, with nothing fetched from anywhere."""

import base64
import hashlib
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from cutroom.records.report import Report
from cutroom.report.page_content import (
    clip_cards,
    copies,
    embedded,
    stage_bars,
    totals,
    transcript_lines,
)
from cutroom.report.wording import between, count, length, percent, pixels, plain, size, timecode
from cutroom.report.writing import write_whole

_ORIGINS = {"page": "From the page", "link": "From", "upload": "Uploaded as", "file": "From"}


@dataclass(frozen=True, slots=True)
class _Picture:
    """The timeline, inside the page."""

    data: str
    width: int
    height: int


def write_page(report: Report, folder: Path, path: Path, *, timeline: Path) -> None:
    """Write the page.

    Pictures and captions lie inside it; videos are named, and looked for beside it. It plays
    nothing and sends nothing by itself, whatever the titles and words in the report hold.

    Args:
        report: What to show.
        folder: Where the report's relative names lead to; a missing thumbnail is left out.
        path: Where to put the page; written whole or not at all.
        timeline: The picture that `draw_timeline` made; left out where it is missing.

    Raises:
        DiskFull: There is no room left.
        OutputNotWritable: The folder may not be written.
    """
    cards = clip_cards(report, folder)
    style, script = _resource("report.css"), _resource("report.js")
    html = (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            picture_size=pixels(report.media.video.width, report.media.video.height),
            origin=_ORIGINS[report.source.kind],
            cards=cards,
            playing=next((card for card in cards if card.file), None),
            picture=_picture(timeline),
            summary=_summary(report),
            lines=transcript_lines(report, cards),
            copies=copies(report),
            totals=totals(report.ledger),
            stages=stage_bars(report.ledger),
            policy=content_policy(style, script),
            style=Markup(style),  # noqa: S704  our own file
            script=Markup(script),  # noqa: S704  our own file
        )
    )
    write_whole(path, html.encode())


def content_policy(style: str, script: str) -> str:
    """Return the page's Content-Security-Policy: our style, our script, and nothing else runs.

    Players may take videos from beside the page; `file:` is for a page opened from a disk.
    """
    rules = (
        "default-src 'none'",
        "img-src data:",
        "media-src 'self' file: data:",
        f"style-src 'sha256-{_hash(style)}'",
        f"script-src 'sha256-{_hash(script)}'",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(rules)


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _resource(name: str) -> str:
    return files("cutroom.report").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("cutroom.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        plain=plain,
        timecode=timecode,
        length_of=length,
        size=size,
        percent=percent,
        count_of=count,
        between=between,
        rate=frames_a_second,
    )
    return environment


def frames_a_second(rate: Fraction) -> str:
    """Write a frame rate as people say it: `30 fps`, `29.97 fps`."""
    return f"{float(rate):.2f}".rstrip("0").rstrip(".") + " fps"


def _picture(timeline: Path) -> _Picture | None:
    if not timeline.is_file():
        return None
    with Image.open(timeline) as image:
        width, height = image.size
    return _Picture(embedded(timeline.read_bytes(), "image/png"), width, height)


def _summary(report: Report) -> str:
    """Say what the timeline shows to those who do not see it."""
    parts = (
        count(len(report.clips), "clip"),
        count(len(report.scenes), "scene"),
        count(len(report.silences), "silence"),
        count(len(report.speech), "stretch of speech", "stretches of speech"),
        count(len(report.faces), "face"),
    )
    return f"Timeline of {length(report.source.duration)}: {', '.join(parts)}"
