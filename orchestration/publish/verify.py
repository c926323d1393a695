"""Reads a built version back as a reader would, before anybody can see it.

Opens only the version's own files, read-only.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import DataError
from orchestration.publish.build import Built, copied_file, parquet_file
from orchestration.publish.day_files import (
    RECORD,
    SCHEMA_FILE,
    DayFile,
    LinkedTable,
    files_query,
)
from orchestration.publish.operations import OPS_TABLES
from orchestration.publish.sql import Fragment, glob_literal, identifier, statement
from orchestration.publish.tables import Table, column_names, fingerprint
from orchestration.publish.versions import DATABASE, refuse_wal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Bytes 8–12 name the format, bytes 12–20 its version; 64 is what DuckDB 1.0 writes.
MAGIC = b"DUCK"
STORAGE_NUMBER = 64
# The paths of a query are part of its text.
FILES_AT_ONCE = 1_000


def verify_version(folder: Path, built: Built) -> None:
    """Compare what a reader gets with what the warehouse has, by number of rows and content.

    Files that are shared with the version before were read when they were new; of them only
    presence and size are checked.

    Raises:
        DataError: a difference, a log left beside the file, or a storage version that older
            readers cannot open.
        duckdb.Error: something cannot be read at all.
    """
    import duckdb

    database = folder / DATABASE
    check_header(database)
    refuse_wal(database)
    with duckdb.connect(str(database), read_only=True) as connection:
        for table, expected in built.tables.items():
            relation = identifier(table.schema, table.name)
            _expect_equal(table.label, expected, fingerprint(connection, relation, table))
            path = copied_file(folder, table, built.days)
            file = statement("read_parquet({file})", file=glob_literal(path.parent, path.name))
            _expect_equal(f"{table.label} in Parquet", expected.rows, _count(connection, file))
        for linked in built.linked.values():
            _verify_linked(connection, linked)
        for table in built.views:
            _read_one(connection, table)
        for ops in OPS_TABLES:
            _count(connection, identifier("ops", ops.name))
    refuse_wal(database)


def check_header(database: Path) -> None:
    """Assert that every reader since DuckDB 1.0 can open the file.

    Raises:
        DataError: it is no DuckDB file of that storage version.
    """
    with database.open("rb") as file:
        head = file.read(20)
    number = int.from_bytes(head[12:20], "little")
    if head[8:12] != MAGIC or number != STORAGE_NUMBER:
        raise DataError(
            f"Expected {database} to be a DuckDB file of storage version {STORAGE_NUMBER}, found "
            f"{head[8:12]!r} and {number}: publish again with the pinned version of duckdb."
        )


def sync_version(folder: Path, built: Built) -> None:
    """Make a version survive a power cut, at the price of its new files.

    Raises:
        OSError: a file could not be written out.
    """
    # All at once, with the folders, one for each day of history; then file by file, which costs
    # nothing more, as only this tells of a failed write.
    os.sync()
    paths = [folder / DATABASE, folder / RECORD]
    paths += [copied_file(folder, table, built.days) for table in built.tables]
    paths += [parquet_file(folder, Table("ops", ops.name, ())) for ops in OPS_TABLES]
    for linked in built.linked.values():
        paths += [linked.folder / SCHEMA_FILE, *linked.unsynced]
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _verify_linked(connection: DuckDBPyConnection, linked: LinkedTable) -> None:
    _read_one(connection, linked.days.table)
    for file in linked.days.files:
        path = f"{linked.folder}/{file.published}"
        try:
            found = os.stat(path).st_size  # noqa: PTH116 - by the thousand
        except FileNotFoundError:
            found = None
        _expect_equal(f"the bytes of {path}", file.bytes, found)
    fresh = list(dict.fromkeys(linked.new + linked.copied))
    for start in range(0, len(fresh), FILES_AT_ONCE):
        _verify_files(connection, linked, fresh[start : start + FILES_AT_ONCE])


def _verify_files(
    connection: DuckDBPyConnection, linked: LinkedTable, files: Sequence[DayFile]
) -> None:
    """Read every value of the files: what is written on a bad disk fails here, not for a reader."""
    paths = {str(linked.folder / file.published): file.rows for file in files}
    rows = connection.execute(
        statement(
            "select _published_file, count(*), bit_xor(hash({columns})) from ({files}) group by 1",
            columns=column_names(linked.days.table),
            files=files_query(linked.days, map(Path, paths)),
        )
    ).fetchall()
    found = {path: count for path, count, _ in rows}
    for path, expected in paths.items():
        _expect_equal(f"the rows of {path}", expected, found.get(path, 0))


def _read_one(connection: DuckDBPyConnection, table: Table) -> None:
    view = identifier(table.schema, table.name)
    connection.execute(statement("select * from {view} limit 1", view=view)).fetchall()


def _count(connection: DuckDBPyConnection, relation: Fragment) -> int:
    query = statement("select count(*) from {relation}", relation=relation)
    count: int = connection.execute(query).fetchall()[0][0]
    return count


def _expect_equal(what: str, expected: object, found: object) -> None:
    if expected == found:
        return
    raise DataError(
        f"Expected {what} to be published as it is in the warehouse ({expected}), found {found} "
        "when reading it back: nothing was switched; publish again, and report it if it happens "
        "twice."
    )
