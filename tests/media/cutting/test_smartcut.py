"""Clips whose middle is copied: every frame once, bit by bit, whatever the source is like."""

import hashlib
from dataclasses import replace
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import av
import ffmpeg
import numpy as np
import pytest

from cutroom.media.bitstream.nal_units import split_lengths
from cutroom.media.bitstream.sample_description import SampleDescription, unit_type
from cutroom.media.bitstream.slice_header import IDR
from cutroom.media.cutting.ends import End, encode_end
from cutroom.media.cutting.few_frames import luma_of
from cutroom.media.cutting.packets import choose_frames, read_packets
from cutroom.media.cutting.rendering import RenderedCut, render_cut
from cutroom.media.cutting.seams import beside_head, beside_tail, likeness_at_seams
from cutroom.media.cutting.smart_plan import OVERHEAD, SmartPlan, plan_smart_cut
from cutroom.media.cutting.splicing import Pieces, splice
from cutroom.media.ffmpeg import guarded_input, run
from cutroom.media.probe import probe
from cutroom.records.clip import Cut
from cutroom.records.errors import OutputUnsound
from cutroom.records.media import Media
from cutroom.records.span import Span
from tests.media.numbered_video import heard_clicks, make_numbered, shown_numbers, shown_times

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
X264 = "keyint=24:min-keyint=24:scenecut=0"
OPEN = f"{X264}:open-gop=1"
X265 = f"log-level=none:{X264}"
SYNC = 0.02
NUMBERS = count()


def a_cut(start: float, end: float) -> Cut:
    return Cut(id=f"{next(NUMBERS):016x}", span=Span(start=start, end=end), title="", score=1)


def cut_out(source: Path, start: float, end: float) -> RenderedCut:
    """Render one span of a file beside it, in the mode that is used unless another is asked for."""
    return render_cut(source, probe(source), a_cut(start, end), source.parent)


def plan_of(source: Path, start: float, end: float) -> SmartPlan | None:
    media = probe(source)
    span = Span(start=start, end=end)
    packets = read_packets(source, media, span)
    return plan_smart_cut(source, media, packets, span, choose_frames(packets, span, media))


def h264(path: Path, words: str = X264, **settings: Any) -> Path:
    options = {"bf": "3", "x264-params": words, **settings.pop("options", {})}
    return make_numbered(path, **{"frames": 120, "options": options, **settings})


def hevc(path: Path, words: str = X265, **settings: Any) -> Path:
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


SOURCES = {
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


@pytest.mark.parametrize("kind", SOURCES)
def test_every_frame_is_there_once_and_all_but_the_ends_are_the_sources(tmp_path, kind):
    """First and last frame are the asked ones; what was copied is the same to the last bit."""
    source = SOURCES[kind](tmp_path)
    rate = float(probe(source).video.frame_rate)

    clip = cut_out(source, 17 / rate, 117 / rate)

    assert clip.how == "smart"
    assert shown_numbers(clip.path) == list(range(17, 117))
    is_same = same_as(source, clip.path, 17)
    # The first keyframe is number 24; at the end at most a group of B-frames is encoded.
    assert all(is_same[7:90])
    assert sum(is_same) < len(is_same)
    assert shown_times(clip.path) == pytest.approx([n / rate for n in range(100)], abs=0.001)


@pytest.mark.parametrize("kind", ["plain", "deep B-frames", "open groups", "HEVC, open groups"])
@pytest.mark.parametrize("stop", [95, 96, 97, 98, 101, 103])
def test_a_clip_may_end_at_any_frame(tmp_path, kind, stop):
    """Wherever between two groups of B-frames the last frame lies."""
    source = SOURCES[kind](tmp_path)

    clip = cut_out(source, 17 / 25, stop / 25)

    assert clip.how == "smart"
    assert shown_numbers(clip.path) == list(range(17, stop))


@pytest.mark.parametrize(
    "kind",
    [
        "plain",
        "deep B-frames",
        "open groups",
        "open groups, strict pyramid",
        "open groups, no CABAC",
        "HEVC, open groups",
        "HEVC, 10 bits",
    ],
)
def test_other_players_see_the_same(tmp_path, kind):
    """The ffmpeg program, of another version and told to be strict, complains of nothing."""
    source = SOURCES[kind](tmp_path)
    clip = cut_out(source, 17 / 25, 106 / 25).path
    raw = tmp_path / "raw"
    pixels = probe(source).video.pixel_format

    strict = guarded_input(clip, err_detect="crccheck+bitstream+buffer+careful+explode")
    words = {"f": "rawvideo", "fps_mode": "passthrough", "pix_fmt": pixels}
    result = run(ffmpeg.output(strict["v"], str(raw), **words))

    assert result.log == ""
    expected = b"".join(one.tobytes() for one in pictures(clip))
    assert raw.read_bytes() == expected


@pytest.mark.parametrize(
    "kind",
    [
        "plain",
        "baseline",
        "open groups",
        "HEVC, open groups",
        "HEVC, 10 bits",
    ],
)
def test_a_player_may_seek_to_anywhere(tmp_path, kind):
    """After a seek into either end or the copied run, the same pictures are shown."""
    source = SOURCES[kind](tmp_path)
    clip = cut_out(source, 17 / 25, 106 / 25).path
    played = pictures(clip)

    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        # Backwards too: the sets of the last end must not linger.
        for number in (0, 3, 9, 30, 60, 88, 60, 9, 0):
            container.seek(round(number / 25 / stream.time_base), stream=stream)
            sought = [
                (round(frame.time * 25), frame.to_ndarray())
                for frame, _ in zip(container.decode(stream), range(40), strict=False)
            ]
            assert sought[0][0] <= number
            assert all(np.array_equal(picture, played[at]) for at, picture in sought)


@pytest.mark.parametrize(
    ("name", "words"), [("vfr.mp4", X264), ("vfr.mkv", X264), ("open.mp4", OPEN)]
)
def test_a_variable_frame_rate_keeps_its_ticks(tmp_path, name, words):
    """Times are the source's to the tick, across both seams."""
    ticks = np.cumsum(np.resize([33, 50, 33, 100, 16, 40], 120)).tolist()
    words = {"words": words, "time_base": Fraction(1, 1000), "clicks": [2.0, 4.0]}
    source = h264(tmp_path / name, times=ticks, **words)
    times = shown_times(source)

    clip = cut_out(source, times[17], times[106])

    assert clip.how == "smart"
    assert shown_numbers(clip.path) == list(range(17, 106))
    expected = [time - times[17] for time in times[17:106]]
    assert shown_times(clip.path) == pytest.approx(expected, abs=1e-6)
    clicks = [time - times[17] for time in heard_clicks(source)]
    assert heard_clicks(clip.path) == pytest.approx(clicks, abs=SYNC)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("aac.mp4", "aac"),
        ("opus.mkv", "libopus"),
        ("mp3.mkv", "libmp3lame"),
        ("flac.mkv", "flac"),
        ("pcm.mkv", "pcm_s16le"),
    ],
)
def test_sound_is_in_sync_whether_copied_or_encoded(tmp_path, name, codec):
    """What MP4 does not hold is encoded, and no click is lost, doubled or moved."""
    source = h264(tmp_path / name, clicks=[0.4, 0.7, 1.6, 3.2, 4.1, 4.5], sound_codec=codec)

    clip = cut_out(source, 17 / 25, 106 / 25)

    assert clip.how == "smart"
    assert heard_clicks(clip.path) == pytest.approx([0.02, 0.92, 2.52, 3.42], abs=SYNC)


def test_a_clip_that_starts_on_a_keyframe_has_no_head(tmp_path):
    """Only the end is encoded, and nothing where that falls between two groups of B-frames."""
    source = SOURCES["deep B-frames"](tmp_path)

    plan = plan_of(source, 24 / 25, 101 / 25)
    clip = cut_out(source, 24 / 25, 101 / 25)

    assert plan is not None
    assert len(plan.head) == 0
    assert 0 < len(plan.tail) < 9
    assert clip.how == "smart"
    assert all(same_as(source, clip.path, 24)[: -len(plan.tail)])
    assert shown_numbers(clip.path) == list(range(24, 101))


def test_a_clip_that_ends_with_a_picture_others_need_no_more_is_copied(tmp_path):
    """Without B-frames any frame may be the last: nothing is encoded at all."""
    source = SOURCES["no B-frames"](tmp_path)

    clip = cut_out(source, 24 / 25, 83 / 25)

    assert clip.how == "copied"
    assert all(same_as(source, clip.path, 24))
    assert shown_numbers(clip.path) == list(range(24, 83))


@pytest.mark.parametrize(("start", "end"), [(30, 40), (10, 110), (30, 119)])
def test_what_does_not_pay_is_encoded(tmp_path, start, end):
    """A clip within one group of pictures has nothing to copy; one of few frames too little."""
    source = h264(tmp_path / "long.mp4", "keyint=250:scenecut=0", frames=120)

    assert plan_of(source, start / 25, end / 25) is None
    clip = cut_out(source, start / 25, end / 25)

    assert clip.how == "encoded"
    assert shown_numbers(clip.path) == list(range(start, end))


def test_it_pays_when_fewer_frames_are_encoded_than_a_clip_has(tmp_path):
    """The few frames of overhead included."""
    source = SOURCES["no B-frames"](tmp_path)

    for frames in (OVERHEAD + 7, OVERHEAD + 8):
        plan = plan_of(source, 17 / 25, (17 + frames) / 25)
        assert (plan is not None) == (frames > OVERHEAD + 7)


def test_keyframes_ten_seconds_apart(tmp_path):
    """x264's own default; what lies between two of them is copied."""
    source = h264(tmp_path / "far.mp4", "keyint=250:scenecut=0", frames=560, size=(96, 48))

    clip = cut_out(source, 200 / 25, 540 / 25)

    assert clip.how == "smart"
    assert shown_numbers(clip.path) == list(range(200, 540))
    assert all(same_as(source, clip.path, 200)[50:330])


def test_a_clip_of_open_groups_begins_with_an_idr(tmp_path):
    """Wherever it is cut; the pictures that led to the keyframe and leaned back are encoded."""
    source = SOURCES["open groups"](tmp_path)

    plan = plan_of(source, 20 / 25, 107 / 25)
    clip = cut_out(source, 24 / 25, 107 / 25)

    assert plan is not None
    assert plan.start.is_restart
    assert unit_kinds(plan.start.data) >= {IDR}
    assert len(plan.head) == 4
    with av.open(str(clip.path)) as container:
        first = next(container.demux(video=0))
        assert IDR in unit_kinds(bytes(first))
    assert all(same_as(source, clip.path, 24)[:70])


def unit_kinds(data: bytes) -> set[int]:
    return {unit_type("h264", unit) for unit in split_lengths(data, 4)}


def test_a_seek_to_the_last_open_group_shows_all_of_it(tmp_path):
    """The seam never lies so close behind its keyframe that ffmpeg's decoder would drop one."""
    source = h264(tmp_path / "open.mp4", f"{OPEN}:b-pyramid=none:ref=5")

    for stop in range(97, 104):
        clip = cut_out(source, 24 / 25, stop / 25)

        assert clip.how != "encoded"
        with av.open(str(clip.path)) as container:
            stream = container.streams.video[0]
            keys = [packet.pts for packet in container.demux(stream) if packet.is_keyframe]
            container.seek(keys[-2], stream=stream)
            shown = [frame.pts for frame in container.decode(stream) if frame.pts >= keys[-2]]
        first = round(float(keys[-2] * stream.time_base) * 25)
        assert len(shown) == stop - 24 - first


def test_a_run_that_proves_broken_is_encoded(tmp_path):
    """A packet is missing far behind the keyframe that the run began at."""
    source = without_packet(SOURCES["open groups, no CABAC"](tmp_path), tmp_path / "gap.mp4", 63)

    plan = plan_of(source, 17 / 25, 107 / 25)
    clip = cut_out(source, 17 / 25, 107 / 25)

    assert plan is not None
    assert plan.start.is_restart
    assert clip.how == "encoded"


def without_packet(source: Path, path: Path, number: int) -> Path:
    """Copy a file but for one picture that others lean on: the first from `number` on."""
    with av.open(str(source)) as container, av.open(str(path), "w") as target:
        stream = container.streams.video[0]
        added = target.add_stream_from_template(stream)
        packets = [packet for packet in container.demux(stream) if packet.size]
        left_out = next(
            at for at, one in enumerate(packets) if at >= number and not one.is_disposable
        )
        for packet in (*packets[:left_out], *packets[left_out + 1 :]):
            packet.stream = added
            target.mux(packet)
    return path


def test_a_source_with_short_lengths_is_joined_in_its_own_form(tmp_path):
    """Units may be preceded by lengths of two bytes instead of four."""
    source = with_short_lengths(h264(tmp_path / "four.mp4"), tmp_path / "two.mp4")

    clip = cut_out(source, 17 / 25, 107 / 25)

    assert clip.how == "smart"
    assert shown_numbers(clip.path) == list(range(17, 107))
    with av.open(str(clip.path)) as container:
        data = container.streams.video[0].codec_context.extradata
    assert SampleDescription.read("h264", data).length_size == 2


def with_short_lengths(source: Path, path: Path) -> Path:
    """Copy a file, lengths of four bytes becoming lengths of two."""
    with av.open(str(source)) as container, av.open(str(path), "w") as target:
        stream = container.streams.video[0]
        added = target.add_stream_from_template(stream)
        data = bytearray(stream.codec_context.extradata)
        data[4] = 0xFC | 1
        added.codec_context.extradata = bytes(data)
        for packet in container.demux(stream):
            if not packet.size:
                continue
            old, new, at = bytes(packet), b"", 0
            while at < len(old):
                end = at + 4 + int.from_bytes(old[at : at + 4], "big")
                new += old[at + 2 : end]
                at = end
            moved = av.Packet(new)
            moved.pts, moved.dts, moved.time_base = packet.pts, packet.dts, packet.time_base
            moved.is_keyframe, moved.stream = packet.is_keyframe, added
            target.mux(moved)
    return path


def test_the_ends_fit_their_source(tmp_path):
    """One sample description with both parameter sets, of one profile, level, shape and colour."""
    source = tmp_path / "tagged.mp4"
    picture = ffmpeg.input("testsrc2=size=320x240:rate=25", f="lavfi", t=5).filter("setsar", "4/3")
    colour = {"color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709"}
    words = {"x264-params": X264, "level": "4.1", "profile": "high", **colour}
    run(ffmpeg.output(picture, str(source), pix_fmt="yuv420p", **words))

    clip = cut_out(source, 17 / 25, 106 / 25)

    assert clip.how == "smart"
    before, after = probe(source), probe(clip.path)
    for trait in ("profile", "pixel_format", "pixel_shape", "width", "height", "time_base"):
        assert getattr(after.video, trait) == getattr(before.video, trait)
    assert colours_of(clip.path) == colours_of(source)
    description = described(clip.path, after)
    assert [unit[1:4] for unit in description.of_kind("sps")] == [
        description.of_kind("sps")[0][1:4]
    ] * 2
    assert len(description.ids) == 2


@pytest.mark.parametrize(("kind", "profile"), [("baseline", 66), ("main, no CABAC", 77)])
def test_the_ends_are_of_no_higher_profile(tmp_path, kind, profile):
    """A player that was made for the source's plays them."""
    clip = cut_out(SOURCES[kind](tmp_path), 17 / 25, 106 / 25)

    description = described(clip.path, probe(clip.path))

    assert [unit[1] for unit in description.of_kind("sps")] == [profile, profile]


def described(path: Path, media: Media) -> SampleDescription:
    with av.open(str(path)) as container:
        data = container.streams.video[0].codec_context.extradata
    return SampleDescription.read("h264" if media.video.codec == "h264" else "hevc", data)


def colours_of(path: Path) -> set[tuple[int, int, int, int]]:
    with av.open(str(path)) as container:
        return {
            (one.color_primaries, one.color_trc, one.colorspace, one.color_range)
            for one in container.decode(video=0)
        }


def test_a_seam_is_looked_at_frame_by_frame(tmp_path):
    """A copied frame that is not the source's is refused; an encoded one is less like it."""
    source = SOURCES["plain"](tmp_path)
    media, plan = probe(source), plan_of(source, 17 / 25, 107 / 25)
    assert plan is not None
    looked_at, part = beside_head(plan), tmp_path / "clip.mp4"
    words = {"key": plan.head_key, "looked_at": looked_at, "crf": 10}
    head = encode_end(source, media, plan.picture, plan.head, **words)
    words = {"key": plan.tail_key, "looked_at": beside_tail(plan), "crf": 10}
    tail = encode_end(source, media, plan.picture, plan.tail, **words) if len(plan.tail) else End()
    splice(source, media, Pieces(plan, head, tail), part)

    def with_other(pts: int) -> End:
        return replace(head, pictures={**head.pictures, pts: 255 - head.pictures[pts]})

    assert likeness_at_seams(part, plan, head, tail) > 0.99
    assert likeness_at_seams(part, plan, with_other(int(plan.head[-1])), tail) < 0.5
    with pytest.raises(OutputUnsound, match="copied frame"):
        likeness_at_seams(part, plan, with_other(int(plan.run[0])), tail)


def test_a_missing_or_doubled_frame_is_refused(tmp_path):
    """Before anything is written."""
    source = SOURCES["plain"](tmp_path)
    media, plan = probe(source), plan_of(source, 17 / 25, 107 / 25)
    assert plan is not None
    words = {"key": plan.head_key, "looked_at": beside_head(plan), "crf": 10}
    head = encode_end(source, media, plan.picture, plan.head, **words)

    for samples in (head.samples[:-1], (*head.samples, head.samples[-1])):
        with pytest.raises(OutputUnsound, match="missing, or there twice"):
            splice(source, media, Pieces(plan, replace(head, samples=samples)), tmp_path / "x.mp4")


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("truth/comp1_hard.mp4", 60.5, 66.5),
        ("originals/butterfly_720p.mp4", 0.7, 8.0),
        ("originals/bbb_480p24_30s_5.1.mp4", 3.1, 24.3),
        ("originals/artcritic_webcam_1920x880_60fps.mp4", 3.1, 6.4),
        ("originals/rectpixels_1280x1080_sar3-2.mp4", 1.2, 4.5),
        ("originals/hdr10_hevc_1080p_vfr.mp4", 0.4, 1.0),
    ],
)
def test_real_files_keep_their_frames_bit_by_bit(tmp_path, name, start, end):
    """However they were made: most of the frames are the source's own."""
    original = CORPUS / name
    if not original.exists():
        pytest.skip(f"{original} is missing")
    source = tmp_path / original.name
    source.symlink_to(original)
    media = probe(source)
    end = min(end, media.duration)

    plan = plan_of(source, start, end)
    clip = cut_out(source, start, end)

    assert (clip.how == "smart") == (plan is not None)
    if plan is not None:
        kept, originals = digests(clip.path), set(digests(source))
        copied = kept[len(plan.head) : len(kept) - len(plan.tail)]
        assert len(kept) == len(plan.frames.pts)
        assert originals.issuperset(copied)


def digests(path: Path) -> list[bytes]:
    """Return a digest of each frame's brightness."""
    video = probe(path).video.index
    with av.open(str(path)) as container:
        frames = container.decode(container.streams[video])
        return [hashlib.sha256(luma_of(frame)).digest() for frame in frames]
