"""Sound is read from disk, the asked stretch only."""

import struct

import numpy as np
import pytest
from sounds import RATE, hush, tone, write_sound

from cutroom.media.listening.sound import FLOOR_DB, Sound, measure_energy
from cutroom.records.errors import MediaCorrupt, NotMedia, SourceEmpty
from cutroom.records.span import Span


def riff(*chunks, size=None):
    """Return a RIFF file of (name, content) chunks; the last may lie about its size."""
    body = b"".join(
        name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
        for name, content in chunks
    )
    if size is not None:
        content = chunks[-1][1]
        at = len(body) - len(content) - len(content) % 2 - 4
        body = body[:at] + struct.pack("<I", size) + body[at + 4 :]
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def plain_format(channels=1, bits=16, kind=1):
    """Return the content of a format chunk."""
    frame = channels * bits // 8
    return struct.pack("<HHIIHH", kind, channels, RATE, RATE * frame, frame, bits)


PCM = np.arange(-100, 100, dtype="<i2").tobytes()


def test_a_stretch_is_what_was_written(tmp_path):
    """Samples come back as they were, from the asked time on."""
    sound = Sound.open(write_sound(tmp_path / "a.wav", hush(1), tone(1)))

    assert sound.duration == 2.0
    assert sound.sample_rate == RATE
    assert not sound.samples(Span(start=0, end=1)).any()
    np.testing.assert_allclose(sound.samples(Span(start=1, end=2)), tone(1), atol=1 / 32768)
    assert len(sound.samples()) == 2 * RATE


def test_what_lies_past_the_end_is_left_out(tmp_path):
    """A span that runs over the end gives what there is."""
    sound = Sound.open(write_sound(tmp_path / "a.wav", tone(1)))

    assert len(sound.samples(Span(start=0.5, end=9))) == RATE // 2
    assert len(sound.samples(Span(start=5, end=9))) == 0


def test_full_scale_stays_within_one(tmp_path):
    """The loudest negative sample is -1, not beyond."""
    path = tmp_path / "a.wav"
    path.write_bytes(riff((b"fmt ", plain_format()), (b"data", b"\x00\x80\xff\x7f")))

    assert Sound.open(path).samples().tolist() == [-1.0, 32767 / 32768]


@pytest.mark.parametrize(
    "content",
    [
        riff((b"fmt ", plain_format()), (b"data", PCM)),
        riff((b"LIST", b"INFOISFT\x05\0\0\0Lavf\0"), (b"fmt ", plain_format()), (b"data", PCM)),
        riff((b"fmt ", plain_format()), (b"odd ", b"abc"), (b"data", PCM), (b"LIST", b"late")),
        riff((b"fmt ", plain_format()), (b"data", PCM), size=0),
        riff((b"fmt ", plain_format()), (b"data", PCM), size=0xFFFFFFFF),
        riff((b"fmt ", plain_format()), (b"data", PCM), size=len(PCM) + 1000),
        riff(
            (b"fmt ", plain_format(kind=0xFFFE) + struct.pack("<HHIH14s", 22, 16, 4, 1, b"")),
            (b"data", PCM),
        ),
    ],
    ids=["plain", "list first", "odd chunk", "size 0", "size unknown", "cut off", "extensible"],
)
def test_every_shape_of_header_leads_to_the_samples(tmp_path, content):
    """Other chunks, streamed and cut-off files and long format chunks are understood."""
    path = tmp_path / "a.wav"
    path.write_bytes(content)

    samples = Sound.open(path).samples()

    assert (samples * 32768).astype(int).tolist() == list(range(-100, 100))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", SourceEmpty),
        (b"OggS" + b"\0" * 40, NotMedia),
        (b"RIFF\0\0\0\0AVI LIST", NotMedia),
        (riff((b"fmt ", plain_format(channels=2)), (b"data", PCM)), MediaCorrupt),
        (riff((b"fmt ", plain_format(bits=8)), (b"data", PCM)), MediaCorrupt),
        (riff((b"fmt ", plain_format(kind=3)), (b"data", PCM)), MediaCorrupt),
        (riff((b"fmt ", plain_format())), MediaCorrupt),
        (riff((b"data", PCM)), MediaCorrupt),
    ],
    ids=["empty", "ogg", "avi", "stereo", "8 bits", "floats", "no data", "no format"],
)
def test_what_the_listeners_cannot_read_is_refused(tmp_path, content, error):
    """Anything but mono 16-bit PCM is a typed error."""
    path = tmp_path / "a.wav"
    path.write_bytes(content)

    with pytest.raises(error):
        Sound.open(path)


def test_a_sound_without_samples_lasts_no_time(tmp_path):
    """An empty track is a sound of zero seconds, not an error."""
    sound = Sound.open(write_sound(tmp_path / "a.wav"))

    assert sound.duration == 0
    assert len(sound.samples()) == 0
    assert measure_energy(sound) == []


def test_reading_hours_keeps_no_memory(tmp_path):
    """Walking an hour of sound leaves less than a tenth of it in this process's memory."""
    path = tmp_path / "a.wav"
    path.write_bytes(riff((b"fmt ", plain_format()), (b"data", b""), size=0xFFFFFFFF))
    with path.open("r+b") as file:
        file.truncate(3600 * RATE * 2)
    sound = Sound.open(path)

    measure_energy(sound)

    kept = 0
    with open("/proc/self/smaps") as maps:  # noqa: PTH123  no file of the disk
        inside = False
        for line in maps:
            if "-" in line.split(" ")[0]:
                inside = str(path) in line
            elif inside and line.startswith("Rss:"):
                kept += int(line.split()[1]) * 1024
    assert kept < path.stat().st_size / 10


def test_energy_is_the_level_of_each_step(tmp_path):
    """Every half second has its RMS in dBFS; silence is the floor, a short end counts alone."""
    sound = Sound.open(write_sound(tmp_path / "a.wav", tone(1, -20), hush(0.5), tone(0.2, -6)))

    assert measure_energy(sound) == pytest.approx([-20, -20, FLOOR_DB, -6], abs=0.1)


def test_energy_does_not_depend_on_blocks(tmp_path):
    """Steps that do not fit a block are measured whole."""
    path = write_sound(tmp_path / "a.wav", tone(40, -20), tone(30, -30))

    energy = measure_energy(Sound.open(path), step=0.7)

    assert len(energy) == 100
    assert energy[:57] == pytest.approx([-20] * 57, abs=0.1)
    assert energy[58:] == pytest.approx([-30] * 42, abs=0.1)


def test_a_step_without_a_sample_is_refused(tmp_path):
    """A step must hold something to measure."""
    sound = Sound.open(write_sound(tmp_path / "a.wav", tone(1)))

    with pytest.raises(ValueError, match="at least one sample"):
        measure_energy(sound, step=0)
