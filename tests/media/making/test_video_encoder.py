"""The fastest encoder that looks no worse than libx264 is chosen, and failures are remembered."""

import json

import ffmpeg
import pytest
from videos import make_video

from cutroom.media import ffmpeg as door
from cutroom.media.making.encoders import try_encoder
from cutroom.media.making.video_encoder import (
    HARDWARE,
    SETTINGS,
    SOFTWARE,
    Encoders,
    VideoEncoder,
    calibrate,
    measure_ssim,
    software,
    upload,
    with_device,
)
from cutroom.media.probe import probe
from cutroom.records.errors import FfmpegFailed


def compose(source, target):
    """Return how a test encodes one file with any encoder."""

    def with_encoder(encoder):
        picture = upload(door.guarded_input(source)["v:0"], encoder)
        output = ffmpeg.output(picture, f"file:{target}", **encoder.options)
        return with_device(output, encoder)

    return with_encoder


def test_every_hardware_encoder_has_a_quality_scale():
    """From coarse to fine, so that the first that is good enough is the smallest."""
    assert set(SETTINGS) == set(HARDWARE)
    assert all(len(values) > 3 for _, values in SETTINGS.values())


def test_ssim_tells_a_copy_from_a_worse_one(tmp_path):
    """The same pictures are 1, coarser ones less, the coarser the less."""
    source = make_video(tmp_path / "a.mkv", seconds=1, **{"c:v": "ffv1", "preset": ...})
    fine, coarse = tmp_path / "fine.mp4", tmp_path / "coarse.mp4"
    for crf, path in ((18, fine), (40, coarse)):
        door.run(compose(source, path)(software(crf)))

    assert measure_ssim(source, source) == 1.0
    assert 1.0 > measure_ssim(fine, source) > measure_ssim(coarse, source)


def test_without_hardware_it_is_libx264():
    """Nothing works here but software: the choice says so at once."""
    assert calibrate(18, names=("h264_nosuch",)) == software(18)


def test_the_choice_is_remembered(tmp_path, monkeypatch):
    """A machine is calibrated once for a quality, not once a job."""
    notes = tmp_path / "encoders.json"
    first = Encoders(notes).best(21)
    assert json.loads(notes.read_text())["known"]["21"]["name"] == first.name
    monkeypatch.setattr("cutroom.media.making.video_encoder.calibrate", None)

    assert Encoders(notes).best(21) == first


def test_software_can_be_demanded(tmp_path):
    """No trial, no note."""
    assert Encoders(tmp_path / "encoders.json", "software").best(18).name == SOFTWARE
    assert not (tmp_path / "encoders.json").exists()


@pytest.mark.skipif(try_encoder("h264_nvenc").works, reason="this machine has NVENC: it works")
def test_a_hardware_encode_that_fails_is_redone_in_software(tmp_path):
    """The job goes on, and the encoder is not chosen again on this machine."""
    notes = tmp_path / "encoders.json"
    encoders = Encoders(notes)
    broken = VideoEncoder("h264_nvenc", 21, 24)
    encoders._write({"21": {"name": broken.name, "crf": 21, "setting": 24}})
    assert encoders.best(21) == broken
    source = make_video(tmp_path / "a.mp4", seconds=0.5)

    encoders.run(compose(source, tmp_path / "b.mp4"), 21)

    assert probe(tmp_path / "b.mp4").video.codec == "h264"
    assert encoders.best(21).name == SOFTWARE
    assert "h264_nvenc" in json.loads(notes.read_text())["known"]


def test_a_broken_source_is_not_blamed_on_the_hardware(tmp_path):
    """When software fails too, the encoder keeps its name."""
    encoders = Encoders(tmp_path / "encoders.json")
    encoders._write({"21": {"name": "h264_nvenc", "crf": 21, "setting": 24}})
    (tmp_path / "a.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 100)

    with pytest.raises(FfmpegFailed):
        encoders.run(compose(tmp_path / "a.mp4", tmp_path / "b.mp4"), 21)

    assert encoders.best(21).name == "h264_nvenc"


@pytest.mark.skipif(not try_encoder("h264_nvenc").works, reason="this machine has no NVENC")
def test_nvenc_is_as_good_as_libx264_and_faster(tmp_path):
    """What cannot run everywhere proves itself where it can."""
    assert calibrate(21).name == "h264_nvenc"
