from itertools import pairwise

import cv2
import numpy as np
import pytest

from cutroom.media.opening import open_media
from cutroom.media.sample.making import FRAME_RATE
from cutroom.media.sample.picture import HEIGHT, PHOTOGRAPHS, WIDTH, dusk, photograph
from cutroom.media.sample.sound import SCRIPT, narrate

QUIET_DB = -50


@pytest.fixture(scope="module")
def frames(sample):
    """Every frame of the sample, small, shape (frames, 90, 160, 3)."""
    with open_media(sample.path) as container:
        pictures = [
            frame.to_ndarray(format="rgb24", width=160, height=90, interpolation="AREA")
            for frame in container.decode(video=0)
        ]
    return np.array(pictures)


@pytest.fixture(scope="module")
def sound(sample):
    """The sample's sound as mono samples at 48 kHz, time zero first."""
    with open_media(sample.path) as container:
        heard = [(frame.pts, frame.to_ndarray()[0]) for frame in container.decode(audio=0)]
    whole = np.zeros(heard[-1][0] + len(heard[-1][1]), np.float32)
    for first, samples in heard:
        whole[max(first, 0) : first + len(samples)] = samples[max(-first, 0) :]
    return whole


def loudness(sound, start, end):
    """RMS of each 20 ms between two times, in dBFS."""
    stretch = sound[round(start * 48000) : round(end * 48000)]
    readings = stretch[: len(stretch) // 960 * 960].reshape(-1, 960).astype(np.float64)
    return 10 * np.log10(np.mean(np.square(readings), axis=1) + 1e-12)


def test_it_is_what_every_player_plays(sample):
    """H.264 and AAC in MP4, 1280x720 at exactly 30 frames a second, between 42 and 50 s."""
    with open_media(sample.path) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        found = (video.codec_context.name, audio.codec_context.name, video.pix_fmt)
        assert found == ("h264", "aac", "yuv420p")
        assert (video.width, video.height, video.average_rate) == (1280, 720, 30)
        assert container.duration / 1e6 == pytest.approx(sample.truth.duration, abs=0.05)
    assert 42 <= sample.truth.duration <= 50


def test_every_cut_is_where_the_truth_says_and_there_are_no_others(sample, frames):
    """Only at the cuts does the picture change at once; within the dissolve it never jumps."""
    change = np.abs(np.diff(frames.astype(np.int16), axis=0)).mean((1, 2, 3))
    jumps = np.flatnonzero(change > 12) + 1

    assert [number / FRAME_RATE for number in jumps] == pytest.approx(sample.truth.cuts)
    assert len(frames) / FRAME_RATE == sample.truth.duration


def test_the_dissolve_passes_through_a_mixture_of_both_shots(sample, frames):
    """Half way, the picture is nearly the mean of the last whole one before and the first after."""
    first, whole = (
        round(t * FRAME_RATE) for t in (sample.truth.dissolve.start, sample.truth.dissolve.end)
    )
    before, middle, after = (
        frames[number].astype(float) for number in (first - 1, (first + whole) // 2, whole)
    )

    assert np.abs(middle - (before + after) / 2).mean() < 6
    assert np.abs(before - after).mean() > 40


def test_every_sentence_is_heard_and_every_pause_is_silent(sample, sound):
    """Sentences stay well above -30 dBFS on the whole; between them nothing passes -50."""
    for sentence in sample.truth.sentences:
        assert np.median(loudness(sound, sentence.span.start, sentence.span.end)) > -30
    for before, after in pairwise(sample.truth.sentences):
        pause = loudness(sound, before.span.end + 0.05, after.span.start - 0.05)
        assert after.span.start - before.span.end >= 0.6
        assert pause.max() < QUIET_DB


def test_the_face_moves_from_left_to_right(sample, frames):
    """The white border of the portrait crosses the picture in both of its shots."""
    for span in sample.truth.faces:
        ends = (round(span.start * FRAME_RATE), round(span.end * FRAME_RATE) - 1)
        left, right = (np.nonzero((frames[number] > 225).all(-1))[1].mean() for number in ends)
        assert left < 0.35 * 160
        assert right > 0.65 * 160
    assert len(sample.truth.faces) == 2


def test_no_half_file_is_left(sample):
    """What was written aside has become the sample."""
    assert list(sample.path.parent.glob(".sample*")) == []


def test_the_narrator_says_the_same_each_time_and_prints_nothing(capfd):
    """The voice is deterministic, sample by sample, and espeak-ng keeps off the terminal."""
    first, second = narrate(FRAME_RATE), narrate(FRAME_RATE)

    assert np.array_equal(first.sound, second.sound)
    assert first.sentences == second.sentences
    assert [sentence.text for sentence in first.sentences] == [line.text for line in SCRIPT]
    assert capfd.readouterr() == ("", "")


def test_slow_motion_moves_by_less_than_a_pixel():
    """Two drawings a hair apart differ a little everywhere the edge runs, and nowhere much."""
    shot = dusk()
    change = np.abs(shot(0.5).astype(int) - shot(0.5005).astype(int))

    assert 0 < change.max() < 60
    assert shot(0.5).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_photographs_come_with_their_package(name):
    """Every picture lies in scikit-image's wheel: nothing is fetched."""
    picture = photograph(name)

    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    assert cv2.meanStdDev(picture)[1].max() > 10


def test_the_file_starts_with_its_index(sample):
    """The index comes before the picture, so that players over a network start at once."""
    head = sample.path.read_bytes()

    assert head.index(b"moov") < head.index(b"mdat")
