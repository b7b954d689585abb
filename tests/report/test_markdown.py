import html
import re

import pytest

from cutroom.records.report import Degraded, ErrorReport
from cutroom.report.markdown import as_markdown, escaped
from tests.report_maker import make_clip, make_report

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![p](https://example.com/x.png)",
    "| a | b |\n|---|",
    "`code` **bold** # head",
    "</script> & 'quotes' \"too\"",
    "https://example.com/x @someone",
    "\u202eevil",
)


def test_it_holds_the_head_the_clips_the_stages_and_what_was_degraded():
    """Everything a person looks for first, in this order."""
    text = as_markdown(make_report())

    parts = [
        "# The Invisible Cut",
        "completed · 46.6 s",
        "PocketSphinx listened",
        "| # |",
        "| Stage |",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "| 1 | Take one face, crossing the room | 0:06.5" in text
    assert "| fetch | 0.08 | 0.05 | cached |" in text


def test_empty_parts_are_left_out():
    """A report without clips and stages has no empty tables."""
    bare = make_report(clips=(), degraded=(), ledger={})

    assert "##" not in as_markdown(bare)


def test_a_failure_says_why_and_what_to_do():
    """The error's code, message and hint are near the top."""
    error = ErrorReport(code="MEDIA_TRUNCATED", message="It ends early.", hint="Fetch it again.")
    text = as_markdown(make_report(status="failed", error=error))

    assert r"**MEDIA\_TRUNCATED**: It ends early\.  " in text
    assert r"Fetch it again\." in text


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_stay_words(title):
    """No tag, link, picture, cell or heading comes out of foreign text, wherever it stands."""
    report = make_report(
        source=make_report().source.model_copy(update={"title": title}),
        clips=(make_clip(1, title=title, reasons=(title,)),),
        degraded=(Degraded(what=title, why=title),),
    )
    text = as_markdown(report)

    assert not re.search(r"<[a-z/]", text)
    assert not re.search(r"(?<!\\)[\[`]", text)
    assert "\u202e" not in text
    rows = [line for line in text.splitlines() if line.startswith("| 1 |")]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [8]
    assert "https:" not in text
    assert " @" not in text


@pytest.mark.parametrize("title", HOSTILE)
def test_escaping_loses_nothing(title):
    """Read back as Markdown reads it, the text is what it was, on one line."""
    read = html.unescape(re.sub(r"\\([^\w\s])", r"\1", escaped(title)))

    assert read == " ".join(title.replace("\u202e", "").split())
