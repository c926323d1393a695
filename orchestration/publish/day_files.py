"""The files of large tables by day: which are current, and how a version shares them.

Such a table (materialization `by_day`, more than `most_table_rows` rows) is many Parquet files
below `warehouse/days` that nobody ever changes. A version shares them by hard links, so that a
daily publish costs what the day's changes cost and five versions cost little more than one. Touches
only the folder of the version that is being built.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

from orchestration.errors import DataError
from orchestration.publish.sql import (
    Fragment,
    comma,
    glob_literal,
    identifier,
    literal,
    statement,
    type_name,
)
from orchestration.publish.tables import WAREHOUSE, Table, typed_columns
from orchestration.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DAYS_FOLDER = "days"
SCHEMA_FILE = "_schema.parquet"
# In the folder of a version: which files each table by day was made of. Not in the manifest, which
# everybody who lists versions reads.
RECORD = "day_files.json"


@dataclass(frozen=True)
class DayFile:
    """A current file of a table by day.

    Attributes:
        path: below `warehouse/days`: `<table>/<column>=<value>/…/<file>`; a file that was written
            later has another name, so that two files never collide.
    """

    path: str
    rows: int
    bytes: int

    @property
    def published(self) -> str:
        """Its path below the table's published folder."""
        return self.path.partition("/")[2]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns by which the table is cut, kind before date."""
        return tuple(part.partition("=")[0] for part in self.path.split("/")[1:-1])


@dataclass(frozen=True)
class DayTable:
    """A table by day with its current files; one that is not kept in files has none."""

    table: Table
    files: tuple[DayFile, ...]

    @cached_property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns by which the table is cut, kind before date."""
        return self.files[0].columns if self.files else ()


@dataclass(frozen=True)
class Previous:
    """What the version before had of a table that was kept in files.

    Attributes:
        folder: the published folder of its files.
        signature: as `signature` of the table was then.
        files: (rows, bytes) by path below `warehouse/days`.
    """

    folder: Path
    signature: Sequence[Sequence[str]]
    files: Mapping[str, Sequence[int]]

    def has(self, file: DayFile) -> bool:
        return list(self.files.get(file.path, ())) == [file.rows, file.bytes]


@dataclass(frozen=True)
class LinkedTable:
    """A table by day that is published as links.

    Attributes:
        new: files that the version before did not have.
        copied: files that could not be linked.
    """

    days: DayTable
    folder: Path
    new: tuple[DayFile, ...]
    copied: tuple[DayFile, ...]

    @property
    def unsynced(self) -> list[Path]:
        """The files that no version before has made durable."""
        return [self.folder / file.published for file in dict.fromkeys(self.new + self.copied)]


def days_folder(settings: Settings) -> Path:
    """Where the warehouse keeps the files of its tables by day."""
    return settings.warehouse.parent / DAYS_FOLDER


def read_day_tables(
    connection: DuckDBPyConnection, tables: Iterable[Table], database: str = WAREHOUSE
) -> dict[Table, DayTable]:
    """Those of the tables that are built by day, with their files in the order of the paths.

    Raises:
        DataError: a path that is none of a table by day.
    """
    found: dict[tuple[str, str], list[DayFile]] = {}
    if _has(connection, database, "day_state"):
        # A table of the warehouse has no file, but it is here.
        for key in _rows(connection, database, "day_state", "table_schema, table_name"):
            found[key] = []
    if _has(connection, database, "day_files"):
        columns = "table_schema, table_name, path, rows_count, bytes"
        for schema, name, *values in _rows(connection, database, "day_files", columns):
            found.setdefault((schema, name), []).append(DayFile(*values))
    by_day = {}
    for table in tables:
        if (files := found.get((table.schema, table.name))) is not None:
            _refuse_other_paths(table, files)
            by_day[table] = DayTable(table, tuple(sorted(files, key=lambda file: file.path)))
    return by_day


def current_paths(connection: DuckDBPyConnection, database: str) -> set[str] | None:
    """The paths of all current files, or None when the warehouse keeps no account of them."""
    if not _has(connection, database, "day_files"):
        return None
    return {path for (path,) in _rows(connection, database, "day_files", "path")}


def newest_batch(connection: DuckDBPyConnection, database: str) -> int | None:
    """The last batch of `changed_days`, or None when the warehouse keeps none."""
    if not _has(connection, database, "changed_days"):
        return None
    return next(iter(_rows(connection, database, "changed_days", "max(batch)")), (None,))[0]


def link_files(
    settings: Settings, days: DayTable, folder: Path, previous: Previous | None
) -> LinkedTable:
    """Put the files of a table into `folder`, as links wherever the file system allows.

    Raises:
        DataError: a file is not there, or not as it was registered.
        OSError: it could not be written.
    """
    known = previous if previous is not None and previous.signature == signature(days) else None
    new: list[DayFile] = []
    copied: list[DayFile] = []
    made: set[str] = set()
    # Texts, not paths: ten years are eleven thousand files a table.
    root = str(days_folder(settings))
    for file in days.files:
        published = file.published
        target = f"{folder}/{published}"
        parent, _, _ = target.rpartition("/")
        if parent not in made:
            os.makedirs(parent)  # noqa: PTH103
            made.add(parent)
        if known is None or not known.has(file):
            new.append(file)
        # From the version before rather than from the warehouse: where these are on two file
        # systems, what had to be copied once is shared from then on.
        elif link(f"{known.folder}/{published}", target, file.bytes):
            continue
        source = f"{root}/{file.path}"
        if link(source, target, file.bytes):
            continue
        if _size(source) != file.bytes:
            raise DataError(
                f"Expected the file {source} of {days.table.label} with {file.bytes:,} bytes, "
                "found it lost or changed since it was built: build all anew with `cx rebuild`."
            )
        shutil.copyfile(source, target)
        copied.append(file)
    return LinkedTable(days, folder, tuple(new), tuple(copied))


def folder_query(days: DayTable, folder: Path, lineage: Fragment) -> Fragment:
    """All files of a folder as a query, by absolute path (a relative one breaks elsewhere).

    The text holds a pattern, not paths by the thousand; a filter on the columns that the folders
    are named after opens only the files that it needs.
    """
    pattern = "/".join([*(f"{name}=*" for name in days.columns), "*.parquet"])
    return statement(
        "select {columns}{lineage} from read_parquet({files}, {options})",
        columns=typed_columns(days.table),
        lineage=lineage,
        files=glob_literal(folder, pattern),
        options=_options(days),
    )


def files_query(days: DayTable, paths: Iterable[Path]) -> Fragment:
    """As `folder_query` for some of the files, with their paths in the column `_published_file`."""
    return statement(
        "select {columns}, _published_file from read_parquet([{files}], {options},"
        " filename = '_published_file')",
        columns=typed_columns(days.table),
        files=comma(glob_literal(path.parent, path.name) for path in paths),
        options=_options(days),
    )


def signature(days: DayTable) -> list[list[str]]:
    """What must be the same for a file of the version before to be taken over unread."""
    columns = [[column.name, column.data_type] for column in days.table.columns]
    return [*columns, ["", *days.columns]]


def table_folder(version: Path, table: Table) -> Path:
    """The folder of a version in which the files of a table by day are published."""
    return version / "parquet" / table.schema / table.file_stem


def read_record(version: Path, tables: Iterable[Table]) -> dict[Table, Previous]:
    """What a published version has of those of the tables that were kept in files then."""
    try:
        content: dict[str, Any] = json.loads((version / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Without a record every file is new to the next version: slower, not wrong.
        return {}
    return {
        table: Previous(table_folder(version, table), **content[table.label])
        for table in tables
        if table.label in content
    }


def write_record(version: Path, tables: Iterable[DayTable]) -> None:
    """Remember for the next version which files this one has."""
    content = {
        days.table.label: {
            "signature": signature(days),
            "files": {file.path: [file.rows, file.bytes] for file in days.files},
        }
        for days in tables
    }
    (version / RECORD).write_text(json.dumps(content), encoding="utf-8")


def _has(connection: DuckDBPyConnection, database: str, name: str) -> bool:
    query = """
        select count(*) from duckdb_tables()
        where database_name = ? and schema_name = 'intermediate' and table_name = ?
    """
    return bool(connection.execute(query, [database, name]).fetchall()[0][0])


def _rows(
    connection: DuckDBPyConnection, database: str, name: str, columns: LiteralString
) -> list[tuple[Any, ...]]:
    source = identifier(database, "intermediate", name)
    query = statement("select {columns} from {source}", columns=Fragment(columns), source=source)
    return connection.execute(query).fetchall()


def _refuse_other_paths(table: Table, files: Sequence[DayFile]) -> None:
    names = {column.name for column in table.columns}
    expected = files[0].columns if files else ()
    for file in files:
        parts = file.path.split("/")
        is_plain = len(parts) > 2 and not {"", ".", ".."}.intersection(parts)
        if not is_plain or file.columns != expected or not names.issuperset(expected):
            raise DataError(
                f"Expected every file of {table.label} in folders named after its columns, found "
                f"{file.path}: build all anew with `cx rebuild`."
            )


def _options(days: DayTable) -> Fragment:
    if not days.columns:
        return Fragment("hive_partitioning = false")
    types = {column.name: column.data_type for column in days.table.columns}
    return statement(
        "hive_partitioning = true, hive_types = {{{types}}}",
        types=comma(
            statement("{name}: {type}", name=literal(name), type=type_name(types[name]))
            for name in days.columns
        ),
    )


def link(source: str, target: str, size: int) -> bool:
    """Link a file of that size; False when it is another one or the file system refuses."""
    try:
        os.link(source, target)
    except OSError:
        return False
    if _size(target) == size:
        return True
    os.unlink(target)  # noqa: PTH108
    return False


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except FileNotFoundError:
        return None
