"""Dagster's event log in one SQLite file, with one connection pool instead of an engine an event.

The storages that Dagster comes with make a new engine for every event, and with it compile each
statement anew: ten milliseconds an event, of which a run writes some hundred. The one that is
their default also makes a database with all tables and indexes for every run. Only the connections
are given another way here; the file and its tables are those of Dagster's own class.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from threading import RLock
from typing import Any

from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event, inspect

# The web server and a run write at the same time, each for a moment.
BUSY_SECONDS = 30


class EventLog(ConsolidatedSqliteEventLogStorage):
    """The event log; named in dagster.yaml."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self.turn = RLock()
        self.tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @cached_property
    def engine(self) -> Engine:
        engine = create_engine(
            f"sqlite:///{self.get_db_path()}", connect_args={"timeout": BUSY_SECONDS}
        )
        event.listen(engine, "connect", write_ahead)
        return engine

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A transaction; one thread at a time."""
        with self.turn, self.engine.begin() as connection:
            yield connection

    def run_connection(self, run_id: str | None = None) -> AbstractContextManager[Connection]:
        return self.connection()

    def index_connection(self) -> AbstractContextManager[Connection]:
        return self.connection()

    def has_table(self, table_name: str) -> bool:
        if table_name not in self.tables:
            self.tables.update(inspect(self.engine).get_table_names())
        return table_name in self.tables

    def dispose(self) -> None:
        self.engine.dispose()
        super().dispose()


def write_ahead(connection: Any, _record: object) -> None:
    # With a write-ahead log this survives a killed process; only a power cut may lose the end.
    connection.execute("PRAGMA synchronous=NORMAL")
