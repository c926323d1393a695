"""Deletes the files of tables by day that no table needs any more.

Reads the warehouse read-only; the caller holds the run lock. Published versions have links of their
own, so that what is deleted here stays in every version that shows it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from orchestration.publish.day_files import current_paths, days_folder
from orchestration.publish.sql import identifier, literal, statement
from orchestration.publish.tables import WAREHOUSE
from orchestration.settings import Settings


def sweep_day_files(settings: Settings) -> int:
    """Delete every file below `warehouse/days` that is not current; empty folders go, too.

    A warehouse without an account of its files (`intermediate.day_files`) loses nothing.

    Returns:
        How many files were deleted.

    Raises:
        duckdb.Error: the warehouse cannot be read; nothing was deleted.
        OSError: a file cannot be deleted; the next sweep tries again.
    """
    import duckdb

    folder = days_folder(settings)
    if not folder.is_dir() or not settings.warehouse.is_file():
        return 0
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            statement(
                "attach {file} as {name} (read_only)",
                file=literal(settings.warehouse),
                name=identifier(WAREHOUSE),
            )
        )
        current = current_paths(connection, WAREHOUSE)
    return 0 if current is None else _sweep(folder, current)


def _sweep(folder: Path, current: set[str]) -> int:
    deleted = 0
    start = len(str(folder)) + 1
    for parent, _, names in os.walk(folder, topdown=False):
        gone = [name for name in names if f"{parent}/{name}"[start:] not in current]
        for name in gone:
            os.unlink(f"{parent}/{name}")  # noqa: PTH108 - by the thousand
        deleted += len(gone)
        if len(gone) == len(names) and parent != str(folder):
            # Refused while a folder in it still has files.
            with suppress(OSError):
                os.rmdir(parent)  # noqa: PTH106
    return deleted
