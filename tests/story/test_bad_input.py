"""Bad input through the command line: one typed error, nothing half-made, and the job says why."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from story.command_line import CommandLine, check_failed, obey_permissions
from story.hostile import FAILING, HTML, WORKING
from videos import make_video

from blocks.settings import settings
from cutroom.catalog import reading
from cutroom.catalog.sessions import open_catalog
from cutroom.media.making.profiles import PROFILES
from cutroom.media.opening import open_media
from cutroom.records.errors import (
    AddressForbidden,
    DiskFull,
    HostUnknown,
    SourceGone,
    SourceMissing,
    SourceNotPermitted,
    SourceNotVideo,
)
from cutroom.report.schema import read_json

CASES = {case.name: case for case in (*FAILING, *WORKING)}


@pytest.fixture
def cutroom(house, capsys) -> CommandLine:
    """Return the command line of a fresh house."""
    return CommandLine(house, capsys)


@pytest.mark.parametrize(
    "name",
    [
        *("empty", "random", "web page", "sound in mp4", "half without index", "half with index"),
        *("mostly noise", "encrypted", "unknown codec", "HLS as mp4", "60 000 pssh boxes"),
    ],
)
def test_a_bad_file_fails_cleanly(house, cutroom, tmp_path, name):
    """Whatever is wrong with it."""
    outcome = cutroom(CASES[name].make(tmp_path))

    check_failed(house, outcome, CASES[name].error)


def test_no_file_and_no_video_file(house, cutroom, tmp_path):
    """A name that leads nowhere."""
    check_failed(house, cutroom(tmp_path / "none.mp4"), SourceMissing)


def test_a_folder_is_no_video(house, cutroom, tmp_path):
    """A name that leads to something else."""
    check_failed(house, cutroom(tmp_path), SourceNotVideo)


@pytest.mark.parametrize("name", ["two\nlines.mp4", "\x1b[31mred\x1b[0m.mp4", "%s %(x)d {}.mp4"])
def test_a_strange_name_does_not_disturb_the_error(house, cutroom, tmp_path, name):
    """Line ends and escape codes in a name stay inside one line of plain text."""
    (tmp_path / name).write_bytes(b"no video at all")

    outcome = cutroom(tmp_path / name)

    assert outcome.status == 1
    assert outcome.lines[-2].startswith("NOT_MEDIA: ")
    assert outcome.lines[-1].startswith("hint: ")
    assert all(line.isprintable() for line in outcome.lines)


@pytest.fixture
def allowed(house, site, monkeypatch):
    """Allow the test's own site, which is on a private address."""
    monkeypatch.setenv("CUTROOM_ALLOWED_HOSTS", f'["{site.host}"]')
    settings.cache_clear()
    return site


def test_an_address_that_is_gone(house, cutroom, allowed):
    """The host says 404."""
    check_failed(house, cutroom(allowed.url("/none.mp4")), SourceGone)


def test_a_page_instead_of_a_video(house, cutroom, allowed):
    """The host says 200 and sends a web page under a video's name."""
    allowed.put("/talk.mp4", HTML.encode(), **{"Content-Type": "video/mp4"})

    check_failed(house, cutroom(allowed.url("/talk.mp4")), SourceNotVideo)


def test_a_host_that_does_not_exist(house, cutroom):
    """No name server needs to be asked: a label may have 63 characters."""
    check_failed(house, cutroom(f"https://{'a' * 64}.example/talk.mp4"), HostUnknown)


def test_an_address_inside_the_network(house, cutroom, site):
    """Nobody orders this machine to look at itself, unless its owner allows it."""
    site.put("/talk.mp4", b"secret")

    check_failed(house, cutroom(site.url("/talk.mp4")), AddressForbidden)
    assert site.requests == []


def test_a_file_that_may_not_be_read(house, cutroom, tmp_path):
    """Root may read everything unless it gives that up, so it does, in a process of its own."""
    path = make_video(tmp_path / "a.mp4")
    path.chmod(0)

    outcome = cutroom.apart(path, preexec_fn=obey_permissions)

    check_failed(house, outcome, SourceNotPermitted)


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Callable[[Path, int], None]]:
    """Return a function that puts a small disk of so many kilobytes under a folder."""
    mounted: list[Path] = []
    mount, umount = shutil.which("mount"), shutil.which("umount")

    def put(folder: Path, kilobytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        words = ["-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
        if (
            mount is None
            or umount is None
            or subprocess.run([mount, *words], check=False).returncode
        ):
            pytest.skip("no small disk can be mounted here: that takes root's rights")
        mounted.append(folder)

    yield put
    for folder in mounted:
        subprocess.run([str(umount), str(folder)], check=True)


@pytest.mark.parametrize(
    ("stage", "room", "options"),
    [
        ("fetch", 0.5, ()),
        ("proxy", 1.1, ("--no-transcript",)),
        ("clips", 1.45, ("--no-transcript", "--clips", "1", "--cut", "encode")),
        ("renditions", 1.5, ("--preset", "transcode", "--renditions", "360p,webm_720p")),
        ("master", 2.0, ("--preset", "archive")),
    ],
)
def test_the_disk_is_full(house, cutroom, tmp_path, small_disk, stage, room, options):
    """Wherever room runs out, it is said, and what was begun is taken away."""
    path = make_video(tmp_path / "a.mp4", seconds=8, size="640x360")
    for name in ("blobs", "parts"):
        (house.home / name).mkdir()
    small_disk(house.home / "disk", round(path.stat().st_size * room / 1000))
    _move_onto(house.home, house.home / "disk")

    outcome = cutroom(path, *options)

    check_failed(house, outcome, DiskFull)
    (job,) = reading.jobs(open_catalog(settings().catalog))
    assert job.stage == stage


def _move_onto(home: Path, disk: Path) -> None:
    """Let the store's two folders lie on another disk."""
    for name in ("blobs", "parts"):
        (home / name).rmdir()
        (disk / name).mkdir()
        (home / name).symlink_to(disk / name)


def test_the_disk_for_results_is_full(house, cutroom, tmp_path, small_disk):
    """The work stays in the store, the folder stays empty; a second try elsewhere is quick."""
    path = make_video(tmp_path / "a.mp4", seconds=8, size="640x360")
    small_disk(house.out, 500)

    outcome = cutroom(path, "--no-transcript")

    check_failed(house, outcome, DiskFull)


ODD = {
    "noise in the middle": (),
    "no sound": (),
    "fifth of a second": ("--layout", "square"),
    "one frame": (),
    "odd gif": ("--renditions", "360p"),
    "turned": ("--layout", "vertical"),
    "10 bit": ("--captions", "burned"),
    "uneven frames": ("--cut", "encode"),
    "several tracks": ("--language", "en"),
    "size changes": (),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_video_works(house, cutroom, tmp_path, name):
    """It becomes clips, and a report that tells no lies."""
    outcome = cutroom(CASES[name].make(tmp_path), "--clips", "1", *ODD[name])

    assert outcome.status == 0, outcome.lines
    report = check_report(house)
    damaged = [note for note in report.degraded if note.what == "picture"]
    assert bool(damaged) == bool(CASES[name].tells)
    # Nobody speaks in any of them, and nobody is seen.
    assert (report.transcript, report.speech, report.faces) == (None, (), ())
    if name == "no sound":
        assert report.silences == ()
        assert {stage.name for stage in report.ledger.stages}.isdisjoint({"speech", "words"})


def check_report(house) -> Any:
    """Hold the report, its files and the catalog against each other."""
    report = read_json(house.out / "report.json")
    (job,) = reading.jobs(open_catalog(settings().catalog))
    assert (job.id, job.status, job.error) == (report.job_id, "completed", None)
    assert not any((house.home / "parts").iterdir())
    assert {"report.html", "timeline.png"} <= {path.name for path in house.out.iterdir()}
    assert not [path for path in house.out.rglob("*") if ".part" in path.name]
    spans = (*report.scenes, *report.silences, *report.clips)
    assert all(0 <= one.start < one.end <= report.source.duration + 0.2 for one in spans)
    (clip,) = report.clips
    assert (house.out / clip.thumbnail).stat().st_size > 0
    with open_media(house.out / clip.file) as container:
        assert list(container.decode(container.streams.video[0]))
    for rendition in report.renditions:
        assert rendition.height <= PROFILES[rendition.profile].short_side
        assert (house.out / rendition.file).stat().st_size == rendition.size_bytes
    return report


@pytest.mark.parametrize(
    "name",
    [
        *("-i.mp4", "--help", "two words & \"quotes\" 'and' $(id).mp4", "two\nlines.mp4"),
        *("100%d %s.mp4", "🎬 película.mp4", "<img src=x onerror=alert(1)>.mp4", "*?[a].mp4"),
    ],
)
def test_any_name_will_do(house, cutroom, tmp_path, monkeypatch, name):
    """A name is a name: no option, no pattern, no markup."""
    make_video(tmp_path / "plain.mp4", seconds=1).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)

    outcome = cutroom(name, "--clips", "1", "--no-transcript")

    assert outcome.status == 0, outcome.lines
    report = check_report(house)
    assert report.source.location == str(tmp_path / name)
    assert report.source.title.isprintable()
    assert "<img src=x" not in (house.out / "report.html").read_text()
