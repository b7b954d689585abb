"""Put a job's files where they were asked for, all of them or none."""

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cutroom.catalog import writing
from cutroom.records.blob import Blob
from cutroom.records.clip import Clip
from cutroom.records.errors import OutputNotWritable
from cutroom.records.failpoints import reached
from cutroom.records.media import Master
from cutroom.records.report import (
    Report,
)
from cutroom.report.page import write_page
from cutroom.report.schema import read_json, write_json
from cutroom.report.timeline import draw_timeline
from cutroom.storage.local import room_to_write
from tasks.listen import ENERGY_STEP
from tasks.results import MASTER_NAME, Results, clip_name
from tasks.workbench import Workbench


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


def list_files(results: Results, report: Report) -> Iterator[tuple[Blob, str]]:
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


def deliver(results: Results, report: Report, out: Path, bench: Workbench) -> None:
    """Put all files into `out`: made aside first, so that they appear together or not at all."""
    reached("deliver")
    with delivering(out, bench.job.id) as staging:
        for blob, name in list_files(results, report):
            bench.store.deliver(blob, staging / name)
        write_pages(results, report, staging, bench)
        # The latest moment at which a stale attempt can be told from the one that took over.
        writing.check_attempt(bench.catalog, bench.job.id, bench.job.attempts)
        reached("swap")


@contextmanager
def delivering(out: Path, job_id: str) -> Iterator[Path]:
    """Yield a folder for a job's files; when all are in it, they come to `out` together.

    Raises:
        OutputNotWritable: `out` cannot be written, or holds something else under one of the names.
        DiskFull: There is no room for them.
    """
    with _staging(out, job_id) as staging:
        yield staging
        _swap_in(staging, out)


def write_pages(results: Results, report: Report, folder: Path, bench: Workbench) -> None:
    """Write what tells about a job into the folder that holds its files."""
    edit = [cut.model_dump(mode="json") for cut in results.cuts]
    (folder / "edit").mkdir(exist_ok=True)
    (folder / "edit" / "cuts.json").write_text(json.dumps(edit, indent=2) + "\n")
    timeline = folder / "timeline.png"
    draw_timeline(
        report,
        timeline,
        energy=list(results.energy),
        energy_step=ENERGY_STEP,
        thumbnails=[(still.time, bench.store.path(still.file)) for still in results.stills],
    )
    write_page(report, folder, folder / "report.html", timeline=timeline)
    write_json(report, folder / "report.json")


def staging_folder(out: Path, job_id: str) -> Path:
    """Return where a job's results are gathered, beside the place they are moved to."""
    return out / f".part-{job_id}"


@contextmanager
def _staging(out: Path, job_id: str) -> Iterator[Path]:
    """Yield a folder beside the results, gone afterwards; take away what we made if it fails."""
    ours = [folder for folder in (out, *out.parents) if not folder.exists()]
    staging = staging_folder(out, job_id)
    try:
        with room_to_write():
            shutil.rmtree(staging, ignore_errors=True)  # an attempt that was killed left it
            staging.mkdir(parents=True, exist_ok=True)
            yield staging
    except OSError as error:
        raise OutputNotWritable(
            f"{out} cannot be written: {error.strerror}.", "Choose another folder with --out."
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        for folder in ours:
            with suppress(OSError):  # it holds something: the results, or what others put there
                folder.rmdir()


def _swap_in(staging: Path, out: Path) -> None:
    """Move the new results in, the report last: it is what readers begin with.

    Of what was there before, only files that an earlier report names are taken away.
    """
    earlier = _named_by(out / "report.json")
    new = sorted(path.relative_to(staging) for path in staging.rglob("*") if path.is_file())
    _check_way(new, out)
    (out / "report.json").unlink(missing_ok=True)
    for name in sorted(new, key=lambda name: name == Path("report.json")):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (staging / name).replace(out / name)
    for name in earlier - set(new):
        if not (out / name).is_dir():
            (out / name).unlink(missing_ok=True)


def _check_way(names: Iterable[Path], out: Path) -> None:
    """Refuse, before anything is moved, where someone's folder or file has the name of ours."""
    for name in names:
        folders = [out / folder for folder in name.parents]
        in_the_way = [folder for folder in folders if folder.exists() and not folder.is_dir()]
        if (out / name).is_dir():
            in_the_way.append(out / name)
        for place in in_the_way:
            raise OutputNotWritable(
                f"{place} is in the way of the results.", "Move it, or choose another --out."
            )


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
