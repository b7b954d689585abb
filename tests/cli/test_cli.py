"""The command line: exit statuses, one typed error, plain lines in a pipe."""

import json
import subprocess
import sys

import pytest
from videos import make_video

from cutroom.cli import main


def test_help_loads_nothing_heavy():
    """`cutroom --help` answers before Prefect, ffmpeg or any model is imported."""
    script = (
        "import sys; from cutroom.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('prefect', 'av', 'cv2', 'numpy', 'pydantic', 'httpx')"
        " if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert "video" in done.stdout
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    "words",
    [
        ["video"],
        ["video", "a.mp4", "--layout", "round"],
        ["nonsense"],
        [],
    ],
)
def test_wrong_usage_is_status_two(words):
    """Usage errors are the parser's, with its own message."""
    with pytest.raises(SystemExit) as caught:
        main(words)

    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--clips", "-3"], "clips"),
        (["--shortest", "50", "--longest", "20"], "longest_clip"),
        (["--renditions", "720p,8k"], "8k"),
        (["--language", "English"], "language"),
    ],
)
def test_an_order_that_cannot_be_is_status_two(capsys, tmp_path, words, named):
    """The field is named, with a hint."""
    assert main(["video", str(tmp_path / "a.mp4"), *words]) == 2

    told = capsys.readouterr().err
    assert told.startswith("ORDER_INVALID: ")
    assert named in told
    assert "\nhint: " in told


def test_a_missing_file_is_one_typed_error(house, capsys):
    """Status 1, two lines, no traceback, no results."""
    assert main(["video", "no such.mp4", "--out", str(house.out)]) == 1

    told = capsys.readouterr().err
    assert told.startswith("SOURCE_MISSING: ")
    assert "Traceback" not in told
    assert not house.out.exists()


def test_a_video_is_told_in_plain_lines(house, capfd, tmp_path):
    """In a pipe there are no bars, no colours, no chatter of the parts."""
    path = make_video(tmp_path / "a.mp4", seconds=8)

    assert main(["video", str(path), "--out", str(house.out), "--no-transcript"]) == 0

    told = capfd.readouterr()
    stages = [line.split(":")[0] for line in told.err.splitlines()]
    assert set(stages) <= {
        *("fetch", "normal", "proxy", "keyframes", "scenes", "silences", "speech", "faces"),
        *("topics", "moments", "clips", "report"),
    }, told.err
    assert "\x1b" not in told.out + told.err
    assert str(house.out / "report.html") in told.out.replace("\n", "")


def test_exports_are_named_by_report_or_id(house, capsys, tmp_path):
    """A folder of results is enough to say which job is meant."""
    path = make_video(tmp_path / "a.mp4", seconds=8)
    words = ["--out", str(house.out), "--no-transcript", "--virtual"]
    assert main(["video", str(path), *words]) == 0
    clip = json.loads((house.out / "report.json").read_text())["clips"][0]

    done = main(["export", str(house.out), "--clip", clip["id"], "--out", str(house.out)])

    assert done == 0
    assert list((house.out / "clips").glob("01*.mp4"))
    assert main(["export", str(house.out), "--clip", "0" * 16]) == 2
    assert main(["export", "ffffffff", "--master"]) == 1
    assert main(["export", str(house.out)]) == 2
    assert "JOB_UNKNOWN" in capsys.readouterr().err


def test_doctor_names_what_it_looked_for(house, capsys):
    """Each line is a thing, found or not, and each lack has advice."""
    status = main(["doctor", "--encode"])

    told = capsys.readouterr().out
    for what in (
        "ffmpeg",
        "libx264",
        "h264_nvenc",
        "encoder of proxies",
        "GPU",
        "face model",
        "disk",
    ):
        assert what in told
    assert status == 0
    assert told.count("→") >= told.count("not found") - 1
