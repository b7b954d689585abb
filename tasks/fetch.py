"""Bring the source in."""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from prefect import get_run_logger

from blocks.settings import settings
from cutroom.media.making.normal import join_streams
from cutroom.media.probe import probe
from cutroom.records.errors import OrderInvalid, SourceForbidden
from cutroom.records.failpoints import reached
from cutroom.records.media import Original
from cutroom.records.order import Source
from cutroom.records.stopping import the_stop
from cutroom.sources import file, link, page, upload
from cutroom.sources.fetched import Fetched
from cutroom.sources.titles import tidy_title
from cutroom.storage.uploads import BucketUploads, is_upload_of
from tasks.breakers import guarded, host_of
from tasks.limits import limited
from tasks.policies import step
from tasks.workbench import Workbench


def fingerprint(source: Source) -> str:
    """Return what changes when a local file does, so that a changed file is fetched anew."""
    return file.fingerprint(file.locate(source.location)) if source.kind == "file" else ""


@step("fetch", run_name="fetch {source.kind}")
def fetch_local(source: Source, fingerprint: str, bench: Workbench) -> Original:  # noqa: ARG001
    """Take a local file into the store; remembered by its fingerprint, so only a change is read."""
    with bench.book.stage("fetch"):
        path = file.locate(source.location)
        media = probe(path, bench.settings.limits)
        blob = bench.store.adopt(path)
        bench.book.fetched(0)
        return Original(file=blob, title=tidy_title(path.stem), media=media)


@step(
    "fetch",
    run_name="fetch {source.kind}",
    expires=timedelta(seconds=settings().refetch_after),
)
def fetch_remote(source: Source, bench: Workbench) -> Original:
    """Fetch an address once; what an interrupted try left behind is resumed."""
    with limited("downloads"), bench.book.stage("fetch"), _folder_for(source, bench) as folder:
        with guarded(bench.catalog, _service(source)):
            fetched = _fetch(source, folder, bench)
        bench.book.fetched(fetched.bytes_downloaded)
        path = fetched.video
        if fetched.sound is not None:
            path = join_streams(fetched.video, fetched.sound, folder)
        media = probe(path, bench.settings.limits)
        suffix = {"mov": ".mp4", "matroska": ".mkv"}.get(media.container, f".{media.container}")
        blob = bench.store.keep(path, suffix)
        get_run_logger().info("Fetched %.1f MB", fetched.bytes_downloaded / 1e6)
        return Original(file=blob, title=fetched.title[:200] or "untitled", media=media)


def fetch_source(source: Source, bench: Workbench) -> Original:
    """Return the source's bytes and what they hold, fetched once whatever happens later."""
    if source.kind == "file":
        return fetch_local(source, fingerprint(source), bench)
    if source.kind == "upload":
        _check_owner(source, bench)  # before the cache is asked, which knows no owners
    return fetch_remote(source, bench)


def _fetch(source: Source, folder: Path, bench: Workbench) -> Fetched:
    stop = the_stop()

    def on_progress(done: float) -> None:
        stop.check()
        reached("fetch")
        bench.book.progress("fetch", done)

    limits, chosen = bench.settings.fetch_limits, bench.settings
    if source.kind == "page":
        return page.fetch_page(
            source.location, folder, limits=limits, settings=chosen.page, on_progress=on_progress
        )
    if source.kind == "upload":
        return upload.fetch_upload(source.location, folder, uploads=_uploads(bench), limits=limits)
    return link.fetch_link(
        source.location,
        folder,
        limits=limits,
        allowed_hosts=chosen.allowed_hosts,
        on_progress=on_progress,
    )


def _service(source: Source) -> str:
    """Return who is asked for the source, for the breaker."""
    return "the bucket" if source.kind == "upload" else host_of(source.location)


def _check_owner(source: Source, bench: Workbench) -> None:
    if not is_upload_of(source.location, bench.job.order.owner):
        with bench.book.stage("fetch"):
            raise SourceForbidden(
                "The order names no upload of its owner.", "Give the key that came with the form."
            )


def _uploads(bench: Workbench) -> upload.Uploads:
    """Return the bucket that uploads come to.

    Raises:
        OrderInvalid: No bucket is set.
    """
    if bench.bucket is None:
        raise OrderInvalid(
            "There are no uploads: no bucket is set.", "Set CUTROOM_S3_BUCKET on the worker."
        )
    return BucketUploads(bench.bucket)


@contextmanager
def _folder_for(source: Source, bench: Workbench) -> Iterator[Path]:
    """Yield the folder where this address's download lies, or a private one if it is in use."""
    name = hashlib.sha256(f"{source.kind} {source.location}".encode()).hexdigest()[:32]
    folder = bench.store.folder / "downloads" / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with bench.store.workspace() as private:
                yield private
            return
        yield folder
        for leftover in folder.iterdir():
            if leftover.name != ".lock":
                leftover.unlink(missing_ok=True)
