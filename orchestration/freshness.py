"""Which tables are behind with their deliveries, by what they declare or by what they used to do.

Reads names of folders in the lake; never imports dagster, never opens a database.

Two rules. A table with `expected_every` is late when the next load date has not come by noon (UTC)
of the day after it; the clock decides. One that declares nothing is behind when the newest load
date of all tables is further ahead of it than twice the longest of its last ten gaps; the clock
does not matter, so that old files that are loaded at once are not late.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.declarations import Source, Table

GRACE = timedelta(days=1, hours=12)
GAPS = 10
FEWEST_GAPS = 3
PARTITION = re.compile(r"load_date=(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class Freshness:
    """How far a raw table has got.

    Attributes:
        last_load_date: the newest in the lake; None when there never was one.
        rule: what is expected, in words; None when nothing can be.
        due_at: when the next load date had to be there (UTC, aware); None without a rule.
        is_declared: whether the rule is declared, and so meant.
    """

    source: str
    table: str
    last_load_date: date | None
    rule: str | None = None
    due_at: datetime | None = None
    is_late: bool = False
    is_declared: bool = False

    @property
    def label(self) -> str:
        return f"{self.source}.{self.table}"


def freshness_of(settings: Settings, sources: Sequence[Source], now: datetime) -> list[Freshness]:
    """Every declared table, by source and name.

    Args:
        now: the time that declared rules are held against (aware).
    """
    found = {
        (table.source, table.name): (table, load_dates_in_lake(settings, table))
        for source in sources
        for table in source.tables
    }
    newest = max((dates[-1] for _, dates in found.values() if dates), default=None)
    return [
        _declared(table, dates, now) if table.expected_every else _usual(table, dates, newest)
        for _, (table, dates) in sorted(found.items())
    ]


def load_dates_in_lake(settings: Settings, table: Table) -> list[date]:
    """The load dates of a table that were taken in, in order."""
    folder = settings.lake / table.source / table.name
    return sorted(_dates(path.name for path in folder.glob("load_date=*")))


def next_load_date(last: date, every: str) -> date:
    """The load date that follows `last` when one comes every `every`."""
    if every == "month":
        year, month = divmod(last.year * 12 + last.month, 12)
        longest = calendar.monthrange(year, month + 1)[1]
        is_month_end = last.day == calendar.monthrange(last.year, last.month)[1]
        return date(year, month + 1, longest if is_month_end else min(last.day, longest))
    following = last + timedelta(days=7 if every == "week" else 1)
    while every == "weekday" and following.weekday() > 4:
        following += timedelta(days=1)
    return following


def _declared(table: Table, dates: Sequence[date], now: datetime) -> Freshness:
    assert table.expected_every is not None
    rule = f"one every {table.expected_every}, as declared"
    if not dates:
        return Freshness(table.source, table.name, None, rule, is_late=True, is_declared=True)
    due = _midnight(next_load_date(dates[-1], table.expected_every)) + GRACE
    return Freshness(table.source, table.name, dates[-1], rule, due, now > due, is_declared=True)


def _usual(table: Table, dates: Sequence[date], newest: date | None) -> Freshness:
    gaps = [(after - before).days for before, after in pairwise(dates[-GAPS - 1 :])]
    if len(gaps) < FEWEST_GAPS or newest is None:
        return Freshness(table.source, table.name, dates[-1] if dates else None)
    longest = max(gaps)
    days = "day" if longest == 1 else f"{longest} days"
    due = dates[-1] + timedelta(days=2 * longest)
    return Freshness(
        table.source,
        table.name,
        dates[-1],
        f"one at least every {days}, as before",
        _midnight(due) + GRACE,
        newest > due,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _dates(names: Iterator[str]) -> Iterator[date]:
    for name in names:
        if matched := PARTITION.fullmatch(name):
            yield date.fromisoformat(matched[1])
