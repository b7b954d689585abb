"""What the flow does with a file, without the flow: quick enough for hundreds of files."""

from dataclasses import dataclass
from pathlib import Path

from cutroom.media.choosing.moments import choose_moments
from cutroom.media.cutting.rendering import RenderedCut, render_cut
from cutroom.media.listening.silence import find_silences
from cutroom.media.listening.sound import Sound
from cutroom.media.making.normal import NormalFile, make_normal
from cutroom.media.making.proxy import ProxyFile, make_proxy
from cutroom.media.probe import probe
from cutroom.media.shots.scenes import find_changes, join_scenes, windows_of_keyframes
from cutroom.media.watching.thumbnail import make_thumbnail
from cutroom.records.clip import Cut
from cutroom.records.findings import Scene
from cutroom.records.media import Media
from cutroom.records.span import Span


@dataclass(frozen=True)
class Prepared:
    """What is known before anything is cut."""

    original: Media
    normal: NormalFile
    proxy: ProxyFile
    scenes: list[Scene]
    silences: list[Span]


def prepare(path: Path, folder: Path) -> Prepared:
    """Probe a file, make it sound, make the proxy, watch and listen."""
    folder.mkdir(exist_ok=True)
    original = probe(path)
    normal = make_normal(path, original, folder)
    proxy = make_proxy(normal.path, normal.media, folder)
    changes = [
        change
        for window in windows_of_keyframes(proxy.media)
        for change in find_changes(proxy.path, proxy.media, window)
    ]
    scenes = join_scenes(changes, proxy.media.duration)
    silences = []
    if proxy.sound:
        heard = Sound.open(proxy.sound)
        silences = find_silences(heard, threshold_db=-40, shortest=0.5, margin=0.1)
    return Prepared(original, normal, proxy, scenes, silences)


def cut(ready: Prepared, folder: Path) -> list[RenderedCut]:
    """Cut the best moment, and a stretch out of the middle, each with its thumbnail."""
    normal = ready.normal
    moments = choose_moments(
        duration=normal.media.duration,
        transcript=None,
        speech=[],
        silences=ready.silences,
        scenes=ready.scenes,
        faces=[],
        energy=[],
        energy_step=0.5,
        count=1,
        shortest=1,
        longest=10,
    )
    third = normal.media.duration / 3
    spans = [*moments, Span(start=third, end=2 * third)]
    made = []
    for number, span in enumerate(spans):
        whole = Span(start=span.start, end=span.end)
        plan = Cut(id=f"{number:016x}", span=whole, title="", score=1)
        made.append(render_cut(normal.path, normal.media, plan, folder))
        make_thumbnail(normal.path, normal.media, whole, folder / f"{number}.jpg")
    return made
