"""What each table of a rebuild costs: processor seconds, clock and memory, one table at a time.

    python benchmarks/year/profile_build.py --home H [--select fct_contacts+ ...] [--least 1]

Builds the tables (all without `--select`) from nothing upon a lake that is there, in the copy of
the project that is first on the path (`project.py`), without tests, checks and publishing. Its
warehouse is then one of no published version: use a home of its own.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from orchestration.dbt_runner import QUIET
from orchestration.settings import PROJECT_DIR


@dataclass
class Costs:
    """What was spent between the beginning and the end of each node."""

    since: tuple[float, float] = (0.0, 0.0)
    spent: list[tuple[float, float, str]] = field(default_factory=list)

    @staticmethod
    def now() -> tuple[float, float]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime, time.monotonic()

    def follow(self, event: object) -> None:
        """Hear one event of dbt."""
        name = event.info.name  # type: ignore[attr-defined]
        if name == "NodeStart":
            self.since = self.now()
        elif name == "NodeFinished":
            processor, clock = self.now()
            node = event.data.node_info.node_name  # type: ignore[attr-defined]
            self.spent.append((processor - self.since[0], clock - self.since[1], node))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--select", nargs="*", default=[], help="tables, as dbt selects them")
    parser.add_argument("--least", type=float, default=1.0, help="processor seconds to be shown")
    options = parser.parse_args()
    home = options.home.resolve()
    os.environ["CX_HOME"] = str(home)
    # Another one than that of the tables there: all are built anew.
    os.environ["DBT_PROJECT_SIGNATURE"] = str(uuid4())
    os.chdir(PROJECT_DIR)
    from dbt.cli.main import dbtRunner

    costs = Costs()
    done = dbtRunner(callbacks=[costs.follow]).invoke(
        [
            *QUIET,
            f"--log-path={home / 'logs'}",
            "run",
            "--no-write-json",
            "--threads=1",
            f"--target-path={home / 'target'}",
            *(["--select", *options.select] if options.select else []),
        ]
    )
    whole = sum(processor for processor, _, _ in costs.spent)
    print("processor   clock  table")
    for processor, clock, node in sorted(costs.spent, reverse=True):
        if processor >= options.least:
            print(f"{processor:9.1f} {clock:7.1f}  {node}")
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{whole:9.1f} {sum(clock for _, clock, _ in costs.spent):7.1f}  all of them")
    print(f"{used.ru_maxrss / 2**20:.1f} GiB at most")
    if not done.success:
        raise SystemExit(f"dbt run failed: {done.exception or home / 'logs/dbt.log'}")


if __name__ == "__main__":
    main()
