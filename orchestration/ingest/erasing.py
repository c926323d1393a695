"""Takes the rows of forgotten people out of a partition: inbox first, then quarantine and lake.

In this order, so that an erasure which is killed half-way still finds in the lake where the rows
lie. The partition is written as ingest writes it: aside, then moved whole.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from orchestration.declarations.shapes import Table
from orchestration.ingest.cutting import blank_native, cut_native
from orchestration.ingest.delivery import DELIVERY_FILE, Delivery, FileDelivery, read_delivery
from orchestration.ingest.forgotten import (
    blanked,
    files_of,
    identities,
    mentions,
    rows_of_forgotten,
)
from orchestration.ingest.inbox import name_in_inbox
from orchestration.ingest.native import recorded_types
from orchestration.ingest.opening import escaped_path
from orchestration.ingest.partition import (
    PART_FILE,
    Draft,
    cut_inbox,
    finish_partition,
    open_draft,
    partition_folder,
    sha256_of,
    table_folder,
)
from orchestration.ingest.quarantine import (
    delete_quarantined_file,
    quarantine_folder,
    quarantined_in,
)
from orchestration.ingest.records import Rejected
from orchestration.publish.sql import Fragment, literal, statement
from orchestration.settings import Settings


@dataclass(frozen=True)
class Erased:
    """What was taken out of a partition; rows of the inbox are those of lake and quarantine.

    Attributes:
        files: files that could not be read, and are deleted.
        addresses: addresses of theirs that were blanked in texts of others.
    """

    rows_inbox: int = 0
    rows_lake: int = 0
    rows_quarantine: int = 0
    files: int = 0
    addresses: int = 0


@dataclass(frozen=True)
class CutFile:
    """A delivered file before and after its rows were cut out."""

    sha256: str
    after: str
    bytes_after: int
    rows: int


def erase_partition(
    settings: Settings, table: Table, load_date: date, run_id: str, paths: Iterable[Path]
) -> Erased:
    """Erase the people on the list from a partition and from its files in the inbox.

    Args:
        paths: the files of the partition in the inbox that may hold them.

    Raises:
        DataError: something cannot be read or written; repeat it then.
    """
    finish_partition(settings, table, load_date)
    cut, files_lost = _erase_inbox(settings, table, load_date, run_id, paths)
    target = partition_folder(settings, table.source, table.name, load_date)
    old = read_delivery(target) if (target / DELIVERY_FILE).exists() else None
    rows_lake = rows_quarantine = texts = 0
    with open_draft(settings, table, load_date, run_id) as draft:
        assert draft.forgotten is not None
        for item in quarantined_in(
            quarantine_folder(settings, table.source, table.name, load_date)
        ):
            if item.path is None:
                said = Rejected(
                    item.row_number or 0, item.line_number, item.reason, item.text or ""
                )
                draft.reject(item.file, said, item.header)
            elif draft.forgotten.owns_file(item.path):
                delete_quarantined_file(item)
                files_lost += 1
            else:
                draft.unreadable.add(item.path, item.file, item.reason)
        if old is not None:
            quarantined = Counter({name: len(numbers) for name, numbers in draft.theirs.items()})
            rows_quarantine = quarantined.total()
            in_lake, texts = _keep_others(settings, draft, target, old)
            rows_lake = in_lake.total()
            if rows_quarantine or rows_lake or texts or cut:
                files = _files(draft, old)
                draft.files = [
                    _after(file, in_lake[file.file], quarantined[file.file], cut) for file in files
                ]
                draft.commit(settings, old.reading)
    rows_inbox = sum(file.rows for file in cut.values())
    return Erased(rows_inbox, rows_lake, rows_quarantine, files_lost, texts)


def _erase_inbox(
    settings: Settings, table: Table, load_date: date, run_id: str, paths: Iterable[Path]
) -> tuple[dict[str, CutFile], int]:
    """What was cut, by file, and how many unreadable files were deleted."""
    with open_draft(settings, table, load_date, run_id) as draft:
        for path in paths:
            draft.read(path, name_in_inbox(settings, table.source, path))
        rows = cut_inbox(settings, draft)
        cut = {}
        for file in draft.files:
            if file.file in rows or file.file in draft.said:
                path = settings.inbox / table.source / file.file
                cut[file.file] = CutFile(
                    file.sha256, sha256_of(path), path.stat().st_size, rows.get(file.file, 0)
                )
        return cut, len(draft.lost)


def _keep_others(
    settings: Settings, draft: Draft, folder: Path, old: Delivery
) -> tuple[Counter[str], int]:
    """Take the rows of everybody else over into the draft.

    Returns:
        The number of the others by file, and how many addresses of theirs were blanked.
    """
    draft.types = recorded_types(table_folder(settings, draft.table), replaced=None)
    erased: Counter[str] = Counter()
    said: set[str] = set()
    part = folder / PART_FILE
    if part.exists():
        found = list(rows_of_forgotten(draft.connection, draft.table, [part], native=False))
        erased.update(name for name, _ in found)
        words = mentions(draft.connection, [part], native=False)
        said |= words
        kept = draft.folder / "kept.parquet"
        files = files_of([part], native=False)
        names = draft.connection.read_parquet(escaped_path(part)).columns
        theirs = [each.is_theirs for each in identities(draft.table, names)]
        draft.connection.execute(
            statement(
                "COPY (SELECT {columns} FROM {files} WHERE NOT ({theirs}))"
                " TO {kept} (FORMAT parquet, COMPRESSION zstd)",
                columns=blanked(draft.connection, files, words),
                files=files,
                theirs=Fragment(" OR ".join(theirs) or "false"),
                kept=literal(kept),
            )
        )
        draft.segments.append(kept)
    for file in old.files:
        if file.native_file is None:
            continue
        source, place = folder / file.native_file, draft.place_for_native()
        found = list(rows_of_forgotten(draft.connection, draft.table, [source], native=True))
        if found:
            source, cut = place.with_suffix(".cut"), source
            cut_native(cut, source, [number for _, number in found])
            erased[file.file] += len(found)
        words = mentions(draft.connection, [source], native=True)
        said |= words
        if words:
            blank_native(source, place, words)
        else:
            os.link(source, place)
    return erased, len(said)


def _files(draft: Draft, old: Delivery) -> Iterable[FileDelivery]:
    """The files of the record, native ones under the names that they have in the draft."""
    natives = iter(draft.natives)
    for file in old.files:
        yield replace(file, native_file=next(natives).name) if file.native_file else file


def _after(
    file: FileDelivery, in_lake: int, quarantined: int, cut: Mapping[str, CutFile]
) -> FileDelivery:
    rows = in_lake + quarantined
    file = replace(
        file,
        rows_read=file.rows_read - rows,
        rows_quarantined=file.rows_quarantined - quarantined,
        rows_erased=file.rows_erased + rows,
    )
    changed = cut.get(file.file)
    if changed is None or changed.sha256 != file.sha256:
        return file
    # The file in the inbox is still the one of these rows, and need not be read again.
    return replace(file, sha256=changed.after, bytes=changed.bytes_after)
