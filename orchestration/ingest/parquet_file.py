"""Reads Parquet with DuckDB: checks that a file can be taken in as it is, or makes text of it.

As text every value is what DuckDB says of it, nested values are JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.ingest.native import RESERVED, Types, plain_type
from orchestration.ingest.opening import escaped_path
from orchestration.ingest.records import (
    LINEAGE_COLUMNS,
    ColumnNames,
    Rejected,
    Row,
    Unreadable,
)
from orchestration.ingest.writing import LINEAGE_TYPES, Lineage
from orchestration.publish.sql import identifier

BATCH_ROWS = 10_000
NESTED = (")", "]", "BLOB", "UNION", "MAP", "STRUCT")
PLAIN_QUERY = "SELECT COLUMNS(*)::VARCHAR FROM read_parquet(?)"
# DuckDB writes nested values in a notation of its own; Python turns them into JSON.
NESTED_QUERY = "SELECT * FROM read_parquet(?)"
SCHEMA_QUERY = """
    SELECT name, logical_type FROM parquet_schema(?) WHERE coalesce(num_children, 0) = 0
"""
# A column that has no value in the whole file, and therefore no type, as some programs write it.
UNTYPED = "NullType()"
# What is said of a damaged file: names and texts of it may be no UTF-8.
DAMAGED = (duckdb.Error, UnicodeError)
# What DuckDB calls the number of a row in its file, from 0.
ROW_NUMBER = "file_row_number"


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
            self.types = {
                name: str(kind) for name, kind in zip(relation.columns, relation.types, strict=True)
            }
        except DAMAGED as error:
            self.close()
            raise _unreadable(error) from None
        self.names = ColumnNames()
        for name in self.types:
            self.names.add(name)
        self.is_plain = all(
            plain_type(kind) is not None or not kind.endswith(NESTED)
            for kind in self.types.values()
        ) and not any(name.casefold() == ROW_NUMBER for name in self.types)
        self.columns = self.names.names

    def close(self) -> None:
        self.connection.close()

    def native_types(self) -> Types | None:
        """The types of the columns when the file can be taken in as it is, else None.

        Not with a column that needs another name, nor with one that has no type in the file.

        Raises:
            Unreadable: the description of the columns is damaged.
        """
        found: Types = {}
        for name, kind in self.types.items():
            plain = plain_type(kind)
            if plain is None or name.casefold() in RESERVED:
                return None
            found[name.casefold()] = (name, plain)
        try:
            described = self.connection.execute(SCHEMA_QUERY, [self.path]).fetchall()
        except DAMAGED as error:
            raise _unreadable(error) from None
        names = [name for name, _ in described]
        is_typed = all(logical != UNTYPED for _, logical in described)
        return found if is_typed and names == self.columns else None

    def check_values(self) -> int:
        """Read every value, so that a damaged file is found now, not by who reads it later.

        Returns:
            The number of rows.

        Raises:
            Unreadable: some part of the file is damaged.
        """
        try:
            columns = map(_column, self.types)
            hashed = duckdb.FunctionExpression("hash", *columns).alias("hashed")
            rows = self.connection.from_parquet(self.path).select(hashed)
            counted = rows.aggregate("count(*), bit_xor(hashed)").fetchall()
        except DAMAGED as error:
            raise _unreadable(error) from None
        return int(counted[0][0])

    def write_text(self, target: Path, lineage: Lineage) -> None:
        """Write all rows as text with their lineage; only of a file whose values are checked.

        Raises:
            duckdb.Error: it cannot be written.
        """
        columns = [
            _column(old).cast("VARCHAR").alias(new)
            for old, new in zip(self.types, self.columns, strict=True)
        ]
        number = duckdb.ColumnExpression(ROW_NUMBER) + duckdb.ConstantExpression(1)
        values: dict[str, duckdb.Expression] = {
            "_source": duckdb.ConstantExpression(lineage.source),
            "_source_file": duckdb.ConstantExpression(lineage.file),
            "_row_number": number,
            "_load_date": duckdb.ConstantExpression(lineage.load_date.isoformat()),
            "_run_id": duckdb.ConstantExpression(lineage.run_id),
        }
        columns += [
            values[name].cast(LINEAGE_TYPES.get(name, "VARCHAR")).alias(name)
            for name in LINEAGE_COLUMNS
        ]
        rows = self.connection.read_parquet(self.path, file_row_number=True)
        rows.select(*columns).write_parquet(str(target), compression="zstd")

    def records(self) -> Iterator[Row | Rejected]:
        number = 0
        try:
            query = PLAIN_QUERY if self.is_plain else NESTED_QUERY
            result = self.connection.execute(query, [self.path])
            while batch := result.fetchmany(BATCH_ROWS):
                for record in batch:
                    number += 1
                    yield Row(number, None, [value_text(value) for value in record])
        except DAMAGED as error:
            raise _unreadable(error) from None


def _column(name: str) -> duckdb.Expression:
    # A ColumnExpression would take `a.b` for the column b of a table a.
    return duckdb.SQLExpression(identifier(name))


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


def _unreadable(error: Exception) -> Unreadable:
    said = str(error).splitlines()[0]
    return Unreadable(
        f"Expected a Parquet file, found one that cannot be read ({said}): "
        "correct `format` or have it delivered again."
    )
