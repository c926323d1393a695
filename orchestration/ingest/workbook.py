"""Reads a worksheet: what a cell shows as a date, time or whole number becomes its plain text."""

from __future__ import annotations

import errno
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from orchestration.declarations.shapes import Dialect
from orchestration.ingest.delimited import header_names
from orchestration.ingest.records import (
    MAXIMUM_FIELD_CHARACTERS,
    ColumnNames,
    Rejected,
    Row,
    Unreadable,
    sayable,
    without_trailing_empty,
)

MAXIMUM_UNPACKED_BYTES = 2 * 1024**3
# Real workbooks unpack to 3 to 30 times their size; a bomb of a few kilobytes costs minutes.
MAXIMUM_EXPANSION = 100
SMALL_ENOUGH = 16 * 1024 * 1024
# What the format allows; a damaged row number would otherwise stand for billions of empty rows.
MAXIMUM_ROWS = 1_048_576
OLD_EXCEL_MAGIC = b"\xd0\xcf\x11\xe0"


class WorkbookReader:
    """One worksheet (`Reader`); the workbook stays open until `close`.

    Raises:
        Unreadable: no workbook, a suspicious one, no such sheet, or no header.
    """

    has_header = True
    header_text: str | None = None

    def __init__(self, path: Path, dialect: Dialect) -> None:
        _refuse_bomb(path)
        self.file = path.open("rb")
        try:
            self.workbook = _opened(self.file)
            names = self.workbook.sheetnames
            wanted = dialect.sheet if dialect.sheet is not None else names[0]
            if wanted not in names:
                raise Unreadable(
                    f"Expected the sheet {wanted!r}, found {', '.join(map(repr, names))}: "
                    "correct `sheet`."
                )
            self.rows = enumerate(_sheet_rows(self.workbook, wanted), start=1)
            self.names = ColumnNames()
            header = self._header(dialect)
            while header and not header[-1]:
                header.pop()
            for name in header:
                self.names.add(name)
        except BaseException:
            self.close()
            raise
        self.columns = self.names.names

    def close(self) -> None:
        self.file.close()

    def records(self) -> Iterator[Row | Rejected]:
        return without_trailing_empty(self._records())

    def _records(self) -> Iterator[Row | Rejected]:
        for number, (line_number, cells) in enumerate(self.rows, start=1):
            values = [cell_text(cell) for cell in cells]
            while len(values) > len(self.columns) and not values[-1]:
                values.pop()
            if any(value and len(value) > MAXIMUM_FIELD_CHARACTERS for value in values):
                reason = f"Expected cells of at most {MAXIMUM_FIELD_CHARACTERS:,} characters."
                yield Rejected(number, line_number, reason, "\t".join(v or "" for v in values))
                continue
            while len(self.columns) < len(values):
                self.names.add("")
            yield Row(number, line_number, values)

    def _header(self, dialect: Dialect) -> list[str]:
        rows = []
        for line_number, cells in self.rows:
            if line_number > dialect.skip_rows:
                rows.append([cell_text(cell) or "" for cell in cells])
            if len(rows) == dialect.header_rows:
                break
        if len(rows) < dialect.header_rows or not any(map(any, rows)):
            raise Unreadable(
                f"Expected {dialect.header_rows} header rows after {dialect.skip_rows} skipped "
                f"rows, found {len(rows)} with text at most: correct `sheet`, skip_rows or "
                "header_rows."
            )
        return header_names(rows, dialect)


def cell_text(cell: Any) -> str | None:
    """The text of a cell: ISO dates, H:MM:SS durations, whole numbers without `.0`."""
    value = cell.value
    if value is None:
        return None
    if isinstance(value, str):
        return sayable(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        rounded = _rounded(value)
        is_day = rounded.time() == time() and not _shows_time(cell)
        return rounded.date().isoformat() if is_day else rounded.isoformat(sep=" ")
    if isinstance(value, time):
        return _rounded(datetime.combine(date(2000, 1, 1), value)).time().isoformat()
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
        return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return str(value)


def _rounded(moment: datetime) -> datetime:
    """Excel keeps times as fractions of a day: a millisecond off a whole second is that second."""
    nearest = (moment + timedelta(microseconds=500_000)).replace(microsecond=0)
    return nearest if abs(nearest - moment) <= timedelta(milliseconds=1) else moment


def _shows_time(cell: Any) -> bool:
    from openpyxl.styles.numbers import is_datetime

    return is_datetime(cell.number_format) != "date"


def _sheet_rows(workbook: Any, name: str) -> Iterator[Any]:
    """The rows of a sheet; whatever the library stumbles over makes the file unreadable."""
    with _damage_told(f"a damaged sheet {name!r}"):
        sheet = workbook[name]
        # Some programs write a wrong extent into the file; reading then stops too early.
        sheet.reset_dimensions()
        rows = sheet.iter_rows()
        yield from islice(rows, MAXIMUM_ROWS)
        is_whole = next(rows, None) is None
    if not is_whole:
        raise _unreadable(f"a row beyond row {MAXIMUM_ROWS:,} of the sheet {name!r}")


def _unreadable(found: str) -> Unreadable:
    return Unreadable(
        f"Expected an .xlsx workbook, found {found}: correct `format`, or save it again as .xlsx "
        "and deliver it."
    )


def _opened(file: BinaryIO) -> Any:
    """The workbook; of a path openpyxl would look at the ending first, of a file at its content."""
    from openpyxl import load_workbook

    with _damage_told("one that cannot be opened"):
        return load_workbook(file, read_only=True, data_only=True)


@contextmanager
def _damage_told(found: str) -> Iterator[None]:
    """Whatever the library stumbles over makes the file unreadable, but what the system refuses.

    A place that is not in the file is an invalid argument to the system, and damage to us.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        said = str(error).partition("\n")[0] or type(error).__name__
        raise _unreadable(f"{found} ({said})") from None


def _refuse_bomb(path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(4)
    if size == 0:
        raise Unreadable("Expected data, found an empty file (0 bytes): have it delivered again.")
    if start == OLD_EXCEL_MAGIC:
        raise Unreadable(
            "Expected an .xlsx workbook, found an old .xls or a password-protected one: save it "
            "as .xlsx without a password."
        )
    with _damage_told("a file that is none or is cut off"), zipfile.ZipFile(path) as archive:
        unpacked = sum(item.file_size for item in archive.infolist())
    if unpacked > min(MAXIMUM_UNPACKED_BYTES, max(SMALL_ENOUGH, size * MAXIMUM_EXPANSION)):
        raise Unreadable(
            f"Expected a workbook that unpacks to at most {MAXIMUM_EXPANSION} times its size, "
            f"found {unpacked:,} bytes in {size:,}: deliver it as CSV if it is genuine."
        )
