"""The folder of published versions: which exist, which is current, how one becomes current.

Touches only `published/`; never opens a database. A folder is a version only once its
`manifest.json` is there, which is written last; one without it was left by a killed run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.errors import DataError, UsageError
from orchestration.settings import Settings

DATABASE = "cx.duckdb"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Version:
    """One published version.

    Attributes:
        name: sortable by time, `<UTC time>-<short run id>`.
        path: its folder, with `cx.duckdb`, `parquet/` and `manifest.json`.
        published_at: when it was built (UTC, aware).
        row_counts: rows by `<schema>.<table>` for the schemas marts and core.
        batch: how far it follows the `changed_days` of its warehouse; None when that keeps none.
        origin: which warehouse that was, see `origin`.
        warned_tables: those of them of which a check warned in the run that published it.
        partitions_written, partitions_linked: linked files of tables by day that are new, and
            that are shared with the version before.
    """

    name: str
    path: Path
    run_id: str
    published_at: datetime
    is_current: bool
    row_counts: Mapping[str, int] = field(default_factory=dict)
    batch: int | None = None
    origin: str | None = None
    warned_tables: tuple[str, ...] = ()
    partitions_written: int = 0
    partitions_linked: int = 0


def versions_folder(settings: Settings) -> Path:
    return settings.published / "versions"


def list_versions(settings: Settings) -> list[Version]:
    """All published versions, newest first.

    Raises:
        DataError: a manifest that cannot be read.
    """
    folder = versions_folder(settings)
    current = _current_name(settings)
    manifests = folder.glob(f"*/{MANIFEST}") if folder.is_dir() else ()
    versions = [_read_version(path, current) for path in manifests]
    return sorted(versions, key=lambda v: (v.published_at, v.name), reverse=True)


def current_version(settings: Settings) -> Version | None:
    """The version that readers see; None before the first one."""
    return next((v for v in list_versions(settings) if v.is_current), None)


def rollback(settings: Settings, version: str) -> Version:
    """Make an earlier (or later) version the one that readers see; nothing is deleted.

    Raises:
        UsageError: no such version.
        DataError: somebody wrote to it, or the switch failed.
    """
    versions = {v.name: v for v in list_versions(settings)}
    if version not in versions:
        names = ", ".join(versions) or "none"
        raise UsageError(
            f"Expected a published version ({names}), found {version!r}: choose one of those."
        )
    refuse_wal(versions[version].path / DATABASE)
    try:
        switch(settings, version)
    except OSError as error:
        raise DataError(
            f"Expected to make {version} current under {settings.published}, found "
            f"{error.strerror or error}: correct it and try again."
        ) from error
    return _read_version(versions[version].path / MANIFEST, version)


def new_version_name(settings: Settings, run_id: str, now: datetime) -> str:
    """A name that no version has yet."""
    short = re.sub(r"[^A-Za-z0-9]", "", run_id)[:8] or "run"
    stem = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{short}"
    folder = versions_folder(settings)
    name, number = stem, 1
    while (folder / name).exists():
        number += 1
        name = f"{stem}-{number}"
    return name


def switch(settings: Settings, name: str) -> None:
    """Point `published/current` at a complete version with one rename.

    Raises:
        OSError: the link could not be replaced; the version before is still current.
    """
    published = settings.published
    if not (published / DATABASE).is_symlink():
        _replace_link(published / DATABASE, Path("current") / DATABASE)
    # An older reader that opened the link for writing leaves its log here, and every later
    # reader would replay it into another file.
    (published / f"{DATABASE}.wal").unlink(missing_ok=True)
    _replace_link(published / "current", Path("versions") / name)
    sync_folder(published)


def clear_leftovers(settings: Settings) -> None:
    """Delete what killed runs left: folders without a manifest, links not yet renamed."""
    current = _current_name(settings)
    for path in settings.published.glob(".link-*"):
        path.unlink()
    for path in versions_folder(settings).iterdir():
        if path.name != current and not (path / MANIFEST).exists():
            remove_version(path)


def prune(settings: Settings, keep: int) -> None:
    """Delete all but the newest `keep` versions; the current one always stays."""
    for version in list_versions(settings)[keep:]:
        if not version.is_current:
            remove_version(version.path)


def remove_version(path: Path) -> None:
    """Delete the folder of a version; what cannot be deleted now is a leftover for the next run."""
    if path.is_dir() and not path.is_symlink():
        # First of all it ceases to be a version: half of one must never be listed.
        (path / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def read_manifest(path: Path) -> dict[str, Any]:
    """The content of a `manifest.json`.

    Raises:
        DataError: it is no JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("not an object")
    except ValueError as error:
        raise DataError(
            f"Expected the manifest of a published version in {path}, found text that is none "
            f"({error}): delete the folder {path.parent.name} and publish again."
        ) from error
    return content


def write_manifest(folder: Path, content: Mapping[str, Any]) -> None:
    """Write `manifest.json` atomically: from here on the folder is a version."""
    temporary = folder / f".{MANIFEST}"
    with temporary.open("w", encoding="utf-8") as file:
        file.write(json.dumps(content))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / MANIFEST)
    sync_folder(folder)
    sync_folder(folder.parent)


def refuse_wal(database: Path) -> None:
    """Refuse a database file with a log beside it: readers would replay it silently.

    Raises:
        DataError: there is one.
    """
    if (log := database.with_name(f"{database.name}.wal")).exists():
        raise DataError(
            f"Expected {database} to be complete, found the log {log.name} beside it, so that "
            "somebody wrote to it or it was not closed: publish again."
        )


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _current_name(settings: Settings) -> str | None:
    link = settings.published / "current"
    return link.readlink().name if link.is_symlink() else None


def _replace_link(link: Path, target: Path) -> None:
    temporary = link.with_name(f".link-{link.name}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)


def _read_version(manifest: Path, current: str | None) -> Version:
    content = read_manifest(manifest)
    folder = manifest.parent
    try:
        return Version(
            name=folder.name,
            path=folder,
            run_id=content["run_id"],
            published_at=datetime.fromisoformat(content["published_at"]),
            is_current=folder.name == current,
            row_counts=content["row_counts"],
            batch=content.get("batch"),
            origin=content.get("origin"),
            # Absent from versions that were published before tables said it.
            warned_tables=tuple(content.get("warned_tables", ())),
            partitions_written=content["partitions_written"],
            partitions_linked=content["partitions_linked"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"Expected the manifest of a published version in {manifest}, found one without "
            f"{error}: delete the folder {folder.name} and publish again."
        ) from error
