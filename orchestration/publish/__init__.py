"""From the warehouse to published versions: built aside, verified, switched in with one rename.

Pure: reads the warehouse and the state, writes only under `published/`; never imports dagster.
"""

from orchestration.publish.publisher import publish
from orchestration.publish.versions import Version, current_version, list_versions, rollback

__all__ = ["Version", "current_version", "list_versions", "publish", "rollback"]
