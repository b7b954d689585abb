"""A video encoded in chunks is the video: every frame once, at its time, under one sound."""

from fractions import Fraction
from itertools import accumulate, cycle, islice, pairwise

import av
import ffmpeg
import pytest
from frames import frame_hashes
from videos import make_video

from cutroom.media import ffmpeg as door
from cutroom.media.making.chunks import Chunking, plan_chunks
from cutroom.media.making.encoding import Encode, encode_chunks, encode_whole
from cutroom.media.making.proxy import make_proxy
from cutroom.media.making.renditions import make_renditions
from cutroom.media.probe import probe
from cutroom.records.errors import FfmpegFailed, OutputUnsound
from tests.media.numbered_video import heard_clicks, make_numbered, shown_numbers, shown_times

FRAMES = 160
CHUNKING = Chunking(cores=16, longest=2.0)
CLICKS = (0.5, 2.2, 4.1)
UNEVEN = list(islice(accumulate(cycle([40, 33, 8, 250, 7, 41, 33])), FRAMES))
SOURCES = {
    "constant": ("a.mp4", {}),
    "reordered": ("a.mp4", {"options": {"bf": "3", "b-pyramid": "normal", "g": "12"}}),
    "open groups": ("a.mp4", {"options": {"x264-params": "open-gop=1:keyint=12:bframes=3"}}),
    "ntsc": ("a.mkv", {"rate": Fraction(30000, 1001)}),
    "variable": ("a.mp4", {"times": UNEVEN, "time_base": Fraction(1, 1000)}),
}


def make_source(kind, folder):
    name, options = SOURCES[kind]
    settings = {"options": {"g": "12"}, "clicks": CLICKS, **options}
    return make_numbered(folder / name, frames=FRAMES, **settings)


class Composer:
    """Composes H.264, without loss unless told else, and fails when told to."""

    def __init__(self, *, crf=0, fails=0, changes=False):
        self.crf, self.fails, self.changes = crf, fails, changes
        self.chunks = []

    def __call__(self, picture, sound, folder):
        """Note which chunk is asked for."""
        options = {"c:v": "libx264", "crf": self.crf, "preset": "ultrafast", "bf": 2, "c:a": "aac"}
        options |= {"fps_mode": "vfr", "enc_time_base:v": "demux", "f": "mp4"}
        if picture is not None and folder.name.isdecimal():
            self.chunks.append(folder.name)
            if folder.name == "1" and self.fails:
                self.fails -= 1
                options["preset"] = "no-such-preset"
            if self.changes:
                options["refs"] = 1 + int(folder.name) % 2
        streams = [stream for stream in (picture, sound) if stream is not None]
        return ffmpeg.output(*streams, f"file:{folder / 'b.mp4'}", **options)


def encode_of(path, compose):
    media = probe(path)
    return Encode(path, media, media.sound_track(), ("b.mp4",), compose)


def cut_up(path, folder, compose):
    """Encode in chunks, two at a time; return the joined file."""
    encode = encode_of(path, compose)
    spans = plan_chunks(encode.media, CHUNKING)
    assert len(spans) > 2
    encode_chunks(encode, spans, folder, at_once=2)
    return folder / "b.mp4"


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "made"
    path.mkdir()
    return path


@pytest.mark.parametrize("kind", SOURCES)
def test_every_frame_is_there_once_and_at_its_time(tmp_path, folder, kind):
    """Encoded without loss, the joined file shows the source's very pixels, each at its time."""
    source = make_source(kind, tmp_path)

    made = cut_up(source, folder, Composer())

    assert frame_hashes(made) == frame_hashes(source)
    assert shown_times(made) == pytest.approx(shown_times(source), abs=0.001)
    assert heard_clicks(made) == pytest.approx(heard_clicks(source), abs=0.001)
    assert [path.name for path in folder.iterdir()] == ["b.mp4"]


@pytest.mark.parametrize("kind", ["reordered", "variable"])
def test_after_a_seek_it_shows_what_it_shows_when_played(tmp_path, folder, kind):
    """Packets are decoded in ascending order, and every keyframe stands by itself."""
    # Without loss, x264 does not reorder frames.
    made = cut_up(make_source(kind, tmp_path), folder, Composer(crf=12))
    assert shown_numbers(made) == list(range(FRAMES))
    played, times = frame_hashes(made), shown_times(made)

    with av.open(str(made)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
    assert all(one.dts < other.dts for one, other in pairwise(packets))
    assert any(packet.dts < packet.pts for packet in packets)
    assert all(packet.dts <= packet.pts for packet in packets)
    for time in [float(packet.pts * packet.time_base) for packet in packets if packet.is_keyframe]:
        sought = frames_after_seek(made, time)
        assert sought == played[-len(sought) :]
        assert times[-len(sought)] <= time + 0.001


def frames_after_seek(path, time):
    """Return the hashes of all frames that come after a seek; it may land before the time."""
    sought = path.parent.parent / "sought.mkv"
    source = door.guarded_input(path, ss=f"{time + 0.0001:.6f}", noaccurate_seek=None)
    door.run(
        ffmpeg.output(source["v:0"], f"file:{sought}", **{"c:v": "ffv1", "fps_mode": "passthrough"})
    )
    return frame_hashes(sought)


def test_a_silent_film_stays_silent(tmp_path, folder):
    """Without a sound there is nothing to encode beside the chunks."""
    path = make_numbered(tmp_path / "a.mp4", frames=FRAMES, options={"g": "12"})

    made = cut_up(path, folder, Composer())

    assert frame_hashes(made) == frame_hashes(path)
    assert probe(made).audio == ()


def test_a_picture_that_begins_after_the_sound_stays_there(tmp_path, folder):
    """The joined file's picture is as late as the source's."""
    early = make_source("reordered", tmp_path)
    late = tmp_path / "late.mkv"
    delayed = door.guarded_input(early, itsoffset=0.7)
    sound = door.guarded_input(early)
    door.run(ffmpeg.output(delayed["v:0"], sound["a:0"], f"file:{late}", c="copy"))

    made = cut_up(late, folder, Composer())

    assert shown_times(made)[0] == pytest.approx(0.7, abs=0.001)
    assert heard_clicks(made) == pytest.approx(heard_clicks(late), abs=0.001)
    assert frame_hashes(made) == frame_hashes(late)


def test_interlaced_pictures_keep_every_frame(tmp_path, folder):
    """The deinterlacer sees the frame before a border, so it makes there what it makes anywhere."""
    fields = {"flags": "+ildct+ilme", "c:v": "mpeg2video", "preset": ..., "g": 10}
    path = make_video(tmp_path / "a.mp4", seconds=6, vf="setfield=tff", **fields)
    encode = encode_of(path, Composer())
    assert encode.media.video.is_interlaced

    encode_whole(encode, folder, Chunking(cores=1))
    whole = frame_hashes(folder / "b.mp4")
    made = cut_up(path, folder, Composer())

    assert frame_hashes(made) == whole


def test_a_chunk_that_fails_is_redone_alone(tmp_path, folder):
    """The others are encoded once."""
    compose = Composer(fails=1)

    made = cut_up(make_source("constant", tmp_path), folder, compose)

    again = [name for name in set(compose.chunks) if compose.chunks.count(name) > 1]
    assert (again, compose.chunks.count("1")) == (["1"], 2)
    assert shown_numbers(made) == list(range(FRAMES))


def test_a_chunk_that_fails_twice_fails_the_encode(tmp_path, folder):
    """What went wrong is told, and no half of a file is left."""
    with pytest.raises(FfmpegFailed):
        cut_up(make_source("constant", tmp_path), folder, Composer(fails=2))

    assert list(folder.iterdir()) == []


def test_parts_of_different_settings_are_not_joined(tmp_path, folder):
    """A decoder would read the second with the head of the first; one process does it instead."""
    source = make_source("constant", tmp_path)

    with pytest.raises(OutputUnsound):
        cut_up(source, folder, Composer(changes=True))
    encode_whole(encode_of(source, Composer(changes=True)), folder, CHUNKING)

    assert frame_hashes(folder / "b.mp4") == frame_hashes(source)


def test_the_ledger_counts_a_file_once(tmp_path, folder):
    """The CPU time of all chunks is counted, and each delivered file as one encode."""
    with door.counted() as runs:
        cut_up(make_source("constant", tmp_path), folder, Composer())

    assert [run.video_encodes for run in runs] == [1]
    assert runs[0].cpu_seconds > 0


def test_progress_is_that_of_all_chunks(tmp_path, folder):
    """It never goes back and ends at the end."""
    seconds = []
    encode = encode_of(make_source("constant", tmp_path), Composer(fails=1))

    encode_whole(encode, folder, CHUNKING, seconds.append)

    assert seconds == sorted(seconds)
    assert seconds[-1] == encode.media.duration


@pytest.mark.parametrize("timing", [{}, {"times": UNEVEN, "time_base": Fraction(1, 1000)}])
def test_a_long_proxy_is_made_of_chunks(tmp_path, folder, timing):
    """It holds every frame at its time, and the listeners' sound is that of one process."""
    coded = {"codec": "mpeg4", "options": {"g": "12", "bf": "2"}, "clicks": CLICKS}
    source = make_numbered(tmp_path / "a.mp4", frames=FRAMES, **coded, **timing)
    media = probe(source)

    with door.counted() as runs:
        made = make_proxy(source, media, folder, chunking=CHUNKING)

    assert [run.video_encodes for run in runs] == [1]
    assert shown_numbers(made.path) == list(range(FRAMES))
    assert shown_times(made.path) == pytest.approx(shown_times(source), abs=0.001)
    assert heard_clicks(made.path) == pytest.approx(heard_clicks(source), abs=0.001)
    (tmp_path / "one").mkdir()
    at_once = make_proxy(source, media, tmp_path / "one", chunking=Chunking(cores=1))
    assert made.sound.read_bytes() == at_once.sound.read_bytes()


@pytest.mark.parametrize("kind", ["reordered", "variable"])
def test_long_renditions_are_made_of_chunks(tmp_path, folder, kind):
    """Every profile shows all frames, in MP4 and in WebM, and all count as one encode each."""
    source = make_source(kind, tmp_path)
    media = probe(source)

    with door.counted() as runs:
        made = make_renditions(source, media, ("480p", "webm_720p"), folder, chunking=CHUNKING)

    assert sum(run.video_encodes for run in runs) == 2
    for one in made:
        assert shown_numbers(one.path) == list(range(FRAMES))
        assert shown_times(one.path) == pytest.approx(shown_times(source), abs=0.002)
        assert heard_clicks(one.path) == pytest.approx(heard_clicks(source), abs=0.001)
