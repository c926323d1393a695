"""Measures start-up: `cx run` beside the same work without Dagster, and commands that only read.

    python benchmarks/startup/measure.py [--repeat 3] [--folder DIR]

Makes two homes of three small demo days, one for the floor. Then, in turn and each in a fresh
process: the last day again (nothing new was delivered), a tiny day that is new, `cx --help`
and `cx status`. Prints medians of seconds, of processor seconds, and where they went.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
START = date(2017, 10, 1)
BASE_DAYS = 3
CX = (sys.executable, "-m", "orchestration.cli")


@dataclass(frozen=True)
class Taken:
    """Seconds of one process: by the clock, and of processors, those of its children included."""

    clock: float
    processor: float
    output: str


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=None, help="where the homes are made")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cx-startup-", dir=options.folder))
    try:
        homes = prepare(folder, options.repeat)
        last = START + timedelta(days=BASE_DAYS - 1)
        compare("a day without new deliveries", homes, [last] * options.repeat, folder)
        new = [START + timedelta(days=BASE_DAYS + 1 + at) for at in range(options.repeat)]
        compare("a tiny new day", homes, new, folder)
        for arguments in (("--help",), ("status",)):
            taken = [call([*CX, *arguments], homes["run"]) for _ in range(options.repeat)]
            report(f"cx {' '.join(arguments)}", taken)
    finally:
        shutil.rmtree(folder)


def prepare(folder: Path, repeat: int) -> dict[str, Path]:
    """A home with three days, twice; the days after them lie aside in `later`.

    The first of the later days is run too: what a run does only once is not measured.
    """
    from orchestration.demo import generate

    home, later = folder / "run", folder / "later"
    days = BASE_DAYS + 1 + repeat
    generate(
        home / "inbox",
        folder / "truth.json",
        start=START,
        days=days,
        contacts_per_day=20,
        customers=60,
        agents=6,
    )
    first_later = START + timedelta(days=BASE_DAYS)
    for path in sorted((home / "inbox").glob("*/*")):
        if path.name >= first_later.isoformat():
            target = later / path.name / path.parent.name
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
    last = first_later - timedelta(days=1)
    homes = {"run": home, "floor": folder / "floor"}
    # Before anything is built: tables know the paths of their files.
    shutil.copytree(home, homes["floor"])
    for name, found in homes.items():
        call([*CX, "backfill", "--from", str(START), "--to", str(last)], found)
        deliver(folder, found, first_later)
        phases(name, found, first_later)
    return homes


def deliver(folder: Path, home: Path, day: date) -> None:
    for path in (folder / "later" / str(day)).glob("*"):
        shutil.copytree(path, home / "inbox" / path.name / str(day), dirs_exist_ok=True)


def compare(title: str, homes: dict[str, Path], days: Sequence[date], folder: Path) -> None:
    """Run and floor in turn on the same days, so that both meet the same weather."""
    found: dict[str, list[Taken]] = {name: [] for name in homes}
    for day in days:
        for name, home in homes.items():
            deliver(folder, home, day)
            found[name].append(phases(name, home, day))
    print(f"\n{title}")
    for name, taken in found.items():
        report("cx run" if name == "run" else "floor", taken)
    for kind in ("clock", "processor"):
        of_run, of_floor = (median(getattr(t, kind) for t in found[n]) for n in ("run", "floor"))
        print(f"  cx run / floor, {kind:<10} {of_run / of_floor:6.2f}")
    for name, taken in found.items():
        spent: dict[str, list[float]] = {}
        for one in taken:
            for phase, (_, processor) in json.loads(one.output).items():
                spent.setdefault(phase, []).append(processor)
        parts = {phase: median(values) for phase, values in spent.items()}
        print(f"  processor seconds of {'cx run' if name == 'run' else 'the floor'}")
        for phase, value in sorted(parts.items(), key=lambda item: -item[1]):
            if value >= 0.02:
                print(f"    {phase:<32} {value:6.2f}")


def phases(what: str, home: Path, day: date) -> Taken:
    return call([sys.executable, str(HERE / "phases.py"), what, str(day)], home)


def call(command: Sequence[str], home: Path) -> Taken:
    """Run a command on a home; its failure ends the measurement."""
    environment = {**os.environ, "CX_HOME": str(home), "PYTHONPATH": str(PROJECT)}
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(
        command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False
    )
    clock, after = time.perf_counter() - started, os.times()
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    processor = sum(
        getattr(after, name) - getattr(before, name)
        for name in ("children_user", "children_system")
    )
    return Taken(clock, processor, done.stdout)


def report(title: str, taken: Sequence[Taken]) -> None:
    clock, processor = (
        median(getattr(one, kind) for one in taken) for kind in ("clock", "processor")
    )
    print(f"  {title:<24} {clock:6.2f} s by the clock, {processor:6.2f} s of processors")


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    main()
