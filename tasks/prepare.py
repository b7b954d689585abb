"""Make the files that the rest of the job works with."""

from prefect import get_run_logger

from cutroom.media.making import master, normal, proxy, renditions
from cutroom.records.failpoints import reached
from cutroom.records.media import Master, Normal, Original, Proxy, Rendition
from tasks.limits import limited
from tasks.policies import step
from tasks.workbench import Workbench


@step("normal", run_name="normal of {original.file.digest:.8}")
def make_normal(original: Original, bench: Workbench) -> Normal:
    """Make one sound, seekable file at full quality: copied, remuxed, or encoded if it must."""
    with limited("encoders"), bench.book.stage("normal"), bench.store.workspace() as folder:
        path = bench.store.path(original.file)
        on_progress = bench.seconds_done("normal", original.media.duration)
        made = normal.make_normal(path, original.media, folder, on_progress)
        get_run_logger().info("Normal %s: %s", made.how, made.reason)
        blob = original.file if made.path == path else bench.store.keep(made.path)
        reached("normal")
        return Normal(file=blob, media=made.media, how=made.how, reason=made.reason)


@step("proxy", version=2, run_name="proxy of {normal_file.file.digest:.8}", ignoring="also")
def make_proxy(
    normal_file: Normal, language: str | None, also: tuple[str, ...], bench: Workbench
) -> Proxy:
    """Make what everything analyses, reusing the normal file where it already is that.

    If it has to be encoded, the copies in `also` come out of the same decode; they wait on the
    bench for the step that hands them out.
    """
    with limited("encoders"), bench.book.stage("proxy"), bench.store.workspace() as folder:
        path = bench.store.path(normal_file.file)
        made = proxy.make_proxy(
            path,
            normal_file.media,
            folder,
            language=language,
            on_progress=bench.seconds_done("proxy", normal_file.media.duration),
            encoders=bench.settings.encoders,
            also=also,
        )
        get_run_logger().info("Proxy %s: %s", made.how, made.reason)
        bench.by_products |= {one.profile: _kept(one, bench) for one in made.renditions}
        return Proxy(
            file=normal_file.file if made.path == path else bench.store.keep(made.path),
            media=made.media,
            how=made.how,
            reason=made.reason,
            sound=bench.store.keep(made.sound) if made.sound else None,
        )


@step("master", run_name="master of {original.file.digest:.8}")
def make_master(original: Original, slices: int, slice_crc: bool, bench: Workbench) -> Master:  # noqa: FBT001  tasks take plain arguments
    """Make a lossless copy whose frames equal the source's bit for bit."""
    with limited("encoders"), bench.book.stage("master"), bench.store.workspace() as folder:
        path = folder / "master.mkv"
        master.make_master(
            bench.store.path(original.file),
            original.media,
            path,
            slices=slices,
            slice_crc=slice_crc,
            on_progress=bench.seconds_done("master", original.media.duration),
        )
        return Master(file=bench.store.keep(path))


@step("renditions", version=2, run_name="renditions {names}")
def make_renditions(
    normal_file: Normal, names: tuple[str, ...], bench: Workbench
) -> list[Rendition]:
    """Transcode by profile, all copies out of one decode; those made on the way are just taken."""
    with limited("encoders"), bench.book.stage("renditions"), bench.store.workspace() as folder:
        missing = tuple(name for name in names if name not in bench.by_products)
        made = renditions.make_renditions(
            bench.store.path(normal_file.file),
            normal_file.media,
            missing,
            folder,
            bench.seconds_done("renditions", normal_file.media.duration),
            encoders=bench.settings.encoders,
        )
        ready = bench.by_products | {one.profile: _kept(one, bench) for one in made}
        return [ready[name] for name in names]


def _kept(made: renditions.RenditionFile, bench: Workbench) -> Rendition:
    file = bench.store.keep(made.path)
    return Rendition(profile=made.profile, file=file, width=made.width, height=made.height)
