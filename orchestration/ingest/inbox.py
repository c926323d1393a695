"""Finds delivered files: which file in the inbox belongs to which table and load date.

Reads names only, never content, and changes nothing.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from orchestration.declarations.file_patterns import fixed_folder
from orchestration.declarations.shapes import Source, Table
from orchestration.errors import DataError
from orchestration.ingest.records import sayable
from orchestration.settings import Settings


def deliveries_in_inbox(
    settings: Settings, table: Table, load_date: date | None = None
) -> dict[date, list[Path]]:
    """The files of a table by load date, sorted; empty when the source has no inbox folder.

    With a load date only its files, and only its folder is searched where the pattern allows:
    a day must not cost what all history costs.

    Raises:
        DataError: a link that leads out of the inbox, or to itself.
    """
    folder = settings.inbox / table.source
    found: dict[date, list[Path]] = defaultdict(list)
    searched = folder / fixed_folder(table.files, load_date) if load_date else folder
    for path in _entries(searched):
        day = table.load_date_of(path.relative_to(folder).as_posix())
        if day is None or load_date not in (None, day):
            continue
        target = _target(path)
        if target is None or not target.is_relative_to(settings.inbox.resolve()):
            raise DataError(
                f"Expected delivered files inside {settings.inbox}, found the link {shown(path)} "
                f"to {shown(target) if target else 'itself'}: copy the file instead of linking it."
            )
        if path.is_file() or not path.exists():
            found[day].append(path)
    return {day: sorted(found[day]) for day in sorted(found)}


def unclaimed_files(settings: Settings, sources: Iterable[Source]) -> list[Path]:
    """What lies in the inbox and no declared table takes; names that begin with a dot are left out.

    A folder or pipe whose name is that of a delivery is no delivery: it is named here, not opened.
    """
    tables = {source.name: source.tables for source in sources}
    unclaimed: list[Path] = []
    folders: list[Path] = []
    claimed_below: set[Path] = set()
    for path in _entries(settings.inbox):
        relative = path.relative_to(settings.inbox)
        rest = Path(*relative.parts[1:]).as_posix()
        fits = any(
            table.load_date_of(rest) is not None for table in tables.get(relative.parts[0], ())
        )
        if any(part.startswith(".") for part in relative.parts):
            continue
        if path.is_dir() and not path.is_symlink():
            folders += [path] if fits else []
        elif fits and (path.is_file() or not path.exists()):
            claimed_below |= set(path.parents)
        else:
            unclaimed.append(path)
    # A pattern such as {load_date}/** fits the folders on the way to its files, too.
    return sorted(unclaimed + [path for path in folders if path not in claimed_below])


def name_in_inbox(settings: Settings, source: str, path: Path) -> str:
    """The name of a file in lineage: its path relative to inbox/<source>."""
    return sayable((path.relative_to(settings.inbox / source)).as_posix())


def shown(path: Path) -> str:
    """A path for a sentence, whatever bytes it is made of."""
    return sayable(str(path)).replace("\n", "\\n")


def _target(path: Path) -> Path | None:
    """Where a path leads; None when it leads round in a circle."""
    try:
        return path.resolve()
    except RuntimeError:
        return None


def _entries(folder: Path) -> Iterator[Path]:
    """Everything below a folder; linked folders are named but not entered."""
    if not folder.is_dir():
        return
    for parent, folders, names in os.walk(folder, onerror=_refuse):
        folders.sort()
        for name in sorted(names + folders):
            yield Path(parent) / name


def _refuse(error: OSError) -> None:
    raise DataError(
        f"Expected to list the inbox, found {error.strerror} for "
        f"{shown(Path(str(error.filename)))}: correct the permissions and run again."
    ) from error
