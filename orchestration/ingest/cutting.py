"""Cuts records out of a delivered file, which stays a file of the same format and dialect.

The new file takes the place of the old one in one step; what is not cut keeps its text.
"""

from __future__ import annotations

import codecs
import gzip
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from orchestration.declarations.shapes import Table
from orchestration.errors import DataError
from orchestration.ingest.forgotten import blanked, without_words
from orchestration.ingest.json_records import json_text, parse
from orchestration.ingest.opening import GZIP_MAGIC, escaped_path, lines_of, open_bytes, open_text
from orchestration.ingest.reading import open_reader
from orchestration.publish.sql import Fragment, literal, statement


def cut_records(path: Path, table: Table, numbers: Collection[int]) -> None:
    """Cut the records of these numbers (1-based, as the table's reader counts) out of a file.

    Raises:
        DataError: the file cannot be written.
        Unreadable: it cannot be read.
    """
    with _written_anew(path) as aside:
        if table.format == "parquet":
            cut_native(path, aside, numbers)
        elif table.format == "xlsx":
            _cut_workbook(path, aside, table, numbers)
        else:
            _write_text(path, aside, table, _kept_text(path, table, numbers))


def blank_words(path: Path, table: Table, words: Collection[str]) -> None:
    """Blank words in a file, wherever they stand.

    Raises:
        DataError: the file cannot be written.
    """
    with _written_anew(path) as aside:
        if table.format == "parquet":
            blank_native(path, aside, words)
        elif table.format == "xlsx":
            _blank_workbook(path, aside, words)
        else:
            with open_text(path, table.dialect.encoding) as text:
                lines = (without_words(line, words) for line in lines_of(text))
                _write_text(path, aside, table, lines)


@contextmanager
def _written_anew(path: Path) -> Iterator[Path]:
    """Where to write what takes the place of a file, with its rights."""
    # A name that no declaration can take for a delivery.
    aside = path.with_name(f".erasing-{path.name}")
    try:
        yield aside
        shutil.copymode(path, aside)
        aside.replace(path)
    except (OSError, duckdb.Error) as error:
        raise DataError(
            f"Expected to take forgotten people out of {path}, found "
            f"{str(error).splitlines()[0]}: give the right to write there and run again."
        ) from error
    finally:
        aside.unlink(missing_ok=True)


def blank_native(source: Path, target: Path, words: Collection[str]) -> None:
    """Write a Parquet file without these words in its texts.

    Raises:
        duckdb.Error: it cannot be read or written.
    """
    files = statement(
        "read_parquet({source}, hive_partitioning = false)", source=literal(escaped_path(source))
    )
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            statement(
                "COPY (SELECT {columns} FROM {files}) TO {target} (FORMAT parquet, "
                "COMPRESSION zstd)",
                columns=blanked(connection, files, words),
                files=files,
                target=literal(target),
            )
        )


def _blank_workbook(path: Path, aside: Path, words: Collection[str]) -> None:
    from openpyxl import load_workbook

    workbook = load_workbook(path, data_only=True)
    for sheet in workbook.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str):
                    cell.value = without_words(cell.value, words)
    workbook.save(aside)


def cut_native(source: Path, target: Path, numbers: Collection[int]) -> None:
    """Write a Parquet file without these rows (1-based).

    Raises:
        duckdb.Error: it cannot be read or written.
    """
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            statement(
                "COPY (SELECT * EXCLUDE (file_row_number) FROM read_parquet({source}, "
                "hive_partitioning = false, file_row_number = true) WHERE file_row_number + 1 "
                "NOT IN ({numbers})) TO {target} (FORMAT parquet, COMPRESSION zstd)",
                source=literal(escaped_path(source)),
                target=literal(target),
                numbers=Fragment(", ".join(str(int(number)) for number in sorted(numbers))),
            )
        )


def _cut_workbook(path: Path, aside: Path, table: Table, numbers: Collection[int]) -> None:
    from openpyxl import load_workbook

    rows = [line for number, line in _line_numbers(path, table) if number in numbers]
    # Values instead of formulas: saved formulas would have no values until Excel opens the file.
    workbook = load_workbook(path, data_only=True)
    names = workbook.sheetnames
    sheet = workbook[table.dialect.sheet if table.dialect.sheet is not None else names[0]]
    for row in sorted(rows, reverse=True):
        sheet.delete_rows(row)
    workbook.save(aside)


def _kept_text(path: Path, table: Table, numbers: Collection[int]) -> Iterator[str]:
    if table.format == "json" or table.dialect.record_path:
        yield from _kept_json(path, table, numbers)
        return
    starts = {line: number for number, line in _line_numbers(path, table)}
    is_cut = False
    with open_text(path, table.dialect.encoding) as text:
        for line_number, line in enumerate(lines_of(text), start=1):
            # A record goes on until the next one begins.
            if line_number in starts:
                is_cut = starts[line_number] in numbers
            if not is_cut:
                yield line


def _kept_json(path: Path, table: Table, numbers: Collection[int]) -> Iterator[str]:
    counted = count(1)
    with open_text(path, table.dialect.encoding) as text:
        for document in lines_of(text) if table.format == "jsonl" else [text.read()]:
            if not document.strip():
                continue
            try:
                value = parse(document)
            except ValueError:
                # Rejected as one record.
                if next(counted) not in numbers:
                    yield document
                continue
            pages = value if isinstance(value, list) and table.dialect.record_path else [value]
            for page in pages:
                _filter_page(page, table.dialect.record_path, counted, numbers)
            if not table.dialect.record_path and not isinstance(value, list):
                value = [value] if next(counted) not in numbers else []
            yield json_text(value) + "\n"


def _filter_page(
    page: Any, record_path: str | None, counted: Iterator[int], numbers: Collection[int]
) -> None:
    """Take records out of the list of a page, or out of the list that the document is."""
    if record_path is None:
        if isinstance(page, list):
            page[:] = [record for record in page if next(counted) not in numbers]
        return
    *parents, name = record_path.split(".")
    for parent in parents:
        page = page[parent]
    records = page[name]
    if isinstance(records, list):
        records[:] = [record for record in records if next(counted) not in numbers]
    elif records is not None and next(counted) in numbers:
        page[name] = []


def _line_numbers(path: Path, table: Table) -> Iterator[tuple[int, int]]:
    """Number and first line of each record."""
    with open_reader(path, table) as reader:
        for record in reader.records():
            if record.line_number is not None:
                yield record.row_number, record.line_number


def _write_text(path: Path, aside: Path, table: Table, parts: Iterator[str]) -> None:
    encoding = table.dialect.encoding
    with open_bytes(path) as data:
        has_mark = data.read(3) == codecs.BOM_UTF8
    with path.open("rb") as file:
        is_packed = file.read(2) == GZIP_MAGIC
    if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig"):
        encoding = "utf-8-sig" if has_mark else "utf-8"
    opened = gzip.open if is_packed else open
    with opened(aside, "wt", encoding=encoding, newline="") as file:
        for part in parts:
            file.write(part)
