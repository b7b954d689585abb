import base64
import hashlib
import re
from fractions import Fraction
from html.parser import HTMLParser

import pytest
from PIL import Image

from cutroom.records.findings import Segment, Transcript, Word
from cutroom.records.report import Degraded, ErrorReport
from cutroom.report.page import frames_a_second, write_page
from cutroom.report.timeline import draw_timeline
from tests.report_maker import make_clip, make_report

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "\" onmouseover=\"alert(1)' autofocus='",
    "{{ 7 * 7 }} {% raw %}",
    "--> <!-- ]]>",
    "\u202etxt.exe",
)
VOID = {"meta", "img", "track", "rect", "br", "link", "input"}
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "href", "id", "src", "alt", "role",
    "tabindex", "controls", "playsinline", "preload", "poster", "kind", "label", "viewbox", "width",
    "height", "rx", "x", "y", "preserveaspectratio", "download", "scope", "dir",
}  # fmt: skip


class Page(HTMLParser):
    """A page taken apart: its tags with their attributes, its text, its scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.inside, self.parts = [], "", [], {"script": [], "style": []}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        """Remember a tag, and that we are inside it."""
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.inside.append(tag)

    def handle_endtag(self, tag):
        """Tags close in the order they opened."""
        if tag not in VOID:
            assert self.inside.pop() == tag

    def handle_data(self, data):
        """Keep scripts and styles apart from what is read."""
        if self.inside and self.inside[-1] in self.parts:
            self.parts[self.inside[-1]].append(data)
        else:
            self.text += data

    def all(self, tag):
        """Return the attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def show(tmp_path):
    """Write a report's page beside made-up thumbnails and captions, and take it apart."""

    def shown(report):
        draw_timeline(report, tmp_path / "timeline.png")
        (tmp_path / "clips").mkdir(exist_ok=True)
        for number in range(1, 5):
            Image.new("RGB", (640, 360), (40 * number, 90, 90)).save(
                tmp_path / f"clips/{number:02}.jpg"
            )
            (tmp_path / f"clips/{number:02}.vtt").write_text("WEBVTT\n")
        write_page(report, tmp_path, tmp_path / "report.html", timeline=tmp_path / "timeline.png")
        return Page((tmp_path / "report.html").read_text())

    return shown


def hostile_report(text):
    """A report with the same foreign text everywhere foreign text can stand."""
    source = make_report().source.model_copy(update={"title": text, "location": text})
    return make_report(
        source=source,
        status="failed",
        error=ErrorReport(code="X", message=text, hint=text),
        degraded=(Degraded(what=text, why=text),),
        clips=(make_clip(1, title=text, reasons=(text,), start=1.0, end=9.0),),
        transcript=Transcript(
            engine=text,
            model=text,
            language=text,
            segments=(Segment(start=2, end=4, text=text), Segment(start=30, end=31, text=text)),
            words=(Word(start=2, end=3, text=text, probability=1),),
        ),
    )


def test_the_page_fetches_nothing(show):
    """Pictures and captions lie inside; only videos are named, each by a relative name."""
    page = show(make_report())

    assert all(image["src"].startswith("data:image/") for image in page.all("img"))
    assert [video["src"] for video in page.all("video")] == ["clips/01.mp4"]
    assert page.all("link") == []
    assert not any("src" in script for script in page.all("script"))
    assert "url(" not in page.parts["style"][0]
    assert "@import" not in page.parts["style"][0]
    addresses = [
        tag[key] for _, tag in page.tags for key in ("src", "href", "poster") if key in tag
    ]
    assert not any(
        re.match(r"[a-z]+:|//", address) for address in addresses if address[:5] != "data:"
    )


def test_the_policy_lets_our_script_run_and_no_other(show):
    """The hashes in the policy are those of what the page holds, byte for byte."""
    page = show(make_report())
    policy = next(m["content"] for m in page.all("meta") if "http-equiv" in m)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))

    for kind in ("script", "style"):
        (content,) = page.parts[kind]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in policy


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(show, text):
    """Titles, words, reasons and errors add no tag, no attribute and no script of their own."""
    page = show(hostile_report(text))
    tame = show(hostile_report("harmless words"))

    assert [tag for tag, _ in page.tags] == [tag for tag, _ in tame.tags]
    assert page.parts == tame.parts
    assert page.inside == []
    for _, attributes in page.tags:
        assert all(key in ATTRIBUTES or key.startswith(("data-", "aria-")) for key in attributes)
    assert page.text.count(text.replace("\u202e", "")) >= 8
    assert "\u202e" not in page.text


def test_no_file_name_becomes_another_kind_of_address(show):
    """Blanks, quotes and schemes in names are quoted; a thumbnail outside is not looked at."""
    clip = make_clip(
        1, file="javascript:alert(1)//a b'\".mp4", thumbnail="../../../../../etc/hostname"
    )
    page = show(make_report(clips=(clip,)))

    assert page.all("video")[0]["src"] == "javascript%3Aalert%281%29//a%20b%27%22.mp4"
    assert "poster" not in page.all("video")[0]
    assert len(page.all("img")) == 1


def test_clips_are_listed_with_everything_about_them(show):
    """Title, span, score, reasons, how it was cut, and links that work without a script."""
    page = show(make_report())

    for words in ("So who is telling the story here?", "0:20.4", "84 %", "asks a question"):
        assert words in page.text
    for words in ("Encoded once", "Copied, only its ends encoded", "Copied, not encoded"):
        assert words in page.text
    links = [link["href"] for link in page.all("a")]
    assert links.count("clips/02.mp4") == 2
    assert {"clips/02.srt", "clips/02.vtt", "clips/02.ass", "renditions/720p.mp4"} <= set(links)


def test_words_inside_a_clip_can_be_clicked_and_others_cannot(show):
    """Each word of a clip carries its time; words between clips are plain text."""
    page = show(make_report())
    times = [float(span["data-time"]) for span in page.all("span") if "data-time" in span]
    clips = make_report().clips

    assert len(times) > 30
    assert all(any(clip.start <= time < clip.end for clip in clips) for time in times)
    assert "Nobody sees the cut." in page.text
    assert "Take one face, crossing the room from left to right." in page.text


def test_the_timeline_can_be_clicked(show):
    """Every clip has a spot on the picture, as wide as it is long, leading to its card."""
    page = show(make_report())
    spots = [link for link in page.all("a") if link.get("aria-label", "") == "Clip 3"]
    boxes = [rect for rect in page.all("rect") if "x" in rect]

    assert [spot["href"] for spot in spots] == ["#clip-3"]
    assert any(card.get("id") == "clip-3" for card in page.all("li"))
    assert len(boxes) == 4
    assert float(boxes[2]["width"]) == pytest.approx((34.4 - 26.133) / 46.567 * 1424, abs=1)


def test_every_picture_and_control_has_a_name(show):
    """Pictures have texts, regions that scroll can be reached and are labelled."""
    page = show(make_report())

    assert all(image["alt"] for image in page.all("img"))
    assert all(video["aria-label"] for video in page.all("video"))
    scrolling = [tag for _, tag in page.tags if tag.get("tabindex") == "0"]
    assert len(scrolling) == 3
    assert all("aria-label" in tag or "aria-labelledby" in tag for tag in scrolling)


def test_virtual_clips_are_shown_without_a_player(show):
    """Cuts that nobody rendered are listed, and the page says how to render them."""
    virtual = make_clip(1, file=None, how=None, captions=None, thumbnail=None)
    page = show(make_report(clips=(virtual,)))

    assert page.all("video") == []
    assert "Planned, not rendered" in page.text
    assert "cutroom export" in page.text


@pytest.mark.parametrize("status", ["completed", "failed"])
def test_a_page_with_nothing_on_it_still_stands(show, tmp_path, status):
    """No clips, words, scenes, stages or proxy: the page says so, and holds no empty player."""
    error = ErrorReport(code="X", message="It broke.", hint="Mend it.")
    bare = make_report(
        status=status, error=error if status == "failed" else None, proxy=None, clips=(), scenes=(),
        silences=(), speech=(), transcript=None, faces=(), topics=(), renditions=(), degraded=(),
        ledger={},
    )  # fmt: skip
    page = show(bare)

    assert "No clips" in page.text
    assert ("It broke." in page.text) == (status == "failed")
    assert page.all("video") == []
    write_page(bare, tmp_path, tmp_path / "x.html", timeline=tmp_path / "none.png")
    assert Page((tmp_path / "x.html").read_text()).all("img") == []


def test_large_thumbnails_are_made_smaller(show, tmp_path):
    """A page of many clips stays small: a 640 pixels wide still is embedded 320 wide."""
    page = show(make_report())
    data = base64.b64decode(page.all("img")[0]["src"].split(",")[1])
    (tmp_path / "embedded.jpg").write_bytes(data)

    with Image.open(tmp_path / "embedded.jpg") as image:
        assert image.size == (320, 180)


def test_a_broken_thumbnail_is_left_out(show, tmp_path):
    """Bytes that are no picture cost the picture, not the page."""
    (tmp_path / "bad.jpg").write_bytes(b"not a picture")
    page = show(make_report(clips=(make_clip(1, thumbnail="bad.jpg"),)))

    assert len(page.all("img")) == 1


def test_frame_rates_read_as_people_say_them():
    """Thousand-and-firsts become the two decimals people know."""
    assert frames_a_second(Fraction(30000, 1001)) == "29.97 fps"
    assert frames_a_second(Fraction(25)) == "25 fps"
