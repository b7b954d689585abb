"""Interim: a steady crop in the middle, until the one that follows faces arrives."""

from cutroom.records.clip import CropPoint, FramingPath
from cutroom.records.findings import FaceTrack, Scene
from cutroom.records.order import Layout
from cutroom.records.span import Span


def frame_faces(
    tracks: list[FaceTrack],
    scenes: list[Scene],
    span: Span,
    layout: Layout,
    display_size: tuple[int, int],
) -> FramingPath | None:
    """Return a centred crop."""
    if layout == "source":
        return None
    width, height = display_size
    wanted = {"vertical": 9 / 16, "square": 1.0}[layout] * height / width
    across, down = (wanted, 1.0) if wanted <= 1 else (1.0, 1 / wanted)
    point = CropPoint(time=span.start, x=(1 - across) / 2, y=(1 - down) / 2)
    return FramingPath(width=across, height=down, points=(point,))
