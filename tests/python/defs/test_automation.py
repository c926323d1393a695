"""When runs start by themselves: which load dates are due, and that each is asked for once."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.declarations import Table, load_sources
from orchestration.defs.automation import due_dates, run_request
from orchestration.ingest import ingest_partition
from orchestration.settings import Settings

DAY, LATER = date(2024, 1, 1), date(2024, 1, 4)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def tables(settings: Settings) -> list[Table]:
    return [table for source in load_sources(settings.project_dir) for table in source.tables]


def deliver(
    settings: Settings, tables: list[Table], day: date, rows: int, minutes_ago: float = 10
) -> None:
    """A file of calls, last changed some minutes ago."""
    columns = calls(tables).raw_columns
    lines = [columns, *([str(row)] * len(columns) for row in range(rows))]
    path = settings.inbox / "demo_phone" / day.isoformat() / "calls.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")
    changed = datetime.now().timestamp() - 60 * minutes_ago
    os.utime(path, (changed, changed))


def calls(tables: list[Table]) -> Table:
    return next(table for table in tables if table.source == "demo_phone")


def due(settings: Settings, tables: list[Table]) -> list[date]:
    return list(due_dates(settings, tables, datetime.now(UTC)))


def test_new_files_are_due_once_they_are_left_alone_and_not_after_they_were_ingested(
    settings: Settings, tables: list[Table]
) -> None:
    assert due(settings, tables) == []
    deliver(settings, tables, DAY, 1, minutes_ago=0)
    assert due(settings, tables) == [], "the file may still be being copied"
    deliver(settings, tables, DAY, 1)
    assert due(settings, tables) == [DAY]
    ingest_partition(settings, calls(tables), DAY, "run-1")
    assert due(settings, tables) == []


def test_a_corrected_file_is_due_again_and_asked_for_under_another_key(
    settings: Settings, tables: list[Table]
) -> None:
    now = datetime.now(UTC)
    deliver(settings, tables, DAY, 1)
    first = run_request(due_dates(settings, tables, now))
    assert run_request(due_dates(settings, tables, now)).run_key == first.run_key
    ingest_partition(settings, calls(tables), DAY, "run-1")
    deliver(settings, tables, DAY, 2)
    again = run_request(due_dates(settings, tables, now))
    assert again.partition_key == DAY.isoformat()
    assert again.run_key != first.run_key


def test_several_dates_are_one_run_that_names_exactly_them(
    settings: Settings, tables: list[Table]
) -> None:
    for day in (DAY, LATER, settings.start_date - timedelta(days=1)):
        deliver(settings, tables, day, 1)
    request = run_request(due_dates(settings, tables, datetime.now(UTC)))
    assert request.partition_key is None
    assert request.tags["dagster/asset_partition_range_start"] == DAY.isoformat()
    assert request.tags["dagster/asset_partition_range_end"] == LATER.isoformat()
    assert request.tags["cx/load_dates"] == "2024-01-01,2024-01-04"
