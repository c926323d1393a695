"""Reads a built version back as a reader would, before anybody can see it.

Opens only the version's own files, read-only.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import DataError
from orchestration.publish.build import Built, fact_folder, parquet_file
from orchestration.publish.facts import PART, FactFiles
from orchestration.publish.operations import OPS_TABLES
from orchestration.publish.sql import (
    Fragment,
    comma,
    glob_literal,
    identifier,
    literal,
    statement,
)
from orchestration.publish.tables import (
    Fingerprint,
    Table,
    fingerprint,
    fingerprint_days,
    typed_columns,
)
from orchestration.publish.versions import DATABASE, refuse_wal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Bytes 8–12 name the format, bytes 12–20 its version; 64 is what DuckDB 1.0 writes.
MAGIC = b"DUCK"
STORAGE_NUMBER = 64


def verify_version(folder: Path, built: Built) -> None:
    """Compare what a reader gets with what the warehouse has, by number of rows and content.

    Days that are shared with the version before were compared when they were written; of them
    only presence and size are.

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
            file = statement("read_parquet({file})", file=literal(parquet_file(folder, table)))
            _expect_equal(f"{table.label} in Parquet", expected.rows, _count(connection, file))
        for table, files in built.facts.items():
            _verify_fact(connection, table, files, fact_folder(folder, table))
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
    linked = {
        fact_folder(folder, table) / part.file
        for table, files in built.facts.items()
        for day, part in files.partitions.items()
        if day not in files.written
    }
    # File by file, as only this tells of a failed write; the folders, one for each day of
    # history, all at once.
    for path in folder.rglob("*"):
        if path not in linked and path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    os.sync()


def _verify_fact(
    connection: DuckDBPyConnection, table: Table, files: FactFiles, folder: Path
) -> None:
    view = identifier(table.schema, table.name)
    connection.execute(statement("select * from {view} limit 1", view=view)).fetchall()
    on_disk = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in folder.glob(f"*/{PART}")
    }
    expected = {part.file: part.bytes for part in files.partitions.values()}
    _expect_equal(f"the files of {table.label}", expected, on_disk)
    if not files.written:
        return
    relation = view
    if len(files.written) < len(files.partitions):
        # Not through the view, which would open the files of all history.
        paths = (files.partitions[day].file for day in sorted(files.written))
        relation = statement(
            "(select {columns} from read_parquet([{paths}], hive_partitioning = false))",
            columns=typed_columns(table),
            paths=comma(glob_literal(folder, path) for path in paths),
        )
    found = fingerprint_days(connection, relation, table)
    for day in sorted(files.written):
        part = files.partitions[day]
        wanted = Fingerprint(part.rows, part.digest)
        _expect_equal(f"{table.label} of {day}", wanted, found.get(day))


def _count(connection: DuckDBPyConnection, relation: Fragment) -> int:
    query = statement("select count(*) from {relation}", relation=relation)
    count: int = connection.execute(query).fetchall()[0][0]
    return count


def _expect_equal(what: str, expected: object, found: object) -> None:
    if expected == found:
        return
    if isinstance(expected, dict) and isinstance(found, dict):
        # Ten years of files do not fit into a sentence.
        first = min(dict(expected.items() ^ found.items()))
        what, expected, found = f"{what} ({first})", expected.get(first), found.get(first)
    raise DataError(
        f"Expected {what} to be published as it is in the warehouse ({expected}), found {found} "
        "when reading it back: nothing was switched; publish again, and report it if it happens "
        "twice."
    )
