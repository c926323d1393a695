"""Opens a delivered file with the reader of its declared format and checks its columns."""

from __future__ import annotations

import difflib
import io
import json
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


def refuse_missing_key(table: Table, reader: Reader) -> None:
    """A record without its key is no record: better no file than rows that nobody can tell apart.

    Raises:
        Unreadable: names the missing key columns and what may have become of them.
    """
    missing = [name for name in missing_columns(table, reader.columns) if name in table.key]
    if not missing:
        return
    added = list(added_columns(table, reader.columns))
    similar = [
        f"{name!r} is perhaps {close!r} now"
        for name in missing
        if (close := _most_similar(name, added)) is not None
    ]
    lists = getattr(reader, "list_names", ())
    if lists:
        similar.append(f"the records are perhaps in the list {json.dumps(lists[0])} (record_path)")
    shown = ", ".join(map(repr, reader.columns[:20])) or "none"
    raise Unreadable(
        f"Expected the key columns {', '.join(map(repr, missing))}, found the columns {shown}"
        f"{': ' + '; '.join(similar) if similar else ''}; correct `key` in "
        f"{table.declared_in.name}:{table.line} or have the file delivered again."
    )


def _most_similar(name: str, candidates: list[str]) -> str | None:
    """The candidate that holds the name's letters, or is held by it, or nearly spells it."""
    wanted = _letters(name)
    by_letters = {_letters(candidate): candidate for candidate in reversed(candidates)}
    for letters, candidate in by_letters.items():
        if wanted and letters and (wanted in letters or letters in wanted):
            return candidate
    close = difflib.get_close_matches(wanted, list(by_letters), n=1, cutoff=0.5)
    return by_letters[close[0]] if close else None


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
