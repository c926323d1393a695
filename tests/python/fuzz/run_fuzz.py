"""Any number of broken files: `make fuzz N=10000`; one of them again: `--only NUMBER`."""

from __future__ import annotations

import argparse
import collections
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from fuzz_bench import Bench, Report, make_bench, play_all
from fuzz_grids import shared_exports

SLOWEST = 5


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="play this number alone")
    parser.add_argument("--processes", type=int, default=2)
    keep = Path(tempfile.gettempdir(), "cx_fuzz_failures")
    parser.add_argument("--keep", type=Path, default=keep, help="folder for files that failed")
    wanted = parser.parse_args()
    shared = shared_exports()
    if shared is None:
        say("No exports of real products (CX_SHARED_DATA): the demo's files and invented ones.")
    numbers = range(wanted.count) if wanted.only is None else range(wanted.only, wanted.only + 1)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cx-fuzz-") as folder:
        bench = make_bench(Path(folder), shared, wanted.seed)
        say(f"{len(bench.bases)} files to break, {len(numbers):,} times, seed {wanted.seed}")
        reports = []
        for report in _in_turn(bench, numbers, wanted.processes):
            reports.append(report)
            if report.problems or wanted.only is not None:
                say(str(report))
            if report.problems:
                place = wanted.keep / f"{wanted.seed}-{report.number}"
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(bench.draw(report.number).content)
                say(f"  kept as {place}; again with --seed {wanted.seed} --only {report.number}")
            if len(reports) % 1_000 == 0:
                say(f"{len(reports):,} after {time.monotonic() - started:,.0f} s")
    _tell(reports, time.monotonic() - started)
    return 1 if any(report.problems for report in reports) else 0


def _in_turn(bench: Bench, numbers: range, processes: int) -> Iterator[Report]:
    """Reports of all numbers as they come in, from several processes."""
    found: SimpleQueue[Report | None] = SimpleQueue()

    def play(part: range) -> None:
        try:
            for report in play_all(bench, part):
                found.put(report)
        finally:
            found.put(None)

    parts = [numbers[start::processes] for start in range(processes)]
    with ThreadPoolExecutor(processes) as pool:
        playing = [pool.submit(play, part) for part in parts]
        left = len(parts)
        while left:
            report = found.get()
            if report is None:
                left -= 1
            else:
                yield report
        for part in playing:
            part.result()


def _tell(reports: list[Report], seconds: float) -> None:
    ends = collections.Counter(report.end for report in reports)
    for end, count in sorted(ends.items()):
        say(f"{count:7,} {end}")
    say(f"{sum(report.rows for report in reports):7,} rows read")
    say(f"{sum(bool(report.problems) for report in reports):7,} with a problem")
    say(f"{max(report.memory for report in reports):7,} MiB at most for a file")
    say(f"{seconds:7,.0f} s; the slowest:")
    for report in sorted(reports, key=lambda report: -report.seconds)[:SLOWEST]:
        say(f"{report.seconds:7.1f} s {report.number} {report.base} {'+'.join(report.kinds)}")


if __name__ == "__main__":
    sys.exit(main())
