"""Reports for tests, made up but as a real job would write them."""

from fractions import Fraction
from itertools import pairwise

from cutroom.records.findings import FaceBox, FaceTrack, Scene, Segment, Topic, Transcript, Word
from cutroom.records.media import AudioStream
from cutroom.records.report import (
    CaptionsReport,
    ClipReport,
    Cost,
    Degraded,
    Ledger,
    MediaReport,
    NormalReport,
    ProxyReport,
    RenditionReport,
    Report,
    SourceReport,
    Stage,
    StorageRequests,
    VideoReport,
)
from cutroom.records.span import Span

LINES = (
    (1.20, 2.56, "Nobody sees the cut."),
    (3.46, 5.87, "And yet the cut is what tells the story."),
    (7.27, 10.66, "Take one face, crossing the room from left to right."),
    (11.86, 15.21, "Put a rocket after it, and we think of leaving home."),
    (16.41, 19.71, "Put a cup of coffee after it, and it is only morning."),
    (21.11, 22.62, "The face did not change."),
    (23.42, 25.44, "So who is telling the story here?"),
    (26.84, 29.29, "The editor is, thirty times a second."),
    (29.99, 33.67, "A good cut comes on a breath, on a look, or on a silence."),
    (35.67, 37.96, "A dissolve says that time has passed."),
    (39.26, 41.92, "Keep what matters, and let the rest go."),
    (42.72, 44.57, "That is how hours become minutes."),
)
CUTS = (0.0, 6.567, 11.267, 15.8, 20.4, 26.133, 34.667, 37.567, 46.567)
DURATION = CUTS[-1]


def make_report(**changes: object) -> Report:
    """Return the report of a good job on the sample, with some fields replaced."""
    fields: dict[str, object] = {
        "job_id": "6f1c2b9a4e7d4c0f8a3b5d2e1f907c64",
        "status": "completed",
        "degraded": (
            Degraded(
                what="words",
                why="No faster-whisper model could be had, so PocketSphinx listened instead.",
            ),
        ),
        "source": SourceReport(
            kind="file",
            location="/videos/sample.mp4",
            title="The Invisible Cut",
            duration=DURATION,
            size_bytes=14_332_140,
            sha256="8afdb22800743cf651a24e3376c60c6b67906181d806b68404bcd13c48a29ba9",
        ),
        "media": make_media(),
        "normal": NormalReport(how="copied", reason="It is sound and seekable as it is."),
        "proxy": ProxyReport(
            file=None, how="reused", reason="It already is H.264 and AAC at most 1080p."
        ),
        "renditions": (
            _rendition("720p", 1280, 720, 9_800_000),
            _rendition("480p", 854, 480, 5_100_000),
        ),
        "scenes": _scenes(),
        "silences": tuple(
            Span(start=before[1] + 0.1, end=after[0] - 0.1) for before, after in pairwise(LINES)
        ),
        "speech": tuple(Span(start=start, end=end) for start, end, _ in LINES),
        "transcript": make_transcript(),
        "faces": (_face(6.567, 11.267), _face(20.4, 26.133)),
        "topics": (Topic(start=6.567, end=26.133, title="One face, three meanings", score=0.8),),
        "clips": tuple(make_clip(number) for number in range(1, 5)),
        "ledger": make_ledger(),
    }
    return Report.model_validate(fields | changes)


def make_media(**changes: object) -> MediaReport:
    """Return what a probe says of the sample."""
    fields: dict[str, object] = {
        "container": "mov",
        "duration": DURATION,
        "keyframes": 31,
        "video": VideoReport(
            codec="h264",
            width=1280,
            height=720,
            rotation=0,
            frame_rate=Fraction(30),
            is_vfr=False,
            pixel_format="yuv420p",
            hdr=None,
        ),
        "audio": (
            AudioStream(
                index=1, codec="aac", channels=1, sample_rate=48000, language="en", is_default=True
            ),
        ),
    }
    return MediaReport.model_validate(fields | changes)


def make_transcript() -> Transcript:
    """Return every line, its words evenly spread."""
    words = []
    for start, end, text in LINES:
        parts = text.split()
        step = (end - start) / len(parts)
        words += [
            Word(start=start + n * step, end=start + (n + 1) * step, text=part, probability=0.9)
            for n, part in enumerate(parts)
        ]
    return Transcript(
        engine="pocketsphinx",
        model="en-us",
        language="en",
        degraded=True,
        segments=tuple(Segment(start=start, end=end, text=text) for start, end, text in LINES),
        words=tuple(words),
    )


def make_clip(number: int, **changes: object) -> ClipReport:
    """Return one of four clips of the sample."""
    start, end, title, score, reasons = (
        (6.567, 15.80, "Take one face, crossing the room", 0.91, ("a face throughout", "lively")),
        (20.40, 26.133, "So who is telling the story here?", 0.84, ("asks a question", "a face")),
        (26.133, 34.40, "The editor is, thirty times a second", 0.66, ("names a number",)),
        (38.60, 45.20, "Keep what matters", 0.42, ("ends on a full sentence",)),
    )[(number - 1) % 4]
    name = f"clips/{number:02}"
    fields: dict[str, object] = {
        "id": f"{number:016x}",
        "file": f"{name}.mp4",
        "start": start,
        "end": end,
        "title": title,
        "score": score,
        "reasons": reasons,
        "layout": "source",
        "how": ("smart", "encoded", "copied", "smart")[(number - 1) % 4],
        "captions": CaptionsReport(srt=f"{name}.srt", vtt=f"{name}.vtt", ass=f"{name}.ass"),
        "thumbnail": f"{name}.jpg",
    }
    return ClipReport.model_validate(fields | changes)


def make_ledger() -> Ledger:
    """Return what such a job costs."""
    return Ledger(
        downloads=1,
        bytes_downloaded=0,
        bytes_uploaded=8_400_000,
        storage_requests=StorageRequests(put=9),
        video_encodes=4,
        wall_seconds=11.8,
        cpu_seconds=17.3,
        stages=(
            Stage(name="fetch", seconds=0.08, cpu_seconds=0.05, cached=True),
            Stage(name="normal", seconds=0.05, cpu_seconds=0.04, cached=True),
            Stage(name="proxy", seconds=0.21, cpu_seconds=0.2),
            Stage(name="keyframes", seconds=0.03, cpu_seconds=0.03),
            Stage(name="scenes", seconds=0.61, cpu_seconds=0.9),
            Stage(name="silences", seconds=0.07, cpu_seconds=0.06),
            Stage(name="speech", seconds=0.34, cpu_seconds=0.5),
            Stage(name="words", seconds=5.2, cpu_seconds=5.1),
            Stage(name="faces", seconds=0.82, cpu_seconds=0.8),
            Stage(name="moments", seconds=0.01, cpu_seconds=0.01),
            Stage(name="clips", seconds=2.4, cpu_seconds=4.2),
            Stage(name="renditions", seconds=3.6, cpu_seconds=6.4),
            Stage(name="report", seconds=0.4, cpu_seconds=0.4),
        ),
        cost_usd=Cost(compute=0.0004, storage=0.0001, transfer=0.0007, total=0.0012),
    )


def _rendition(profile: str, width: int, height: int, size_bytes: int) -> RenditionReport:
    return RenditionReport(
        profile=profile,
        file=f"renditions/{profile}.mp4",
        width=width,
        height=height,
        size_bytes=size_bytes,
    )


def _scenes() -> tuple[Scene, ...]:
    spans = list(pairwise(CUTS))
    hard = [Scene(start=start, end=end) for start, end in spans[:-1]]
    start, end = spans[-1]
    change = Span(start=start - 0.5, end=start + 0.5)
    return (*hard, Scene(start=start, end=end, gradual=True, change=change))


def _face(start: float, end: float) -> FaceTrack:
    boxes = tuple(
        FaceBox(
            time=start + share * (end - start) * 0.99,
            x=0.1 + 0.6 * share,
            y=0.25,
            width=0.12,
            height=0.21,
            score=0.9,
        )
        for share in (0.0, 0.5, 1.0)
    )
    return FaceTrack(start=start, end=end, boxes=boxes)
