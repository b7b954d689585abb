"""What one job has made and learned, and the report of it."""

import re
import unicodedata
from dataclasses import dataclass

from cutroom.records.clip import Clip, Cut
from cutroom.records.findings import FaceTrack, Scene, Topic, Transcript
from cutroom.records.media import Master, Normal, Original, Proxy, Rendition, Still
from cutroom.records.report import (
    CaptionsReport,
    ClipReport,
    Degraded,
    Ledger,
    MasterReport,
    MediaReport,
    NormalReport,
    ProxyReport,
    RenditionReport,
    Report,
    SourceReport,
    StageName,
    VideoReport,
)
from cutroom.records.secrets import without_secrets
from cutroom.records.span import Span
from tasks.workbench import Workbench

MASTER_NAME = "master.mkv"


@dataclass(slots=True)
class Results:
    """Everything one job has made and learned; it grows as the story goes on."""

    original: Original
    normal: Normal
    proxy: Proxy | None = None
    master: Master | None = None
    renditions: tuple[Rendition, ...] = ()
    scenes: tuple[Scene, ...] = ()
    silences: tuple[Span, ...] = ()
    speech: tuple[Span, ...] = ()
    energy: tuple[float, ...] = ()
    transcript: Transcript | None = None
    faces: tuple[FaceTrack, ...] = ()
    topics: tuple[Topic, ...] = ()
    cuts: tuple[Cut, ...] = ()
    clips: tuple[Clip, ...] = ()
    stills: tuple[Still, ...] = ()

    @property
    def stages(self) -> list[StageName]:
        """The stages the job went through, in the order of the story."""
        has_picture, has_sound = self.proxy is not None, bool(self.proxy and self.proxy.sound)
        passed: dict[StageName, bool] = {
            "fetch": True,
            "normal": True,
            "proxy": has_picture,
            "master": self.master is not None,
            "keyframes": has_picture,
            "scenes": has_picture,
            "silences": has_sound,
            "speech": has_sound,
            "words": self.transcript is not None,
            "faces": has_picture,
            "topics": self.transcript is not None,
            "moments": has_picture,
            "clips": bool(self.clips),
            "renditions": bool(self.renditions),
            "report": True,
        }
        return [name for name, has_passed in passed.items() if has_passed]


def make_report(results: Results, bench: Workbench) -> Report:
    """Tell everything about a job that is done, but what it cost."""
    original, normal, order = results.original, results.normal, bench.job.order
    notes = [Degraded(what="picture", why=damage) for damage in normal.media.damage]
    if results.transcript and results.transcript.degraded:
        engine = results.transcript.engine
        notes.append(
            Degraded(
                what="words",
                why=f"No Whisper model could be had, so {engine} stood in; its words are rougher."
                " Name a model or its folder in CUTROOM_SPEECH_MODEL.",
            )
        )
    return Report(
        job_id=bench.job.id,
        status="completed",
        degraded=(*notes, *bench.degraded),
        source=SourceReport(
            kind=order.source.kind,
            location=without_secrets(order.source.location),
            title=original.title,
            duration=original.media.duration,
            size_bytes=original.file.size_bytes,
            sha256=original.file.digest,
        ),
        media=_media_report(original),
        normal=NormalReport(how=normal.how, reason=normal.reason),
        proxy=_proxy_report(results.proxy, wanted=order.recipe.proxy),
        master=MasterReport(file=MASTER_NAME, size_bytes=results.master.file.size_bytes)
        if results.master
        else None,
        renditions=tuple(
            RenditionReport(
                profile=one.profile,
                file=f"renditions/{one.profile}{one.file.suffix}",
                width=one.width,
                height=one.height,
                size_bytes=one.file.size_bytes,
            )
            for one in results.renditions
        ),
        scenes=results.scenes,
        silences=results.silences,
        speech=results.speech,
        transcript=results.transcript,
        faces=results.faces,
        topics=results.topics,
        clips=tuple(
            _clip_report(number, cut, results) for number, cut in enumerate(results.cuts, 1)
        ),
        ledger=Ledger(),
    )


def _media_report(original: Original) -> MediaReport:
    media = original.media
    video = {name: getattr(media.video, name) for name in VideoReport.model_fields}
    return MediaReport(
        container=media.container,
        duration=media.duration,
        keyframes=len(media.keyframes),
        video=VideoReport(**video),
        audio=media.audio,
    )


def _proxy_report(proxy: Proxy | None, *, wanted: bool) -> ProxyReport | None:
    if proxy is None:
        return None
    name = f"proxy{proxy.file.suffix}" if wanted else None
    return ProxyReport(file=name, how=proxy.how, reason=proxy.reason)


def _clip_report(number: int, cut: Cut, results: Results) -> ClipReport:
    clip = next((clip for clip in results.clips if clip.cut.id == cut.id), None)
    stem = f"clips/{clip_name(number, cut.title)}"
    span = clip.span if clip else cut.span
    captions = None
    if clip and clip.captions:
        captions = CaptionsReport(srt=f"{stem}.srt", vtt=f"{stem}.vtt", ass=f"{stem}.ass")
    return ClipReport(
        start=span.start,
        end=span.end,
        id=cut.id,
        file=f"{stem}{clip.file.suffix}" if clip else None,
        title=cut.title,
        score=cut.score,
        reasons=cut.reasons,
        layout=cut.layout,
        how=clip.how if clip else None,
        captions=captions,
        thumbnail=f"{stem}.jpg" if clip else None,
    )


def clip_name(number: int, title: str) -> str:
    """Return a file name without ending that every file system takes: `03-ask-not-what`."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-")
    return f"{number:02d}-{slug}" if slug else f"{number:02d}"
