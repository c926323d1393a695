"""Finds out how a file is written: format, encoding, delimiter, header rows, record path, sheet.

Uses the readers of ingest for the sample, so that what is drafted is what will be read.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from orchestration.declarations.file_patterns import compile_pattern
from orchestration.declarations.shapes import Dialect, Table
from orchestration.errors import DataError
from orchestration.ingest.json_records import parse
from orchestration.ingest.opening import first_undecodable_byte, open_bytes, open_text
from orchestration.ingest.reading import open_reader
from orchestration.ingest.records import Row, Unreadable

SAMPLE_ROWS = 5_000
SAMPLE_BYTES = 1024 * 1024
DELIMITERS = (",", ";", "\t", "|")
PAGE_NAMES = {
    "after_cursor",
    "count",
    "end_of_stream",
    "end_time",
    "has_more",
    "meta",
    "next",
    "next_page",
    "page",
    "pages",
    "previous_page",
    "total",
}


@dataclass(frozen=True)
class Sample:
    """The first records of a file and how it is read.

    Attributes:
        rows: raw column to text (None when absent), at most SAMPLE_ROWS.
        doubts: what the sniffing could not know, as dialect key to a sentence.
    """

    format: str
    dialect: Dialect
    columns: tuple[str, ...]
    rows: tuple[dict[str, str | None], ...]
    doubts: dict[str, str] = field(default_factory=dict)

    def values(self, column: str) -> list[str]:
        """The texts of a column without what is absent or blank."""
        found = (row.get(column) for row in self.rows)
        return [text.strip() for text in found if text is not None and text.strip()]


def sniff(path: Path) -> Sample:
    """Sniff a file and read its first records.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        file_format, dialect, doubts = _dialect(path)
        table = _table(path, file_format, dialect)
        with open_reader(path, table) as reader:
            taken = list(islice(reader.records(), SAMPLE_ROWS))
            columns = tuple(reader.columns)
    except Unreadable as error:
        raise DataError(f"{path}: {error}") from None
    except OSError as error:
        raise DataError(
            f"Expected to read {path}, found {error.strerror}: correct the path or permissions."
        ) from None
    rows = tuple(
        dict(zip(columns, record.values, strict=False))
        for record in taken
        if isinstance(record, Row)
    )
    return Sample(file_format, dialect, columns, rows, doubts)


def _table(path: Path, file_format: str, dialect: Dialect) -> Table:
    """A table that knows how to read and feeds nothing."""
    template = "{load_date}/*"
    return Table(
        source="draft",
        name="draft",
        description="",
        files=template,
        pattern=compile_pattern(template),
        format=file_format,
        dialect=dialect,
        null_tokens=("",),
        key=(),
        version_by=None,
        max_quarantined_share=1.0,
        on_unreadable_file="stop",
        feeds={},
        declared_in=path,
        line=1,
    )


def _dialect(path: Path) -> tuple[str, Dialect, dict[str, str]]:
    with open_bytes(path) as data:
        start = data.read(SAMPLE_BYTES)
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "xlsx", Dialect(), {}
    if start.startswith(b"PAR1"):
        return "parquet", Dialect(), {}
    encoding, doubts = _encoding(path, start)
    with open_text(path, encoding) as text:
        head = text.read(SAMPLE_BYTES)
    if head.lstrip()[:1] in ("{", "["):
        file_format, record_path = _json_layout(path, encoding)
        return file_format, Dialect(encoding=encoding, record_path=record_path), doubts
    delimiter = _delimiter(head)
    dialect = Dialect(encoding=encoding, delimiter=delimiter)
    return "csv", _header_rows(head, dialect, doubts), doubts


def _encoding(path: Path, start: bytes) -> tuple[str, dict[str, str]]:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", {}
    if first_undecodable_byte(path, "utf-8") is None:
        return "utf-8", {}
    encoding = "cp1252" if first_undecodable_byte(path, "cp1252") is None else "latin-1"
    doubt = (
        f"{encoding} reads without an error, but so would others (mac-roman, cp1250): "
        "look at a name with an accent"
    )
    return encoding, {"encoding": doubt}


def _delimiter(head: str) -> str:
    """The delimiter under which most records have the same number of cells, more than one."""
    scores = {}
    for delimiter in DELIMITERS:
        widths = Counter(len(row) for row in _rows(head, delimiter) if row)
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        if width > 1:
            scores[delimiter] = (count / widths.total(), width)
    try:
        guess = csv.Sniffer().sniff(head[:20_000], "".join(DELIMITERS)).delimiter
    except csv.Error:
        guess = ","
    if not scores:
        return guess
    best = max(scores, key=lambda delimiter: scores[delimiter])
    return guess if scores.get(guess) == scores[best] else best


def _rows(head: str, delimiter: str) -> list[list[str]]:
    lines = io.StringIO(head, newline="")
    found = []
    try:
        for row in islice(csv.reader(lines, delimiter=delimiter, strict=True), 500):
            found.append(row)
    except csv.Error:
        # The head may end inside a quoted value; what was read up to there is enough.
        pass
    return found


def _header_rows(head: str, dialect: Dialect, doubts: dict[str, str]) -> Dialect:
    rows = [row for row in _rows(head, dialect.delimiter) if row][:4]
    for number, row in enumerate(rows[1:3], start=2):
        if row and row[0].startswith('{"ImportId"'):
            return replace(dialect, header_rows=number)
    if len(rows) > 1 and rows[0] and not rows[1][0].strip():
        is_continued = sum(not cell.strip() for cell in rows[0][:-1]) > 0
        if is_continued:
            doubts["header_rows"] = "the second row looks like a part of the header"
            return replace(dialect, header_rows=2, header_from=(1, 2))
    return dialect


def _json_layout(path: Path, encoding: str) -> tuple[str, str | None]:
    with open_text(path, encoding) as text:
        content = text.read()
    try:
        value = parse(content)
    except ValueError as error:
        if "extra data" not in str(error):
            raise Unreadable(f"Expected JSON, found {error}: have it delivered again.") from None
        first = next(line for line in content.splitlines() if line.strip())
        try:
            return "jsonl", _record_path(parse(first))
        except ValueError as cause:
            raise Unreadable(f"Expected JSON lines, found {cause}.") from None
    return "json", _record_path(value)


def _record_path(value: Any) -> str | None:
    """Where the list of records lies in a page; None when the value is no page."""
    page = value[0] if isinstance(value, list) and value else value
    if not isinstance(page, dict):
        return None
    lists = {
        path: items
        for path, items in _lists(page)
        if items and all(isinstance(item, dict) for item in items)
    }
    is_page = bool(PAGE_NAMES & set(page)) or len(page) == 1
    if not lists or not is_page:
        return None
    return max(lists, key=lambda path: len(lists[path]))


def _lists(page: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    found = []
    for name, value in page.items():
        if isinstance(value, list):
            found.append((name, value))
        elif isinstance(value, dict):
            found += [(f"{name}.{inner}", items) for inner, items in _lists(value)]
    return found


def quoted(text: str) -> str:
    """A YAML double-quoted text."""
    return json.dumps(text, ensure_ascii=False)
