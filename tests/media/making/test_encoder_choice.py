"""Hardware encodes where it is good, software where hardware fails, and the machine remembers."""

import json

import pytest
from videos import make_video

from cutroom.media.ffmpeg import counted
from cutroom.media.making import encoder_choice, video_encoder
from cutroom.media.making.encoder_choice import IN_SOFTWARE, Encoders
from cutroom.media.making.proxy import make_proxy
from cutroom.media.making.renditions import make_renditions
from cutroom.media.making.video_encoder import HARDWARE, Target, calibrate, measure_ssim, software
from cutroom.media.probe import probe
from cutroom.records.errors import FfmpegFailed, FfmpegKilled

PROXY, COPY = Target(crf=21), Target(kbps=1500, short_side=480)


@pytest.fixture
def card(tmp_path, monkeypatch):
    """Pretend that a card is in this machine; ffmpeg still finds none that encodes."""
    device = tmp_path / "card"
    device.touch()
    monkeypatch.setattr(encoder_choice, "DEVICES", (str(device),))
    return device


@pytest.fixture
def notes(tmp_path, card):
    """Return notes that say NVENC was found good for every target, as on a machine that lost it."""
    path = tmp_path / "notes" / "encoders.json"
    encoders = Encoders(path)
    best = {PROXY.name: ["h264_nvenc", 22], COPY.name: ["h264_nvenc", 0]}
    encoders._write({**encoders._read(), "best": best})
    return path


def test_without_a_card_nothing_is_tried(tmp_path, monkeypatch):
    """A laptop pays nothing for a question whose answer is known."""
    monkeypatch.setattr(encoder_choice, "DEVICES", ())
    with counted() as runs:
        assert Encoders(tmp_path / "notes.json").best(PROXY) == software(PROXY)
    assert not runs
    assert not (tmp_path / "notes.json").exists()


def test_the_machine_is_tried_once_for_each_target(tmp_path, card, monkeypatch):
    """What came out is noted, and read by the next process."""
    asked = []

    def calibrated(target, names):
        asked.append((target, names))
        return software(target)

    monkeypatch.setattr(encoder_choice, "calibrate", calibrated)
    for _ in range(2):
        encoders = Encoders(tmp_path / "notes.json")
        assert encoders.best(PROXY) == software(PROXY)
        assert encoders.best(COPY) == software(COPY)
    assert asked == [(PROXY, HARDWARE), (COPY, HARDWARE)]


def test_a_killed_trial_is_noted_nowhere(tmp_path, card, monkeypatch, no_place_reached):
    """Out of memory for a moment is no verdict on a card; the next job tries again."""
    notes = tmp_path / "notes.json"
    monkeypatch.setenv("CUTROOM_FAILPOINT", "ffmpeg:1:child")
    monkeypatch.setenv("CUTROOM_FAILPOINT_ABOUT", "/trial.mkv")

    with pytest.raises(FfmpegKilled):
        Encoders(notes).best(PROXY)

    assert not notes.exists()


def test_a_named_encoder_is_the_only_one_tried(tmp_path, card, monkeypatch):
    """`libx264` asks no card, and another name only that one."""
    asked = []
    monkeypatch.setattr(
        encoder_choice, "calibrate", lambda target, names: asked.append(names) or software(target)
    )
    Encoders(tmp_path / "one.json", "libx264").best(PROXY)
    Encoders(tmp_path / "two.json", "h264_qsv").best(PROXY)
    assert asked == [("h264_qsv",)]


def test_a_proxy_is_redone_in_software_when_the_card_fails(tmp_path, notes):
    """The job goes on, and the machine does not ask the card again."""
    source = make_video(tmp_path / "a.mkv", seconds=1, **{"c:v": "mpeg4", "preset": ...})
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()

    made = make_proxy(source, probe(source), first, encoders=Encoders(notes))
    assert made.how == "encoded"
    assert probe(made.path).video.codec == "h264"
    assert set(Encoders(notes).given_up()) == {"h264_nvenc"}

    with counted() as runs:
        make_proxy(source, probe(source), second, encoders=Encoders(notes))
    assert len(runs) == 1, "the card was asked again"


def test_copies_are_redone_in_software_when_the_card_fails(tmp_path, notes):
    """Copies by bit rate fall back like those by quality."""
    source = make_video(tmp_path / "a.mp4", seconds=1)
    (made,) = make_renditions(source, probe(source), ("480p",), tmp_path, encoders=Encoders(notes))
    assert probe(made.path).duration == pytest.approx(1, abs=0.1)
    assert set(Encoders(notes).given_up()) == {"h264_nvenc"}


def test_a_video_that_cannot_be_encoded_is_not_the_cards_fault(notes):
    """What fails in software as well says nothing about the card."""

    def work(chosen):
        raise FfmpegFailed("Broken.", "Fetch it again.")

    with pytest.raises(FfmpegFailed):
        Encoders(notes).run([PROXY], work)
    assert Encoders(notes).given_up() == {}
    assert Encoders(notes).best(PROXY).name == "h264_nvenc"


def test_another_card_is_tried_anew(notes, card, tmp_path, monkeypatch):
    """Notes are about a machine as it was: a new device makes them void."""
    new = tmp_path / "new card"
    new.touch()
    monkeypatch.setattr(encoder_choice, "DEVICES", (str(card), str(new)))
    assert Encoders(notes)._read()["best"] == {}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"machine": 3}'])
def test_spoilt_notes_are_begun_again(tmp_path, card, text, monkeypatch):
    """They are a cache: nobody has to mend them."""
    path = tmp_path / "notes.json"
    path.write_text(text)
    monkeypatch.setattr(encoder_choice, "calibrate", lambda target, _names: software(target))
    assert Encoders(path).best(PROXY) == software(PROXY)
    assert json.loads(path.read_text())["best"] == {PROXY.name: ["libx264", 0]}


def test_in_software_is_libx264():
    """Whoever has no machine to ask gets what works everywhere."""
    assert IN_SOFTWARE.run([PROXY], lambda chosen: chosen[PROXY]) == software(PROXY)


def test_calibration_takes_the_coarsest_setting_that_is_good_enough(tmp_path, monkeypatch):
    """Another real encoder stands in for hardware: one step coarser looks worse than libx264."""
    qualities = ("q:v", range(31, 1, -4))
    monkeypatch.setitem(video_encoder.QUALITIES, "mpeg4", qualities)
    footage = video_encoder._make_footage(tmp_path, 360)
    floor, _ = video_encoder._trial(footage, software(PROXY))
    found = video_encoder._match(footage, "mpeg4", PROXY, floor)
    assert found is not None
    encoder, _ = found
    assert video_encoder._trial(footage, encoder)[0] >= floor
    coarser = video_encoder.VideoEncoder("mpeg4", PROXY, encoder.setting + 4)
    assert video_encoder._trial(footage, coarser)[0] < floor


def test_at_a_bit_rate_the_rate_is_kept_and_effort_is_added(tmp_path, monkeypatch):
    """A target by rate has no quality scale: the same rate, tried from quick to thorough."""
    monkeypatch.setitem(video_encoder.EFFORTS, "mpeg4", ({"g": 300}, {"g": 60, "mbd": "rd"}))
    footage = video_encoder._make_footage(tmp_path, 360)
    rates = [encoder.options["b:v"] for encoder in video_encoder._candidates("mpeg4", COPY)]
    assert rates == ["1500k", "1500k"]
    assert video_encoder._match(footage, "mpeg4", COPY, floor=0.0)[0].setting == 0
    assert video_encoder._match(footage, "mpeg4", COPY, floor=1.1) is None


@pytest.mark.parametrize(("faster_by", "name"), [(0.001, "mpeg4"), (1000.0, "libx264")])
def test_hardware_is_taken_where_it_is_faster_alone(monkeypatch, faster_by, name):
    """An encoder as good as libx264 and no faster only makes larger files."""
    monkeypatch.setitem(video_encoder.QUALITIES, "mpeg4", ("q:v", range(2, 3)))
    monkeypatch.setattr(video_encoder, "FASTER_BY", faster_by)
    assert calibrate(PROXY, names=("mpeg4",)).name == name


def test_ssim_of_trial_footage_is_that_of_a_copy(tmp_path):
    """The footage itself is lossless, so that differences are the encoders'."""
    footage = video_encoder._make_footage(tmp_path, 360)
    assert measure_ssim(footage, footage) == 1.0
