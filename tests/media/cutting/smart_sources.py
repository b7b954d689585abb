"""Sources for smart cuts, of every kind that matters, and what is asked of the clips."""

from collections.abc import Callable
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import av
import numpy as np

from cutroom.media.bitstream.sample_description import SampleDescription
from cutroom.media.cutting.packets import choose_frames, read_packets
from cutroom.media.cutting.rendering import RenderedCut, render_cut
from cutroom.media.cutting.smart_plan import SmartPlan, plan_smart_cut
from cutroom.media.probe import probe
from cutroom.records.clip import Cut
from cutroom.records.media import Media
from cutroom.records.span import Span
from tests.media.numbered_video import make_numbered

X264 = "keyint=24:min-keyint=24:scenecut=0"
OPEN = f"{X264}:open-gop=1"
X265 = f"log-level=none:{X264}"
_NUMBERS = count()


def a_cut(start: float, end: float) -> Cut:
    """A cut of its own name."""
    return Cut(id=f"{next(_NUMBERS):016x}", span=Span(start=start, end=end), title="", score=1)


def cut_out(source: Path, start: float, end: float) -> RenderedCut:
    """Render one span of a file beside it, in the mode that is used unless another is asked for."""
    return render_cut(source, probe(source), a_cut(start, end), source.parent)


def plan_of(source: Path, start: float, end: float) -> SmartPlan | None:
    """Plan the smart cut of one span; None where it does not pay."""
    media = probe(source)
    span = Span(start=start, end=end)
    packets = read_packets(source, media, span)
    return plan_smart_cut(source, media, packets, span, choose_frames(packets, span, media))


def h264(path: Path, words: str = X264, **settings: Any) -> Path:
    """Write numbered frames as H.264, in groups of 24 unless told otherwise."""
    options = {"bf": "3", "x264-params": words, **settings.pop("options", {})}
    return make_numbered(path, **{"frames": 120, "options": options, **settings})


def hevc(path: Path, words: str = X265, **settings: Any) -> Path:
    """The same as HEVC."""
    options = {"x265-params": words}
    return make_numbered(
        path, **{"frames": 120, "codec": "libx265", "options": options, **settings}
    )


def pictures(path: Path) -> list[np.ndarray]:
    """Decode every frame, untouched: brightness and colour below each other."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray() for frame in container.decode(video=0)]


def same_as(source: Path, clip: Path, first: int) -> list[bool]:
    """Say of each frame of a clip whether it is bit by bit the source's."""
    originals = pictures(source)[first:]
    return [
        np.array_equal(one, other) for one, other in zip(pictures(clip), originals, strict=False)
    ]


SOURCES: dict[str, Callable[[Path], Path]] = {
    "plain": lambda folder: h264(folder / "plain.mp4"),
    "no B-frames": lambda folder: h264(folder / "ip.mp4", options={"bf": "0"}),
    "deep B-frames": lambda folder: h264(
        folder / "deep.mp4", f"{X264}:bframes=8:b-pyramid=normal:b-adapt=0:ref=6"
    ),
    "baseline": lambda folder: h264(
        folder / "base.mp4", options={"profile": "baseline", "level": "4.0"}
    ),
    "main, no CABAC": lambda folder: h264(
        folder / "main.mp4", f"{X264}:cabac=0:8x8dct=0:ref=4", options={"profile": "main"}
    ),
    "scaling lists": lambda folder: h264(folder / "cqm.mp4", f"{X264}:cqm=jvt:slices=3"),
    "other ids": lambda folder: h264(folder / "ids.mp4", f"{X264}:sps-id=1"),
    "4:2:2": lambda folder: h264(folder / "422.mp4", pixel_format="yuv422p"),
    "10 bits": lambda folder: h264(folder / "ten.mp4", pixel_format="yuv420p10le"),
    "full range": lambda folder: h264(folder / "full.mp4", pixel_format="yuvj420p"),
    "Matroska": lambda folder: h264(folder / "plain.mkv"),
    "NTSC": lambda folder: h264(folder / "ntsc.mp4", rate=Fraction(30000, 1001)),
    "open groups": lambda folder: h264(folder / "open.mp4", OPEN),
    "open groups, deep B-frames": lambda folder: h264(
        folder / "deep.mp4", f"{OPEN}:bframes=8:b-pyramid=normal:b-adapt=0:ref=6"
    ),
    "open groups, strict pyramid": lambda folder: h264(
        folder / "strict.mp4", f"{OPEN}:bframes=5:b-pyramid=strict:b-adapt=0:ref=4:slices=3"
    ),
    "open groups, no CABAC": lambda folder: h264(
        folder / "main.mp4", f"{OPEN}:cabac=0:8x8dct=0:ref=16", options={"profile": "main"}
    ),
    "open groups, two fields": lambda folder: h264(
        folder / "two.mp4", f"{OPEN}:fake-interlaced=1:direct=temporal:ref=1"
    ),
    "HEVC": lambda folder: hevc(folder / "closed.mp4", f"{X265}:open-gop=0"),
    "HEVC, open groups": lambda folder: hevc(folder / "open.mp4", f"{X265}:open-gop=1"),
    "HEVC, 10 bits": lambda folder: hevc(folder / "ten.mkv", pixel_format="yuv420p10le"),
    "HEVC, no B-frames": lambda folder: hevc(folder / "ip.mp4", f"{X265}:bframes=0"),
}


def described(path: Path, media: Media) -> SampleDescription:
    """Read the parameter sets that a file declares."""
    with av.open(str(path)) as container:
        data = container.streams.video[0].codec_context.extradata
    return SampleDescription.read("h264" if media.video.codec == "h264" else "hevc", data)
