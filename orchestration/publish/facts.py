"""Facts as Parquet by day: only days that changed are written, the others are shared.

A day is shared with the version before by a hard link, so that five versions of ten years cost
little more than one, and a daily publish costs what the day's changes cost. Touches only the
folder of the version that is being built.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from orchestration.publish.sql import (
    Fragment,
    glob_literal,
    identifier,
    literal,
    statement,
)
from orchestration.publish.tables import (
    NO_DATE,
    WHOLE,
    Fingerprint,
    Table,
    fingerprint_days,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PART = "part.parquet"
SCHEMA_FILE = "_schema.parquet"
NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class Partition:
    """One day of a fact: its file relative to the fact's folder, size in bytes, fingerprint."""

    file: str
    bytes: int
    rows: int
    digest: str


@dataclass(frozen=True)
class FactFiles:
    """The files of a fact in one version.

    Attributes:
        schema: fingerprint of names, types, order of the columns and of the writing engine.
        partitions: by day.
        written: the days that are not shared with the version before.
    """

    schema: str
    partitions: Mapping[str, Partition]
    written: frozenset[str] = frozenset()

    def as_json(self) -> dict[str, Any]:
        partitions = {day: asdict(part) for day, part in self.partitions.items()}
        return {"schema": self.schema, "partitions": partitions}

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> FactFiles:
        partitions = {day: Partition(**part) for day, part in content["partitions"].items()}
        return FactFiles(content["schema"], partitions)


@dataclass(frozen=True)
class PreviousFact:
    """The files of the same fact in the version before, and the folder they are in."""

    folder: Path
    files: FactFiles


def write_fact(
    connection: DuckDBPyConnection, table: Table, folder: Path, previous: PreviousFact | None
) -> FactFiles:
    """Fill `folder` with the Parquet files of a fact.

    Every file keeps the date column inside, so that a reader need not know the folders' names; a
    zero-row `_schema.parquet` makes a fact without rows readable.

    Raises:
        OSError, duckdb.Error: it could not be written.
    """
    folder.mkdir(parents=True)
    schema = _schema_fingerprint(connection, table)
    copy_parquet(
        connection,
        statement("select * from {source} limit 0", source=table.source),
        folder / SCHEMA_FILE,
    )
    days = fingerprint_days(connection, table.source, table)
    shared = (
        dict(_link_unchanged(table, days, folder, previous))
        if previous is not None and previous.files.schema == schema
        else {}
    )
    changed = days.keys() - shared.keys()
    written = dict(_write_days(connection, table, days, changed, folder)) if changed else {}
    if missing := changed - written.keys():
        raise OSError(f"no file was written for {min(missing)} of {table.label}")
    partitions = {day: shared.get(day) or written[day] for day in days}
    return FactFiles(schema, partitions, frozenset(changed))


def parquet_view(folder: Path) -> Fragment:
    """All files of a fact as a relation, by absolute path (a relative one breaks elsewhere)."""
    return statement(
        "read_parquet({files}, hive_partitioning = false)",
        files=glob_literal(folder, "**/*.parquet"),
    )


def copy_parquet(connection: DuckDBPyConnection, query: Fragment, path: Path) -> None:
    """Write the rows of a query to one Parquet file."""
    connection.execute(
        statement(
            "copy ({query}) to {path} (format parquet, compression zstd)",
            query=query,
            path=literal(path),
        )
    )


def _link_unchanged(
    table: Table, days: Mapping[str, Fingerprint], folder: Path, previous: PreviousFact
) -> Iterator[tuple[str, Partition]]:
    for day, found in days.items():
        part = previous.files.partitions.get(day)
        if part is None or Fingerprint(part.rows, part.digest) != found:
            continue
        old = previous.folder / part.file
        # A file that was lost or cut since is written anew rather than carried on.
        if not old.is_file() or old.stat().st_size != part.bytes:
            continue
        new = folder / _day_file(table, day)
        new.parent.mkdir()
        new.hardlink_to(old)
        yield day, part


def _write_days(
    connection: DuckDBPyConnection,
    table: Table,
    days: Mapping[str, Fingerprint],
    changed: Collection[str],
    folder: Path,
) -> Iterator[tuple[str, Partition]]:
    if table.date_column is None:
        path = folder / _day_file(table, WHOLE)
        path.parent.mkdir()
        copy_parquet(connection, statement("select * from {s}", s=table.source), path)
        yield WHOLE, _partition(table, WHOLE, path, days[WHOLE])
        return
    source = statement("select * from {source}", source=table.source)
    if len(changed) < len(days):
        _choose_days(connection, changed)
        source = _only_chosen(table.source, table.date_column)
    aside = folder / ".write"
    # One thread and rows in the order of days: one file a day, however many days there are.
    with _single_thread(connection):
        connection.execute(
            statement(
                "copy ({source} order by {date}, {first}) to {aside} (format parquet,"
                " compression zstd, partition_by ({date}), write_partition_columns true)",
                source=source,
                date=identifier(table.date_column),
                first=identifier(table.columns[0].name),
                aside=literal(aside),
            )
        )
    for written in sorted(aside.iterdir()):
        value = unquote(written.name.partition("=")[2])
        day = NO_DATE if value == NULL_FOLDER else value
        (file,) = written.iterdir()
        path = folder / _day_file(table, day)
        path.parent.mkdir()
        file.replace(path)
        written.rmdir()
        yield day, _partition(table, day, path, days[day])
    aside.rmdir()


def _choose_days(connection: DuckDBPyConnection, days: Iterable[str]) -> None:
    """Put days (as text, `unknown` = NULL) into the temporary table `chosen_days`."""
    connection.execute("create or replace temporary table chosen_days (day date)")
    connection.execute(
        "insert into chosen_days select cast(unnest(?::varchar[]) as date)",
        [[None if day == NO_DATE else day for day in sorted(days)]],
    )


def _only_chosen(relation: Fragment, date_column: str) -> Fragment:
    """The rows of a relation whose date is in `chosen_days`."""
    return statement(
        "select rows.* from {relation} as rows semi join chosen_days as chosen"
        " on rows.{date} is not distinct from chosen.day",
        relation=relation,
        date=identifier(date_column),
    )


def _partition(table: Table, day: str, path: Path, found: Fingerprint) -> Partition:
    return Partition(_day_file(table, day), path.stat().st_size, found.rows, found.digest)


def _day_file(table: Table, day: str) -> str:
    if table.date_column is None:
        return f"{day}/{PART}"
    return f"{quote(table.date_column, safe='')}={quote(day, safe='')}/{PART}"


def _schema_fingerprint(connection: DuckDBPyConnection, table: Table) -> str:
    # The engine belongs to it: another version may hash or write the same rows differently.
    engine = connection.execute("select version()").fetchall()[0][0]
    columns = [(column.name, column.data_type) for column in table.columns]
    text = json.dumps([engine, table.date_column, columns])
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _single_thread(connection: DuckDBPyConnection) -> Iterator[None]:
    threads = connection.execute("select current_setting('threads')").fetchall()[0][0]
    connection.execute("set threads = 1")
    try:
        yield
    finally:
        connection.execute(f"set threads = {int(threads)}")
