"""Look at the picture: keyframes, scenes, faces."""

from prefect import get_run_logger

from cutroom.media.shots import scenes
from cutroom.media.watching import faces
from cutroom.media.watching.stills import COUNT, make_stills
from cutroom.records.clip import Moment
from cutroom.records.findings import Change, FaceTrack, Scene
from cutroom.records.media import Proxy, Still
from cutroom.records.span import Span
from tasks.policies import step
from tasks.workbench import Workbench


@step("keyframes")
def list_windows(proxy: Proxy, bench: Workbench) -> list[Span]:
    """Split the video into windows that begin on keyframes, by the offsets of its index."""
    with bench.book.stage("keyframes"):
        get_run_logger().info("%d keyframes", len(proxy.media.keyframes))
        return scenes.windows_of_keyframes(proxy.media)


@step("changes", version=4, run_name="changes {window.start:.0f}-{window.end:.0f} s")
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


@step("faces", version=2, run_name="faces {window.start:.0f}-{window.end:.0f} s")
def find_faces(
    proxy: Proxy, scenes_found: list[Scene], window: Span, bench: Workbench
) -> list[FaceTrack]:
    """Find faces on keyframes and a few frames more, and follow each through its shot."""
    with bench.book.stage("faces"):
        path, model = bench.store.path(proxy.file), bench.settings.face_model
        return faces.find_faces(path, proxy.media, scenes_found, window, model)


@step("close faces", run_name="faces {moment.start:.1f}-{moment.end:.1f} s")
def look_closer(
    proxy: Proxy, scenes_found: list[Scene], moment: Moment, bench: Workbench
) -> list[FaceTrack]:
    """Follow faces closely where a crop will follow them."""
    with bench.book.stage("faces"):
        path, model = bench.store.path(proxy.file), bench.settings.face_model
        close = faces.CLOSE
        return faces.find_faces(path, proxy.media, scenes_found, moment, model, every=close)


@step("stills", version=2)
def take_stills(proxy: Proxy, bench: Workbench) -> list[Still]:
    """Take small pictures at even distances, for the timeline."""
    with bench.store.workspace() as folder:
        made = make_stills(bench.store.path(proxy.file), proxy.media, COUNT, folder)
        return [Still(time=time, file=bench.store.keep(part)) for time, part in made]
