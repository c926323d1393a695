"""dbt-duckdb connection plugin: tells cursors the hash key of personal ids, the lake's files, and
how much memory there is.

Named in profiles.yml. Session variables, so that the key stands in no compiled file and no log.
"""

from __future__ import annotations

import os
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from orchestration.lake_files import lake_variables
from orchestration.secrets_file import hash_key
from orchestration.settings import load_settings


class Plugin(BasePlugin):
    """Sets the variables on each cursor: a cursor does not inherit those of its connection."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        self._settings = load_settings()
        self._key = hash_key(self._settings)
        (self._settings.warehouse.parent / "days").mkdir(parents=True, exist_ok=True)
        # Once: nothing is delivered while dbt runs, and every node has a cursor of its own.
        self._lake = lake_variables(self._settings)
        self._memory_limit = (
            plugin_config.get("memory_limit_of_days") if os.environ.get("DBT_FEW_DAYS") else None
        )

    def configure_cursor(self, cursor: DuckDBPyConnection) -> None:
        if self._memory_limit:
            cursor.execute(f"set memory_limit = '{self._memory_limit}'")
        cursor.execute("set variable cx_hash_key = ?", [self._key])
        for name, files in self._lake:
            cursor.execute(f'set variable "{name}" = ?', [files])
