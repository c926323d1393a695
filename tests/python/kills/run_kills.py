"""Any number of kills at random moments: `make kills N=200`."""

from __future__ import annotations

import argparse
import collections
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from kill_bench import Bench
from small_project import CONTACTS, FEWEST, make_small_project

PARTS = {"fewest": FEWEST, "contacts": CONTACTS}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no kill later")
    parser.add_argument("--part", choices=PARTS, default="fewest", help="of the project")
    wanted = parser.parse_args()
    ends_at = time.monotonic() + 60 * wanted.minutes
    dice = random.Random(wanted.seed)
    counts: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="cx-kills-") as folder:
        project = make_small_project(Path(folder) / "project", PARTS[wanted.part])
        bench = Bench(Path(folder), project)
        while counts["kills"] < wanted.count and time.monotonic() < ends_at:
            # One in three comes upon what another kill left.
            kills = [bench.draw(dice) for _ in range(dice.choice((1, 1, 2)))]
            report = bench.play(*kills)
            counts["kills"] += len(kills)
            counts.update(f"kills: {kill.stage}" for kill in kills)
            counts[f"readers saw the version of {report.version_seen}"] += 1
            counts["not reached"] += not report.reached
            counts["with a problem"] += bool(report.problems)
            say(f"{counts['kills']:4} {report.seconds:6.1f} s {report.version_seen:6} {kills}")
            for problem in report.problems:
                say(f"       {problem}")
    for name, count in sorted(counts.items()):
        say(f"{count:5} {name}")
    return 1 if counts["with a problem"] else 0


if __name__ == "__main__":
    sys.exit(main())
