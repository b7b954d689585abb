"""The flow over every real clip beside the checkout: phones, cameras, browsers, broken files."""

from itertools import pairwise
from pathlib import Path

import pytest

from cutroom.media.opening import open_media
from cutroom.records.errors import MediaCorrupt, MediaTruncated, NotMedia, VideoMissing
from cutroom.records.report import Report
from cutroom.report.schema import as_document, read_json

FOLDER = Path(__file__).parents[3] / "shared" / "corpus" / "originals"
FOUND = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.*"))
SOUNDS = [name for name in FOUND if name.startswith("speech/")]
BROKEN = {
    "broken/broken.mp4": MediaTruncated,
    "broken/empty.flv": MediaCorrupt,
    "broken/header_only.mp4": MediaTruncated,
    "broken/no_streams.webm": NotMedia,
}
"""What nobody can watch; the others in that folder play."""
VIDEOS = [name for name in FOUND if name not in {*SOUNDS, *BROKEN}]
UPRIGHT = {
    "office_desk_720p25_vp9.webm",
    "people_onebyone_432p10.mp4",
    "selfie_face_rotate_reflect.mp4",
}
"""Those that are also cropped to a phone's shape."""
NO_TIME = "broken/tiny_10x12_zero_duration.mp4"
"""Its five frames are all shown at time zero: it can be watched, but no clip cut of it."""

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FOUND, reason="the folder of real clips is not beside this checkout"),
]


@pytest.mark.parametrize("name", VIDEOS)
def test_a_real_clip_is_cut(house, name):
    """One clip, whose frames decode and last as long as the report says."""
    layout = "vertical" if name in UPRIGHT else "source"
    report = house.run(FOLDER / name, clips=1, layout=layout)

    check_findings(report)
    assert as_document(read_json(house.out / "report.json")) == as_document(report)
    (clip,) = report.clips
    if name == NO_TIME:
        assert (clip.file, [note.what for note in report.degraded]) == (None, ["clips"])
        return
    assert clip.file is not None, report.degraded
    rate = float(report.media.video.frame_rate) or 25
    times, end, size = decoded(house.out / clip.file)
    assert times
    assert times == sorted(times)
    assert end == pytest.approx(clip.end - clip.start, abs=max(0.2, 1.5 / rate))
    if layout == "vertical":
        width, height = size
        assert width / height == pytest.approx(9 / 16, abs=0.02)


@pytest.mark.parametrize("name", SOUNDS)
def test_a_recording_is_no_video(house, name):
    """Sound alone is told apart from a broken file."""
    with pytest.raises(VideoMissing):
        house.run(FOLDER / name)


@pytest.mark.parametrize("name", [name for name in FOUND if name in BROKEN])
def test_a_broken_file_is_told_from_a_video(house, name):
    """Each by what is wrong with it."""
    with pytest.raises(BROKEN[name]):
        house.run(FOLDER / name)


def check_findings(report: Report) -> None:
    """Everything found lies within the video, in order."""
    duration = report.source.duration
    assert report.media.duration == duration >= 0  # a single frame may claim no time at all
    assert report.scenes[0].start == 0
    assert all(one.end == two.start for one, two in pairwise(report.scenes))
    for spans in (report.scenes, report.silences, report.speech, report.clips):
        assert all(0 <= span.start < span.end <= duration + 0.5 for span in spans)
        assert all(one.end <= two.start for one, two in pairwise(spans))
    for track in report.faces:
        assert 0 <= track.start < track.end <= duration + 0.5
        assert all(-0.2 <= box.x <= 1 and box.width <= 1.2 for box in track.boxes)


def decoded(path: Path) -> tuple[list[float], float, tuple[int, int]]:
    """Decode a clip: the times of its frames, when its last stream ends, and its size."""
    with open_media(path) as container:
        end = max(
            float(((one.start_time or 0) + one.duration) * one.time_base)
            for one in container.streams
        )
        frames = list(container.decode(container.streams.video[0]))
        return [frame.time for frame in frames], end, (frames[-1].width, frames[-1].height)
