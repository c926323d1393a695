"""Writes the inbox of a year: 334 million chats, 17 million tickets and what goes with them.

    python benchmarks/year/generate.py --home H [--days 365] [--first 2025-01-01] [--scale 1.0]
        [--seed 7] [--with-events] [--from-day N --to-day M] [--workers 2] [--only chats]

Any day can be made alone and is the same, byte by byte, whatever else is made: every value is a
function of an id, the seed and the calendar. All rows are made by DuckDB; two connections with a
thread each make two days at a time.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import queries
import volumes
from volumes import Day

PARQUET = "format parquet, compression snappy, row_group_size 122880, parquet_version v2"
CSV = "format csv, header, timestampformat '%Y-%m-%d %H:%M:%S'"
JSON_LINES = "format json"
MEMORY_OF_WORKER = "1500MB"
FAMILIES = ("customers", "agents", "chats", "tickets", "calls", "responses")


@dataclass(frozen=True)
class Wanted:
    """What is to be made; `days` is the whole calendar up to the last day that is asked for."""

    home: Path
    first: date
    scale: float
    seed: int
    days: list[Day]
    families: tuple[str, ...]
    with_events: bool


class Maker:
    """One connection that makes days, one after the other."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.days = {day.day: day for day in wanted.days}
        self.connection = duckdb.connect(":memory:")
        run = self.connection.execute
        # One thread, and joins as they are written: rows come in the order of their ids.
        run("set threads = 1")
        run(f"set memory_limit = '{MEMORY_OF_WORKER}'")
        run("set preserve_insertion_order = true")
        run("set TimeZone = 'UTC'")
        companies = volumes.company_count(wanted.scale)
        self._set(
            company_count=companies,
            plan_changes=max(1, round(volumes.PLAN_CHANGES * wanted.scale)),
            scale=wanted.scale,
            first_date=wanted.first,
        )
        for statement in queries.functions(wanted.seed):
            run(statement)
        self._fill_small_tables()
        for statement in queries.setting_up(_days_table(wanted.days)):
            run(statement)
        run("set disabled_optimizers = 'join_order,build_side_probe_side'")

    def make(self, day: Day) -> dict[str, int]:
        """Write the files of a day; returns the rows by family."""
        rows: dict[str, int] = {}
        self._turn_to(day)
        for family in self.wanted.families:
            for name, count in getattr(self, f"_{family}")(day).items():
                rows[name] = rows.get(name, 0) + count
        return rows

    def _customers(self, day: Day) -> dict[str, int]:
        rows = self._write(queries.CUSTOMERS, day, "year_crm", "customers.parquet", PARQUET)
        return {"customers": rows}

    def _agents(self, day: Day) -> dict[str, int]:
        rows = self._write(queries.AGENT_LIST, day, "year_helpdesk", "agents.parquet", PARQUET)
        return {"agents": rows}

    def _chats(self, day: Day) -> dict[str, int]:
        source, file, options = (
            ("year_chat_csv", "chats.csv", CSV)
            if day.chats_as_csv
            else ("year_chat", "chats.parquet", PARQUET)
        )
        for statement in queries.CHATS_PLACED:
            self.connection.execute(statement)
        return {"chats": self._write(queries.chats(), day, source, file, options)}

    def _tickets(self, day: Day) -> dict[str, int]:
        source, file, options = (
            ("year_helpdesk_json", "tickets.jsonl", JSON_LINES)
            if day.tickets_as_json
            else ("year_helpdesk", "tickets.parquet", PARQUET)
        )
        rows = {"tickets": self._write(queries.tickets(), day, source, file, options)}
        if self.wanted.with_events:
            rows["ticket events"] = self._write(
                queries.ticket_events(), day, "year_helpdesk", "ticket_events.parquet", PARQUET
            )
        return rows

    def _calls(self, day: Day) -> dict[str, int]:
        return {"calls": self._write(queries.calls(), day, "year_phone", "calls.parquet", PARQUET)}

    def _responses(self, day: Day) -> dict[str, int]:
        """The day's answers, and those of the day before that were edited."""
        run = self.connection.execute
        run(f"create or replace temp table answers as {queries.responses()}")
        if day.day > 1:
            self._turn_to(self.days[day.day - 1])
            self._set(is_edited=True, today_us=_microseconds(day.date))
            run(f"insert into answers {queries.responses()}")
            self._turn_to(day)
        query = "select * from answers order by updated_at, response_id"
        rows = self._write(query, day, "year_survey", "responses.parquet", PARQUET)
        return {"survey responses": rows}

    def _turn_to(self, day: Day) -> None:
        twice = day.chats // queries.DUPLICATE_EVERY
        while day.chats + twice - (day.chats + twice) // queries.DUPLICATE_EVERY < day.chats:
            twice += 1
        self._set(
            day=day.day,
            today_us=_microseconds(day.date),
            chat_rows=day.chats + twice,
            ticket_rows=day.tickets,
            call_rows=day.calls,
            asked_chats=day.asked_chats,
            asked_tickets=day.asked_tickets,
            asked_calls=day.asked_calls,
            relational=day.relational,
            is_edited=False,
        )

    def _write(self, query: str, day: Day, source: str, file: str, options: str) -> int:
        """Write a file under a name of its own first: a killed run leaves no half delivery."""
        folder = self.wanted.home / "inbox" / source / day.date.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{file}.partial"
        target = str(partial).replace("'", "''")
        [[rows]] = self.connection.execute(f"copy ({query}) to '{target}' ({options})").fetchall()
        if rows:
            # What nobody may write to is linked into the lake instead of copied.
            partial.chmod(0o444)
            partial.replace(folder / file)
        else:
            partial.unlink()
            if not any(folder.iterdir()):
                folder.rmdir()
        return int(rows)

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            self.connection.execute(f"set variable {name} = ?", [value])

    def _fill_small_tables(self) -> None:
        run = self.connection
        run.execute(
            "create table slots (slot integer, team_number integer, queue varchar, team varchar, "
            "product_area varchar, reason varchar)"
        )
        slots = volumes.reason_slots()
        columns = [[slot[place] for slot in slots] for place in range(6)]
        run.execute(
            "insert into slots select unnest(?), unnest(?), unnest(?), unnest(?), unnest(?), "
            "unnest(?)",
            columns,
        )
        run.execute("create table teams (team_number integer, team varchar)")
        run.executemany("insert into teams values (?, ?)", list(enumerate(volumes.TEAMS)))


def _days_table(days: list[Day]) -> str:
    names = [field.name for field in fields(Day)]
    kinds = ["date" if name == "date" else "bigint" for name in names]
    rows = ", ".join(
        "("
        + ", ".join(
            f"date '{value}'" if isinstance(value, date) else str(value)
            for value in (getattr(day, name) for name in names)
        )
        + ")"
        for day in days
    )
    casts = ", ".join(
        f"cast({name} as {kind}) as {name}" for name, kind in zip(names, kinds, strict=True)
    )
    return (
        f"create table days as select {casts}, epoch_us(cast(date as timestamp)) as midnight_us "
        f"from (values {rows}) as listed ({', '.join(names)})"
    )


def _microseconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000


def make_days(
    wanted: Wanted, chosen: list[Day], workers: int
) -> Iterator[tuple[Day, dict[str, int]]]:
    """Make days in several threads; yields them in their order."""
    makers = threading.local()

    def work(day: Day) -> tuple[Day, dict[str, int]]:
        if not hasattr(makers, "own"):
            makers.own = Maker(wanted)
        return day, makers.own.make(day)

    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(work, chosen)


def tell_months(
    made: Iterator[tuple[Day, dict[str, int]]], say: Callable[[str], None]
) -> dict[str, int]:
    """Say a line whenever a month is done; returns the rows of all."""
    start = time.monotonic()
    total: dict[str, int] = {}
    month: dict[str, int] = {}
    label = ""

    def flush() -> None:
        if month:
            said = ", ".join(f"{rows:,} {name}" for name, rows in month.items())
            say(f"{label}  {said}  ({time.monotonic() - start:.0f} s)")

    for day, rows in made:
        if f"{day.date:%Y-%m}" != label:
            flush()
            month, label = {}, f"{day.date:%Y-%m}"
        for name, count in rows.items():
            month[name] = month.get(name, 0) + count
            total[name] = total.get(name, 0) + count
    flush()
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the inbox of a year of contacts.")
    parser.add_argument("--home", type=Path, required=True, help="files go to <home>/inbox")
    parser.add_argument("--days", type=int, default=volumes.YEAR_DAYS)
    parser.add_argument("--first", type=date.fromisoformat, default=date(2025, 1, 1))
    parser.add_argument("--scale", type=float, default=1.0, help="share of the year's volume")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--with-events", action="store_true", help="ticket_events.parquet too")
    parser.add_argument("--from-day", type=int, default=1, help="first day to make, from 1")
    parser.add_argument("--to-day", type=int, default=None, help="last day to make, included")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=FAMILIES, default=FAMILIES)
    given = parser.parse_args()
    last = given.days if given.to_day is None else given.to_day
    if not 1 <= given.from_day <= last:
        parser.error(f"--from-day {given.from_day} is not between 1 and the last day, {last}.")
    days = volumes.calendar(given.first, max(last, 1), given.scale)
    wanted = Wanted(
        home=given.home,
        first=given.first,
        scale=given.scale,
        seed=given.seed,
        days=days,
        families=tuple(given.only),
        with_events=given.with_events,
    )
    start = time.monotonic()
    total = tell_months(
        make_days(wanted, days[given.from_day - 1 :], given.workers),
        lambda line: print(line, flush=True),
    )
    said = ", ".join(f"{rows:,} {name}" for name, rows in total.items())
    print(f"made {said} in {time.monotonic() - start:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
