"""One process decodes a video once for everyone who wants a file of it."""

import hashlib

import av
import ffmpeg
import pytest
from videos import make_video

from cutroom.media.ffmpeg import counted, run
from cutroom.media.making.chunks import CORES_EACH, Chunking
from cutroom.media.making.proxy import make_proxy
from cutroom.media.making.renditions import make_renditions
from cutroom.media.probe import probe


def sound_of(path):
    """Return when sound and picture begin, in seconds, and a digest of each packet of sound."""
    with av.open(str(path)) as container:
        starts = [float(stream.start_time * stream.time_base) for stream in container.streams]
        tracks = [stream for stream in container.streams if stream.type == "audio"]
        packets = [packet for packet in container.demux(tracks[0]) if packet.size]
        digests = [hashlib.sha256(bytes(packet)).hexdigest() for packet in packets]
        return [start - starts[0] for start in starts], digests


def with_late_sound(path, **options):
    """Write a film whose tone begins half a second after its picture."""
    picture = ffmpeg.input("testsrc2=size=640x360:rate=25", f="lavfi", t=3)
    sound = ffmpeg.input("sine=frequency=440:sample_rate=48000", f="lavfi", t=2, itsoffset=0.5)
    chosen = {"c:v": "libx264", "preset": "ultrafast", "g": 25, "c:a": "aac", **options}
    run(ffmpeg.output(picture, sound, f"file:{path}", **chosen))
    return path


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


@pytest.mark.parametrize("chunking", [None, Chunking(cores=2 * CORES_EACH, longest=2)])
def test_sound_that_is_good_enough_is_kept(tmp_path, chunking):
    """A second generation of AAC at the same rate sounds worse and saves nothing."""
    source = with_late_sound(tmp_path / "a.mp4", **{"b:a": "96k"})

    (made,) = make_renditions(source, probe(source), ("480p",), tmp_path, chunking=chunking)

    assert probe(made.path).audio[0].kbps == pytest.approx(96, rel=0.3)
    starts, packets = sound_of(made.path)
    wanted_starts, wanted = sound_of(source)
    assert packets == wanted
    assert starts == pytest.approx(wanted_starts, abs=0.02)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"b:a": "256k", "af": "aeval=random(0):c=same"}, "480p"),
        ({"ac": 6, "b:a": "90k"}, "480p"),
        ({"ar": 96000, "b:a": "90k"}, "480p"),
        ({"c:a": "libmp3lame", "b:a": "96k"}, "480p"),
        ({"b:a": "96k"}, "webm_720p"),
    ],
    ids=["more than asked for", "surround", "96 kHz", "MP3", "WebM"],
)
def test_other_sound_is_encoded(tmp_path, options, name):
    """What a profile promises about the sound holds for every source."""
    source = with_late_sound(tmp_path / "a.mp4", **options)

    (made,) = make_renditions(source, probe(source), (name,), tmp_path)

    assert not set(sound_of(made.path)[1]) & set(sound_of(source)[1])
    assert probe(made.path).audio[0].channels <= 2


def test_damaged_sound_is_encoded(tmp_path):
    """The decoder conceals what a copy would carry on."""
    source = with_late_sound(tmp_path / "a.mp4", **{"b:a": "96k"})
    media = probe(source).model_copy(update={"damage": ("packets are broken",)})

    (made,) = make_renditions(source, media, ("480p",), tmp_path)

    assert not set(sound_of(made.path)[1]) & set(sound_of(source)[1])
