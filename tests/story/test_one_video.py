"""The product, told by what a user does: one video, from a file to clips."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from house import redone, stages
from videos import make_video

from cutroom.media.opening import open_media
from cutroom.records.blob import Blob
from cutroom.storage.local import LocalStore


def test_a_talk_becomes_clips(house, sample):
    """The sample's shots, pauses, face and words are found, and clips are cut between words."""
    report = house.run(sample.path, transcribe=True, layout="vertical", captions="burned", clips=1)

    truth = sample.truth
    starts = [scene.start for scene in report.scenes if not scene.gradual][1:]
    assert starts == pytest.approx(truth.cuts, abs=0.02)
    assert [scene.change.start for scene in report.scenes if scene.gradual] == pytest.approx(
        [truth.dissolve.start], abs=0.3
    )
    assert len(report.speech) >= len(truth.sentences) // 2
    assert report.transcript is not None
    for face in truth.faces:
        assert any(track.overlap(face) > face.duration / 2 for track in report.faces)
    (clip,) = report.clips
    words = report.transcript.words
    assert not any(
        word.start < edge < word.end for word in words for edge in (clip.start, clip.end)
    )
    with open_media(house.out / clip.file) as container:
        picture = container.streams.video[0].codec_context
        assert (picture.width, picture.height) == (
            404,
            720,
        ) or picture.width * 16 == picture.height * 9
    assert {"report.json", "report.html", "timeline.png", "clips", "edit"} <= {
        path.name for path in house.out.iterdir()
    }
    assert report.ledger.video_encodes == 1


def test_the_second_time_nothing_is_done_twice(house, tmp_path):
    """The same order again decodes nothing, encodes nothing, and says so per stage."""
    path = make_video(tmp_path / "a.mp4", seconds=8)
    first = house.run(path, renditions=("360p",), master=True)
    second = house.run(path, renditions=("360p",), master=True)

    assert redone(second) == set()
    assert "words" not in stages(second), "nobody asked for words"
    assert second.ledger.video_encodes == 0
    assert second.ledger.downloads == 0
    assert second.clips == first.clips


@pytest.mark.parametrize(
    ("option", "again"),
    [
        ({"clips": 1}, {"moments"}),
        ({"layout": "square"}, {"faces", "clips"}),  # a crop looks closer
        ({"silence_threshold_db": -60.0}, {"silences"}),
        ({"renditions": ("360p",)}, {"renditions"}),
        ({"master": True}, {"master"}),
    ],
)
def test_a_changed_option_redoes_only_what_depends_on_it(house, tmp_path, option, again):
    """Looking is not repeated because cutting changed."""
    path = make_video(tmp_path / "a.mp4", seconds=8)
    house.run(path)

    assert redone(house.run(path, **option)) == again


def test_a_lost_file_is_made_again_alone(house, tmp_path):
    """When a clip's file was deleted from the store, only clips are cut again."""
    path = make_video(tmp_path / "a.mp4", seconds=8)
    house.run(path, clips=1, renditions=("360p",))
    store = LocalStore(house.home)
    rendition = house.out / "renditions" / "360p.mp4"
    store.drop(Blob(digest=sha256(rendition), size_bytes=rendition.stat().st_size, suffix=".mp4"))

    assert redone(house.run(path, clips=1, renditions=("360p",))) == {"renditions"}


def sha256(path):
    import hashlib  # noqa: PLC0415

    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_changed_file_is_a_new_video(house, tmp_path):
    """The path alone proves nothing."""
    path = make_video(tmp_path / "a.mp4", seconds=4)
    first = house.run(path)
    path.unlink()
    make_video(path, seconds=5)

    second = house.run(path)

    assert first.source.sha256 != second.source.sha256
    assert second.source.duration == pytest.approx(5, abs=0.1)


def test_two_runs_at_once_both_succeed(house, tmp_path):
    """Doing the same work twice is harmless."""
    path = make_video(tmp_path / "a.mp4", seconds=6)

    commands = [command(house, path, house.out.with_name(f"out{number}")) for number in (1, 2)]
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(finished, commands))

    assert [run.returncode for run in done] == [0, 0], done
    first, second = (house.out.with_name(f"out{number}") / "clips" for number in (1, 2))
    assert sorted(path.name for path in first.iterdir())
    assert {p.name: p.read_bytes() for p in first.iterdir()} == {
        p.name: p.read_bytes() for p in second.iterdir()
    }


def command(house, path, out, *more):
    """Start the command line in a process of its own."""
    words = [sys.executable, "-m", "cutroom.cli", "video", str(path), "--out", str(out)]
    return subprocess.Popen(
        [*words, "--no-transcript", "--clips", "2", *more],
        env=house.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finished(process):
    output, _ = process.communicate(timeout=240)
    return subprocess.CompletedProcess(process.args, process.returncode, output)


def test_a_killed_run_goes_on_where_it_stopped(house, tmp_path):
    """Kill -9 in the middle of the encodes: the next run repeats no finished step."""
    path = make_video(tmp_path / "a.mp4", seconds=20, size="1280x720")
    options = ("--renditions", "720p,webm_720p")
    first = command(house, path, house.out, *options)
    for line in first.stdout:
        if line.startswith("clips: done"):
            break
    time.sleep(0.5)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    assert not house.out.exists() or not any(house.out.iterdir())

    second = finished(command(house, path, house.out, *options))

    assert second.returncode == 0, second.stdout
    ledger = {stage["name"]: stage["cached"] for stage in house.written()["ledger"]["stages"]}
    assert all(ledger[name] for name in ("fetch", "normal", "proxy", "scenes", "faces", "moments"))
    assert not any((house.home / "parts").iterdir())


def test_an_export_makes_what_was_left_out(house, tmp_path):
    """A virtual clip and a master come later, from the same source, without looking again."""
    from cutroom.records.order import ExportOrder  # noqa: PLC0415
    from flows.export import export  # noqa: PLC0415

    path = make_video(tmp_path / "a.mp4", seconds=8)
    report = house.run(path, render=False, clips=1)
    (clip,) = report.clips
    assert clip.file is None

    order = ExportOrder(job_id=report.job_id[:8], master=True, clips=(clip.id,), out=str(house.out))
    made = export(order)

    assert "master.mkv" in made
    assert any(name.endswith(".mp4") for name in made)
    assert all((house.out / name).stat().st_size for name in made)


def test_stages_carry_what_they_took(house, tmp_path):
    """The ledger counts seconds, processor seconds and encodes."""
    report = house.run(make_video(tmp_path / "a.mp4", seconds=8), cut="encode", clips=1)

    clips = stages(report)["clips"]
    assert clips.seconds > 0
    assert clips.cpu_seconds > 0
    assert report.ledger.video_encodes == 1
    assert report.ledger.cpu_seconds >= clips.cpu_seconds
