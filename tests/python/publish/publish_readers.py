"""Readers in processes of their own while versions are published.

Any number: `make readers N=100 READERS=20`; `make test` plays a handful.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from publish_warehouse import Warehouse

from orchestration.publish import publish
from orchestration.settings import Settings

# Each connection reads a mart, a fact and the run: all must be of the same version.
READER = """
import sys
import time
import duckdb
path, stop = sys.argv[1], sys.argv[2]
from pathlib import Path
seen, reads = set(), 0
while not Path(stop).exists():
    with duckdb.connect(path, read_only=True) as connection:
        mart = connection.execute("select min(stamp), max(stamp) from marts.mart_stamp").fetchone()
        fact = connection.execute(
            "select min(stamp), max(stamp), count(*) from core.fct_stamps"
        ).fetchone()
        runs = connection.execute(
            "select distinct _run_id from marts.mart_stamp union select distinct run_id "
            "from ops.tables"
        ).fetchall()
    if mart[0] != mart[1] or fact != (*mart, 100) or runs != [(f"run-{mart[0]}",)]:
        sys.exit(f"mixed: {mart} and {fact} of {runs}")
    if not seen:
        sys.stdout.write("reading\\n")
        sys.stdout.flush()
    seen.add(mart[0])
    reads += 1
    # Twenty that do not pause keep every core from the publishes.
    time.sleep(0.2)
sys.stdout.write(f"\\n{reads} {len(seen)}")
"""


@dataclass(frozen=True)
class Read:
    """What a reader saw; `error` is empty when every connection saw one whole version."""

    reads: int
    versions: int
    error: str


def play(settings: Settings, warehouse: Warehouse, publishes: int, readers: int) -> list[Read]:
    """Publish so often while so many processes read in a loop."""
    _build(warehouse, 0)
    publish(settings, "run-0")
    path, stop = settings.published / "cx.duckdb", settings.home / "stop"
    command = [sys.executable, "-c", READER, str(path), str(stop)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(readers)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        for stamp in range(1, publishes + 1):
            _build(warehouse, stamp)
            publish(settings, f"run-{stamp}")
    finally:
        stop.touch()
        results = [process.communicate() for process in processes]
    found = []
    for process, (said, errors) in zip(processes, results, strict=True):
        # The last line: before it a slow query may have drawn its progress.
        counts = said.splitlines()[-1].split() if process.returncode == 0 else ["0", "0"]
        found.append(Read(int(counts[0]), int(counts[1]), errors if process.returncode else ""))
    return found


def _build(warehouse: Warehouse, stamp: int) -> None:
    warehouse(
        f"set variable stamp = {stamp}",
        "create or replace table marts.mart_stamp as "
        "select getvariable('stamp') as stamp from range(9)",
    )
    warehouse.build_days(
        "core.fct_stamps",
        f"select {stamp} as stamp, date '2026-11-01' + (i % 5)::int as contact_date "
        "from range(100) as t(i)",
        cut=("contact_date",),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--publishes", type=int, default=100)
    parser.add_argument("--readers", type=int, default=20)
    wanted = parser.parse_args()
    problems = 0
    for name, keeps_files in (("native tables", False), ("linked Parquet", True)):
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="cx-readers-") as folder:
            settings = Settings(home=Path(folder) / "home")
            warehouse = Warehouse(settings, keeps_files)
            warehouse.prepare()
            found = play(settings, warehouse, wanted.publishes, wanted.readers)
        bad = [read.error for read in found if read.error]
        problems += len(bad)
        sys.stdout.write(
            f"{name}: {wanted.publishes} publishes, {wanted.readers} readers, "
            f"{sum(read.reads for read in found):,} reads of up to "
            f"{max(read.versions for read in found)} versions in "
            f"{time.monotonic() - begun:.0f} s, {len(bad)} readers with a problem\n"
        )
        sys.stdout.writelines(f"  {error.strip().splitlines()[-1]}\n" for error in bad)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
