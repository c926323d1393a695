"""Reads Parquet with DuckDB: every value becomes text, nested values JSON text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.ingest.records import ColumnNames, Rejected, Row, Unreadable

BATCH_ROWS = 10_000
NESTED = (")", "]", "BLOB", "UNION", "MAP", "STRUCT")
PLAIN_QUERY = "SELECT COLUMNS(*)::VARCHAR FROM read_parquet(?)"
# DuckDB writes nested values in a notation of its own; Python turns them into JSON.
NESTED_QUERY = "SELECT * FROM read_parquet(?)"


class ParquetReader:
    """One Parquet file (`Reader`).

    Raises:
        Unreadable: the file is no Parquet file or is cut off.
    """

    has_header = True
    header_text: str | None = None

    def __init__(self, path: Path) -> None:
        if path.stat().st_size == 0:
            raise Unreadable(
                "Expected data, found an empty file (0 bytes): have it delivered again."
            )
        self.connection = duckdb.connect(":memory:")
        try:
            self.connection.execute("SET TimeZone = 'UTC'")
            # A file name may hold what DuckDB takes for a pattern; escaped, it names one file.
            self.path = escaped_path(path)
            relation = self.connection.from_parquet(self.path)
        except duckdb.Error as error:
            self.close()
            raise _unreadable(error) from None
        self.names = ColumnNames()
        for name in relation.columns:
            self.names.add(name)
        self.is_plain = not any(str(kind).endswith(NESTED) for kind in relation.types)
        self.columns = self.names.names

    def close(self) -> None:
        self.connection.close()

    def records(self) -> Iterator[Row | Rejected]:
        number = 0
        try:
            query = PLAIN_QUERY if self.is_plain else NESTED_QUERY
            result = self.connection.execute(query, [self.path])
            while batch := result.fetchmany(BATCH_ROWS):
                for record in batch:
                    number += 1
                    yield Row(number, None, [value_text(value) for value in record])
        except duckdb.Error as error:
            raise _unreadable(error) from None


def escaped_path(path: Path) -> str:
    """The path as a pattern that matches nothing but itself."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))


def value_text(value: Any) -> str | None:
    """Text of a typed value: ISO dates and times, JSON for nested values."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=value_text, ensure_ascii=False)
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def _unreadable(error: duckdb.Error) -> Unreadable:
    said = str(error).splitlines()[0]
    return Unreadable(
        f"Expected a Parquet file, found one that cannot be read ({said}): "
        "correct `format` or have it delivered again."
    )
