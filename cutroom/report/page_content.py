"""What the page shows, gathered from a report: clips, words, copies, costs."""

import base64
import io
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from PIL import Image, UnidentifiedImageError

from cutroom.records.findings import Segment, Word
from cutroom.records.media import AudioStream
from cutroom.records.report import ClipReport, Ledger, Report, Stage
from cutroom.report.timeline import place, shown_duration
from cutroom.report.wording import dollars, length, pixels, plain, size

STILL_WIDTH = 320
"""Pixels; larger thumbnails are made smaller, so that a page of 200 clips stays a few MB."""

_HOW = {
    "copied": "Copied, not encoded",
    "smart": "Copied, only its ends encoded",
    "encoded": "Encoded once",
    None: "Planned, not rendered",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A name to click and where it leads."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class ClipCard:
    """One clip, as the page shows it; addresses are quoted, pictures are data."""

    number: int
    clip: ClipReport
    heading: str
    file: str | None
    still: str | None
    captions_data: str | None
    links: tuple[Link, ...]
    left: float
    """Where it begins on the timeline, in pixels; at least four from where it ends."""
    right: float

    @property
    def anchor(self) -> str:
        """Its name inside the page."""
        return f"clip-{self.number}"

    @property
    def how(self) -> str:
        """How it was cut, in words."""
        return _HOW[self.clip.how]

    @property
    def share(self) -> float:
        """Its score, from 0 to 1."""
        return min(max(self.clip.score, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text in a row of words; one that can be played has a time."""

    text: str
    time: float | None
    gap: str
    """What stands before it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One stretch of speech; `anchor` names a clip that holds its start."""

    start: float
    anchor: str | None
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """One file of the video."""

    name: str
    what: str
    why: str
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """One number of the ledger."""

    name: str
    value: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class StageBar:
    """One stage and its share of the longest one's time."""

    stage: Stage
    share: float


def address(name: str) -> str:
    """Quote a relative file name for a link; no name can become another kind of address."""
    return quote(name, safe="/")


def embedded(content: bytes, kind: str) -> str:
    """Return bytes as a data URI."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def clip_cards(report: Report, folder: Path) -> list[ClipCard]:
    """Return a card for each clip, in the report's order."""
    duration = shown_duration(report)
    return [_card(number, clip, folder, duration) for number, clip in enumerate(report.clips, 1)]


def _card(number: int, clip: ClipReport, folder: Path, duration: float) -> ClipCard:
    left, right = (place(time, duration) for time in (clip.start, clip.end))
    links = [Link("Video", clip.file)] if clip.file else []
    if clip.captions:
        links += [
            Link(kind.upper(), getattr(clip.captions, kind)) for kind in ("srt", "vtt", "ass")
        ]
    return ClipCard(
        number=number,
        clip=clip,
        heading=f"{number}. {plain(clip.title)}",
        file=address(clip.file) if clip.file else None,
        still=_still(folder, clip.thumbnail),
        captions_data=_captions(folder, clip.captions.vtt if clip.captions else None),
        links=tuple(Link(link.name, address(link.address)) for link in links),
        left=left,
        right=max(right, left + 4),
    )


def _inside(folder: Path, name: str | None) -> Path | None:
    """Return the file behind a relative name, if it is there and truly in the folder."""
    if not name:
        return None
    file = (folder / name).resolve()
    return file if file.is_relative_to(folder.resolve()) and file.is_file() else None


def _still(folder: Path, name: str | None) -> str | None:
    file = _inside(folder, name)
    if file is None:
        return None
    try:
        with Image.open(file) as picture:
            small = picture.convert("RGB")
    except (UnidentifiedImageError, OSError):
        return None
    small.thumbnail((STILL_WIDTH, STILL_WIDTH * 2))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=82, optimize=True)
    return embedded(buffer.getvalue(), "image/jpeg")


def _captions(folder: Path, name: str | None) -> str | None:
    """Embed captions: a page on a disk may play a video beside it, but not read a text."""
    file = _inside(folder, name)
    return embedded(file.read_bytes(), "text/vtt") if file else None


def transcript_lines(report: Report, cards: Sequence[ClipCard]) -> list[Line]:
    """Return what was said, line by line; words inside a rendered clip carry their time."""
    transcript = report.transcript
    if transcript is None:
        return []
    rendered = [card for card in cards if card.file]
    lines = []
    for segment, words in _grouped(transcript.segments, transcript.words):
        card = next((c for c in rendered if c.clip.start <= segment.start < c.clip.end), None)
        runs = tuple(_runs(segment, words, [c.clip for c in rendered]))
        lines.append(Line(round(segment.start, 3), card.anchor if card else None, runs))
    return lines


def _grouped(
    segments: Sequence[Segment], words: Sequence[Word]
) -> Iterator[tuple[Segment, Sequence[Word]]]:
    """Give each word to the last segment that began before the word's middle."""
    if words and not segments:
        text = " ".join(word.text for word in words)
        segments = [Segment(start=words[0].start, end=words[-1].end, text=text)]
    middles = [(word.start + word.end) / 2 for word in words]
    for number, segment in enumerate(segments):
        first = bisect_left(middles, segment.start) if number else 0
        is_last = number + 1 == len(segments)
        end = len(words) if is_last else bisect_left(middles, segments[number + 1].start)
        yield segment, words[first:end]


def _runs(segment: Segment, words: Sequence[Word], clips: Sequence[ClipReport]) -> Iterator[Run]:
    """Cut a line into words that can be played and the text between them."""
    near = [clip for clip in clips if clip.overlap(segment) or clip.start == segment.start]
    if not near or not words:
        yield Run(plain(segment.text), None, "")
        return
    # Scripts without blanks between words stay as they are written.
    gap = " " if len(words) == 1 or " " in segment.text.strip() else ""
    for number, word in enumerate(words):
        is_playable = any(clip.start <= word.start < clip.end for clip in near)
        time = round(word.start, 3) if is_playable else None
        yield Run(plain(word.text), time, gap if number else "")


def copies(report: Report) -> list[Copy]:
    """Return the video's files, from what came in to what went out."""
    rows = [
        Copy("Original", _original(report), f"As it came; {report.media.keyframes} keyframes."),
        Copy("Full quality", report.normal.how.capitalize(), plain(report.normal.reason)),
    ]
    if report.proxy:
        proxy = report.proxy
        file = address(proxy.file) if proxy.file else None
        rows.append(Copy("Analysis copy", proxy.how.capitalize(), plain(proxy.reason), file))
    if report.master:
        what = f"FFV1, {size(report.master.size_bytes)}"
        rows.append(Copy("Master", what, "Lossless, as asked for.", address(report.master.file)))
    for copy in report.renditions:
        what = f"{pixels(copy.width, copy.height)}, {size(copy.size_bytes)}"
        rows.append(Copy(plain(copy.profile), what, "Rendition, as asked for.", address(copy.file)))
    return rows


def _original(report: Report) -> str:
    video = report.media.video
    picture = [video.codec, video.pixel_format, report.media.container]
    if video.hdr:
        picture.append(video.hdr.upper())
    if video.rotation:
        picture.append(f"turned by {video.rotation}°")
    if video.is_vfr:
        picture.append("variable frame rate")
    sound = "; ".join(_sound(track) for track in report.media.audio) or "no sound"
    return plain(f"{', '.join(picture)}; {sound}")


def _sound(track: AudioStream) -> str:
    channels = {1: "mono", 2: "stereo"}.get(track.channels, f"{track.channels} channels")
    language = f", {track.language}" if track.language else ""
    return f"{track.codec}, {channels}, {track.sample_rate / 1000:g} kHz{language}"


def totals(ledger: Ledger) -> list[Total]:
    """Return the ledger's sums."""
    asked = ledger.storage_requests
    cost = ledger.cost_usd
    shares = (("compute", cost.compute), ("storage", cost.storage), ("transfer", cost.transfer))
    spent = [
        f"{name} {dollars(part)}" for name, part in (*shares, ("language", cost.language)) if part
    ]
    return [
        Total("Time", length(ledger.wall_seconds)),
        Total("CPU time", length(ledger.cpu_seconds)),
        Total("Downloads", str(ledger.downloads), size(ledger.bytes_downloaded)),
        Total("Uploaded", size(ledger.bytes_uploaded)),
        Total("Video encodes", str(ledger.video_encodes)),
        Total(
            "Storage requests",
            str(asked.put + asked.get + asked.head),
            f"{asked.put} put, {asked.get} get, {asked.head} head",
        ),
        Total("Cost", dollars(cost.total), ", ".join(spent)),
    ]


def stage_bars(ledger: Ledger) -> list[StageBar]:
    """Return the stages, each with its share of the longest."""
    longest = max((stage.seconds for stage in ledger.stages), default=0.0) or 1.0
    return [StageBar(stage, stage.seconds / longest) for stage in ledger.stages]
