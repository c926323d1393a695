"""Makes a home with the last days of another one, to see what history costs a day.

    python benchmarks/year/short_home.py --home /data/year --to /data/short [--days 30]

Inbox files are linked: those of the last load dates, all of customers and agents, and of tickets
those of eight weeks more, as long as their updates go on, so that a day finds the same tickets to
update in both homes.
"""

from __future__ import annotations

import argparse
import os
from datetime import date, timedelta
from pathlib import Path

from queries import TICKET_TAIL_DAYS

ALWAYS = ("customers.parquet", "agents.parquet")


def make(home: Path, short: Path, days: int, last: date) -> int:
    """Link the files; returns how many."""
    first = last - timedelta(days=days - 1)
    linked = 0
    for path in sorted((home / "inbox").glob("*/*/*")):
        source, load_date = path.parts[-3], date.fromisoformat(path.parts[-2])
        since = first
        if source.startswith("year_helpdesk"):
            since -= timedelta(days=TICKET_TAIL_DAYS)
        if path.name in ALWAYS or load_date >= since:
            target = short / path.relative_to(home)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, target)
            linked += 1
    return linked


def main() -> None:
    parser = argparse.ArgumentParser(description="A home with the last days of another one.")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True, help="a folder that is not there yet")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--last", type=date.fromisoformat, default=date(2025, 12, 31))
    asked = parser.parse_args()
    if asked.to.exists():
        raise SystemExit(f"Expected a new folder, found {asked.to}: name another one.")
    print(f"linked {make(asked.home, asked.to, asked.days, asked.last)} files to {asked.to}")


if __name__ == "__main__":
    main()
