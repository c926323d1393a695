"""Publishes the warehouse: build aside, verify, make durable, switch, prune — in this order.

Writes only under `published/`, and the figures of the run to the state; what is obsolete there and
below `warehouse/days` is deleted last. The caller holds the run lock. Whatever happens before the
switch, readers go on reading the version before.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.errors import DataError, UsageError
from orchestration.freshness import Freshness
from orchestration.publish.build import Built, Descriptions, build_version
from orchestration.publish.lineage import Lineage, read_lineage
from orchestration.publish.operations import Operations, figures_of
from orchestration.publish.origin import version_before
from orchestration.publish.sweep import sweep_day_files
from orchestration.publish.verify import sync_version, verify_version
from orchestration.publish.versions import (
    DATABASE,
    Version,
    clear_leftovers,
    current_version,
    new_version_name,
    prune,
    switch,
    versions_folder,
    write_manifest,
)
from orchestration.settings import Settings
from orchestration.state import write_figures

LOG = logging.getLogger("cx")


def publish(
    settings: Settings,
    run_id: str,
    deliveries: Sequence[Mapping[str, Any]] = (),
    fresh: Sequence[Freshness] = (),
    *,
    descriptions: Descriptions | None = None,
    keep: int = Settings.keep_versions,
) -> Version:
    """Publish the schemas marts and core of the warehouse as a new version and switch to it.

    Args:
        deliveries: rows of `ops.deliveries`, as `quality.balance.delivery_rows` makes them.
        fresh: how far each declared table has got.
        descriptions: table → (description, {column: description}), shown by BI tools.
        keep: how many versions to keep, this one included.

    Raises:
        UsageError: `keep` below 1.
        DataError: nothing to publish, a full disk, missing rights, or a version that reads back
            otherwise than the warehouse; the version before is still current.
    """
    import duckdb

    if keep < 1:
        raise UsageError(f"Expected to keep at least 1 version, found {keep}: correct the number.")
    if not settings.warehouse.is_file():
        raise DataError(
            f"Expected the warehouse in {settings.warehouse}, found no file: build it before "
            "publishing."
        )
    try:
        version = _publish(settings, run_id, deliveries, fresh, descriptions or {})
    except (OSError, duckdb.Error) as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"Expected to publish {settings.warehouse} under {settings.published}, found: "
            f"{reason} — the last published version is untouched; correct the cause (space, "
            "rights, a process that has the warehouse open) and publish again."
        ) from error
    # The new version is visible: what resists is the next publish's leftover.
    for tidy in (lambda: prune(settings, keep), lambda: sweep_day_files(settings)):
        try:
            tidy()
        except (OSError, duckdb.Error) as error:
            LOG.warning("what is obsolete is left to the next publish: %s", error)
    return version


def _publish(
    settings: Settings,
    run_id: str,
    deliveries: Sequence[Mapping[str, Any]],
    fresh: Sequence[Freshness],
    descriptions: Descriptions,
) -> Version:
    versions_folder(settings).mkdir(parents=True, exist_ok=True)
    clear_leftovers(settings)
    goes_on = version_before(settings)
    before = goes_on or current_version(settings)
    published_at = datetime.now(UTC)
    name = new_version_name(settings, run_id, published_at)
    folder = versions_folder(settings) / name
    folder.mkdir()
    try:
        lineage = read_lineage(settings, run_id, published_at)
        ops = Operations(run_id, name, published_at, deliveries, fresh)
        built = build_version(
            settings,
            folder,
            lineage,
            ops,
            descriptions,
            before.path if before else None,
            goes_on.batch if goes_on else None,
        )
        verify_version(folder, built)
        # Against a tool that opens the published file for writing by mistake.
        (folder / DATABASE).chmod(0o444)
        sync_version(folder, built)
        manifest = _manifest(lineage, built)
        write_manifest(folder, manifest)
        switch(settings, name)
    except BaseException:
        _discard(settings, folder)
        raise
    try:
        write_figures(settings, run_id, figures_of(ops, manifest["row_counts"]))
    except (OSError, UsageError) as error:
        # The version is visible. Whoever publishes without a run has perhaps no id for a file.
        LOG.warning("ops.table_rows and ops.freshness will lack this run: %s", error)
    version = current_version(settings)
    assert version is not None and version.name == name
    return version


def _discard(settings: Settings, folder: Path) -> None:
    link = settings.published / "current"
    is_switched = link.is_symlink() and link.readlink().name == folder.name
    if not is_switched:
        shutil.rmtree(folder, ignore_errors=True)


def _manifest(lineage: Lineage, built: Built) -> dict[str, Any]:
    written = sum(len(linked.new) for linked in built.linked.values())
    total = sum(len(linked.days.files) for linked in built.linked.values())
    return {
        "run_id": lineage.run_id,
        "published_at": lineage.computed_at.isoformat(),
        "batch": built.batch,
        "origin": built.origin,
        "row_counts": {table.label: rows for table, rows in built.rows.items()},
        "warned_tables": [table.label for table in built.rows if lineage.of(table).warned],
        "partitions_written": written,
        "partitions_linked": total - written,
    }
