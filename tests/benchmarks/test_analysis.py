"""The tables of analysis and orchestration say what was measured."""

from benchmarks import analysis, orchestration

MEASURED = {
    "date": "2026-01-01",
    "cores": 2,
    "is_shared": False,
    "python": "3.11",
    "ffmpeg": "7",
}


def took(wall, cpu):
    return {"wall_seconds": wall, "cpu_seconds": cpu}


def result(duration):
    return {
        "measured": MEASURED,
        "runs": 3,
        "video": {"duration": duration, "made_of": "real clips"},
        "stages": {"scenes": took(2.0, 3.0), "faces": took(1.0, 1.5)},
        "analysis": took(4.0, 5.0),
        "decode": took(16.0, 30.0),
        "analysis_to_decode": took(0.25, 0.167),
        "peak_memory_bytes": 512_000_000,
        "found": {"scenes": 7, "faces": 2},
    }


def test_each_video_has_its_columns_and_the_ratio_its_row():
    """What is not in a stage is told as well, so that the column adds up."""
    times, memory = analysis.as_tables({"short": result(28.0), "long": result(600.0)})

    rows = {row[0]: row[1:] for row in times.rows}
    assert all(len(row) == len(times.header) for row in times.rows)
    assert rows["scenes"] == ("2.00", "3.00", "2.00", "3.00")
    assert rows["Python, imports, end"] == ("1.00", "0.50", "1.00", "0.50")
    assert rows["analysis / decode"] == ("0.25", "0.17", "0.25", "0.17")
    assert memory.rows[1] == ("long", "600", "512.0")


def test_one_video_alone_makes_a_table_too():
    """As after a quick run."""
    times, _ = analysis.as_tables({"short": result(28.0)})

    assert len(times.header) == 3
    assert "7 scenes, 2 faces" in analysis.in_sentences({"short": result(28.0)})


def test_a_call_is_told_part_by_part():
    """New and cached beside each other."""
    call = {"import Prefect": took(0.9, 0.8), "whole call": took(3.0, 2.0)}
    short = {
        "measured": MEASURED,
        "runs": 3,
        "calls": dict.fromkeys(orchestration.CALLS, call),
    }

    (table,) = orchestration.as_tables({"short": short})

    assert table.rows[-1] == ("whole call", "3.00", "2.00", "3.00", "2.00")
    assert "3" in orchestration.in_sentences({"short": short})


def test_a_video_measured_for_its_memory_alone_has_no_times():
    """Its result is shown by itself as soon as it is done."""
    (memory,) = analysis.as_tables({"three hours": result(10800.0)})

    assert [row[0] for row in memory.rows] == ["three hours"]
