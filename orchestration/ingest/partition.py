"""Puts one load date of one table into the lake, whole or not at all.

Everything is first written below `lake/.tmp`; a commit marker and renames then move it. A run
killed before the marker leaves the old partition; killed after it, the next one finishes the move.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from orchestration.declarations.shapes import Table
from orchestration.errors import DataError
from orchestration.ingest.cutting import blank_words, cut_records
from orchestration.ingest.delivery import (
    DELIVERY_FILE,
    Delivery,
    FileDelivery,
    read_delivery,
    write_delivery,
)
from orchestration.ingest.forgotten import Forgotten, load_forgotten, mentions, rows_of_forgotten
from orchestration.ingest.inbox import deliveries_in_inbox, name_in_inbox, shown
from orchestration.ingest.native import (
    NATIVE_PATTERN,
    NATIVE_SCHEMA,
    Types,
    agree,
    has_all_recorded,
    record_types,
    recorded_types,
    take_in,
)
from orchestration.ingest.nested import missing_names, nested_names
from orchestration.ingest.parquet_file import ParquetReader
from orchestration.ingest.quarantine import (
    QuarantineFiles,
    QuarantineRows,
    quarantine_folder,
)
from orchestration.ingest.reading import (
    added_columns,
    missing_columns,
    open_reader,
    refuse_missing_columns,
)
from orchestration.ingest.records import Rejected, Unreadable
from orchestration.ingest.writing import (
    Lineage,
    SegmentWriter,
    connect,
    merge_segments,
    sync,
    write_empty,
)
from orchestration.settings import Settings

LOG = logging.getLogger("cx")
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
NO_RIGHT = (errno.EACCES, errno.EPERM, errno.EROFS)
UNCHANGED = "what was there before is unchanged"
COMMIT_FILE = "commit.json"
PART_FILE = "part.parquet"
SCHEMA_FILE = "_schema.parquet"


@dataclass
class Draft:
    """A partition being written below `lake/.tmp`.

    Attributes:
        files: what is known of each file so far.
        segments: Parquet files that make the encoded part of the partition, in order.
        natives: delivered Parquet files that are taken in as they are, under the names that they
            have in the partition.
        types: what native files must agree with: recorded, or those of the first of them.
        forgotten: who must not get in, None while nobody was forgotten.
        theirs: their rows by file, as far as these were read.
        said: their addresses in texts of others, by file.
        lost: unreadable files that hold them, so that nobody can cut them out.
    """

    folder: Path
    table: Table
    load_date: date
    run_id: str
    connection: duckdb.DuckDBPyConnection
    rows: QuarantineRows
    unreadable: QuarantineFiles
    files: list[FileDelivery] = field(default_factory=list)
    segments: list[Path] = field(default_factory=list)
    natives: list[Path] = field(default_factory=list)
    types: Types = field(default_factory=dict)
    forgotten: Forgotten | None = None
    theirs: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    said: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    lost: list[Path] = field(default_factory=list)

    def read(self, path: Path, name: str) -> FileDelivery:
        """Read one file into segments and quarantine; an unreadable one leaves neither.

        Raises:
            DataError: the file changed while it was read.
        """
        before = path.stat()
        digest = sha256_of(path)
        folder = self.folder / f"file_{len(self.files):06}"
        folder.mkdir()
        columns: list[str] = []
        lineage = Lineage(self.table.source, name, self.load_date, self.run_id)
        rows_read = rows_quarantined = 0
        nested: tuple[str, ...] = ()
        reason = native = None
        mark = self.rows.mark()
        try:
            with open_reader(path, self.table) as reader:
                columns = reader.columns
                writer = SegmentWriter(self.connection, folder, columns, lineage)
                if reader.has_header:
                    refuse_missing_columns(self.table, reader)
                if isinstance(reader, ParquetReader) and reader.is_plain:
                    rows_read, native = self._take_parquet(path, reader, writer)
                else:
                    for record in reader.records():
                        rows_read += 1
                        if isinstance(record, Rejected):
                            rows_quarantined += 1
                            self.reject(name, record, reader.header_text)
                        else:
                            writer.add(record)
                if rows_read > rows_quarantined:
                    refuse_missing_columns(self.table, reader)
                writer.flush()
        except Unreadable as error:
            reason = str(error)
            rows_read = rows_quarantined = 0
            columns = []
            self.rows.forget_after(mark)
            self.theirs.pop(name, None)
            self.said.pop(name, None)
            if self.forgotten and self.forgotten.owns_file(path):
                self.lost.append(path)
            self.unreadable.add(path, name, reason)
        else:
            self.segments += writer.segments
            self._find_theirs(name, writer.segments, native)
            paths = [native] if native else writer.segments
            nested = nested_names(
                self.connection, self.table, columns, paths, native=native is not None
            )
        after = path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise DataError(
                f"Expected {shown(path)} to stay as it is while it is read, found it changed: "
                "deliver under another name and rename when the file is whole."
            )
        knows_columns = reason is None and (bool(columns) or rows_read > 0)
        missing = missing_columns(self.table, columns)
        if rows_read > rows_quarantined:
            missing += missing_names(self.table, columns, nested)
        found = FileDelivery(
            file=name,
            bytes=before.st_size,
            sha256=digest,
            rows_read=rows_read,
            rows_quarantined=rows_quarantined,
            columns=tuple(columns),
            missing_columns=missing if knows_columns else (),
            added_columns=added_columns(self.table, columns),
            status="read" if reason is None else "unreadable",
            reason=reason,
            native_file=native.name if native else None,
            native_run_id=self.run_id if native else None,
            nested=nested,
        )
        self.files.append(found)
        return found

    def reject(self, name: str, record: Rejected, header: str | None) -> None:
        """Put a record that is no row into quarantine, unless it is a forgotten person's."""
        if self.forgotten and self.forgotten.owns_text(record.text):
            self.theirs[name].add(record.row_number)
        else:
            self.rows.add(name, record, header)

    def _find_theirs(self, name: str, segments: Sequence[Path], native: Path | None) -> None:
        if self.forgotten is None:
            return
        natives = [native] if native else []
        for paths, is_native in ((segments, False), (natives, True)):
            found = rows_of_forgotten(self.connection, self.table, paths, native=is_native)
            if numbers := {number for _, number in found}:
                self.theirs[name] |= numbers
            if words := mentions(self.connection, paths, native=is_native):
                self.said[name] |= words

    @property
    def has_forgotten(self) -> bool:
        """Whether a file that was read holds something of forgotten people."""
        return bool(self.theirs or self.said or self.lost)

    def place_for_native(self) -> Path:
        """Where the next file that is taken in as it is goes."""
        self.natives.append(self.folder / f"native-{len(self.natives):03}.parquet")
        return self.natives[-1]

    def _take_parquet(
        self, path: Path, reader: ParquetReader, writer: SegmentWriter
    ) -> tuple[int, Path | None]:
        """Take a plain Parquet file in as it is if it agrees with the others, else as text.

        Returns:
            The number of rows, and the native file if it is one.
        """
        rows = reader.check_values()
        types = reader.native_types()
        if types is not None and agree(types, self.types):
            native = self.place_for_native()
            take_in(path, native)
            self.types = types | self.types
            return rows, native
        if rows:
            reader.write_text(writer.next_segment(), writer.lineage)
        return rows, None

    def commit(self, settings: Settings, reading: str | None = None) -> Delivery:
        """Write what is left, make it durable, and move it to its place.

        Args:
            reading: `Delivery.reading` of rows that were read earlier; None when they were now.
        """
        delivery = Delivery(
            source=self.table.source,
            table=self.table.name,
            load_date=self.load_date,
            run_id=self.run_id,
            ingested_at=datetime.now(UTC).isoformat(timespec="seconds"),
            files=tuple(self.files),
            reading=reading or _reading_of(self.table),
        )
        lake = self.folder / "lake"
        lake.mkdir()
        for native in self.natives:
            native.rename(lake / native.name)
        if self.segments:
            merge_segments(self.connection, self.segments, lake / PART_FILE)
        elif not self.natives:
            write_empty(self.connection, self.table.raw_columns, lake / PART_FILE)
        write_delivery(delivery, lake / DELIVERY_FILE)
        quarantine = self.folder / "quarantine"
        has_quarantine = self.rows.write(quarantine)
        has_quarantine = self.unreadable.write(quarantine) or has_quarantine
        commit = {
            "source": self.table.source,
            "table": self.table.name,
            "load_date": self.load_date.isoformat(),
            "has_quarantine": has_quarantine,
            "data_files": sorted(path.name for path in lake.glob("*.parquet")),
            "types": self.types if self.natives else {},
            "declared": self.table.raw_columns,
        }
        for path in [*lake.rglob("*"), *quarantine.rglob("*"), lake]:
            sync(path)
        marker = self.folder / "commit.partial"
        marker.write_text(json.dumps(commit), encoding="utf-8")
        sync(marker)
        marker.rename(self.folder / COMMIT_FILE)
        sync(self.folder)
        _finish(settings, self.folder)
        return delivery


def table_folder(settings: Settings, table: Table) -> Path:
    """Where the partitions of a table lie in the lake."""
    return settings.lake / table.source / table.name


def partition_folder(settings: Settings, source: str, table: str, load_date: date) -> Path:
    """Where a partition lies in the lake."""
    return settings.lake / source / table / f"load_date={load_date.isoformat()}"


def ingest_partition(settings: Settings, table: Table, load_date: date, run_id: str) -> Delivery:
    """Read the delivered files of a load date; they replace exactly that partition.

    Without files the partition stays as it is and the delivery has `files == ()`. It stays as it
    is, too, when the same files were read in the same way before: the record is that of then.

    Raises:
        DataError: an unreadable file under the policy `stop` (it is copied to quarantine, the
            partition stays as it was), a file that changes, or a disk that refuses.
    """
    finish_partition(settings, table, load_date)
    paths = deliveries_in_inbox(settings, table, load_date).get(load_date, [])
    if not paths:
        return Delivery(table.source, table.name, load_date, run_id, "", ())
    known = _known_delivery(settings, table, load_date, paths)
    if known is not None:
        return known
    with open_draft(settings, table, load_date, run_id) as draft:
        for path in paths:
            draft.read(path, name_in_inbox(settings, table.source, path))
        if not draft.has_forgotten:
            _refuse_unreadable(settings, draft)
            return draft.commit(settings)
        erased = cut_inbox(settings, draft)
    with open_draft(settings, table, load_date, run_id) as draft:
        for path in filter(Path.exists, paths):
            draft.read(path, name_in_inbox(settings, table.source, path))
        if draft.has_forgotten:
            raise DataError(
                f"Expected {', '.join(sorted({*draft.theirs, *draft.said}))} below "
                f"{shown(settings.inbox / table.source)} to hold no forgotten person once their "
                "rows were cut out, found one still: take them out by hand and run again."
            )
        draft.files = [replace(file, rows_erased=erased.get(file.file, 0)) for file in draft.files]
        _refuse_unreadable(settings, draft)
        return draft.commit(settings)


def cut_inbox(settings: Settings, draft: Draft) -> dict[str, int]:
    """Cut the rows of forgotten people out of the delivered files that a draft was read from.

    Their addresses in the rows of others are blanked; files that cannot be read and hold one of
    them are deleted.

    Returns:
        How many rows were cut out of each file.

    Raises:
        DataError: a file cannot be written.
    """
    for name, numbers in draft.theirs.items():
        cut_records(settings.inbox / draft.table.source / name, draft.table, numbers)
    for name, words in draft.said.items():
        blank_words(settings.inbox / draft.table.source / name, draft.table, words)
    for path in draft.lost:
        path.unlink()
        LOG.warning("deleted %s: it cannot be read and holds a forgotten person", shown(path))
    return {name: len(numbers) for name, numbers in draft.theirs.items()}


def _refuse_unreadable(settings: Settings, draft: Draft) -> None:
    """Keep copies of unreadable files and stop, where the table's policy says so."""
    table, load_date = draft.table, draft.load_date
    bad = [file for file in draft.files if file.status == "unreadable"]
    if not bad or table.on_unreadable_file != "stop":
        return
    place = quarantine_folder(settings, table.source, table.name, load_date)
    sentences = " ".join(
        f"{shown(settings.inbox / table.source / file.file)}: {file.reason}" for file in bad
    )
    try:
        draft.unreadable.add_to(place)
        copied = f"A copy is in {place / 'files'}"
    except OSError as error:
        copied = f"No copy could be kept in quarantine ({_reason_of(settings, error)})"
    raise DataError(
        f"{sentences} {copied}; nothing of {table.source}.{table.name} for {load_date} "
        "was replaced."
    )


def write_schema_file(settings: Settings, table: Table) -> None:
    """Write `_schema.parquet`: no rows, so that staging finds every declared column.

    A table with native files has a second one for these, see `ingest.native`.

    Raises:
        DataError: the disk refuses.
    """
    with told_plainly(settings):
        folder = table_folder(settings, table)
        folder.mkdir(parents=True, exist_ok=True)
        temporary = _temporary_folder(settings, f"{table.source}.{table.name}.schema")
        try:
            with connect(temporary) as connection:
                write_empty(connection, table.raw_columns, temporary / SCHEMA_FILE)
                # Also for a table whose format was Parquet once: such partitions are still there.
                if table.format == "parquet" or (folder / NATIVE_SCHEMA).exists():
                    record_types(connection, folder, {}, table.raw_columns, temporary)
            sync(temporary / SCHEMA_FILE)
            (temporary / SCHEMA_FILE).replace(folder / SCHEMA_FILE)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def open_draft(settings: Settings, table: Table, load_date: date, run_id: str) -> Iterator[Draft]:
    """A fresh draft; leftovers of killed runs of the same partition are removed first.

    Raises:
        DataError: the disk refuses.
    """
    with told_plainly(settings):
        for leftover in _drafts(settings, table, load_date):
            shutil.rmtree(leftover)
        folder = _temporary_folder(settings, _draft_name(table, load_date))
        try:
            forgotten = load_forgotten(settings)
            with connect(folder) as connection:
                if forgotten:
                    forgotten.prepare(connection)
                yield Draft(
                    folder=folder,
                    table=table,
                    load_date=load_date,
                    run_id=run_id,
                    connection=connection,
                    rows=QuarantineRows(table.source, table.name, load_date, folder, connection),
                    unreadable=QuarantineFiles(run_id),
                    types=recorded_types(table_folder(settings, table), load_date)
                    if table.format == "parquet"
                    else {},
                    forgotten=forgotten,
                )
        finally:
            if not (folder / COMMIT_FILE).exists():
                shutil.rmtree(folder, ignore_errors=True)


def finish_interrupted(settings: Settings) -> list[str]:
    """Finish the moves that killed runs had committed; safe to call at any time.

    A partition that the disk refuses holds up no other: it is logged and tried again, as an error
    then, when it is ingested itself.

    Returns:
        A sentence for each partition that could not be finished.
    """
    refused = []
    for marker in sorted((settings.lake / ".tmp").glob(f"*/{COMMIT_FILE}")):
        try:
            with told_plainly(settings):
                _finish(settings, marker.parent)
        except DataError as error:
            LOG.warning("not finished: %s: %s", marker.parent.name, error)
            refused.append(str(error))
    return refused


def finish_partition(settings: Settings, table: Table, load_date: date) -> None:
    """As `finish_interrupted`, for one partition.

    Raises:
        DataError: the disk refuses.
    """
    with told_plainly(settings):
        for folder in _drafts(settings, table, load_date):
            if (folder / COMMIT_FILE).exists():
                _finish(settings, folder)


@contextmanager
def told_plainly(settings: Settings) -> Iterator[None]:
    """Turn the operating system's and DuckDB's refusals into a sentence."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{_reason_of(settings, error)}; {UNCHANGED}.") from error
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        if found := next((code for code in NO_SPACE + NO_RIGHT if os.strerror(code) in said), None):
            refusal = OSError(found, os.strerror(found), str(settings.lake))
            raise DataError(f"{_reason_of(settings, refusal)}; {UNCHANGED}.") from error
        raise DataError(
            f"Expected to write Parquet below {shown(settings.lake)}, found {said}: free disk "
            f"space or memory and run again; {UNCHANGED}."
        ) from error


def _reason_of(settings: Settings, error: OSError) -> str:
    """What the operating system refused, where, and what to do; without a full stop."""
    path = Path(str(error.filename2 or error.filename or settings.lake))
    where = shown(path)
    # The inbox is only ever read, everything else is ours.
    verb = "read" if path.is_relative_to(settings.inbox) else "write"
    if error.errno in NO_SPACE:
        return f"Expected room to write, found no space left on {where}: free space and run again"
    if error.errno in NO_RIGHT:
        return (
            f"Expected to be let in, found no right to {verb} {where} ({error.strerror}): correct "
            "the permissions and run again"
        )
    return f"Expected to {verb} {where}, found {error.strerror or error}: correct it and run again"


def _finish(settings: Settings, folder: Path) -> None:
    """Move a committed draft to its place; every step may be repeated after a kill."""
    commit = json.loads((folder / COMMIT_FILE).read_text(encoding="utf-8"))
    load_date = date.fromisoformat(commit["load_date"])
    quarantine = quarantine_folder(settings, commit["source"], commit["table"], load_date)
    target = partition_folder(settings, commit["source"], commit["table"], load_date)
    drafted = folder / "quarantine"
    if drafted.exists() or not commit["has_quarantine"]:
        if quarantine.exists():
            shutil.rmtree(quarantine)
        if drafted.exists():
            quarantine.parent.mkdir(parents=True, exist_ok=True)
            drafted.rename(quarantine)
            sync(quarantine.parent)
    target.mkdir(parents=True, exist_ok=True)
    types = {key: (name, kind) for key, (name, kind) in commit["types"].items()}
    if types and not has_all_recorded(target.parent, types):
        with connect(folder) as connection:
            record_types(connection, target.parent, types, commit["declared"], folder)
    # The record last: until then it is the one of what was there before.
    for name in (*commit["data_files"], DELIVERY_FILE):
        if (folder / "lake" / name).exists():
            (folder / "lake" / name).replace(target / name)
    for path in (target / PART_FILE, *target.glob(NATIVE_PATTERN)):
        if path.name not in commit["data_files"]:
            path.unlink(missing_ok=True)
    sync(target)
    sync(target.parent)
    (folder / COMMIT_FILE).unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _known_delivery(
    settings: Settings, table: Table, load_date: date, paths: Sequence[Path]
) -> Delivery | None:
    """The delivery in the lake if reading these files again would give it again, else None."""
    folder = partition_folder(settings, table.source, table.name, load_date)
    try:
        known = read_delivery(folder)
    except DataError:
        return None
    quarantine = quarantine_folder(settings, table.source, table.name, load_date)
    is_whole = (
        all(file.status == "read" for file in known.files)
        and all((folder / file.native_file).is_file() for file in known.files if file.native_file)
        and (any(file.native_file for file in known.files) or (folder / PART_FILE).is_file())
        and (known.rows_quarantined == 0 or quarantine.is_dir())
    )
    if not is_whole or known.reading != _reading_of(table):
        return None
    before = {(file.file, file.bytes, file.sha256) for file in known.files}
    now = {(name_in_inbox(settings, table.source, path), path.stat().st_size) for path in paths}
    if now != {(name, size) for name, size, _ in before}:
        return None
    digests = {
        (name_in_inbox(settings, table.source, path), path.stat().st_size, sha256_of(path))
        for path in paths
    }
    return known if digests == before else None


def _reading_of(table: Table) -> str:
    said = (
        version("customer-service-metrics"),
        table.files,
        table.format,
        table.dialect,
        table.raw_columns,
        table.optional_columns,
    )
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def _draft_name(table: Table, load_date: date) -> str:
    return f"{table.source}.{table.name}.{load_date.isoformat()}"


def _drafts(settings: Settings, table: Table, load_date: date) -> list[Path]:
    """What runs of this partition left behind, finished or not."""
    return sorted((settings.lake / ".tmp").glob(f"{_draft_name(table, load_date)}.*"))


def _temporary_folder(settings: Settings, name: str) -> Path:
    place = settings.lake / ".tmp"
    place.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{name}.", dir=place))


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
