"""The peer: the tables of the year as an engineer would write them by hand, in one DuckDB process.

    python benchmarks/year/handwritten.py --home H --out O [--threads 2] [--memory 14GB]

Reads the inbox that `generate.py` wrote and nothing else. No dbt, no Dagster, no checks, no
quarantine and no publishing: what a declaration would reject is filtered out, and that is all.
It knows of its data what a general tool cannot: that files are sorted, that a chat never changes
its start, that ids are numbers. Seconds per table and the figures go to O/result.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import figures
import handwritten_queries as q

COPY = "format parquet, compression zstd"
SOURCES = {
    "chats": (("year_chat", "chats.parquet"), ("year_chat_csv", "chats.csv")),
    "tickets": (("year_helpdesk", "tickets.parquet"), ("year_helpdesk_json", "tickets.jsonl")),
    "calls": (("year_phone", "calls.parquet"),),
    "answers": (("year_survey", "responses.parquet"),),
    "customers": (("year_crm", "customers.parquet"),),
    "agents": (("year_helpdesk", "agents.parquet"),),
}
LATEST = {
    "tickets": ("ticket_id", q.IS_TICKET, "created_at", ""),
    "calls": ("call_id", q.IS_CALL, "started_at", ", ended_at as updated_at"),
    "answers": ("response_id", q.IS_ANSWER, "contact_type, contact_id", ""),
}


@dataclass(frozen=True)
class Delivered:
    """One file of the inbox; `path` is where it can be read as Parquet."""

    number: int
    source: str
    name: str
    load_date: date
    path: Path


class Peer:
    """The run: a connection, the delivered files, and what took how long."""

    def __init__(self, home: Path, out: Path, threads: int, memory: str) -> None:
        self.inbox = home / "inbox"
        self.out = out
        self.seconds: dict[str, float] = {}
        self.files: dict[str, list[Delivered]] = {}
        shutil.rmtree(out, ignore_errors=True)
        (out / "temporary").mkdir(parents=True)
        self.connection = duckdb.connect(str(out / "work.duckdb"))
        for name, value in (
            ("threads", str(threads)),
            ("memory_limit", f"'{memory}'"),
            ("temp_directory", f"'{out / 'temporary'}'"),
            ("preserve_insertion_order", "false"),
            ("TimeZone", "'UTC'"),
            ("parquet_metadata_cache", "true"),
        ):
            self.run(f"set {name} = {value}")
        for macro in q.MACROS:
            self.run(macro)

    def run(self, statement: str) -> duckdb.DuckDBPyConnection:
        return self.connection.execute(statement)

    def set(self, **values: object) -> None:
        for name, value in values.items():
            self.connection.execute(f"set variable {name} = ?", [value])

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - start

    def everything(self) -> None:
        with self.timed("text deliveries to Parquet"):
            self.find_files()
        with self.timed("customers, agents, horizons"):
            self.small_tables()
        for table in LATEST:
            with self.timed(f"latest {table}"):
                self.latest(table)
        with self.timed("latest tickets"):
            self.run(q.FOLLOW_UPS)
        for statement in (q.FCR_TABLE, q.ABANDON_TABLE, q.LINKED_TABLE, q.HEALTH_TABLE):
            self.run(statement)
        self.contacts()
        for table, query, day in (
            ("fct_tickets", q.FCT_TICKETS, "contact_date"),
            ("fct_calls", q.FCT_CALLS, "contact_date"),
        ):
            with self.timed(table):
                self.name_files("tickets" if table == "fct_tickets" else "calls")
                self.write_by(table, query, day)
        with self.timed("fct_survey_responses"):
            self.name_files("answers")
            self.run(q.ANSWERS)
            self.write_by("fct_survey_responses", "from fct_survey_responses", "response_date")
        for table, query in (
            ("mart_csat", q.MART_CSAT),
            ("mart_nps", q.MART_NPS),
            ("mart_ces", q.MART_CES),
            ("mart_fcr", q.mart_fcr()),
            ("mart_abandonment", q.MART_ABANDONMENT),
        ):
            with self.timed(table):
                self.write(table, query)
        with self.timed("mart_customer_health"):
            self.run(q.HEALTH_OF_ANSWERS)
            self.run(q.health_history())
            self.write("mart_customer_health_history", "from health_history")
            self.write("mart_customer_health", q.MART_HEALTH)

    def find_files(self) -> None:
        """List the deliveries in their order; text files are turned into Parquet of their own."""
        for family, sources in SOURCES.items():
            found = [
                (path.parent.name, source, path)
                for source, name in sources
                for path in (self.inbox / source).glob(f"*/{name}")
            ]
            self.files[family] = [
                Delivered(number, source, f"{day}/{path.name}", date.fromisoformat(day),
                          self.as_parquet(path, source))
                for number, (day, source, path) in enumerate(sorted(found))
            ]  # fmt: skip

    def as_parquet(self, path: Path, source: str) -> Path:
        if path.suffix == ".parquet":
            return path
        folder = self.out / "text"
        folder.mkdir(exist_ok=True)
        target = folder / f"{source}-{path.parent.name}.parquet"
        types = q.CHAT_TYPES if path.suffix == ".csv" else q.TICKET_TYPES
        columns = "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in types.items()) + "}"
        reader = (
            f"read_csv('{path}', header = true, columns = {columns})"
            if path.suffix == ".csv"
            else f"read_json('{path}', format = 'newline_delimited', columns = {columns})"
        )
        self.run("set preserve_insertion_order = true")
        self.run(f"copy (from {reader}) to '{target}' (format parquet, row_group_size 122880)")
        self.run("set preserve_insertion_order = false")
        return target

    def small_tables(self) -> None:
        """Companies and agents as they were, and how far each source has delivered."""
        self.set(
            customer_files=self.paths("customers"),
            agent_files=self.paths("agents"),
        )
        for statement in (q.HISTORY, q.LATEST_COMPANIES, q.AGENTS):
            self.run(statement)
        self.run(
            "create or replace table tests as "
            "select distinct company_id, is_test from companies where is_test"
        )
        loaded = max(file.load_date for files in self.files.values() for file in files)
        self.as_of = loaded
        self.set(as_of_date=loaded)
        horizons = {}
        for family, column, condition in (
            ("chats", "started_at", q.IS_CHAT),
            ("tickets", "created_at", q.IS_TICKET),
            ("calls", "started_at", q.IS_CALL),
        ):
            for source in {file.source for file in self.files[family]}:
                paths = [str(file.path) for file in self.files[family] if file.source == source]
                self.set(files=paths)
                [[last]] = self.run(
                    f"select max(cast({column} as date)) from read_parquet(getvariable('files')) "
                    f"where {condition} and {column} < getvariable('as_of_date') + interval 1 day"
                ).fetchall()
                horizons[source] = min(last, loaded) + timedelta(days=1)
        self.horizons = horizons

    def paths(self, family: str) -> list[str]:
        return [str(file.path) for file in self.files[family]]

    def name_files(self, family: str) -> None:
        """The table `delivered_files` of a family: lineage and horizon by the number of a file."""
        files = self.files[family]
        self.run("drop table if exists delivered_files")
        self.connection.execute(
            "create table delivered_files as select unnest(?::bigint[]) as file_no, "
            "unnest(?::varchar[]) as source, unnest(?::varchar[]) as source_file, "
            "unnest(?::date[]) as load_date, unnest(?::timestamp[]) as seen_until",
            [
                [file.number for file in files],
                [file.source for file in files],
                [file.name for file in files],
                [file.load_date for file in files],
                [self.horizons.get(file.source) for file in files],
            ],
        )

    def latest(self, table: str) -> None:
        key, condition, order, more = LATEST[table]
        self.set(files=self.paths(table), first_file=0)
        self.run(q.LATEST.format(table=table, key=key, condition=condition, order=order, more=more))
        if table == "answers":
            self.run(q.FIRST_SCORES)

    def contacts(self) -> None:
        """All contacts, month by month: versions, repeats, then a file a type and day."""
        self.run("create or replace table replaced_chats (file_no bigint, row_no bigint)")
        self.run("create or replace table chat_days (day date, file_no bigint)")
        months = self.months()
        for place, month in enumerate(months):
            for near in months[max(0, place - 1) : place + 2]:
                with self.timed("latest chats"):
                    self.chats_of(near)
            with self.timed("repeats"):
                self.repeats_of(months, place)
            day = max(month, self.first_day)
            while day < next_month(month) and day <= self.last_day:
                self.day(day)
                day += timedelta(days=1)
            if place > 0:
                self.run(f"drop table if exists {attempts_table(months[place - 1])}")
            print(f"{month:%Y-%m} done", flush=True)

    def months(self) -> list[date]:
        """The months in which contacts began."""
        self.set(files=self.paths("chats"))
        [[first, last]] = self.run(
            "select min(least(a, b, c)), max(greatest(a, b, c)) from (select "
            "(select min(started_at) from read_parquet(getvariable('files'))) as a, "
            "(select min(created_at) from tickets) as b, (select min(started_at) from calls) as c "
            "union all select (select max(started_at) from read_parquet(getvariable('files'))), "
            "(select max(created_at) from tickets), (select max(started_at) from calls))"
        ).fetchall()
        self.first_day, self.last_day = first.date(), last.date()
        months = [self.first_day.replace(day=1)]
        while next_month(months[-1]) <= self.last_day:
            months.append(next_month(months[-1]))
        return months

    def chats_of(self, month: date) -> None:
        """Which rows of a month's chats were replaced, and its attempts; once a month."""
        table = attempts_table(month)
        if self.run(f"select 1 from duckdb_tables() where table_name = '{table}'").fetchall():
            return
        # No chat is delivered before it begins, but for the clock.
        earliest = month - timedelta(days=1)
        files = [file for file in self.files["chats"] if file.load_date >= earliest]
        self.set(
            files=[str(file.path) for file in files],
            first_file=files[0].number,
            from_at=at_midnight(month),
            to_at=at_midnight(next_month(month)),
        )
        self.run(q.CHATS_OF_MONTH)
        self.run(q.CHATS_REPLACED)
        self.run(q.CHAT_DAYS)
        self.run(q.CHAT_ATTEMPTS.format(table=table))
        self.run("drop table delivered")

    def repeats_of(self, months: list[date], place: int) -> None:
        near = months[max(0, place - 1) : place + 2]
        days = q.WINDOW_DAYS
        chats = " union all ".join(
            f"select 1 as kind, id, company_id, reason, started_at, is_eligible "
            f"from {attempts_table(month)} "
            f"where started_at >= getvariable('from_at') - interval {days} day "
            f"and started_at <= getvariable('to_at') + interval {days} day"
            for month in near
        )
        month = months[place]
        self.set(from_at=at_midnight(month), to_at=at_midnight(next_month(month)))
        self.run(q.REPEATS.format(chats=chats))

    def day(self, day: date) -> None:
        """The contacts of a day, and what is counted of them while they are at hand."""
        self.set(day_at=at_midnight(day))
        for kind, family in (("chat", "chats"), ("ticket", "tickets"), ("call", "calls")):
            if kind == "chat":
                rows = self.run(f"select file_no from chat_days where day = date '{day}'")
                numbers = sorted(number for (number,) in rows.fetchall())
                if not numbers:
                    continue
                paths = [str(self.files["chats"][number].path) for number in numbers]
                self.set(files=paths, file_nos=numbers)
            self.name_files(family)
            folder = self.out / "fct_contacts" / f"contact_type={kind}" / f"contact_date={day}"
            folder.mkdir(parents=True)
            target = folder / "part.parquet"
            with self.timed("fct_contacts"):
                [[count]] = self.run(
                    f"copy ({q.contacts_of_day(kind)}) to '{target}' ({COPY})"
                ).fetchall()
            if not count:
                target.unlink()
                continue
            self.set(day_file=str(target), kind=kind)
            with self.timed("mart_fcr"):
                self.run(q.FCR_COUNTS)
            if kind != "ticket":
                with self.timed("mart_abandonment"):
                    self.run(q.ABANDON_COUNTS)
            with self.timed("mart_customer_health"):
                self.run(q.HEALTH_OF_CONTACTS)
            with self.timed("fct_survey_responses"):
                [[lowest, highest]] = self.run(
                    "select min(n), max(n) from (select cast(source_record_id[6:] as bigint) as n "
                    "from read_parquet(getvariable('day_file'), hive_partitioning = false))"
                ).fetchall()
                self.set(lowest_id=lowest, highest_id=highest)
                self.run(q.LINKED)

    def write(self, table: str, query: str) -> None:
        self.run(f"copy ({query}) to '{self.out / table}.parquet' ({COPY})")

    def write_by(self, table: str, query: str, day: str) -> None:
        """A file a day; the date is inside the files, too."""
        self.run(
            f"copy ({query}) to '{self.out / table}' "
            f"({COPY}, partition_by ({day}), write_partition_columns true)"
        )

    def result(self) -> dict[str, object]:
        relations = {}
        for table in figures.TABLES:
            path = self.out / table
            files = f"{path}/**/*.parquet" if path.is_dir() else f"{path}.parquet"
            relations[table] = f"read_parquet('{files}', hive_partitioning = false)"
        return {
            "seconds": {name: round(value, 2) for name, value in self.seconds.items()},
            "seconds_total": round(sum(self.seconds.values()), 2),
            "figures": figures.figures(self.connection, relations),
        }


def attempts_table(month: date) -> str:
    return f"attempts_{month:%Y_%m}"


def next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def at_midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compute the tables of the year by hand.")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="emptied first")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="14GB")
    given = parser.parse_args()
    peer = Peer(given.home.resolve(), given.out.resolve(), given.threads, given.memory)
    peer.everything()
    result = peer.result()
    (peer.out / "result.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
