"""Render cuts."""

from collections.abc import Iterable

from prefect import get_run_logger
from prefect.futures import PrefectFuture

from cutroom.media.cutting.captions import CaptionPaths, write_captions
from cutroom.media.cutting.rendering import render_cut
from cutroom.media.watching.thumbnail import make_thumbnail
from cutroom.records.clip import CaptionFiles, Clip, Cut
from cutroom.records.failpoints import reached
from cutroom.records.findings import Transcript
from cutroom.records.media import Normal
from cutroom.records.span import Span
from tasks.job import or_degraded
from tasks.limits import limited
from tasks.policies import step
from tasks.workbench import Workbench


@step("clips", version=4, run_name="clip {cut.title}")
def render_clip(
    normal: Normal, cut: Cut, transcript: Transcript | None, language: str | None, bench: Workbench
) -> Clip:
    """Cut one clip, frame-exact, with its captions and thumbnail."""
    with limited("encoders"), bench.book.stage("clips"), bench.store.workspace() as folder:
        source = bench.store.path(normal.file)
        width, height = normal.media.video.display_size
        if cut.framing is not None:
            width, height = round(width * cut.framing.width), round(height * cut.framing.height)
        track = normal.media.sound_track(language)

        def write(span: Span) -> CaptionPaths | None:
            if transcript is None:
                return None
            return write_captions(transcript, span, folder, width=width, height=height)

        burned = write(cut.span) if cut.captions == "burned" else None
        rendered = render_cut(
            source,
            normal.media,
            cut,
            folder,
            ass=burned.ass if burned else None,
            sound_track=track.index if track else None,
            encoders=bench.settings.encoders,
        )
        # Copying may have moved the clip's first frame: what lies beside it is timed from there.
        written = write(rendered.span)
        thumbnail = folder / "thumbnail.jpg"
        make_thumbnail(source, normal.media, cut.span, thumbnail, framing=cut.framing)
        get_run_logger().info("Clip %s: %s", cut.id, rendered.how)
        reached("clip")
        return Clip(
            cut=cut,
            file=bench.store.keep(rendered.path),
            span=rendered.span,
            how=rendered.how,
            width=rendered.width,
            height=rendered.height,
            captions=CaptionFiles(
                srt=bench.store.keep(written.srt),
                vtt=bench.store.keep(written.vtt),
                ass=bench.store.keep(written.ass),
            )
            if written
            else None,
            thumbnail=bench.store.keep(thumbnail),
        )


def rendered(futures: Iterable[PrefectFuture[Clip]], bench: Workbench) -> list[Clip]:
    """Return the clips that could be rendered; one that could not stays virtual, and is told."""
    clips = []
    for future in futures:
        with or_degraded(bench, "clips"):
            clips.append(future.result())
    return clips
