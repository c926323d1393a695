"""Finds out how a file is written: format, encoding, delimiter, header rows, record path, sheet.

Uses the readers of ingest for the sample, so that what is drafted is what will be read.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from orchestration.declarations.file_patterns import compile_pattern
from orchestration.declarations.shapes import Dialect, Table
from orchestration.errors import DataError, UsageError
from orchestration.ingest.json_records import parse
from orchestration.ingest.opening import first_undecodable_byte, open_bytes, open_text
from orchestration.ingest.reading import open_reader
from orchestration.ingest.records import Row, Unreadable

SAMPLE_ROWS = 5_000
LISTED_VALUES = 200
REMEMBERED_KEYS = 2_000_000
SAMPLE_BYTES = 1024 * 1024
DELIMITERS = (",", ";", "\t", "|")
ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
# Documents: whatever stands in them, a table of records is not what they are.
OTHER_ENDINGS = (".md", ".rst", ".html", ".htm", ".xml", ".pdf", ".doc", ".docx", ".ppt", ".pptx")
MAGICS = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"SQLite format 3": "an SQLite database",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x7fELF": "a program",
}
CONTROLS = frozenset(map(chr, {*range(32), *range(127, 160)} - {9, 10, 11, 12, 13, 26, 133}))
# Dirty exports have some ragged rows and stray bytes; prose and binary data have little else.
MAXIMUM_CONTROL_SHARE = 0.01
MINIMUM_REGULAR_SHARE = 0.7
LONGEST_SINGLE_VALUE = 100
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


@dataclass
class Scan:
    """What the whole file says, where a sample does not prove enough.

    Attributes:
        counts: raw column to how often each value stands in it; at most LISTED_VALUES values.
        overfull: the columns that have more.
        repeated: whether a value of the key column stands in two records.
    """

    counts: dict[str, Counter[str]]
    overfull: set[str] = field(default_factory=set)
    repeated: bool = False

    def values(self, column: str) -> list[str]:
        """The distinct values of a column, the most frequent first."""
        return [value for value, _ in self.counts[column].most_common()]


def scan(path: Path, sample: Sample, columns: Iterable[str], key: str | None) -> Scan:
    """Read the whole file for the values of `columns` and for repetitions of `key`.

    Raises:
        DataError: the file cannot be read to its end.
    """
    found = Scan({column: Counter() for column in columns})
    keys: set[str] = set()
    with _told(path), open_reader(path, _table(path, sample.format, sample.dialect)) as reader:
        for record in reader.records():
            if not isinstance(record, Row):
                continue
            row = dict(zip(reader.columns, record.values, strict=False))
            for column, counts in found.counts.items():
                value = (row.get(column) or "").strip()
                if value in counts or (value and len(counts) < LISTED_VALUES):
                    counts[value] += 1
                elif value:
                    found.overfull.add(column)
            if key is not None and not found.repeated and len(keys) < REMEMBERED_KEYS:
                value = (row.get(key) or "").strip()
                found.repeated = value in keys
                keys.add(value)
    return found


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except Unreadable as error:
        raise DataError(f"{path}: {error}") from None
    except OSError as error:
        raise DataError(
            f"Expected to read {path}, found {error.strerror}: correct the path or permissions."
        ) from None


def sniff(path: Path) -> Sample:
    """Sniff a file and read its first records.

    Raises:
        UsageError: the file holds no records.
        DataError: the file cannot be read.
    """
    with _told(path):
        file_format, dialect, doubts = _dialect(path)
        table = _table(path, file_format, dialect)
        with open_reader(path, table) as reader:
            taken = list(islice(reader.records(), SAMPLE_ROWS))
            columns = tuple(reader.columns)
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
    ending = _ending(path)
    if ending in OTHER_ENDINGS:
        raise no_table(path, f"a document ({ending})")
    for magic, kind in MAGICS.items():
        if start.startswith(magic):
            raise no_table(path, kind)
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "xlsx", Dialect(), {}
    if start.startswith(b"PAR1"):
        return "parquet", Dialect(), {}
    encoding, doubts = _encoding(path, start)
    with open_text(path, encoding) as text:
        head = text.read(SAMPLE_BYTES)
    if sum(letter in CONTROLS for letter in head) > MAXIMUM_CONTROL_SHARE * len(head):
        raise no_table(path, "bytes that are no text")
    looks_like_json = head.lstrip()[:1] in ("{", "[")
    if ENDINGS.get(ending, "json" if looks_like_json else "csv") != "csv":
        file_format, record_path = _json_layout(path, encoding)
        if ENDINGS.get(ending) == "jsonl":
            file_format = "jsonl"
        return file_format, Dialect(encoding=encoding, record_path=record_path), doubts
    delimiter = _delimiter(head)
    _refuse_prose(path, head, delimiter)
    dialect = Dialect(encoding=encoding, delimiter=delimiter)
    return "csv", _header_rows(head, dialect, doubts), doubts


def no_table(path: Path, found: str) -> UsageError:
    """The refusal to draft from something that holds no records."""
    return UsageError(
        f"Expected a table of records (CSV, JSON, Parquet or XLSX) to draft from, found {found} in "
        f"{path}: export the data as one of them and draft from that."
    )


def _ending(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _refuse_prose(path: Path, head: str, delimiter: str) -> None:
    """A table has a regular width; a single column has short values and no sentence as header.

    Raises:
        UsageError: the text is neither.
    """
    if head.lstrip()[:1] in ("{", "["):
        # What cannot be parsed is no JSON, and may still be a table.
        with suppress(ValueError):
            if isinstance(parse(head.strip().splitlines()[0]), dict | list):
                raise no_table(path, f"JSON under the name of another format ({_ending(path)})")
    rows = [row for row in _rows(head, delimiter) if row]
    widths = Counter(len(row) for row in rows)
    if not rows or head.lstrip().startswith(("<", "%PDF")):
        raise no_table(path, "no record" if not rows else "markup")
    if head.startswith("# ") and _ending(path) not in ENDINGS:
        raise no_table(path, "a heading of prose")
    width, count = widths.most_common(1)[0]
    if width > 1:
        is_sentence = len(rows) == 1 and rows[0][-1].rstrip().endswith((".", "!"))
        is_table = count >= MINIMUM_REGULAR_SHARE * len(rows) and not is_sentence
    else:
        header = rows[0][0].strip()
        is_regular = count >= MINIMUM_REGULAR_SHARE * len(rows) and not header.startswith("#")
        is_table = is_regular and max(len(row[0]) for row in rows) <= LONGEST_SINGLE_VALUE
        is_table = is_table and len(header.split()) <= 5 and not header.endswith((".", "!"))
    if not is_table:
        raise no_table(path, f"text whose lines have no common number of {delimiter!r}")


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
