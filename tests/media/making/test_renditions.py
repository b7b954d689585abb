"""Copies by profile come out of one decode, never larger than the source."""

import pytest
from frames import frame_times
from PIL import Image
from videos import make_video

from cutroom.media import ffmpeg as door
from cutroom.media.making.profiles import PROFILES, profile
from cutroom.media.making.renditions import make_renditions
from cutroom.media.probe import probe
from cutroom.records.errors import OrderInvalid


def renditions_of(path, names, tmp_path):
    return {one.profile: one for one in make_renditions(path, probe(path), names, tmp_path)}


def test_all_profiles_in_one_decode(tmp_path):
    """One ffmpeg process feeds every copy of the moving picture."""
    path = make_video(tmp_path / "a.mp4", size="1280x720", seconds=1)

    with door.counted() as runs:
        made = renditions_of(path, tuple(PROFILES), tmp_path)

    assert len(runs) == 1
    assert {name: (one.width, one.height) for name, one in made.items()} == {
        "1080p": (1280, 720),
        "720p": (1280, 720),
        "480p": (854, 480),
        "360p": (640, 360),
        "webm_720p": (1280, 720),
        "thumbnail": (320, 180),
    }
    assert probe(made["webm_720p"].path).video.codec == "vp9"
    assert probe(made["480p"].path).video.codec == "h264"


@pytest.mark.parametrize(
    ("size", "expected"),
    [("320x180", (320, 180)), ("720x1280", (480, 854)), ("1000x200", (854, 170))],
)
def test_never_enlarged_and_always_in_shape(tmp_path, size, expected):
    """Upright, small and wide pictures keep their aspect."""
    path = make_video(tmp_path / "a.mp4", size=size, seconds=0.5)

    made = renditions_of(path, ("480p",), tmp_path)["480p"]

    assert (made.width, made.height) == expected


@pytest.mark.parametrize("name", ["360p", "webm_720p"])
def test_frames_that_come_close_together_are_all_kept(tmp_path, name):
    """A screen recording may show three frames within what is one of its average rate."""
    bursts = "setpts='(floor(N/4)*0.3+mod(N,4)*0.02)/TB'"
    options = {"vf": bursts, "fps_mode": "vfr", "enc_time_base:v": "1/1000"}
    path = make_video(tmp_path / "a.mp4", sound=False, **options)

    made = renditions_of(path, (name,), tmp_path)[name]

    assert len(frame_times(path)) == 50
    assert frame_times(made.path) == pytest.approx(frame_times(path), abs=0.002)


def test_a_thumbnail_is_a_picture(tmp_path):
    """The thumbnail is a JPEG within its box."""
    made = renditions_of(make_video(tmp_path / "a.mp4", size="640x480"), ("thumbnail",), tmp_path)

    with Image.open(made["thumbnail"].path) as image:
        assert (image.format, image.size) == ("JPEG", (240, 180))


def test_an_unknown_profile_is_named(tmp_path):
    """The hint lists what there is."""
    with pytest.raises(OrderInvalid, match="8k"):
        profile("8k")
