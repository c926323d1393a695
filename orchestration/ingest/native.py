"""Delivered Parquet that enters the lake as it is: no row of it is encoded again.

A file whose columns are all of plain types becomes `native-NNN.parquet` of its partition, byte for
byte. Beside it there is no lineage: `delivery.json` says which file it was and which run took it
in. All native files of a table agree on the types of their columns, recorded in
`native-types.json`; `native-schema.parquet` has these types and no rows, for whoever must know them
before it reads. A file that does not agree is encoded as text like every other format, so that what
a column's type is never depends on which load dates are read.

A file is linked into the lake only when nobody may write to it. A link is the delivered file: a
vendor who overwrote it in place (`cp`, `rsync --inplace`) would change what the lake holds behind
the back of the record that says what was delivered, and the rows would be nowhere any more. A file
that can be written to is copied, which is cheap beside reading it, and moves no byte where the file
system can share blocks. Who wants links delivers files that are read-only.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.errors import DataError
from orchestration.ingest.delivery import Delivery
from orchestration.ingest.records import LINEAGE_COLUMNS
from orchestration.ingest.writing import sync, write_columns
from orchestration.settings import Settings

NATIVE_PATTERN = "native-*.parquet"
NATIVE_SCHEMA = "native-schema.parquet"
NATIVE_TYPES = "native-types.json"
# One type for all sizes of whole numbers: DuckDB reads a narrower one as the wider without a
# difference in any value. Other types stay apart: as text 0.1 is another number as a DOUBLE.
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
PLAIN = (
    "BOOLEAN",
    "DATE",
    "DOUBLE",
    "FLOAT",
    "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP_NS",
    "UBIGINT",
    "VARCHAR",
)
# What a reader of native files gets beside their columns, see macros/engine/lake_scan.sql.
RESERVED = (*LINEAGE_COLUMNS, "filename", "file_row_number", "file_index")
ANY_WRITE = 0o222

# Column name and type by the name without case, as DuckDB's columns do not differ by case.
Types = dict[str, tuple[str, str]]


@dataclass(frozen=True)
class NativeFile:
    """A native file of the lake with the lineage of its rows.

    Attributes:
        file: the delivered file, relative to inbox/<source>; row n of it is row n of this one.
    """

    path: Path
    file: str
    load_date: date
    run_id: str
    rows: int


def native_files(settings: Settings, delivery: Delivery) -> list[NativeFile]:
    """The native files of the partition of a delivery."""
    day = f"load_date={delivery.load_date.isoformat()}"
    folder = settings.lake / delivery.source / delivery.table / day
    return [
        NativeFile(
            folder / file.native_file,
            file.file,
            delivery.load_date,
            file.native_run_id or delivery.run_id,
            file.rows_in_lake,
        )
        for file in delivery.files
        if file.native_file is not None
    ]


def plain_type(kind: str) -> str | None:
    """The type of the lake for a column of a delivered file; None when it is no plain one."""
    if kind in WHOLE:
        return "BIGINT"
    return kind if kind in PLAIN or kind.startswith("DECIMAL(") else None


def agree(types: Types, recorded: Types) -> bool:
    """Whether every column has the recorded type, or none is recorded."""
    return all(recorded.get(key, found)[1] == found[1] for key, found in types.items())


def recorded_types(folder: Path, replaced: date | None) -> Types:
    """The types of a table's native files, but for those of a partition that is replaced.

    Until another partition has a native file nothing is decided: who delivered the first time in
    the wrong types delivers again.
    """
    own = f"load_date={replaced}"
    found = folder.glob(f"load_date=*/{NATIVE_PATTERN}")
    return _read(folder) if any(path.parent.name != own for path in found) else {}


def take_in(source: Path, target: Path) -> None:
    """Put a delivered file into a draft: linked when nobody may write to it, else copied.

    Raises:
        OSError: it cannot be read or written.
    """
    if not source.stat().st_mode & ANY_WRITE:
        # Refused from another file system, or to who does not own it: copied then.
        with suppress(OSError):
            os.link(source, target)
            return
    try:
        _share_blocks(source, target)
    except OSError:
        shutil.copyfile(source, target)


def record_types(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    types: Types,
    declared: Sequence[str],
    draft: Path,
) -> None:
    """Write the types of a table's native files, and `native-schema.parquet` with them.

    Args:
        types: to be added to what is recorded.
        declared: columns to be in the schema whether or not a file has had them: as text.
        draft: where to write before renaming.

    Raises:
        OSError, duckdb.Error: it cannot be written.
    """
    merged = _read(folder) | types
    folder.mkdir(parents=True, exist_ok=True)
    names = {name.casefold(): name for name in reversed(declared)}
    ordered = {key: names[key] for key in dict.fromkeys(map(str.casefold, declared))}
    ordered = {key: name for key, name in ordered.items() if key not in LINEAGE_COLUMNS}
    ordered |= {key: name for key, (name, _) in merged.items()}
    write_columns(
        connection,
        list(ordered.values()),
        [[] for _ in ordered],
        draft / NATIVE_SCHEMA,
        typed={name: merged[key][1] for key, name in ordered.items() if key in merged},
    )
    content = {"columns": dict(merged.values())}
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    (draft / NATIVE_TYPES).write_text(text, encoding="utf-8")
    # The types last: whoever was killed before does both again.
    for name in (NATIVE_SCHEMA, NATIVE_TYPES):
        sync(draft / name)
        (draft / name).replace(folder / name)
    sync(folder)


def has_all_recorded(folder: Path, types: Mapping[str, tuple[str, str]]) -> bool:
    """Whether there is nothing that `record_types` would change."""
    if not (folder / NATIVE_SCHEMA).is_file():
        return False
    recorded = _read(folder)
    return all(recorded.get(key) == found for key, found in types.items())


def _read(folder: Path) -> Types:
    path = folder / NATIVE_TYPES
    try:
        columns = json.loads(path.read_text(encoding="utf-8"))["columns"]
        return {name.casefold(): (name, str(kind)) for name, kind in columns.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise DataError(
            f"Expected the types of native Parquet files in {path}, found text that is none "
            f"({error}): delete the file and ingest every load date of the table again."
        ) from None


def _share_blocks(source: Path, target: Path) -> None:
    with source.open("rb") as old, target.open("wb") as new:
        left = os.fstat(old.fileno()).st_size
        while left > 0:
            copied = os.copy_file_range(old.fileno(), new.fileno(), left)
            if copied == 0:
                return
            left -= copied
