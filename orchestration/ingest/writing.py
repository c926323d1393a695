"""Writes rows as Parquet in bounded memory: batches become segments, segments one file.

Everything is text; only lineage columns have types. No file content ever becomes SQL.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Any

import duckdb

from orchestration.ingest.parquet_file import escaped_path
from orchestration.ingest.records import LINEAGE_COLUMNS, Row

BATCH_ROWS = 50_000
BATCH_CHARACTERS = 64 * 1024 * 1024
MEMORY_LIMIT = "2GB"
LINEAGE_TYPES = {"_row_number": "BIGINT", "_load_date": "DATE"}


@dataclass(frozen=True)
class Lineage:
    """Where a row comes from."""

    source: str
    file: str
    load_date: date
    run_id: str


@dataclass
class SegmentWriter:
    """Collects rows of one file and writes them as segments below `folder`.

    `columns` is the reader's own list: a column found later is simply longer rows from then on.
    """

    connection: duckdb.DuckDBPyConnection
    folder: Path
    columns: list[str]
    lineage: Lineage
    segments: list[Path] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    characters: int = 0

    def add(self, row: Row) -> None:
        self.rows.append(row)
        self.characters += sum(len(value) for value in row.values if value)
        if len(self.rows) >= BATCH_ROWS or self.characters >= BATCH_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Write what is collected; nothing when there is nothing."""
        if not self.rows:
            return
        target = self.folder / f"segment_{len(self.segments):06}.parquet"
        count = len(self.rows)
        columns: list[Sequence[object]] = list(zip_longest(*(row.values for row in self.rows)))
        columns += [[None] * count] * (len(self.columns) - len(columns))
        lineage = self.lineage
        columns += [
            [lineage.source] * count,
            [lineage.file] * count,
            [row.row_number for row in self.rows],
            [lineage.load_date.isoformat()] * count,
            [lineage.run_id] * count,
        ]
        names = [*self.columns, *LINEAGE_COLUMNS]
        write_columns(self.connection, names, columns, target, typed=LINEAGE_TYPES)
        self.segments.append(target)
        self.rows.clear()
        self.characters = 0


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection for writing files; what does not fit in memory goes below `folder`."""
    return duckdb.connect(
        ":memory:",
        config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(folder / "spill")},
    )


def write_columns(
    connection: duckdb.DuckDBPyConnection,
    names: Sequence[str],
    columns: Sequence[Sequence[Any]],
    target: Path,
    typed: dict[str, str],
) -> None:
    """Write columns of equal length as Parquet; VARCHAR unless `typed` says otherwise."""
    import pandas

    # Positional names inside DuckDB: a raw column name is data and reaches it as an alias only.
    frame = pandas.DataFrame(
        {
            f"c{position}": pandas.Series(column, dtype=object)
            for position, column in enumerate(columns)
        }
    )
    expressions = [
        duckdb.ColumnExpression(f"c{position}").cast(typed.get(name, "VARCHAR")).alias(name)
        for position, name in enumerate(names)
    ]
    connection.from_df(frame).select(*expressions).write_parquet(str(target), compression="zstd")


def merge_segments(
    connection: duckdb.DuckDBPyConnection, segments: Iterable[Path], target: Path
) -> None:
    """Make one file of the segments, in their order, with the union of their columns."""
    paths = list(segments)
    if len(paths) == 1:
        paths[0].rename(target)
        return
    relation = connection.read_parquet([escaped_path(path) for path in paths], union_by_name=True)
    relation.write_parquet(str(target), compression="zstd")


def write_empty(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[str], target: Path
) -> None:
    """A file without rows: raw columns and lineage."""
    by_name = {name.casefold(): name for name in reversed(columns)}
    own = [by_name[key] for key in dict.fromkeys(map(str.casefold, columns))]
    names = [*(name for name in own if name.casefold() not in LINEAGE_COLUMNS), *LINEAGE_COLUMNS]
    write_columns(connection, names, [[] for _ in names], target, typed=LINEAGE_TYPES)


def sync(path: Path) -> None:
    """Make a file or folder durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
