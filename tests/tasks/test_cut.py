"""A clip's captions are timed from its own first frame, however it was cut."""

import pytest
from videos import make_video

from cutroom.records.clip import Clip, Cut
from cutroom.records.findings import Segment, Transcript, Word
from cutroom.records.span import Span
from cutroom.storage.local import LocalStore


@pytest.mark.parametrize(
    ("mode", "start", "cue"), [("copy", 2.0, "00:00:01,000"), ("encode", 2.6, "00:00:00,400")]
)
def test_captions_fit_a_clip_whose_edges_moved(house, tmp_path, mode, start, cue):
    """Copying moves the first frame back to a keyframe; the words stay where they are said."""
    from prefect import flow  # noqa: PLC0415  Prefect's settings are temporary

    from tasks.cut import render_clip  # noqa: PLC0415
    from tasks.fetch import fetch_source  # noqa: PLC0415
    from tasks.job import open_job  # noqa: PLC0415
    from tasks.prepare import make_normal  # noqa: PLC0415

    path = make_video(tmp_path / "a.mp4", seconds=6, g=50, sc_threshold=0)
    said = Span(start=3.0, end=3.6).model_dump()
    transcript = Transcript(
        engine="test",
        model="test",
        language="en",
        segments=(Segment(text="Hello.", **said),),
        words=(Word(text="Hello.", probability=1, **said),),
    )
    cut = Cut(id="0" * 16, span=Span(start=2.6, end=5.0), title="Hello", score=1, mode=mode)

    @flow
    def run() -> Clip:
        with open_job(house.order(path)) as bench:
            normal = make_normal(fetch_source(house.order(path).source, bench), bench)
            return render_clip(normal, cut, transcript, None, bench)

    clip = run()

    assert clip.span.start == pytest.approx(start, abs=0.001)
    assert cue in LocalStore(house.home).path(clip.captions.srt).read_text()
