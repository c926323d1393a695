"""Files taken apart into rows of cells and put together again in their declared dialect.

Put together by other means than ingest reads with, so that the number of rows is known beforehand.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas
from fuzz_project import CALL, EXPORTED, INVENTED, declared_tables
from openpyxl import Workbook, load_workbook

from orchestration.declarations import Table
from orchestration.demo import generate
from orchestration.ingest import deliveries_in_inbox
from orchestration.settings import Settings

MOST_ROWS = 40
PAGE_ROWS = 7


@dataclass(frozen=True)
class Grid:
    """The rows of one file.

    Attributes:
        above: rows before the header, as delivered.
        heads: header rows; one for JSON and Parquet.
        rows: cells of any type; text only in CSV.
    """

    above: tuple[tuple[Any, ...], ...]
    heads: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[Any, ...], ...]

    @property
    def width(self) -> int:
        return len(self.heads[0])

    def names(self, table: Table) -> list[str]:
        """The names of the columns, as the dialect makes them of the header rows."""
        if table.format not in ("csv", "xlsx"):
            return list(self.heads[0])
        chosen = [self.heads[number - 1] for number in table.dialect.header_from]
        return [
            " / ".join(part.strip() for part in parts if part.strip())
            for parts in zip(*chosen, strict=True)
        ]

    @property
    def counted(self) -> int:
        """Rows up to the last one with a value: what is empty after it is formatting."""
        filled = [at for at, row in enumerate(self.rows, start=1) if any(map(_has_value, row))]
        return max(filled, default=0)


@dataclass(frozen=True)
class Base:
    """A file as it should be."""

    table: Table
    file_name: str
    grid: Grid

    @property
    def name(self) -> str:
        return f"{self.table.source}.{self.table.name}"


def _has_value(cell: Any) -> bool:
    return cell is not None and cell != ""


def shared_exports() -> Path | None:
    """Where the exports of real products lie; None when they are not on this machine."""
    checkout = Path(__file__).resolve().parents[3]
    folder = Path(os.environ.get("CX_SHARED_DATA") or checkout.parent / "shared" / "data")
    return folder if folder.is_dir() else None


def load_bases(settings: Settings, shared: Path | None) -> list[Base]:
    """A base for every declared table that has a file: demo, invented, and real ones if given."""
    tables = declared_tables(settings)
    generate(
        settings.inbox,
        settings.home / "truth.json",
        days=35,
        contacts_per_day=6,
        customers=30,
        agents=8,
    )
    found = []
    for name, table in tables.items():
        if table.source in INVENTED:
            found.append(Base(table, f"calls.{table.format}", _invented(table)))
            continue
        path = _real(table, shared) or _of_demo(settings, table)
        if path is not None:
            found.append(Base(table, path.name, taken_apart(table, path.read_bytes())))
        else:
            assert not name.startswith("demo_"), f"the demo has no file for {name}"
    return found


def _of_demo(settings: Settings, table: Table) -> Path | None:
    delivered = deliveries_in_inbox(settings, table)
    paths = [path for paths in delivered.values() for path in paths]
    return max(paths, key=lambda path: path.stat().st_size) if paths else None


def _real(table: Table, shared: Path | None) -> Path | None:
    if shared is None or table.source.startswith("demo_"):
        return None
    if table.source in EXPORTED:
        return shared / EXPORTED[table.source][0]
    pattern = "*.xlsx" if table.format == "xlsx" else "*.csv"
    return next((shared / table.source).glob(pattern))


def taken_apart(table: Table, content: bytes) -> Grid:
    """The first rows of a good file."""
    dialect = table.dialect
    if table.format in ("csv", "xlsx"):
        every = _csv_rows(table, content) if table.format == "csv" else _sheet_rows(content)
        above = [next(every) for _ in range(dialect.skip_rows)]
        heads = [next(every) for _ in range(dialect.header_rows)]
        width = max(at for at, cell in enumerate(heads[dialect.header_from[0] - 1]) if cell) + 1
        width = max(width, *(max((a for a, c in enumerate(h) if c), default=0) + 1 for h in heads))
        heads = [tuple([*head, *[""] * width][:width]) for head in heads]
        if len(dialect.header_from) > 1:
            heads[0] = _filled(heads[0])
        rows = []
        for row in every:
            if len(row) >= width and len(rows) < MOST_ROWS:
                rows.append(tuple(row[:width]))
        return Grid(tuple(map(tuple, above)), tuple(heads), tuple(rows))
    text = content.decode("utf-8-sig")
    records = []
    for document in text.splitlines() if table.format == "jsonl" else [text]:
        value = json.loads(document)
        for page in value if isinstance(value, list) else [value]:
            found = page
            for key in (dialect.record_path or "").split(".") if dialect.record_path else ():
                found = found[key]
            records += found if isinstance(found, list) else [found]
    records = [record for record in records if isinstance(record, dict)][:MOST_ROWS]
    names = tuple(dict.fromkeys(name for record in records for name in record))
    return Grid((), (names,), tuple(tuple(map(record.get, names)) for record in records))


def _filled(head: tuple[str, ...]) -> tuple[str, ...]:
    filled, last = [], ""
    for cell in head:
        last = cell or last
        filled.append(last)
    return tuple(filled)


def _csv_rows(table: Table, content: bytes) -> Iterator[tuple[Any, ...]]:
    encoding = "utf-8-sig" if table.dialect.encoding == "utf-8" else table.dialect.encoding
    text = io.StringIO(content.decode(encoding), newline="")
    quote = table.dialect.quote
    reader = csv.reader(
        text,
        delimiter=table.dialect.delimiter,
        quotechar=quote,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )
    return (tuple(row) for row in reader if row)


def _sheet_rows(content: bytes) -> Iterator[tuple[Any, ...]]:
    sheet = load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
    return (tuple("" if cell is None else cell for cell in row) for row in sheet.values)


def put_together(table: Table, grid: Grid) -> bytes:
    """The file of a grid in the format and dialect of its table."""
    if table.format == "csv":
        text = csv_text(table, [*grid.above, *grid.heads, *grid.rows])
        return text.encode(table.dialect.encoding, "replace")
    if table.format == "xlsx":
        return workbook([*grid.above, *grid.heads, *grid.rows])
    if table.format == "parquet":
        return parquet(grid)
    records = [dict(zip(grid.heads[0], row, strict=True)) for row in grid.rows]
    return json_bytes(table, records)


def csv_text(table: Table, rows: list[tuple[Any, ...]], line_end: str = "\n") -> str:
    dialect = table.dialect
    buffer = io.StringIO(newline="")
    if dialect.quote is None:
        unwanted = dict.fromkeys(map(ord, "\r\n" + dialect.delimiter), " ")
        for row in rows:
            cells = (str(cell).translate(unwanted) for cell in row)
            buffer.write(dialect.delimiter.join(cells) + line_end)
        return buffer.getvalue()
    writer = csv.writer(
        buffer, delimiter=dialect.delimiter, quotechar=dialect.quote, lineterminator=line_end
    )
    writer.writerows(rows)
    return buffer.getvalue()


def json_bytes(table: Table, records: list[Any]) -> bytes:
    """Records as the dialect has them: pages, lines, or one list."""

    def paged(part: list[Any]) -> Any:
        value: Any = part
        for key in reversed((table.dialect.record_path or "").split(".")):
            value = {key: value} if key else value
        return value

    if table.format == "json":
        documents = [paged(records)]
    elif table.dialect.record_path:
        starts = range(0, len(records), PAGE_ROWS)
        documents = [paged(records[start : start + PAGE_ROWS]) for start in starts]
    else:
        documents = records
    return "".join(json.dumps(found, default=str) + "\n" for found in documents).encode()


def workbook(rows: list[tuple[Any, ...]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Data")
    for row in rows:
        sheet.append(
            [
                "".join(c if c >= " " else "?" for c in cell) if isinstance(cell, str) else cell
                for cell in row
            ]
        )
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def parquet(grid: Grid) -> bytes:
    """Columns of one type keep it; those of several become text."""
    columns: dict[str, pandas.Series] = {}
    for at in range(grid.width):
        values = [row[at] for row in grid.rows]
        if len({type(value) for value in values if value is not None}) > 1:
            values = [None if value is None else str(value) for value in values]
        columns[f"c{at}"] = pandas.Series(values, dtype=object)
    frame = pandas.DataFrame(columns)
    named = [duckdb.ColumnExpression(f"c{at}").alias(name) for at, name in enumerate(grid.heads[0])]
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file, duckdb.connect() as connection:
        connection.from_df(frame).select(*named).write_parquet(file.name)
        return Path(file.name).read_bytes()


def _invented(table: Table) -> Grid:
    """Calls with every kind of value; the same ones every time."""
    dice = random.Random(table.source)
    start = datetime(2023, 3, 25, 22, 30)
    names = ("id", *(spec if isinstance(spec, str) else spec["from"] for spec in CALL.values()))
    rows = []
    for number in range(1, 31):
        begun = start + timedelta(minutes=7 * number)
        ended = begun + timedelta(seconds=dice.randrange(20, 900))
        serial = (begun - datetime(1899, 12, 30)).total_seconds() / 86400
        is_text = table.format != "parquet"
        rows.append(
            (
                f"c-{number:03}",
                dice.choice(["ann@example.com", "+49 30 1234", "Zoë"]),
                f"agent {dice.randrange(5)}",
                dice.choice(["ok", "lost"]),
                f"{serial:.6f}" if dice.random() < 0.5 else begun.isoformat(sep=" "),
                f"{ended:%d.%m.%Y %H:%M:%S}" if is_text else begun,
                f"0:{dice.randrange(60):02}:{dice.randrange(60):02}",
                f"{dice.randrange(20)},{dice.randrange(10)}",
                str(dice.randrange(3)) if is_text else dice.randrange(3),
                dice.choice(["yes", "no"]) if is_text else dice.random() < 0.5,
            )
        )
    above: tuple[tuple[Any, ...], ...] = ()
    heads: tuple[tuple[str, ...], ...] = (names,)
    dialect = table.dialect
    if table.format in ("csv", "xlsx"):
        above = tuple(("Report", *[""] * (len(names) - 1)) for _ in range(dialect.skip_rows))
        heads = tuple(
            names if number in dialect.header_from else ("calls",) * len(names)
            for number in range(1, dialect.header_rows + 1)
        )
    return Grid(above, heads, tuple(rows))


def with_rows(grid: Grid, rows: list[tuple[Any, ...]]) -> Grid:
    return replace(grid, rows=tuple(rows))
