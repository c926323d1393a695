"""Reads a built version back as a reader would, before anybody can see it.

Opens only the version's own files, read-only.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import DataError
from orchestration.publish.build import Built, parquet_file
from orchestration.publish.facts import FactFiles, choose_days, only_chosen
from orchestration.publish.operations import OPS_TABLES
from orchestration.publish.sql import Fragment, identifier, literal, statement
from orchestration.publish.tables import Fingerprint, Table, fingerprint, fingerprint_days
from orchestration.publish.versions import DATABASE, refuse_wal, sync_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Bytes 8–12 name the format, bytes 12–20 its version; 64 is what DuckDB 1.0 writes.
MAGIC = b"DUCK"
STORAGE_NUMBER = 64


def verify_version(folder: Path, built: Built) -> None:
    """Compare what a reader gets with what the warehouse has, by number of rows and content.

    Days that are shared with the version before were compared when they were written; of them
    only the number of rows is.

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
            _verify_fact(connection, table, files)
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


def sync_version(folder: Path, is_new: Callable[[Path], bool]) -> None:
    """Make every new file and every folder of a version survive a power cut."""
    for name, _, files in os.walk(folder, topdown=False):
        parent = Path(name)
        for path in (parent / file for file in files):
            if is_new(path):
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        sync_folder(parent)


def _verify_fact(connection: DuckDBPyConnection, table: Table, files: FactFiles) -> None:
    view = identifier(table.schema, table.name)
    expected = {day: Fingerprint(p.rows, p.digest) for day, p in files.partitions.items()}
    _expect_equal(table.label, sum(p.rows for p in expected.values()), _count(connection, view))
    if not files.written:
        return
    relation = view
    if table.date_column is not None and len(files.written) < len(expected):
        choose_days(connection, files.written)
        relation = statement("({rows})", rows=only_chosen(view, table.date_column))
    found = fingerprint_days(connection, relation, table)
    for day in sorted(files.written):
        _expect_equal(f"{table.label} of {day}", expected[day], found.get(day))


def _count(connection: DuckDBPyConnection, relation: Fragment) -> int:
    query = statement("select count(*) from {relation}", relation=relation)
    count: int = connection.execute(query).fetchall()[0][0]
    return count


def _expect_equal(what: str, expected: object, found: object) -> None:
    if expected != found:
        raise DataError(
            f"Expected {what} to be published as it is in the warehouse ({expected}), found "
            f"{found} when reading it back: nothing was switched; publish again, and report it "
            "if it happens twice."
        )
