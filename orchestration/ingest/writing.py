"""Writes rows as Parquet in bounded memory: batches become segments, segments one file.

Everything is text; only lineage columns have types. No file content ever becomes SQL.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.ingest.opening import escaped_path
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
    # Tuples of texts, which the garbage collector learns to leave alone, as it does not lists.
    cells: list[tuple[str | None, ...]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    characters: int = 0

    def add(self, row: Row) -> None:
        self.cells.append(tuple(row.values))
        self.numbers.append(row.row_number)
        self.characters += sum(map(len, filter(None, row.values)))
        if len(self.cells) >= BATCH_ROWS or self.characters >= BATCH_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Write what is collected; nothing when there is nothing."""
        if not self.cells:
            return
        import numpy

        width = len(self.columns)
        cells = self.cells
        if set(map(len, cells)) != {width}:
            cells = [row + (None,) * (width - len(row)) for row in cells]
        columns = numpy.ascontiguousarray(numpy.array(cells, dtype=object).T)
        lineage = self.lineage
        write_columns(
            self.connection,
            [*self.columns, "_row_number"],
            [*columns, self.numbers],
            self.next_segment(),
            typed=LINEAGE_TYPES,
            constants={
                "_source": lineage.source,
                "_source_file": lineage.file,
                "_load_date": lineage.load_date.isoformat(),
                "_run_id": lineage.run_id,
            },
        )
        self.cells.clear()
        self.numbers.clear()
        self.characters = 0

    def next_segment(self) -> Path:
        """Where the next segment goes."""
        self.segments.append(self.folder / f"segment_{len(self.segments):06}.parquet")
        return self.segments[-1]


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
    typed: Mapping[str, str],
    constants: Mapping[str, str] | None = None,
) -> None:
    """Write columns of equal length as Parquet; VARCHAR unless `typed` says otherwise.

    Args:
        constants: further columns with the same value in every row.
    """
    import pandas

    # Positional names inside DuckDB: a raw column name is data and reaches it as an alias only.
    frame = pandas.DataFrame(
        {
            f"c{position}": pandas.Series(column, dtype=object, copy=False)
            for position, column in enumerate(columns)
        },
        copy=False,
    )
    expressions = [
        duckdb.ColumnExpression(f"c{position}").cast(typed.get(name, "VARCHAR")).alias(name)
        for position, name in enumerate(names)
    ]
    expressions += [
        duckdb.ConstantExpression(value).cast(typed.get(name, "VARCHAR")).alias(name)
        for name, value in (constants or {}).items()
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
