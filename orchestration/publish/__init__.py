"""From the warehouse to published versions: built aside, verified, switched in with one rename.

Pure: reads the warehouse and the state, writes only under `published/`, deletes obsolete files
below `warehouse/days`; never imports dagster.
"""

from orchestration.publish.origin import published_batch
from orchestration.publish.publisher import publish
from orchestration.publish.sweep import sweep_day_files
from orchestration.publish.versions import (
    Version,
    current_version,
    list_versions,
    prune,
    rollback,
)

__all__ = [
    "Version",
    "current_version",
    "list_versions",
    "prune",
    "publish",
    "published_batch",
    "rollback",
    "sweep_day_files",
]
