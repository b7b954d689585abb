"""One process decodes a video once for everyone who wants a file of it."""

import ffmpeg
import pytest
from videos import make_video

from cutroom.media.ffmpeg import counted, run
from cutroom.media.making.proxy import make_proxy
from cutroom.media.probe import probe


def test_proxy_copies_and_sound_come_out_of_one_process(tmp_path):
    """The picture is decoded once; every copy is the file that its own step would have made."""
    source = make_video(
        tmp_path / "a.mkv", seconds=2, size="1280x720", **{"c:v": "mpeg4", "preset": ...}
    )
    with counted() as runs:
        made = make_proxy(source, probe(source), tmp_path, also=("480p", "webm_720p", "thumbnail"))
    encodes = [run for run in runs if run.video_encodes > 1]
    assert [run.video_encodes for run in encodes] == [3]
    assert made.sound is not None
    sizes = {one.profile: (one.width, one.height) for one in made.renditions}
    assert sizes == {"480p": (854, 480), "webm_720p": (1280, 720), "thumbnail": (320, 180)}
    for one in made.renditions[:2]:
        assert probe(one.path).duration == pytest.approx(2, abs=0.1)


def test_a_proxy_that_is_reused_encodes_no_copies(tmp_path):
    """Where nothing has to be encoded, copies are a step of their own."""
    source = make_video(tmp_path / "a.mp4", seconds=1)
    with counted() as runs:
        made = make_proxy(source, probe(source), tmp_path, also=("480p",))
    assert made.how == "reused"
    assert made.renditions == ()
    assert sum(run.video_encodes for run in runs) == 0


def test_copies_for_people_carry_the_default_track(tmp_path):
    """Where another track is listened to, they wait for their own step."""
    picture = ffmpeg.input("testsrc2=size=320x180", f="lavfi", t=1)
    tones = [ffmpeg.input(f"sine=frequency={tone}", f="lavfi", t=1) for tone in (440, 880)]
    languages = {"metadata:s:a:0": "language=eng", "metadata:s:a:1": "language=deu"}
    source = tmp_path / "a.mkv"
    run(ffmpeg.output(picture, *tones, f"file:{source}", **{"c:v": "mpeg4", **languages}))
    media = probe(source)
    assert make_proxy(source, media, tmp_path, language="de", also=("360p",)).renditions == ()
    assert len(make_proxy(source, media, tmp_path, language="en", also=("360p",)).renditions) == 1
