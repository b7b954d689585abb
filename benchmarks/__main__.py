"""Measure, print the tables, keep the results: `python -m benchmarks [NAME ...]`."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks import analysis, cutting, encoding, orchestration, scenes, video
from benchmarks.regression import regressions
from benchmarks.tables import as_markdown, between_marks, read_results, write_results

BENCHMARKS = {
    "video": video,
    "scenes": scenes,
    "cutting": cutting,
    "encoding": encoding,
    "analysis": analysis,
    "orchestration": orchestration,
}
"""Each a module with `measure`, `gains`, `as_tables` and `in_sentences`; a new one goes here."""
HERE = Path(__file__).parent
RESULTS, PAGE = HERE / "results.json", HERE / "README.md"


def main() -> int:
    """Run the benchmarks named on the command line, all when none is."""
    parser = _parser()
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; there is {', '.join(BENCHMARKS)}")
    record, fallen = read_results(RESULTS), []
    home = Path(os.environ.get("CUTROOM_HOME") or HERE.parent / ".cutroom").resolve()
    for name in arguments.names or BENCHMARKS:
        benchmark = BENCHMARKS[name]
        for part, result in benchmark.measure(home, is_quick=arguments.quick, runs=arguments.runs):
            print(f"\n{_told(name, {part: result})}\n", flush=True)
            now, before = benchmark.gains(result), record.get(name, {}).get(part)
            lost = regressions(now, benchmark.gains(before)) if before else []
            fallen += [f"{name}, {part}: {one}" for one in lost]
            if not lost or arguments.accept:
                _keep(name, part, result, is_written=arguments.write)
    for one in fallen:
        print(f"fell behind the record: {one}", flush=True)
    return 1 if fallen and not arguments.accept else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure Cutroom.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="only the short video")
    parser.add_argument("--runs", type=int, help="how often [3 for short ones, 1 for long ones]")
    parser.add_argument("--write", action="store_true", help="put the tables into README.md too")
    accept = "put on record what fell behind it, too"
    parser.add_argument("--accept", action="store_true", help=accept)
    return parser


def _keep(name: str, part: str, result: dict[str, Any], *, is_written: bool) -> None:
    """Put one result on record, beside what was measured earlier."""
    results = read_results(RESULTS)
    results.setdefault(name, {})[part] = result
    write_results(RESULTS, results)
    if is_written:
        page = PAGE.read_text()
        PAGE.write_text(between_marks(page, name, _told(name, results[name])))


def _told(name: str, results: dict[str, Any]) -> str:
    """Return a benchmark's results as a page shows them."""
    benchmark = BENCHMARKS[name]
    tables = [as_markdown(table) for table in benchmark.as_tables(results)]
    return "\n\n".join([benchmark.in_sentences(results), *tables])


if __name__ == "__main__":
    sys.exit(main())
