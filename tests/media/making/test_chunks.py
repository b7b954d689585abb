"""Long videos are cut into chunks at keyframes, at scenes where that is possible."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from cutroom.media.making.chunks import Chunking, plan_chunks
from cutroom.records.media import Media, VideoStream

LARGE = Chunking(cores=16)


def video(duration=1200.0, keyframes=None, pixel_format="yuv420p", **facts):
    """Describe a video with a keyframe every four seconds."""
    every = np.arange(0, duration, 4.0).tolist() if keyframes is None else keyframes
    picture = VideoStream(
        index=0,
        codec="h264",
        width=1920,
        height=1080,
        frame_rate=Fraction(25),
        time_base=Fraction(1, 12800),
        pixel_format=pixel_format,
    )
    known = {"container": "mov", "size_bytes": 1, "duration": duration, "video": picture}
    return Media(**known, keyframes=tuple(every), **facts)


def test_a_large_machine_gets_a_chunk_for_each_process():
    """Twenty minutes on sixteen cores are four chunks of five minutes, one after the other."""
    chunks = plan_chunks(video(), LARGE)

    assert [(one.start, one.end) for one in chunks] == [
        (0.0, 300.0),
        (300.0, 600.0),
        (600.0, 900.0),
        (900.0, 1200.0),
    ]


@pytest.mark.parametrize(
    ("media", "chunking"),
    [
        (video(duration=300.0), LARGE),
        (video(), Chunking(cores=7)),
        (video(keyframes=[0.0]), LARGE),
        (video(is_seekable=False), LARGE),
        (video(damage=("frames are missing",)), LARGE),
        (video(pixel_format="yuv444p"), LARGE),
    ],
    ids=["short", "few cores", "one keyframe", "no index", "damaged", "seeks untruly"],
)
def test_otherwise_one_process_does_it(media, chunking):
    """Chunks are planned only where they help and where their frames are known."""
    assert plan_chunks(media, chunking) == []


def test_every_process_gets_equally_many_chunks():
    """Half an hour is not four chunks and then two, during which half of the machine idles."""
    chunks = plan_chunks(video(duration=1800.0), LARGE)

    assert len(chunks) == 8
    assert max(one.duration for one in chunks) <= LARGE.longest


def test_many_cores_do_not_make_tiny_chunks():
    """Six minutes on 128 cores are no thirty-two chunks."""
    chunks = plan_chunks(video(duration=360.0), Chunking(cores=128))

    assert min(one.duration for one in chunks) >= 50


def test_borders_lie_on_the_scenes_that_are_known():
    """The keyframe at a cut is taken though another is nearer to the middle."""
    media = video(duration=400.0)

    chunks = plan_chunks(media, Chunking(cores=8), cuts=[100.0, 176.02, 230.0])

    assert [one.end for one in chunks] == [176.0, 400.0]


def test_a_keyframe_that_comes_early_is_taken_for_a_cut():
    """Encoders begin a group of pictures at a cut, before the usual length is reached."""
    keyframes = [0.0, *np.arange(10, 190, 10.0).tolist(), 183.2, *np.arange(193.2, 400, 10.0)]

    chunks = plan_chunks(video(duration=400.0, keyframes=keyframes), Chunking(cores=8))

    assert [one.end for one in chunks] == [183.2, 400.0]


def test_chunks_cover_the_whole_at_keyframes():
    """They follow each other without a gap, whatever the keyframes' distances."""
    keyframes = np.cumsum(np.random.default_rng(3).uniform(0.5, 12, 300)).round(3)
    media = video(duration=float(keyframes[-1]) + 3, keyframes=[0.0, *keyframes.tolist()])

    chunks = plan_chunks(media, Chunking(cores=12, longest=120))

    assert len(chunks) > 3
    assert (chunks[0].start, chunks[-1].end) == (0.0, media.duration)
    assert all(one.end == other.start for one, other in pairwise(chunks))
    assert {one.start for one in chunks} <= set(media.keyframes)
