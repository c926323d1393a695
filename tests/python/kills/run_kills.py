"""Any number of kills at random moments: `make kills N=200`."""

from __future__ import annotations

import argparse
import collections
import random
import sys
import tempfile
from pathlib import Path

from kill_bench import Bench


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    dice = random.Random(wanted.seed)
    counts: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="cx-kills-") as folder:
        bench = Bench(Path(folder))
        for number in range(1, wanted.count + 1):
            report = bench.play(bench.draw(dice))
            counts[f"{report.kill.stage}, readers saw {report.version_seen}"] += 1
            counts["not reached"] += not report.reached
            counts["with a problem"] += bool(report.problems)
            say(f"{number:4} {report.seconds:6.1f} s {report.kill} saw {report.version_seen}")
            for problem in report.problems:
                say(f"       {problem}")
    for name, count in sorted(counts.items()):
        say(f"{count:5} {name}")
    return 1 if counts["with a problem"] else 0


if __name__ == "__main__":
    sys.exit(main())
