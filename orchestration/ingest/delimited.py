"""Reads delimited text: raw lines are remembered, so that a rejected record keeps its exact text.

Strict on purpose: what the dialect does not explain goes to quarantine instead of being guessed.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from orchestration.declarations.shapes import Dialect
from orchestration.ingest.records import (
    MAXIMUM_FIELD_CHARACTERS,
    ColumnNames,
    Rejected,
    Row,
    Unreadable,
    cut_off,
    has_no_end,
    without_trailing_empty,
)

DELIMITERS = (",", ";", "\t", "|", ":")
# A quote that is never closed swallows lines up to this size before the parser gives up; one that
# is merely too long is parsed to its end, so that the following records are not read from its text.
PARSER_LIMIT = 64 * 1024 * 1024
# What the parser says at the end of a file inside quotes.
UNCLOSED_QUOTE = "unexpected end of data"


class Tap:
    """Passes lines on and remembers those of the present record."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = iter(lines)
        self.pending: list[str] = []
        self.line_number = 0

    def __iter__(self) -> Tap:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.pending.append(line)
        self.line_number += 1
        return line

    def take(self) -> list[str]:
        pending, self.pending = self.pending, []
        return pending

    def take_plain(self) -> int | None:
        """Take a record that is one line with nothing odd in it, and tell its number; else None."""
        pending = self.pending
        if len(pending) != 1:
            return None
        (line,) = pending
        if len(line) > MAXIMUM_FIELD_CHARACTERS or "\x00" in line:
            return None
        pending.clear()
        return self.line_number


class DelimitedReader:
    """One delimited text (`Reader`).

    Args:
        lines: lines with their ends, the byte order mark removed.
        declared: raw columns of the declaration, to recognise a wrong delimiter.

    Raises:
        Unreadable: there is no header, or the delimiter is another one.
    """

    has_header = True

    def __init__(self, lines: Iterable[str], dialect: Dialect, declared: Iterable[str]) -> None:
        csv.field_size_limit(PARSER_LIMIT)
        self.dialect = dialect
        self.tap = Tap(lines)
        for _ in islice(self.tap, dialect.skip_rows):
            pass
        self.parser = csv.reader(
            self.tap,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
            strict=True,
        )
        header = self._header()
        self.header_text: str | None = "".join(self.tap.take())
        if len(header) == 1:
            self._refuse_other_delimiter(header[0], list(declared))
        self.width = len(header)
        while self.width > 1 and not header[self.width - 1]:
            self.width -= 1
        self.unnamed = len(header) - self.width
        self.names = ColumnNames()
        for name in header[: self.width]:
            self.names.add(name)
        self.columns = self.names.names

    def records(self) -> Iterator[Row | Rejected]:
        return without_trailing_empty(self._records())

    def _records(self) -> Iterator[Row | Rejected]:
        number = 0
        tap, parser, width = self.tap, self.parser, self.width
        line_number = tap.line_number + 1
        while True:
            reason = None
            is_short = False
            cells: list[Any] = []
            try:
                cells = next(parser)
                if len(cells) == width and (line := tap.take_plain()) is not None:
                    # Nearly every record; what is below comes to the same, more slowly.
                    number += 1
                    yield Row(number, line, cells)
                    line_number = line + 1
                    continue
                is_short = len(cells) < width and self.dialect.ragged_rows != "pad"
            except StopIteration:
                return
            except csv.Error as error:
                reason = self._parser_sentence(str(error), line_number)
                is_short = UNCLOSED_QUOTE in str(error)
            lines = tap.take()
            start, line_number = line_number, tap.line_number + 1
            if reason is None and not cells:
                continue
            number += 1
            if is_short and has_no_end(lines[-1]):
                raise cut_off(number - 1, start - 1)
            reason = reason or self._problem(cells, lines)
            if reason is not None:
                yield Rejected(number, start, reason, "".join(lines))
                continue
            yield Row(number, start, self._fitted(cells))

    def _fitted(self, cells: list[str]) -> list[str | None]:
        """The cells under named columns; unnamed columns get a name with their first value."""
        values: list[str | None] = [*cells]
        while len(values) > len(self.columns) and not values[-1]:
            values.pop()
        while len(self.columns) < len(values):
            self.names.add("")
        return values

    def _problem(self, cells: list[str], lines: list[str]) -> str | None:
        if any("\x00" in line for line in lines):
            return "Expected text, found a NUL byte in the record: the file is damaged there."
        if len(cells) < self.width and self.dialect.ragged_rows != "pad":
            return (
                f"Expected {self.width} cells, found {len(cells)}: a cell is missing or the "
                "record is cut off."
            )
        if len(cells) > self.width + self.unnamed and any(cells[self.width + self.unnamed :]):
            return (
                f"Expected {self.width} cells, found {len(cells)}: the delimiter "
                f"{self.dialect.delimiter!r} stands unquoted in a value or rows run together."
            )
        if any(len(cell) > MAXIMUM_FIELD_CHARACTERS for cell in cells):
            longest = max(len(cell) for cell in cells)
            return (
                f"Expected fields of at most {MAXIMUM_FIELD_CHARACTERS:,} characters, found one "
                f"of {longest:,}: a quote is missing or the value is no text."
            )
        return None

    def _parser_sentence(self, error: str, line_number: int) -> str:
        if UNCLOSED_QUOTE in error:
            return (
                f"Expected the quote {self.dialect.quote} opened in the record on line "
                f"{line_number} to be closed, found the end of the file: it is cut off there."
            )
        if "field larger than field limit" in error:
            return (
                f"Expected fields of at most {MAXIMUM_FIELD_CHARACTERS:,} characters, found one "
                "longer than the parser takes: a quote is opened and never closed."
            )
        return (
            f"Expected quotes inside a quoted value to be doubled, found {error}: "
            "correct the value or declare another `quote`."
        )

    def _header(self) -> list[str]:
        rows: list[list[str]] = []
        while len(rows) < self.dialect.header_rows:
            try:
                cells = next(self.parser)
            except StopIteration:
                raise Unreadable(
                    f"Expected {self.dialect.header_rows} header rows after "
                    f"{self.dialect.skip_rows} skipped lines, found {len(rows)} before the end "
                    "of the file: have it delivered again or correct skip_rows and header_rows."
                ) from None
            except csv.Error as error:
                raise Unreadable(
                    f"Expected a header on line {self.tap.line_number}, found {error}: "
                    "correct `delimiter` or `quote`, or have the file delivered again."
                ) from None
            if cells:
                rows.append(cells)
        return header_names(rows, self.dialect)

    def _refuse_other_delimiter(self, header: str, declared: list[str]) -> None:
        wanted = {name.casefold() for name in declared}
        if len(wanted) < 2 or wanted <= {header.casefold()}:
            return
        hits = {
            delimiter: sum(
                cell.strip().strip('"').casefold() in wanted for cell in header.split(delimiter)
            )
            for delimiter in DELIMITERS
        }
        best = max(hits, key=lambda delimiter: hits[delimiter])
        advice = (
            f"declare `delimiter: {json.dumps(best)}`, which finds {hits[best]} of the "
            f"{len(wanted)} declared columns"
            if hits[best]
            else "correct `delimiter`, skip_rows and header_rows"
        )
        raise Unreadable(
            f"Expected columns separated by {self.dialect.delimiter!r} as declared, found a "
            f"header of one column {header[:80]!r}: {advice}."
        )


def header_names(rows: list[list[str]], dialect: Dialect) -> list[str]:
    """Column names from the header rows that the dialect names, joined by ` / `.

    Of several rows the first is filled forward: a question stands once over its answers.
    """
    chosen = [rows[number - 1] for number in dialect.header_from]
    width = max(len(row) for row in rows)
    padded = [[*row, *[""] * (width - len(row))] for row in chosen]
    if len(padded) > 1:
        last = ""
        for position in range(width):
            has_part = any(row[position].strip() for row in padded[1:])
            last = padded[0][position].strip() or (last if has_part else "")
            padded[0][position] = last
    return [
        " / ".join(part.strip() for part in parts if part.strip())
        for parts in zip(*padded, strict=True)
    ]
