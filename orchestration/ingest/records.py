"""What every reader yields: rows, rejected records, or the news that a file cannot be read.

Holds no format's knowledge.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

LINEAGE_COLUMNS = ("_source", "_source_file", "_row_number", "_load_date", "_run_id")
DOS_END_OF_FILE = "\x1a"
MAXIMUM_COLUMNS = 2_000
MAXIMUM_FIELD_CHARACTERS = 1024 * 1024


class Unreadable(Exception):
    """A file that cannot be read as declared; the text is one sentence with what to do."""


class Row(NamedTuple):
    """A record as text.

    `values` belong to the reader's columns from the left; columns found later are absent (None).
    """

    row_number: int
    line_number: int | None
    values: list[str | None]


class Rejected(NamedTuple):
    """A record that is no row; `text` is what was delivered, to the character."""

    row_number: int
    line_number: int | None
    reason: str
    text: str


class Reader(Protocol):
    """One opened file.

    Attributes:
        columns: column names; a reader of records without a header adds to it as it goes.
        header_text: raw text before the first record (CSV), else None.
        has_header: whether `columns` is known before the first record.
    """

    columns: list[str]
    header_text: str | None
    has_header: bool

    def records(self) -> Iterator[Row | Rejected]: ...


@dataclass
class ColumnNames:
    """Gives every raw name a column name that no other column has, whatever the case.

    DuckDB's columns do not differ by case, so `Id` and `ID` would otherwise overwrite each other.
    """

    names: list[str] = field(default_factory=list)
    _taken: set[str] = field(default_factory=lambda: set(LINEAGE_COLUMNS))

    def add(self, raw: str) -> int:
        """Add a column; returns its position.

        Raises:
            Unreadable: more columns than a table can sensibly have.
        """
        if len(self.names) >= MAXIMUM_COLUMNS:
            raise Unreadable(
                f"Expected at most {MAXIMUM_COLUMNS:,} columns, found more: the file is probably "
                "not a table of records; check format, delimiter and record_path."
            )
        name = base = sayable(raw).replace("\x00", "").strip() or f"column_{len(self.names) + 1}"
        suffix = 2
        while name.casefold() in self._taken:
            name = f"{base}__{suffix}"
            suffix += 1
        self._taken.add(name.casefold())
        self.names.append(name)
        return len(self.names) - 1


def cut_off(records: int, lines: int) -> Unreadable:
    """The news that a file ends inside a record, after so many whole records and lines."""
    return Unreadable(
        "Expected the last record to be whole, found the end of the file inside it: it is cut off "
        f"after record {records:,}, line {lines:,}: have it delivered again."
    )


def has_no_end(line: str) -> bool:
    """Whether a line has no line end: only the last one of a file, which may be cut off there."""
    return not line.endswith(("\n", "\r")) and line.strip() != DOS_END_OF_FILE


def is_sayable(text: str) -> bool:
    """Whether the text can be written as UTF-8 (a lone surrogate cannot)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def sayable(text: str) -> str:
    """The text with whatever cannot be written as UTF-8 spelled out."""
    return text if is_sayable(text) else text.encode("utf-8", "backslashreplace").decode("utf-8")


def without_trailing_empty(records: Iterator[Row | Rejected]) -> Iterator[Row | Rejected]:
    """Drop the rows without any value at the end of a sheet or file: they are formatting.

    Empty rows between others stay: they are records without a key, and staging says so. Those that
    may still turn out to be the end are held as line numbers only: there may be millions.
    """
    lines = array("q")
    first = 0
    for record in records:
        if isinstance(record, Row) and not any(record.values):
            first = first if lines else record.row_number
            lines.append(record.line_number or 0)
            continue
        for number, line in enumerate(lines, start=first):
            yield Row(number, line or None, [])
        del lines[:]
        yield record
