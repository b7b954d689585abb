"""The books of a job: what was entered cost something, what was not was cached."""

import time

import ffmpeg

from cutroom.media import ffmpeg as door
from tasks.ledger import Book


def test_a_stage_that_was_never_entered_was_cached():
    """The ledger lists the stages of the job and says which cost nothing."""
    book = Book()
    with book.stage("scenes"):
        time.sleep(0.02)

    ledger = book.close(["fetch", "scenes"], cpu_hour=0, gigabyte_out=0)

    fetch, scenes = ledger.stages
    assert (fetch.cached, scenes.cached) == (True, False)
    assert scenes.seconds >= 0.02


def test_ffmpegs_processor_time_and_encodes_are_counted(tmp_path):
    """What the door ran within a stage belongs to it."""
    book = Book()
    with book.stage("clips"):
        picture = ffmpeg.input("testsrc2=size=640x360", f="lavfi", t=2)
        door.run(ffmpeg.output(picture, f"file:{tmp_path / 'a.mp4'}", **{"c:v": "libx264"}))

    ledger = book.close(["clips"], cpu_hour=3600, gigabyte_out=0)

    assert ledger.video_encodes == 1
    assert ledger.stages[0].cpu_seconds > 0.01
    assert ledger.cost_usd.compute == ledger.cost_usd.total > 0


def test_downloads_are_counted_with_their_bytes():
    """The transfer costs by the gigabyte."""
    book = Book()
    book.fetched(2_000_000_000)

    ledger = book.close([], cpu_hour=0, gigabyte_out=0.09)

    assert (ledger.downloads, ledger.bytes_downloaded) == (1, 2_000_000_000)
    assert ledger.cost_usd.transfer == 0.18


def test_progress_is_told_and_bounded():
    """Whoever watches hears of each stage, from 0 to 1."""
    heard = []
    book = Book(on_stage=lambda name, done: heard.append((name, done)))

    book.progress("proxy", 1.7)
    book.progress("proxy", -1)
    with book.stage("proxy"):
        pass

    assert heard == [("proxy", 1.0), ("proxy", 0.0), ("proxy", 0.0), ("proxy", 1.0)]


def test_a_stage_in_parts_is_done_with_its_last():
    """A stage that comes window by window is half done after half of them."""
    heard = []
    book = Book(on_stage=lambda _name, done: heard.append(done))
    book.expect(scenes=2)

    for _ in range(2):
        with book.stage("scenes"):
            pass

    assert heard == [0.0, 0.5, 0.5, 1.0]
