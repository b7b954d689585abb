"""The door to ffmpeg: limits, watchdog, and death with the parent."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import ffmpeg
import psutil
import pytest
from videos import make_video

from cutroom.media import ffmpeg as door
from cutroom.records.errors import (
    FfmpegFailed,
    FfmpegKilled,
    FfmpegMissing,
    FfmpegStalled,
    FormatForbidden,
)


def test_progress_reaches_the_end(tmp_path):
    """The callback hears how many seconds are written, up to all of them."""
    source = make_video(tmp_path / "a.mp4", seconds=2)
    heard: list[float] = []

    output = ffmpeg.output(door.guarded_input(source), f"file:{tmp_path / 'b.mkv'}", c="copy")
    door.run(output, on_progress=heard.append)

    assert heard[-1] == pytest.approx(2, abs=0.1)


def test_a_failure_shows_its_last_line_and_how_to_repeat_it(tmp_path):
    """The error is the end of ffmpeg's own log, the hint a command to paste."""
    picture = ffmpeg.input("testsrc2", f="lavfi", t=0.1)

    with pytest.raises(FfmpegFailed) as caught:
        door.run(ffmpeg.output(picture, f"file:{tmp_path / 'x.mp4'}", **{"c:v": "nosuch"}))

    assert "nosuch" in str(caught.value)
    assert caught.value.hint.startswith("Try by hand: ")


def test_running_out_of_time_ends_it(tmp_path):
    """Nothing runs for ever."""
    endless = ffmpeg.input("testsrc2", f="lavfi", re=None)

    with pytest.raises(FfmpegStalled, match="not done after"):
        door.run(ffmpeg.output(endless, "-", f="null"), timeout=0.5)


def test_standing_still_ends_it(tmp_path, monkeypatch):
    """A process that makes no progress is stopped by the watchdog."""
    monkeypatch.setattr(door, "STALL_LIMIT", 0.5)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    waits = ffmpeg.input(f"file:{pipe}", f="rawvideo", s="16x16")

    with pytest.raises(FfmpegStalled, match="no progress"):
        door.run(ffmpeg.output(waits, "-", f="null"))


def test_it_dies_with_its_parent(tmp_path):
    """Kill -9 on us leaves no ffmpeg behind."""
    script = """
        import ffmpeg
        from cutroom.media import ffmpeg as door
        endless = ffmpeg.input("testsrc2", f="lavfi", re=None)
        print("up", flush=True)
        door.run(ffmpeg.output(endless, "-", f="null", metadata="mark=%s"))
    """
    mark = f"orphan-{os.getpid()}"
    words = [sys.executable, "-c", textwrap.dedent(script) % mark]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as parent:
        parent.stdout.readline()
        child = wait_for(lambda: next(iter(psutil.Process(parent.pid).children()), None))
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def wait_for(condition, patience=20.0):
    """Return the condition's value once it is true."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    return condition()


def test_runs_are_counted_with_their_encodes(tmp_path):
    """The ledger learns how many pictures were encoded; copies do not count."""
    with door.counted() as runs:
        source = make_video(tmp_path / "a.mp4", seconds=0.5)
        door.run(ffmpeg.output(door.guarded_input(source), f"file:{tmp_path / 'b.mp4'}", c="copy"))

    assert [run.video_encodes for run in runs] == [1, 0]
    assert runs[0].cpu_seconds > 0


@pytest.mark.parametrize(
    "text",
    ["#EXTM3U\n#EXTINF:1,\nfile://{secret}\n", "ffconcat version 1.0\nfile '{secret}'\n"],
)
def test_a_playlist_in_disguise_is_never_followed(tmp_path, text):
    """Sniffing refuses it, and a forced demuxer cannot be talked into it."""
    secret = make_video(tmp_path / "secret.mp4", seconds=0.5)
    evil = tmp_path / "evil.mp4"
    evil.write_text(text.format(secret=secret))

    with pytest.raises(FormatForbidden):
        door.guarded_input(evil)
    for demuxer in ("mov", "hls", "concat"):
        output = ffmpeg.output(
            door.guarded_input(evil, demuxer), f"file:{tmp_path}/leak.mp4", c="copy"
        )
        with pytest.raises(FfmpegFailed):
            door.run(output)


def test_another_ffmpeg_can_be_named(monkeypatch):
    """`CUTROOM_FFMPEG` names another program; a wrong name is said at once."""
    door.program.cache_clear()
    monkeypatch.setenv("CUTROOM_FFMPEG", "/no/such/ffmpeg")
    try:
        with pytest.raises(FfmpegMissing):
            door.program()
        monkeypatch.setenv("CUTROOM_FFMPEG", sys.executable)
        assert door.program() == sys.executable
    finally:
        door.program.cache_clear()


def test_secrets_of_the_environment_stay_out(tmp_path, monkeypatch):
    """Ffmpeg sees no key of ours: its environment is scrubbed."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")

    assert "AWS_SECRET_ACCESS_KEY" not in door._display_drivers()


def test_being_killed_may_heal():
    """The system kills what is largest when memory runs out; the next try may get through."""
    endless = ffmpeg.output(ffmpeg.input("testsrc2", f="lavfi", re=None), "-", f="null")

    def kill(_seconds: float) -> None:
        for child in psutil.Process().children():
            if "ffmpeg" in child.name():
                child.kill()

    with pytest.raises(FfmpegKilled) as caught:
        door.run(endless, on_progress=kill, timeout=60)
    assert caught.value.is_transient


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_crash_is_ffmpegs_own_failure(number):
    """A file or a driver that crashes it will do so again: another encoder may do better."""
    endless = ffmpeg.output(ffmpeg.input("testsrc2", f="lavfi", re=None), "-", f="null")

    def crash(_: float) -> None:
        for child in psutil.Process().children():
            if "ffmpeg" in child.name():
                child.send_signal(number)

    with pytest.raises(FfmpegFailed, match=f"crashed with signal {number.value}") as caught:
        door.run(endless, on_progress=crash, timeout=60)
    assert not caught.value.is_transient
