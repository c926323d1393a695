"""Deletes what is older than the settings keep; the caller holds the run lock.

Nothing that the published version needs goes: versions are pruned by `publish`, which keeps the
current one. The lake is the record of which everything else is a function, so it and the quarantine
stay for ever unless a person says otherwise. Pure: never imports dagster.
"""

from __future__ import annotations

import logging
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from orchestration.logs import start_new_file
from orchestration.settings import Settings
from orchestration.state import RECORD_FOLDERS

LOG = logging.getLogger("cx")
PARTITION = re.compile(r"load_date=(\d{4}-\d{2}-\d{2})")
SECONDS_OF_DAY = 86_400


def first_kept_date(settings: Settings) -> date | None:
    """The first load date that stays in the lake, counted back from the newest one in it."""
    if settings.keep_lake_days is None:
        return None
    dates = [day for _, day in _partitions(settings.lake)]
    return max(dates) - timedelta(days=settings.keep_lake_days - 1) if dates else None


def clear_spill(settings: Settings) -> None:
    """Delete what killed runs left of what did not fit into memory: up to the whole of a disk."""
    folder = settings.warehouse.parent
    left = [found for found in folder.glob("*.tmp") if found.is_dir()]
    if not left:
        return
    if settings.warehouse.is_file():
        import duckdb

        try:
            duckdb.connect(str(settings.warehouse)).close()
        except duckdb.Error:
            # Somebody builds by hand: it is theirs. Or it is damaged, which the build will say.
            return
    for found in left:
        if _remove(found):
            LOG.info("deleted what a killed run had spilled to %s", found)


def clear_lake(settings: Settings) -> int:
    """Delete load dates that are too old, with their quarantine, and what killed runs left.

    Before a run builds, so that what it publishes is what the lake then holds.

    Returns:
        How many partitions were deleted.
    """
    from orchestration.ingest.partition import COMMIT_FILE

    aside = settings.lake / ".tmp"
    for leftover in aside.glob("*"):
        # One that has it is complete, and its move is finished instead.
        if not (leftover / COMMIT_FILE).exists():
            _remove(leftover)
    first = first_kept_date(settings)
    if first is None:
        return 0
    gone = [found for found in _partitions(settings.lake) if found[1] < first]
    for path, day in gone:
        source, table = path.parts[-3:-1]
        # One rename, so that a killed run leaves no half of a partition.
        aside.mkdir(exist_ok=True)
        moved = aside / f"expired.{source}.{table}.{day}"
        path.replace(moved)
        _remove(moved)
    # Not only of what has just gone: that of another day may have resisted.
    for path, day in list(_partitions(settings.quarantine)):
        if day < first:
            _remove(path)
    if gone:
        LOG.info("lake: deleted %s partitions before %s (CX_KEEP_LAKE_DAYS)", len(gone), first)
    return len(gone)


def clear_old(settings: Settings) -> None:
    """Delete old logs, records of runs and quarantine; what resists is tried again next time."""
    now = time.time()
    with suppress(OSError):
        start_new_file(settings)
    _delete(settings.log_file.parent.glob("cx-*.log"), now, settings.keep_log_days)
    # Nobody else writes there while the lock is held.
    _delete(settings.state.rglob(".*.tmp"), now, 0)
    for folder in RECORD_FOLDERS:
        _delete((settings.state / folder).glob("*.json"), now, settings.keep_history_days)
    if settings.keep_quarantine_days is not None:
        folders = (path for path, _ in _partitions(settings.quarantine))
        _delete(folders, now, settings.keep_quarantine_days)


def _partitions(root: Path) -> Iterator[tuple[Path, date]]:
    for path in root.glob("[!.]*/*/load_date=*"):
        if matched := PARTITION.fullmatch(path.name):
            yield path, date.fromisoformat(matched[1])


def _delete(paths: Iterator[Path], now: float, days: int) -> None:
    """Delete files and folders that nobody wrote to for so many days."""
    for path in list(paths):
        # What went in the meantime has no age.
        with suppress(FileNotFoundError):
            if now - _written(path) > days * SECONDS_OF_DAY and _remove(path):
                LOG.info("deleted %s, older than %s days", path.name, days)


def _remove(path: Path) -> bool:
    """Delete a file or a folder; one that resists is told in the log and stays for the next run."""
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        LOG.warning("could not delete %s, the next run tries again: %s", path, error)
        return False
    return True


def _written(path: Path) -> float:
    inside = path.rglob("*") if path.is_dir() else ()
    return max([path.stat().st_mtime, *(each.stat().st_mtime for each in inside)])
