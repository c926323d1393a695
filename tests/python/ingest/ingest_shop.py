"""A small project with one declared table, a home to ingest it into, and ways to look at both."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.declarations import Table, find_table, load_sources
from orchestration.ingest import Delivery, Quarantined, ingest_partition, list_quarantined
from orchestration.settings import Settings

DAY = date(2026, 11, 21)


@dataclass
class Shop:
    """One source `shop` with one table `calls`."""

    settings: Settings

    def declare(self, **meta: Any) -> Table:
        """Declare the table; without more it is CSV with the key `id` and a column `agent`."""
        declared = {
            "files": "{load_date}/*",
            "format": "csv",
            "key": ["id"],
            "feeds": {"calls": {"agent_id": {"from": "agent"}}},
            **meta,
        }
        folder = self.settings.project_dir / "models" / "staging" / "shop"
        folder.mkdir(parents=True, exist_ok=True)
        table = {"name": "calls", "config": {"meta": declared}}
        content = {"version": 2, "sources": [{"name": "shop", "tables": [table]}]}
        (folder / "_shop__sources.yml").write_text(json.dumps(content))
        (folder / "stg_shop__calls.sql").write_text("{{ stage('shop', 'calls', 'calls') }}\n")
        return find_table(load_sources(self.settings.project_dir), "shop", "calls")

    def deliver(self, name: str, content: bytes | str, day: date = DAY) -> Path:
        path = self.settings.inbox / "shop" / day.isoformat() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def ingest(self, table: Table, day: date = DAY, run_id: str = "run") -> Delivery:
        return ingest_partition(self.settings, table, day, run_id)

    def partition(self, day: date = DAY) -> Path:
        return self.settings.lake / "shop" / "calls" / f"load_date={day.isoformat()}"

    def lake(self, columns: str = "*", day: date = DAY) -> list[tuple[Any, ...]]:
        path = self.partition(day) / "part.parquet"
        with duckdb.connect() as connection:
            relation = connection.read_parquet(str(path)).order('"_source_file", "_row_number"')
            return relation.project(columns).fetchall()

    def columns(self, day: date = DAY) -> list[str]:
        with duckdb.connect() as connection:
            return connection.read_parquet(str(self.partition(day) / "part.parquet")).columns

    def quarantined(self) -> list[Quarantined]:
        return list_quarantined(self.settings)


def assert_nothing_lost(shop: Shop, delivery: Delivery, day: date = DAY) -> None:
    """Rows read = rows in the lake + rows in quarantine, a file at a time."""
    in_lake = [row[0] for row in shop.lake("_source_file", day)]
    in_quarantine = [item.file for item in shop.quarantined() if item.row_number is not None]
    for file in delivery.files:
        assert file.rows_in_lake == in_lake.count(file.file)
        assert file.rows_quarantined == in_quarantine.count(file.file)
    assert delivery.rows_read == len(in_lake) + len(in_quarantine)
