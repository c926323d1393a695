"""Reads quarantine again with the present declaration and moves what now reads into the lake."""

from __future__ import annotations

import io
import os
import shutil
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb

from orchestration.declarations.shapes import Table
from orchestration.ingest.delivery import DELIVERY_FILE, Delivery, FileDelivery, read_delivery
from orchestration.ingest.erasing import erase_partition
from orchestration.ingest.native import recorded_types
from orchestration.ingest.nested import missing_names, nested_names
from orchestration.ingest.opening import escaped_path
from orchestration.ingest.partition import (
    PART_FILE,
    Draft,
    finish_partition,
    open_draft,
    partition_folder,
    table_folder,
)
from orchestration.ingest.quarantine import Quarantined, quarantine_folder, quarantined_in
from orchestration.ingest.reading import (
    added_columns,
    missing_columns,
    refuse_missing_columns,
    text_reader,
)
from orchestration.ingest.records import Rejected, Row, Unreadable
from orchestration.ingest.writing import Lineage, SegmentWriter
from orchestration.settings import Settings

TEXT_FORMATS = ("csv", "json", "jsonl")


@dataclass(frozen=True)
class Replay:
    """What a replay did; `delivery` is None when the partition has none (nothing ever read)."""

    rows_restored: int
    rows_left: int
    files_restored: int
    files_left: int
    delivery: Delivery | None


@dataclass
class Restored:
    """Rows of one file that read now."""

    writer: SegmentWriter
    positions: dict[str, int] = field(default_factory=dict)
    count: int = 0

    def add(self, columns: list[str], row: Row) -> None:
        values: dict[int, str | None] = {}
        for name, value in zip(columns, row.values, strict=False):
            if name not in self.positions:
                self.positions[name] = len(self.writer.columns)
                self.writer.columns.append(name)
            values[self.positions[name]] = value
        self.count += 1
        self.writer.add(
            row._replace(values=[values.get(at) for at in range(len(self.writer.columns))])
        )


def replay_partition(settings: Settings, table: Table, load_date: date, run_id: str) -> Replay:
    """Read the quarantine of a partition again with the present declaration.

    What reads now is added to the lake under its file and row number and leaves quarantine; the
    rest stays, with today's reason. Nothing changes when nothing reads.

    Raises:
        DataError: the quarantine, the delivery record or the disk cannot be read or written.
    """
    finish_partition(settings, table, load_date)
    items = quarantined_in(quarantine_folder(settings, table.source, table.name, load_date))
    target = partition_folder(settings, table.source, table.name, load_date)
    old = read_delivery(target) if (target / DELIVERY_FILE).exists() else None
    with open_draft(settings, table, load_date, run_id) as draft:
        # What is here already stays, so that what is added has to agree with it.
        draft.types = recorded_types(table_folder(settings, table), replaced=None)
        again = [draft.read(item.path, item.file) for item in items if item.path is not None]
        replaced = {file.file: file for file in again if file.status == "read"}
        restored = _restore_rows(draft, [item for item in items if item.file not in replaced])
        rows_restored = sum(file.count for file in restored.values())
        if not replaced and not rows_restored:
            return Replay(0, len(items) - len(again), 0, len(again), old)
        if old is not None:
            if (target / PART_FILE).exists():
                _keep_old_rows(draft, target / PART_FILE, set(replaced))
            old = _keep_old_natives(draft, target, old, set(replaced))
        draft.files = _files(table, old, again, restored)
        delivery = draft.commit(settings)
    if draft.forgotten:
        # What nobody could read may be a forgotten person's now that it reads.
        erase_partition(settings, table, load_date, run_id, ())
        delivery = read_delivery(target)
    left = sum(item.path is None and item.file not in replaced for item in items) - rows_restored
    left += sum(file.rows_quarantined for file in replaced.values())
    return Replay(rows_restored, left, len(replaced), len(again) - len(replaced), delivery)


def _restore_rows(draft: Draft, items: list[Quarantined]) -> dict[str, Restored]:
    """Add the rows that read now to the draft, the others to its quarantine."""
    restored: dict[str, Restored] = {}
    for item in items:
        if item.path is not None or item.row_number is None:
            continue
        columns, record = _read_again(draft.table, item)
        if isinstance(record, Rejected):
            draft.reject(item.file, record, item.header)
            continue
        if item.file not in restored:
            folder = draft.folder / f"restored_{len(restored):06}"
            folder.mkdir()
            lineage = Lineage(item.source, item.file, item.load_date, draft.run_id)
            writer = SegmentWriter(draft.connection, folder, [], lineage)
            restored[item.file] = Restored(writer)
        restored[item.file].add(columns, record)
    for found in restored.values():
        found.writer.flush()
        draft.segments += found.writer.segments
    return restored


def _read_again(table: Table, item: Quarantined) -> tuple[list[str], Row | Rejected]:
    """The record of a quarantined text, with its columns; several records are none."""
    text = item.text or ""
    number = item.row_number or 0
    still = Rejected(number, item.line_number, item.reason, text)
    if table.format not in TEXT_FORMATS:
        return [], still
    if table.format == "json":
        # The text is one record of the document, no longer a page.
        table = replace(table, dialect=replace(table.dialect, record_path=None))
    try:
        reader = text_reader(io.StringIO((item.header or "") + text, newline=""), table)
        records = list(reader.records())
        if len(records) == 1 and isinstance(records[0], Row):
            refuse_missing_columns(table, reader)
    except Unreadable as error:
        return [], still._replace(reason=str(error))
    if len(records) != 1:
        return [], still
    record = records[0]
    if isinstance(record, Rejected):
        return [], still._replace(reason=record.reason)
    return reader.columns, record._replace(row_number=number, line_number=item.line_number)


def _keep_old_rows(draft: Draft, part: Path, replaced: set[str]) -> None:
    """The rows of the present partition, without those of files that were read again."""
    target = draft.folder / "kept.parquet"
    if replaced:
        names = [duckdb.ConstantExpression(name) for name in sorted(replaced)]
        kept = draft.connection.read_parquet(escaped_path(part)).filter(
            duckdb.ColumnExpression("_source_file").isnotin(*names)
        )
        kept.write_parquet(str(target), compression="zstd")
    else:
        shutil.copyfile(part, target)
    draft.segments.insert(0, target)


def _keep_old_natives(draft: Draft, folder: Path, old: Delivery, replaced: set[str]) -> Delivery:
    """Take over the native files of the present partition, but for files that were read again.

    Returns:
        The old record with the names that they have in the draft.
    """
    files = []
    for file in old.files:
        if file.native_file is not None and file.file not in replaced:
            place = draft.place_for_native()
            # A file of the lake never changes: the two partitions may share it.
            os.link(folder / file.native_file, place)
            file = replace(file, native_file=place.name)
        files.append(file)
    return replace(old, files=tuple(files))


def _files(
    table: Table,
    old: Delivery | None,
    again: list[FileDelivery],
    restored: dict[str, Restored],
) -> list[FileDelivery]:
    """The files of the new delivery record, so that its counts balance again."""
    newer = {file.file: file for file in again}
    counts = Counter({name: found.count for name, found in restored.items()})
    files = []
    for file in old.files if old else ():
        again_file = newer.pop(file.file, None)
        if again_file is not None and (again_file.status == "read" or file.status != "read"):
            files.append(again_file)
        elif counts[file.file]:
            writer = restored[file.file].writer
            columns = list(dict.fromkeys([*file.columns, *writer.columns]))
            names = nested_names(
                writer.connection, table, writer.columns, writer.segments, native=False
            )
            nested = sorted({*file.nested, *names})
            files.append(
                replace(
                    file,
                    rows_quarantined=file.rows_quarantined - counts[file.file],
                    columns=tuple(columns),
                    missing_columns=(
                        *missing_columns(table, columns),
                        *missing_names(table, columns, nested),
                    ),
                    added_columns=added_columns(table, columns),
                    nested=tuple(nested),
                )
            )
        else:
            files.append(file)
    return files + [file for file in newer.values() if file.status == "read"]
