"""The record of one delivery (`delivery.json`): which files came, what was read, what was not."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.errors import DataError
from orchestration.settings import Settings

DELIVERY_FILE = "delivery.json"


@dataclass(frozen=True)
class FileDelivery:
    """One delivered file.

    Attributes:
        file: path relative to inbox/<source>.
        rows_read: records found, good or not; 0 for an unreadable file.
        rows_quarantined: records that are no row; the others are in the lake.
        missing_columns: declared raw columns that the file lacks (NULL in the lake), and declared
            names inside the values of others, as `column.name`.
        added_columns: columns that the declaration does not name.
        status: read or unreadable.
        reason: why it is unreadable, else None.
        native_file: its name in the partition when it is there as it was delivered; None when its
            rows are encoded with those of other files.
        native_run_id: the run that took it in; None without `native_file`.
        rows_erased: rows of forgotten people that were cut out of it; in no other count.
        nested: names inside the values of columns that are read by `path`, as `column.name`.
    """

    file: str
    bytes: int
    sha256: str
    rows_read: int
    rows_quarantined: int
    columns: tuple[str, ...]
    missing_columns: tuple[str, ...]
    added_columns: tuple[str, ...]
    status: str
    reason: str | None
    native_file: str | None = None
    native_run_id: str | None = None
    rows_erased: int = 0
    nested: tuple[str, ...] = ()

    @property
    def rows_in_lake(self) -> int:
        return self.rows_read - self.rows_quarantined


@dataclass(frozen=True)
class Delivery:
    """What one partition was made from.

    Attributes:
        ingested_at: ISO in UTC.
        reading: changes with the part of the declaration that says how files are read.
    """

    source: str
    table: str
    load_date: date
    run_id: str
    ingested_at: str
    files: tuple[FileDelivery, ...]
    reading: str | None = None

    @property
    def rows_read(self) -> int:
        return sum(file.rows_read for file in self.files)

    @property
    def rows_quarantined(self) -> int:
        return sum(file.rows_quarantined for file in self.files)

    @property
    def rows_in_lake(self) -> int:
        return self.rows_read - self.rows_quarantined


def write_delivery(delivery: Delivery, path: Path) -> None:
    """Write `delivery.json`."""
    content = {**asdict(delivery), "load_date": delivery.load_date.isoformat()}
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_delivery(path: Path) -> Delivery:
    """Read a `delivery.json`, given the file or its partition folder.

    Raises:
        DataError: there is none, or it cannot be read.
    """
    file = path / DELIVERY_FILE if path.is_dir() else path
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        files = [_file_delivery(item) for item in content.pop("files")]
        load_date = date.fromisoformat(content.pop("load_date"))
        return Delivery(**content, load_date=load_date, files=tuple(files))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"Expected the record of a delivery in {file}, found none that can be read ({error}): "
            "ingest that load date again."
        ) from None


def load_deliveries(
    settings: Settings,
    source: str | None = None,
    table: str | None = None,
    load_date: date | None = None,
) -> list[Delivery]:
    """The deliveries in the lake, by source, table and load date; None means all."""
    day = f"load_date={load_date.isoformat()}" if load_date else "load_date=*"
    found = sorted(settings.lake.glob(f"{source or '[!.]*'}/{table or '[!.]*'}/{day}"))
    return [read_delivery(path) for path in found if (path / DELIVERY_FILE).is_file()]


def _file_delivery(item: dict[str, Any]) -> FileDelivery:
    lists = ("columns", "missing_columns", "added_columns", "nested")
    return FileDelivery(**{**item, **{name: tuple(item.get(name, ())) for name in lists}})
