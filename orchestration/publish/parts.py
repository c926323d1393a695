"""Tables by day of the warehouse as Parquet by week, shared with the version before.

A week in which nothing was built since that version is linked, so that a daily publish costs what
the day changed. Touches only the folder of the version that is being built.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from orchestration.errors import DataError
from orchestration.publish.day_files import (
    DayFile,
    DayTable,
    LinkedTable,
    Previous,
    link,
    signature,
)
from orchestration.publish.sql import Fragment, glob_literal, identifier, literal, statement
from orchestration.publish.tables import WAREHOUSE, Table, fingerprint, typed_columns

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Smaller ones are copied into the DuckDB file: they cost nothing there.
MOST_COPIED_ROWS = 20_000
NO_WEEK = "none"
BUILT = identifier(WAREHOUSE, "intermediate", "built_partitions")


@dataclass(frozen=True)
class WeekTable:
    """A table by day that is to be published by week, and by kind of contact where it has one."""

    days: DayTable
    day: str
    kind: str | None


def week_tables(
    connection: DuckDBPyConnection, tables: Mapping[str, DayTable]
) -> dict[str, WeekTable]:
    """Those of the tables, by label, that are to be published by week."""
    import duckdb

    try:
        rows = connection.execute(
            statement(
                "select distinct table_schema || '.' || table_name, day_column, kind_column "
                "from {built}",
                built=BUILT,
            )
        ).fetchall()
    except duckdb.CatalogException:
        # A warehouse that says not what was built is copied.
        return {}
    found = {}
    for label, day, kind in rows:
        days = tables.get(label)
        if days is not None and not days.files:
            query = statement("select count(*) from {source}", source=days.table.source)
            if connection.execute(query).fetchall()[0][0] > MOST_COPIED_ROWS:
                found[label] = WeekTable(days, day, kind)
    return found


def write_weeks(
    connection: DuckDBPyConnection,
    found: WeekTable,
    folder: Path,
    previous: Previous | None,
    since: int | None,
) -> LinkedTable:
    """Put a table into `folder`, a file a week and kind, named after the Monday.

    Args:
        previous: what the version before has of the table.
        since: batch of `changed_days` that this version followed; None = everything is new.

    Raises:
        DataError: a file reads back otherwise than the warehouse.
        OSError, duckdb.Error: it could not be read or written.
    """
    table = found.days.table
    kind = identifier(found.kind) if found.kind else Fragment("''")
    counted = connection.execute(
        statement(
            "select {week}, {kind}, count(*) from {source} group by all order by all",
            week=_week_of(identifier(found.day)),
            kind=kind,
            source=table.source,
        )
    ).fetchall()
    known = previous if previous and previous.signature == signature(found.days) else None
    changed = _changed(connection, table, since)
    files: list[DayFile] = []
    new: list[DayFile] = []
    for week, of_kind, rows in counted:
        name = f"{week}-{quote(of_kind, safe='')}.parquet" if of_kind else f"{week}.parquet"
        path = f"{table.file_stem}/{name}"
        is_same = changed is not None and (week, of_kind or "") not in changed
        file = _link_known(known, path, rows, folder) if known and is_same else None
        if file is None:
            chosen = statement(
                "(select * from {source} "
                "where {in_week} and {kind} is not distinct from {of_kind})",
                source=table.source,
                in_week=_in_week(identifier(found.day), week),
                kind=kind,
                of_kind=literal(of_kind) if of_kind is not None else Fragment("null"),
            )
            _write(connection, found.days, chosen, folder / name)
            file = DayFile(path, rows, os.stat(folder / name).st_size)  # noqa: PTH116
            new.append(file)
        files.append(file)
    return LinkedTable(DayTable(table, tuple(files)), folder, tuple(new), ())


def _link_known(known: Previous, path: str, rows: int, folder: Path) -> DayFile | None:
    """The file of the version before in `folder`; None when it is another one, or refused."""
    before = known.files.get(path)
    if before is None or before[0] != rows:
        return None
    file = DayFile(path, rows, before[1])
    is_linked = link(f"{known.folder}/{file.published}", f"{folder}/{file.published}", file.bytes)
    return file if is_linked else None


def _changed(
    connection: DuckDBPyConnection, table: Table, since: int | None
) -> set[tuple[str, str]] | None:
    """The weeks and kinds in which something was built after a batch; None when it may be any."""
    if since is None:
        return None
    rows = connection.execute(
        statement(
            "select is_all, {week}, coalesce(kind, '') from {built} "
            "where table_schema = ? and table_name = ? and batch > ?",
            week=_week_of(identifier("day")),
            built=BUILT,
        ),
        [table.schema, table.name, since],
    ).fetchall()
    return None if any(is_all for is_all, *_ in rows) else {(week, kind) for _, week, kind in rows}


def _week_of(day: Fragment) -> Fragment:
    """The Monday of a day, as text."""
    return statement(
        "coalesce(strftime(date_trunc('week', {day}), '%Y-%m-%d'), {none})",
        day=day,
        none=literal(NO_WEEK),
    )


def _in_week(day: Fragment, week: str) -> Fragment:
    """Whether a day is in a week, so that the engine finds it without reading all days."""
    if week == NO_WEEK:
        return statement("{day} is null", day=day)
    return statement(
        "{day} between cast({monday} as date) and cast({monday} as date) + 6",
        day=day,
        monday=literal(week),
    )


def _write(connection: DuckDBPyConnection, days: DayTable, rows: Fragment, target: Path) -> None:
    connection.execute(
        statement(
            "copy {rows} to {path} (format parquet, compression zstd)",
            rows=rows,
            path=literal(target),
        )
    )
    written = statement(
        "(select {columns} from read_parquet({file}))",
        columns=typed_columns(days.table),
        file=glob_literal(target.parent, target.name),
    )
    expected = fingerprint(connection, rows, days.table)
    found = fingerprint(connection, written, days.table)
    if expected != found:
        raise DataError(
            f"Expected {target} to have what {days.table.label} has in the warehouse ({expected}), "
            f"found {found} when reading it back: nothing was switched; publish again, and report "
            "it if it happens twice."
        )
