"""What could not be read: rows with their raw text, files as delivered, each with its reason.

Quarantine of a load date is replaced together with its partition in the lake.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import DataError, UsageError
from orchestration.ingest.opening import escaped_path
from orchestration.ingest.records import Rejected
from orchestration.ingest.writing import merge_segments, write_columns
from orchestration.settings import Settings

ROWS_FILE = "rows.parquet"
REASONS_FILE = "files.json"
ROW_COLUMNS = (
    "source",
    "table",
    "load_date",
    "file",
    "row_number",
    "line_number",
    "reason",
    "text",
    "header",
)
ROW_TYPES = {"load_date": "DATE", "row_number": "BIGINT", "line_number": "BIGINT"}
LONGEST_NAME_BYTES = 200
BATCH_ROWS = 20_000
BATCH_CHARACTERS = 64 * 1024 * 1024


@dataclass(frozen=True)
class Quarantined:
    """One row or one file in quarantine.

    Attributes:
        id: short and stable: the same row of the same file has it again after a re-delivery.
        row_number: None for a file.
        text: the raw text of a row; None for a file.
        path: where the copy of a file lies; None for a row.
    """

    id: str
    source: str
    table: str
    load_date: date
    file: str
    row_number: int | None
    line_number: int | None
    reason: str
    text: str | None
    header: str | None
    path: Path | None


@dataclass
class QuarantineRows:
    """Rejected records of one partition, written in batches below the draft's folder."""

    source: str
    table: str
    load_date: date
    folder: Path
    connection: duckdb.DuckDBPyConnection
    segments: list[Path] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    characters: int = 0
    written: int = 0

    def add(self, file: str, record: Rejected, header: str | None) -> None:
        day = self.load_date.isoformat()
        self.rows.append((self.source, self.table, day, file, *record, header))
        self.characters += len(record.text)
        if len(self.rows) >= BATCH_ROWS or self.characters >= BATCH_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Write what is collected as one more segment."""
        if self.rows:
            segment = self.folder / f"quarantine_{self.written:06}.parquet"
            columns = list(zip(*self.rows, strict=True))
            write_columns(self.connection, ROW_COLUMNS, columns, segment, typed=ROW_TYPES)
            self.segments.append(segment)
            self.written += 1
        self.rows.clear()
        self.characters = 0

    def mark(self) -> int:
        """A point to which `forget_after` goes back."""
        self.flush()
        return len(self.segments)

    def forget_after(self, mark: int) -> None:
        """Forget the rows of a file that turned out to be unreadable as a whole."""
        self.rows.clear()
        self.characters = 0
        del self.segments[mark:]

    def write(self, target: Path) -> bool:
        """Write `rows.parquet` into the folder; False when there is nothing to write."""
        self.flush()
        if not self.segments:
            return False
        target.mkdir(exist_ok=True)
        merge_segments(self.connection, self.segments, target / ROWS_FILE)
        return True


@dataclass
class QuarantineFiles:
    """Unreadable files of one partition: (path, name in the inbox, reason)."""

    run_id: str
    files: list[tuple[Path, str, str]] = field(default_factory=list)

    def add(self, path: Path, name: str, reason: str) -> None:
        self.files.append((path, name, reason))

    def write(self, target: Path) -> bool:
        """Copy the files and their reasons into the folder; False when there are none."""
        if not self.files:
            return False
        self.add_to(target)
        return True

    def add_to(self, target: Path) -> None:
        """As `write`, beside what is in the folder already."""
        folder = target / "files"
        folder.mkdir(parents=True, exist_ok=True)
        reasons = {entry["file"]: entry for entry in _reasons(target)}
        for path, name, reason in self.files:
            others = {entry["stored_as"] for entry in reasons.values() if entry["file"] != name}
            stored = _stored_name(name, others)
            shutil.copyfile(path, folder / stored)
            reasons[name] = {
                "file": name,
                "stored_as": stored,
                "reason": reason,
                "run_id": self.run_id,
            }
        _write_reasons(target, reasons.values())


def delete_quarantined_file(item: Quarantined) -> None:
    """Delete the copy of a file, and its reason with it."""
    assert item.path is not None
    folder = item.path.parent.parent
    _write_reasons(folder, [entry for entry in _reasons(folder) if entry["file"] != item.file])
    item.path.unlink(missing_ok=True)


def _write_reasons(folder: Path, reasons: Iterable[dict[str, str]]) -> None:
    text = json.dumps(list(reasons), indent=2, ensure_ascii=False) + "\n"
    temporary = folder / f"{REASONS_FILE}.partial"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(folder / REASONS_FILE)


def _stored_name(name: str, taken: set[str]) -> str:
    """File name of a copy: the original one, or with a digest before it when that is taken."""
    base = name.rsplit("/", 1)[-1]
    if base not in taken and len(base.encode("utf-8")) <= LONGEST_NAME_BYTES:
        return base
    digest = hashlib.sha256(name.encode("utf-8")).hexdigest()[:8]
    return digest + "-" + base.encode("utf-8")[:LONGEST_NAME_BYTES].decode("utf-8", "ignore")


def quarantine_folder(settings: Settings, source: str, table: str, load_date: date) -> Path:
    """Where the quarantine of a partition lies."""
    return settings.quarantine / source / table / f"load_date={load_date.isoformat()}"


def list_quarantined(settings: Settings, source: str | None = None) -> list[Quarantined]:
    """Rows and files in quarantine, by source, table, load date, file and row number.

    Raises:
        DataError: a quarantine file cannot be read.
    """
    folders = sorted(settings.quarantine.glob(f"{source or '[!.]*'}/*/load_date=*"))
    return [item for folder in folders for item in quarantined_in(folder)]


def quarantined_in(folder: Path) -> list[Quarantined]:
    """What lies in the quarantine of one partition.

    Raises:
        DataError: a quarantine file cannot be read.
    """
    source, table = folder.parts[-3:-1]
    load_date = date.fromisoformat(folder.name.removeprefix("load_date="))
    found = [
        Quarantined(
            id=_id(source, table, load_date, entry["file"], None),
            source=source,
            table=table,
            load_date=load_date,
            file=entry["file"],
            row_number=None,
            line_number=None,
            reason=entry["reason"],
            text=None,
            header=None,
            path=folder / "files" / entry["stored_as"],
        )
        for entry in _reasons(folder)
    ]
    if (folder / ROWS_FILE).exists():
        found += _rows(folder / ROWS_FILE)
    return sorted(found, key=lambda item: (item.file, item.row_number or 0))


def show_quarantined(settings: Settings, wanted: str) -> Quarantined:
    """The quarantined row or file whose id is, or begins with, `wanted`.

    Raises:
        UsageError: none or several.
    """
    found = [item for item in list_quarantined(settings) if item.id.startswith(wanted)]
    if len(found) != 1 or not wanted:
        raise UsageError(
            f"Expected the id of one quarantined row or file, found {len(found)} for {wanted!r}: "
            "take an id from `cx quarantine list`."
        )
    return found[0]


def _rows(path: Path) -> list[Quarantined]:
    try:
        with duckdb.connect(":memory:") as connection:
            rows = connection.execute(
                'SELECT source, "table", load_date, file, row_number, line_number, reason, '
                "text, header FROM read_parquet(?) ORDER BY file, row_number",
                [escaped_path(path)],
            ).fetchall()
    except duckdb.Error as error:
        raise DataError(
            f"Expected quarantined rows in {path}, found {str(error).splitlines()[0]}: "
            "ingest that load date again."
        ) from None
    return [
        Quarantined(
            id=_id(source, table, load_date, file, number),
            source=source,
            table=table,
            load_date=load_date,
            file=file,
            row_number=number,
            line_number=line,
            reason=reason,
            text=text,
            header=header,
            path=None,
        )
        for source, table, load_date, file, number, line, reason, text, header in rows
    ]


def _reasons(folder: Path) -> list[dict[str, str]]:
    path = folder / REASONS_FILE
    if not path.exists():
        return []
    try:
        entries: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(
            f"Expected the reasons of quarantined files in {path}, found {error}: "
            "ingest that load date again."
        ) from None
    return entries


def _id(source: str, table: str, load_date: date, file: str, row_number: int | None) -> str:
    parts = [source, table, load_date.isoformat(), file, str(row_number or "")]
    return hashlib.sha256("|".join(parts).encode("utf-8")).hexdigest()[:10]
