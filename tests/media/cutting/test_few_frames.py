"""A few frames are decoded as they are when all are, and likeness is measured."""

import av
import numpy as np
import pytest

from cutroom.media.cutting.few_frames import decode_few, luma_of, ssim
from cutroom.records.errors import OutputUnsound
from tests.media.numbered_video import make_numbered, read_number

GOP_20 = {"x264-params": "keyint=20:min-keyint=20:scenecut=0:bframes=3"}


def test_wanted_frames_look_as_when_all_are_decoded(tmp_path):
    """Those that no other leans on are skipped on the way."""
    source = make_numbered(tmp_path / "a.mp4", frames=60, options=GOP_20)
    with av.open(str(source)) as container:
        played = {frame.pts: luma_of(frame) for frame in container.decode(video=0)}
    ticks = sorted(played)
    wanted = {ticks[number] for number in (41, 47, 48, 53)}

    found = list(decode_few(source, 0, key=ticks[40], wanted=wanted))

    assert [frame.pts for frame in found] == sorted(wanted)
    assert [read_number(frame.to_ndarray(format="rgb24")) for frame in found] == [41, 47, 48, 53]
    assert all(np.array_equal(luma_of(frame), played[frame.pts]) for frame in found)


def test_a_missing_frame_is_told(tmp_path):
    """Rather than left out."""
    source = make_numbered(tmp_path / "a.mp4", frames=10)

    with pytest.raises(OutputUnsound, match="0 of 1"):
        list(decode_few(source, 0, key=0, wanted={-7}))


@pytest.mark.parametrize("depth", [8, 10])
def test_likeness_falls_with_noise(depth):
    """1 for the same picture, less the more noise there is, near 0 for another."""
    random = np.random.default_rng(3)
    peak = (1 << depth) - 1
    rows, columns = np.mgrid[:90, :161]
    picture = (peak / 2 + peak / 3 * np.sin(rows / 7) * np.cos(columns / 5)).astype(np.uint16)
    noises = [random.normal(0, peak * share, picture.shape) for share in (0.005, 0.02, 0.1)]
    noisy = [np.clip(picture + noise, 0, peak).astype(np.uint16) for noise in noises]
    other = random.integers(0, peak, picture.shape).astype(np.uint16)

    values = [ssim(picture, one, depth=depth) for one in (picture, *noisy, other)]

    assert values[0] == pytest.approx(1)
    assert values == sorted(values, reverse=True)
    assert values[1] > 0.97
    assert values[-1] < 0.1
