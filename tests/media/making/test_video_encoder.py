"""The fastest encoder that looks no worse than libx264 is found by trying."""

import ffmpeg
import pytest
from videos import make_video

from cutroom.media import ffmpeg as door
from cutroom.media.making.encoders import try_encoder
from cutroom.media.making.video_encoder import (
    HARDWARE,
    QUALITIES,
    Target,
    calibrate,
    measure_ssim,
    software,
    upload,
    with_device,
)


def compose(source, target):
    """Return how a test encodes one file with any encoder."""

    def with_encoder(encoder):
        picture = upload(door.guarded_input(source)["v:0"], encoder)
        output = ffmpeg.output(picture, f"file:{target}", **encoder.options)
        return with_device(output, encoder)

    return with_encoder


def test_every_hardware_encoder_has_a_quality_scale():
    """From coarse to fine, so that the first that is good enough is the smallest."""
    assert set(QUALITIES) == set(HARDWARE)
    assert all(len(values) > 3 for _, values in QUALITIES.values())


def test_ssim_tells_a_copy_from_a_worse_one(tmp_path):
    """The same pictures are 1, coarser ones less, the coarser the less."""
    source = make_video(tmp_path / "a.mkv", seconds=1, **{"c:v": "ffv1", "preset": ...})
    fine, coarse = tmp_path / "fine.mp4", tmp_path / "coarse.mp4"
    for crf, path in ((18, fine), (40, coarse)):
        door.run(compose(source, path)(software(Target(crf=crf))))

    assert measure_ssim(source, source) == 1.0
    assert 1.0 > measure_ssim(fine, source) > measure_ssim(coarse, source)


def test_without_hardware_it_is_libx264():
    """Nothing works here but software: the choice says so at once."""
    assert calibrate(Target(crf=18), names=("h264_nosuch",)) == software(Target(crf=18))


@pytest.mark.skipif(not try_encoder("h264_nvenc").works, reason="this machine has no NVENC")
def test_nvenc_is_as_good_as_libx264_and_faster(tmp_path):
    """What cannot run everywhere proves itself where it can."""
    assert calibrate(Target(crf=21)).name == "h264_nvenc"
