"""Gather a job's results, hand them over whole, and remember them."""

import json
import re
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prefect.artifacts import create_markdown_artifact

from cutroom.catalog import kinds, writing
from cutroom.records.blob import Blob
from cutroom.records.clip import Clip, Cut
from cutroom.records.errors import OutputNotWritable
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
from cutroom.records.span import Span
from cutroom.report.markdown import as_markdown
from cutroom.report.page import write_page
from cutroom.report.schema import read_json, write_json
from cutroom.report.timeline import draw_timeline
from cutroom.sources.kinds import without_secrets
from tasks.listen import ENERGY_STEP
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
            "words": has_sound,
            "faces": has_picture,
            "topics": self.transcript is not None,
            "moments": has_picture,
            "clips": bool(self.clips),
            "renditions": bool(self.renditions),
            "report": True,
        }
        return [name for name, has_passed in passed.items() if has_passed]


def publish(results: Results, bench: Workbench) -> Report:
    """Write the report, deliver every file at once, close the job, and tell Prefect."""
    with bench.book.stage("report"):
        report = _report(results, bench)
        _remember(results, bench)
    ledger = bench.book.close(
        results.stages,
        cpu_hour=bench.settings.cost_cpu_hour,
        gigabyte_out=bench.settings.cost_gigabyte_out,
    )
    report = report.model_copy(update={"ledger": ledger})
    if bench.job.order.out is not None:
        _deliver(results, report, Path(bench.job.order.out), bench)
    writing.finish(bench.catalog, bench.job.id, report)
    create_markdown_artifact(
        key=f"report-{bench.job.id}", markdown=as_markdown(report), description="What was made"
    )
    return report


def deliver_master(master: Master, out: Path, bench: Workbench) -> list[str]:
    """Put a master into a folder; return its name there."""
    bench.store.deliver(master.file, out / MASTER_NAME)
    return [MASTER_NAME]


def deliver_clips(clips: list[Clip], report: Report, out: Path, bench: Workbench) -> list[str]:
    """Put clips that were virtual into a folder; return their names there."""
    numbers = {entry.id: number for number, entry in enumerate(report.clips, 1)}
    made = []
    for clip in clips:
        stem = f"clips/{clip_name(numbers[clip.cut.id], clip.cut.title)}"
        for blob in (clip.file, clip.thumbnail, *_caption_blobs(clip)):
            bench.store.deliver(blob, out / f"{stem}{blob.suffix}")
            made.append(f"{stem}{blob.suffix}")
    return made


def _caption_blobs(clip: Clip) -> list[Blob]:
    return [clip.captions.srt, clip.captions.vtt, clip.captions.ass] if clip.captions else []


def _report(results: Results, bench: Workbench) -> Report:
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


def _files(results: Results, report: Report) -> Iterator[tuple[Blob, str]]:
    """Yield every blob to deliver and its name inside the folder."""
    clips = {clip.cut.id: clip for clip in results.clips}
    for entry in report.clips:
        clip = clips.get(entry.id)
        if clip is None or entry.file is None or entry.thumbnail is None:
            continue
        yield clip.file, entry.file
        yield clip.thumbnail, entry.thumbnail
        if clip.captions and entry.captions:
            yield clip.captions.srt, entry.captions.srt
            yield clip.captions.vtt, entry.captions.vtt
            yield clip.captions.ass, entry.captions.ass
    for rendition, told in zip(results.renditions, report.renditions, strict=True):
        yield rendition.file, told.file
    if results.master and report.master:
        yield results.master.file, report.master.file
    if results.proxy and report.proxy and report.proxy.file:
        yield results.proxy.file, report.proxy.file


def _deliver(results: Results, report: Report, out: Path, bench: Workbench) -> None:
    """Put all files into `out`: made aside first, so that they appear together or not at all."""
    with _staging(out, bench.job.id) as staging:
        for blob, name in _files(results, report):
            bench.store.deliver(blob, staging / name)
        edit = [cut.model_dump(mode="json") for cut in results.cuts]
        (staging / "edit").mkdir(exist_ok=True)
        (staging / "edit" / "cuts.json").write_text(json.dumps(edit, indent=2) + "\n")
        timeline = staging / "timeline.png"
        draw_timeline(
            report,
            timeline,
            energy=list(results.energy),
            energy_step=ENERGY_STEP,
            thumbnails=[(still.time, bench.store.path(still.file)) for still in results.stills],
        )
        write_page(report, staging, staging / "report.html", timeline=timeline)
        write_json(report, staging / "report.json")
        _swap_in(staging, out)


@contextmanager
def _staging(out: Path, job_id: str) -> Iterator[Path]:
    """Yield a folder beside the results, gone afterwards; take away what we made if it fails."""
    was_there = out.exists()
    staging = out / f".part-{job_id}"
    try:
        staging.mkdir(parents=True, exist_ok=True)
        yield staging
    except OSError as error:
        raise OutputNotWritable(
            f"{out} cannot be written: {error.strerror}.", "Choose another folder with --out."
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        if not was_there and out.is_dir() and not any(out.iterdir()):
            out.rmdir()


def _swap_in(staging: Path, out: Path) -> None:
    """Move the new results in, the report last: it is what readers begin with.

    Of what was there before, only files that an earlier report names are taken away.
    """
    earlier = _named_by(out / "report.json")
    (out / "report.json").unlink(missing_ok=True)
    new = sorted(path.relative_to(staging) for path in staging.rglob("*") if path.is_file())
    for name in sorted(new, key=lambda name: name == Path("report.json")):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (staging / name).replace(out / name)
    for name in earlier - set(new):
        (out / name).unlink(missing_ok=True)


def _named_by(path: Path) -> set[Path]:
    """Return the files that an earlier report says it came with."""
    try:
        report = read_json(path)
    except (OSError, ValueError):
        return set()
    names = [one.file for one in report.renditions]
    for clip in report.clips:
        names += [name for name in (clip.file, clip.thumbnail) if name]
        names += list(clip.captions.model_dump().values()) if clip.captions else []
    names += [part.file for part in (report.master, report.proxy) if part and part.file]
    return {Path(name) for name in names if not Path(name).is_absolute() and ".." not in name}


def _remember(results: Results, bench: Workbench) -> None:
    """Put what was learned and made into the catalog."""
    catalog, job_id, digest = bench.catalog, bench.job.id, results.original.file.digest
    recipe = bench.job.order.recipe
    writing.note_source(catalog, job_id, digest, results.original.title)
    writing.remember_media(catalog, digest, results.original.media)
    if results.proxy is not None:
        loudness = f"{recipe.silence_threshold_db} dBFS, {recipe.shortest_silence} s"
        writing.remember_findings(catalog, digest, kinds.SCENES, results.scenes)
        writing.remember_findings(catalog, digest, kinds.SILENCES, results.silences, loudness)
        writing.remember_findings(catalog, digest, kinds.SPEECH, results.speech)
        writing.remember_findings(catalog, digest, kinds.FACES, results.faces)
    if results.transcript is not None:
        engine = f"{results.transcript.engine} {results.transcript.model}"[:200]
        writing.remember_transcript(catalog, digest, results.transcript, engine)
        writing.remember_findings(catalog, digest, kinds.TOPICS, results.topics, engine)
    writing.remember_cuts(catalog, job_id, digest, list(results.cuts))
    writing.remember_clips(catalog, job_id, list(results.clips))
