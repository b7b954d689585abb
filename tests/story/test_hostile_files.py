"""Every file of the hostile table does what the table says, below the flow and in bounded time."""

import ctypes
import os
import re
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path

import pytest
from story.bad_files import CANARY
from story.hostile import BOUNDED, FAILING, INERT, POINTERS, WORKING, Case
from story.steps import Prepared, cut, prepare

from cutroom.media.cutting.rendering import RenderedCut
from cutroom.media.opening import open_media
from cutroom.records.errors import CutroomError, MediaCorrupt, MediaTruncated, SourceTooLong

pytestmark = pytest.mark.timeout(90)
WORK = "work"


def named(case: Case) -> str:
    """Name a test by its case."""
    return case.name.encode("ascii", "backslashreplace").decode()


def everything(path: Path, folder: Path) -> tuple[Prepared, list[RenderedCut]]:
    """Do all that the flow would do."""
    ready = prepare(path, folder)
    return ready, cut(ready, folder)


@pytest.mark.parametrize("case", FAILING, ids=named)
def test_a_bad_file_is_refused_for_what_it_is(tmp_path, case):
    """One typed error that names the cause and says what to do; nothing half-made is delivered."""
    path = case.make(tmp_path)

    with pytest.raises(CutroomError) as caught:
        everything(path, tmp_path / WORK)

    assert type(caught.value) is case.error
    assert re.search(case.tells, caught.value.problem)
    assert caught.value.hint.endswith((".", "?"))


@pytest.mark.parametrize("case", WORKING, ids=named)
def test_an_odd_file_works(tmp_path, case):
    """What can be watched elsewhere becomes clips here, with times that begin at zero."""
    path = case.make(tmp_path)
    before = set(tmp_path.rglob("*"))

    ready, clips = everything(path, tmp_path / WORK)

    check_times(ready)
    check_proxy(ready)
    for clip in clips:
        check_clip(clip)
    assert re.search(case.tells, " ".join(ready.normal.media.damage))
    assert bool(case.tells) == bool(ready.normal.media.damage)
    if case.seconds is not None:
        assert ready.normal.media.duration == pytest.approx(case.seconds, abs=0.1)
        assert ready.original.duration == pytest.approx(case.seconds, abs=0.1)
    if case.size is not None:
        assert {(clip.width, clip.height) for clip in clips} == {case.size}
    made = {one for one in tmp_path.rglob("*") if WORK not in one.parts}
    assert made == before, "files appeared outside the folder for work"


@pytest.mark.parametrize("case", BOUNDED, ids=named)
def test_a_lie_costs_no_time(tmp_path, case):
    """Success and a typed error are both right, as long as one of them comes."""
    path = case.make(tmp_path)

    try:
        ready, clips = everything(path, tmp_path / WORK)
    except (MediaCorrupt, MediaTruncated, SourceTooLong):
        return
    assert 0 < ready.normal.media.duration < 10
    for clip in clips:
        assert shown(clip)


@pytest.mark.parametrize("case", [*POINTERS, INERT[0]], ids=named)
def test_nothing_a_file_points_at_is_opened(tmp_path, case):
    """The kernel reports every open of the file beside it: there is none."""
    path = case.make(tmp_path)

    with opens_of(tmp_path / CANARY) as opened:
        with suppress(CutroomError):
            everything(path, tmp_path / WORK)
        assert opened() == 0
        (tmp_path / CANARY).read_bytes()
        assert opened() > 0, "the watch does not see anything"


def check_times(ready: Prepared) -> None:
    """Times are seconds from the first thing shown or heard, in order, within the video."""
    media = ready.normal.media
    assert media.is_seekable
    assert media.duration > 0
    assert media.keyframes
    assert 0 <= media.keyframes[0] <= media.duration
    assert all(one < two for one, two in pairwise(media.keyframes))
    assert media.keyframes[-1] < media.duration
    assert ready.scenes[0].start == 0
    assert ready.scenes[-1].end == ready.proxy.media.duration
    assert all(one.end == two.start for one, two in pairwise(ready.scenes))


def check_proxy(ready: Prepared) -> None:
    """The proxy is what everything downstream expects, and as long as the video."""
    media = ready.proxy.media
    assert (media.container, media.video.codec) == ("mov", "h264")
    assert media.video.pixel_format in ("yuv420p", "yuvj420p")
    assert max(media.video.width, media.video.height) <= 1920
    assert {track.codec for track in media.audio} <= {"aac"}
    assert media.is_seekable
    assert media.duration == pytest.approx(ready.normal.media.duration, abs=0.15)
    assert (ready.proxy.sound is not None) == bool(ready.normal.media.audio)


def check_clip(clip: RenderedCut) -> None:
    """All frames decode, the first is shown at once, and none comes after the end."""
    times = shown(clip)
    assert times
    assert times == sorted(set(times))
    assert -0.001 <= times[0] <= 1.6  # the table's latest picture begins at 1.5 s
    with open_media(clip.path) as container:
        rate = container.streams.video[0].average_rate
        end = max(
            float(((one.start_time or 0) + one.duration) * one.time_base)
            for one in container.streams
        )
    assert end == pytest.approx(clip.span.duration, abs=max(0.15, 1 / float(rate)))


def shown(clip: RenderedCut) -> list[float]:
    """Return when each frame of a clip is shown, in seconds."""
    with open_media(clip.path) as container:
        return [frame.time for frame in container.decode(container.streams.video[0])]


@contextmanager
def opens_of(path: Path) -> Iterator[Callable[[], int]]:
    """Yield a function that counts how often a file was opened, by Linux's inotify."""
    libc = ctypes.CDLL(None, use_errno=True)
    is_open, nonblocking = 0x20, os.O_NONBLOCK
    watch = libc.inotify_init1(nonblocking)
    if watch < 0 or libc.inotify_add_watch(watch, os.fsencode(path), is_open) < 0:
        pytest.skip("inotify cannot be had here")

    def count() -> int:
        try:
            return len(os.read(watch, 65536)) // struct.calcsize("iIII")
        except BlockingIOError:
            return 0

    try:
        yield count
    finally:
        os.close(watch)
