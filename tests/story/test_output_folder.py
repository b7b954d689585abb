"""The folder for results: whole or untouched, and never more of it than is ours."""

import shutil
from pathlib import Path

import pytest
from story.command_line import CommandLine, Outcome, obey_permissions
from videos import make_video

from cutroom.report.schema import read_json


@pytest.fixture
def path(tmp_path) -> Path:
    """Return an ordinary video."""
    return make_video(tmp_path / "a.mp4", seconds=2)


@pytest.fixture
def cutroom(house, capsys) -> CommandLine:
    """Return the command line of a fresh house."""
    return CommandLine(house, capsys)


def run(cutroom: CommandLine, path: Path, *options: str, out: object = None) -> Outcome:
    """Make one clip."""
    return cutroom(path, "--no-transcript", "--clips", "1", *options, out=out)


def check_refused_at_once(house, outcome: Outcome) -> None:
    """One typed error before any work: there is no job."""
    assert outcome.status == 1
    assert outcome.lines[-2].startswith("OUTPUT_NOT_WRITABLE: ")
    assert outcome.lines[-1].startswith("hint: ")
    assert not (house.home / "blobs").exists()


def test_a_file_in_its_place(house, path, cutroom):
    """Somebody's file stays as it was."""
    house.out.write_text("mine")

    check_refused_at_once(house, run(cutroom, path))
    assert house.out.read_text() == "mine"


def test_a_file_on_the_way(house, path, cutroom):
    """A folder cannot lie inside a file."""
    house.out.write_text("mine")

    check_refused_at_once(house, run(cutroom, path, out=house.out / "a" / "b"))


def test_a_folder_that_may_not_be_written(house, path, cutroom):
    """Said before hours of work, not after."""
    house.out.mkdir(mode=0o500)

    outcome = cutroom.apart(path, preexec_fn=obey_permissions)

    check_refused_at_once(house, outcome)
    assert not any(house.out.iterdir())


def test_missing_folders_are_made(house, path, cutroom, monkeypatch):
    """All of them, and a relative name counts from here."""
    monkeypatch.chdir(house.home)

    outcome = run(cutroom, path, out="results/of/today")

    assert outcome.status == 0
    assert read_json(house.home / "results" / "of" / "today" / "report.json")


def test_missing_folders_are_not_left_behind(house, tmp_path, cutroom):
    """A job that fails takes along what it made on the way."""
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")

    assert run(cutroom, bad, out=tmp_path / "x" / "y" / "z").status == 1
    assert not (tmp_path / "x").exists()


def test_a_second_run_replaces_only_what_is_ours(house, path, cutroom):
    """Files of the earlier report go, whatever else lies there stays."""
    first = run(cutroom, path, "--renditions", "360p", "--proxy", "--master")
    assert first.status == 0
    ours = {"renditions/360p.mp4", "proxy.mp4", "master.mkv"}
    assert all((house.out / name).is_file() for name in ours)
    foreign = {"notes.txt", "clips/mine.mp4", "renditions/other.mp4", "edit/plan.txt"}
    for name in foreign:
        (house.out / name).write_text(name)

    second = run(cutroom, path, "--layout", "square")

    assert second.status == 0
    assert not any((house.out / name).exists() for name in ours)
    assert all((house.out / name).read_text() == name for name in foreign)
    report = read_json(house.out / "report.json")
    assert {clip.layout for clip in report.clips} == {"square"}
    clips = {path.name for path in (house.out / "clips").iterdir()} - {"mine.mp4"}
    assert {Path(clip.file).name for clip in report.clips} <= clips
    assert all(name.startswith("01-") for name in clips)


@pytest.mark.parametrize("name", ["clips", "report.html/mine.txt"])
def test_what_is_in_the_way_is_left_alone(house, path, cutroom, name):
    """A folder's name taken by a file, or a file's by a folder: nothing is moved then."""
    (house.out / name).parent.mkdir(parents=True)
    (house.out / name).write_text("mine")

    outcome = run(cutroom, path)

    assert outcome.lines[-2].startswith("OUTPUT_NOT_WRITABLE: ")
    assert [path for path in house.out.rglob("*") if path.is_file()] == [house.out / name]


def test_a_failed_run_leaves_earlier_results_alone(house, path, tmp_path, cutroom):
    """What was good stays good."""
    assert run(cutroom, path).status == 0
    before = {one: one.read_bytes() for one in house.out.rglob("*") if one.is_file()}
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")

    assert run(cutroom, bad).status == 1
    assert before == {one: one.read_bytes() for one in house.out.rglob("*") if one.is_file()}


@pytest.mark.parametrize("kept", ["not json", "{}", '{"clips": [{"file": "/etc/passwd"}]}'])
def test_a_strange_report_takes_nothing_away(house, path, cutroom, kept):
    """What calls itself report.json but is none names no file of ours."""
    house.out.mkdir()
    (house.out / "report.json").write_text(kept)
    (house.out / "notes.txt").write_text("mine")

    assert run(cutroom, path).status == 0
    assert (house.out / "notes.txt").read_text() == "mine"


def test_a_report_that_names_others_files_takes_none(house, path, tmp_path, cutroom):
    """Names that climb out of the folder, or are absolute, are not followed."""
    assert run(cutroom, path).status == 0
    victims = [tmp_path / "victim.txt", house.home / "victim.txt"]
    for victim in victims:
        victim.write_text("mine")
    report = read_json(house.out / "report.json")
    names = ["../victim.txt", str(victims[1]), "clips", "", "."]
    clips = [report.clips[0].model_copy(update={"file": name}) for name in names]
    told = report.model_copy(update={"clips": tuple(clips)})
    (house.out / "report.json").write_text(told.model_dump_json())

    assert run(cutroom, path).status == 0
    assert all(victim.read_text() == "mine" for victim in victims)


def test_the_folder_vanishes_while_it_works(house, path, cutroom):
    """It is made again."""
    assert run(cutroom, path).status == 0
    shutil.rmtree(house.out)

    assert run(cutroom, path).status == 0
    assert read_json(house.out / "report.json").ledger.video_encodes == 0
