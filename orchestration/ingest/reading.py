"""Opens a delivered file with the reader of its declared format and checks its columns."""

from __future__ import annotations

import difflib
import io
import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from orchestration.declarations.shapes import Table
from orchestration.ingest.delimited import DelimitedReader
from orchestration.ingest.json_records import JsonReader
from orchestration.ingest.opening import lines_of, open_text
from orchestration.ingest.parquet_file import ParquetReader
from orchestration.ingest.records import Reader, Unreadable
from orchestration.ingest.workbook import WorkbookReader

SHOWN_COLUMNS = 20
SHOWN_CHARACTERS = 80
UNNAMED = re.compile(r"column_\d+")


@contextmanager
def open_reader(path: Path, table: Table) -> Iterator[Reader]:
    """The reader of a file as its table declares it.

    Raises:
        Unreadable: here or while reading.
    """
    if table.format == "xlsx":
        with closing(WorkbookReader(path, table.dialect)) as workbook:
            yield workbook
    elif table.format == "parquet":
        with closing(ParquetReader(path)) as parquet:
            yield parquet
    else:
        with open_text(path, table.dialect.encoding) as text:
            yield text_reader(text, table)


def text_reader(text: io.TextIOBase, table: Table) -> Reader:
    """The reader of a text that is already decoded (CSV and JSON)."""
    if table.format == "csv":
        return DelimitedReader(lines_of(text), table.dialect, table.raw_columns)
    return JsonReader(text, table.dialect.record_path, by_line=table.format == "jsonl")


def missing_columns(table: Table, columns: list[str]) -> tuple[str, ...]:
    """Declared raw columns that are not there; case does not matter, as it does not in DuckDB."""
    present = {name.casefold() for name in columns}
    return tuple(name for name in table.raw_columns if name.casefold() not in present)


def added_columns(table: Table, columns: list[str]) -> tuple[str, ...]:
    """Columns that the declaration does not name."""
    declared = {name.casefold() for name in table.raw_columns}
    return tuple(name for name in columns if name.casefold() not in declared)


def refuse_missing_columns(table: Table, reader: Reader) -> None:
    """Better no file than rows that quietly lost a column, or that nobody can tell apart.

    A file with a header needs every declared column but the optional ones. Records of JSON leave
    out what they do not have, so only the key is needed there.

    Raises:
        Unreadable: names the missing columns and what may have become of them.
    """
    missing = [
        name
        for name in missing_columns(table, reader.columns)
        if name in table.key or (reader.has_header and _is_required(table, name))
    ]
    if not missing:
        return
    is_key_only = all(name in table.key for name in missing)
    wanted, correct = (
        ("key", "correct `key`")
        if is_key_only
        else ("declared", "correct the names or list them under `optional_columns`")
    )
    added = list(added_columns(table, reader.columns))
    similar = [
        f"{name!r} is perhaps {shortened(close)} now"
        for name in missing
        if (close := most_similar(name, added)) is not None
    ]
    lists = getattr(reader, "list_names", ())
    if lists:
        similar.append(f"the records are perhaps in the list {json.dumps(lists[0])} (record_path)")
    shown = ", ".join(map(shortened, reader.columns[:SHOWN_COLUMNS])) or "none"
    raise Unreadable(
        f"Expected the {wanted} columns {', '.join(map(repr, missing))}, found the columns {shown}"
        f"{': ' + '; '.join(similar) if similar else ''}; {correct} in "
        f"{table.declared_in.name}:{table.line} or have the file delivered again."
    )


def has_header(table: Table) -> bool:
    """Whether a file of the table says its columns, whatever its records have."""
    return table.format in ("csv", "xlsx", "parquet")


def _is_required(table: Table, name: str) -> bool:
    """A column without a header is there only from its first value on, so it may be missing."""
    return name not in table.optional_columns and not UNNAMED.fullmatch(name)


def most_similar(name: str, candidates: list[str]) -> str | None:
    """The candidate that holds the name's letters, or is held by it, or nearly spells it."""
    wanted = _letters(name)
    by_letters = {_letters(candidate): candidate for candidate in reversed(candidates)}
    for letters, candidate in by_letters.items():
        if wanted and letters and (wanted in letters or letters in wanted):
            return candidate
    close = difflib.get_close_matches(wanted, list(by_letters), n=1, cutoff=0.5)
    return by_letters[close[0]] if close else None


def shortened(name: str) -> str:
    """A delivered name for a sentence: a line of a file that is no table can be any length."""
    return repr(name if len(name) <= SHOWN_CHARACTERS else f"{name[:SHOWN_CHARACTERS]}…")


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
