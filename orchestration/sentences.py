"""Turns any error into the one sentence that the operator reads."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from orchestration.errors import CxError
from orchestration.settings import Settings

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
NO_RIGHT = (errno.EACCES, errno.EPERM, errno.EROFS)
LEAST_FREE_BYTES = 64 * 1024
INTERRUPTED = "Interrupted: nothing was published; run it again."
# What Dagster and DuckDB make of a signal.
INTERRUPTIONS = ("DagsterExecutionInterruptedError", "InterruptException")
INTERRUPTED_QUERY = "Query interrupted"
# The words of DuckDB, SQLite and the system, which reach us as text through dbt and SQLAlchemy.
NO_SPACE_WORDS = re.compile(r"no space left on device|disk quota exceeded|disk is full", re.I)
NO_RIGHT_WORDS = re.compile(
    r"permission denied|read-only file system|attempt to write a readonly database", re.I
)
ENGINE_WORDS = re.compile(r"\b(?:\w+ Error|TProtocolException): ")
DAMAGED_WAREHOUSE_WORDS = re.compile(
    r"corrupt database file|not a valid duckdb database|checksum \d+ does not match|"
    r"could not read enough bytes|metadata pointer|database has been invalidated",
    re.I,
)
DAMAGED_PARQUET_WORDS = re.compile(
    r"magic bytes|parquet file|parquet metadata|TProtocolException|decompress|corrupt", re.I
)
PARTITION = re.compile(
    r"/(?P<source>[^/'\"]+)/(?P<table>[^/'\"]+)/load_date=(?P<date>\d{4}-\d{2}-\d{2})/part\.parquet"
)
QUOTED_PATH = re.compile(r"['\"](/[^'\"]+)['\"]")


def sentence_of(error: BaseException, settings: Settings) -> str:
    """One sentence for the operator; for a surprise it says where the traceback is."""
    if any(map(_is_interruption, _chain(error))):
        return INTERRUPTED
    if isinstance(error, CxError):
        return _of_engine(str(error), settings) or str(error)
    for cause in _chain(error):
        if isinstance(cause, CxError):
            return sentence_of(cause, settings)
        said = _of_system(cause, settings) or _of_engine(str(cause), settings)
        if said is not None:
            return said
    # SQLite says no more than `disk I/O error` when there is no room for its own files, and `unable
    # to open` when it may not write.
    if _is_full(settings.home):
        return _no_space(settings.home)
    if not os.access(settings.home, os.W_OK):
        return _no_right(settings.home, settings)
    return (
        f"Expected no error here, found {type(error).__name__}: "
        f"{' '.join(str(error).split())[:300] or 'no message'} — the traceback is in "
        f"{settings.log_file}."
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what led to it."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        is_told = following.__cause__ is None and not following.__suppress_context__
        following = following.__context__ if is_told else following.__cause__


def _is_interruption(error: BaseException) -> bool:
    return (
        isinstance(error, KeyboardInterrupt)
        or type(error).__name__ in INTERRUPTIONS
        or (isinstance(error, RuntimeError) and str(error) == INTERRUPTED_QUERY)
    )


def _of_system(error: BaseException, settings: Settings) -> str | None:
    if not isinstance(error, OSError):
        return None
    path = error.filename if isinstance(error.filename, str | Path) else settings.home
    if error.errno in NO_SPACE:
        return _no_space(path)
    if error.errno in NO_RIGHT:
        return _no_right(path, settings)
    return None


def _of_engine(text: str, settings: Settings) -> str | None:
    """The sentence for what an engine said of the disk or of a file that it cannot read."""
    if NO_SPACE_WORDS.search(text):
        return _no_space(_path_in(text, settings))
    if not ENGINE_WORDS.search(text):
        return None
    if NO_RIGHT_WORDS.search(text):
        return _no_right(_path_in(text, settings), settings)
    if DAMAGED_WAREHOUSE_WORDS.search(text):
        return (
            f"Expected the warehouse in {settings.warehouse}, found a file that is damaged: run "
            "`cx rebuild`, which makes it again from the lake."
        )
    if DAMAGED_PARQUET_WORDS.search(text):
        return _damaged_lake(text, settings)
    return None


def _damaged_lake(text: str, settings: Settings) -> str | None:
    lake = str(settings.lake)
    if lake not in text:
        return None
    found = PARTITION.search(text, text.index(lake) + len(lake))
    if found is None:
        return (
            f"Expected Parquet files in {lake}, found one that is damaged: "
            f"{' '.join(text.split())[:300]} — run the load dates of that source again with "
            "`cx backfill --from … --to …`."
        )
    return (
        f"Expected the rows of {found['source']}.{found['table']} of {found['date']} in "
        f"{lake}{found[0]}, found a file that is damaged: run that load date again with "
        f"`cx run --date {found['date']}`."
    )


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < LEAST_FREE_BYTES
    except OSError:
        return False


def _path_in(text: str, settings: Settings) -> str | Path:
    found = QUOTED_PATH.search(text)
    return found[1] if found and found[1].startswith(str(settings.home)) else settings.home


def _no_space(path: str | Path) -> str:
    return f"Expected room to write, found no space left at {path}: free space and run again."


def _no_right(path: str | Path, settings: Settings) -> str:
    is_ours = Path(path).is_relative_to(settings.home) and not Path(path).is_relative_to(
        settings.inbox
    )
    return (
        f"Expected the right to {'write' if is_ours else 'read'} {path}, found none: correct its "
        "owner or its rights, or have CX_HOME elsewhere, and run again."
    )
