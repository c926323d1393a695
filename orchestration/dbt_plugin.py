"""dbt-duckdb connection plugin: hands the hash key of personal ids to every cursor.

Named in profiles.yml. A session variable, so that the key stands in no compiled file and no log.
"""

from __future__ import annotations

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from orchestration.secrets_file import hash_key
from orchestration.settings import load_settings


class Plugin(BasePlugin):
    """Sets `cx_hash_key` on each cursor: a cursor does not inherit variables of its connection."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        self._key = hash_key(load_settings())

    def configure_cursor(self, cursor: DuckDBPyConnection) -> None:
        cursor.execute("set variable cx_hash_key = ?", [self._key])
