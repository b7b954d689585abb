"""Look at the picture: keyframes, scenes, faces."""

from prefect import get_run_logger

from cutroom.media import faces, scenes
from cutroom.media.thumbnail import make_thumbnail
from cutroom.records.findings import Change, FaceTrack, Scene
from cutroom.records.media import Proxy, Still
from cutroom.records.span import Span
from tasks.policies import step
from tasks.workbench import Workbench

STILLS = 12
"""Pictures along the timeline: as many as fit its width side by side."""


@step("keyframes")
def list_windows(proxy: Proxy, bench: Workbench) -> list[Span]:
    """Split the video into windows that begin on keyframes, by the offsets of its index."""
    with bench.book.stage("keyframes"):
        get_run_logger().info("%d keyframes", len(proxy.media.keyframes))
        return scenes.windows_of_keyframes(proxy.media)


@step("changes", run_name="changes {window.start:.0f}-{window.end:.0f} s")
def find_changes(proxy: Proxy, window: Span, bench: Workbench) -> list[Change]:
    """Find cuts and fades in one window, decoding keyframes first."""
    with bench.book.stage("scenes"):
        return scenes.find_changes(bench.store.path(proxy.file), proxy.media, window)


@step("scenes")
def join_scenes(changes: list[Change], duration: float, bench: Workbench) -> list[Scene]:
    """Turn the changes of all windows into scenes."""
    with bench.book.stage("scenes"):
        found = scenes.join_scenes(changes, duration)
        get_run_logger().info("%d scenes", len(found))
        return found


@step("faces", run_name="faces {window.start:.0f}-{window.end:.0f} s")
def find_faces(
    proxy: Proxy, scenes_found: list[Scene], window: Span, bench: Workbench
) -> list[FaceTrack]:
    """Find faces on a few frames a shot and follow each through its shot."""
    with bench.book.stage("faces"):
        path, model = bench.store.path(proxy.file), bench.settings.face_model
        return faces.find_faces(path, proxy.media, scenes_found, window, model)


@step("stills")
def take_stills(proxy: Proxy, bench: Workbench) -> list[Still]:
    """Take small pictures at even distances, for the timeline."""
    with bench.store.workspace() as folder:
        path, media = bench.store.path(proxy.file), proxy.media
        each = max(media.duration, 0.001) / STILLS
        stills = []
        for number in range(STILLS):
            part = folder / f"{number}.jpg"
            span = Span(start=number * each, end=(number + 1) * each)
            make_thumbnail(path, media, span, part)
            middle = round((span.start + span.end) / 2, 3)
            stills.append(Still(time=middle, file=bench.store.keep(part)))
        return stills
