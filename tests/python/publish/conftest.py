"""Small real warehouses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def warehouse(settings: Settings) -> Callable[..., None]:
    """Runs statements on the warehouse and closes it again, as a build does."""

    def run(*statements: str) -> None:
        settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(settings.warehouse)) as connection:
            for statement in statements:
                connection.execute(statement)

    run(
        "create schema marts",
        "create schema core",
        """
        create table core.fct_contacts as
        select
            'c' || i as contact_id,
            'team ' || (i % 3) as team,
            case when i % 7 > 0 then i * 1.5 end as handle_seconds,
            date '2026-11-01' + (i % 4)::int as contact_date,
            timestamp '2026-11-01 08:00:00' + to_seconds(i) as started_at,
        from range(40) as t(i)
        """,
        "create table core.dim_agents as select 'a1' as agent_id, false as is_bot",
        """
        create table marts.mart_contacts as
        select contact_date, count(*) as contact_count from core.fct_contacts group by all
        """,
    )
    return run


@pytest.fixture
def read(settings: Settings) -> Callable[[str], list[tuple[object, ...]]]:
    """Rows of a query on the published file, opened as a BI tool does."""

    def run(query: str) -> list[tuple[object, ...]]:
        path = str(settings.published / "cx.duckdb")
        with duckdb.connect(path, read_only=True) as connection:
            return connection.execute(query).fetchall()

    return run


@pytest.fixture
def day_files(settings: Settings) -> Callable[[], dict[str, int]]:
    """Inode of each day's file of fct_contacts in the current version."""

    def run() -> dict[str, int]:
        folder = settings.published / "current" / "parquet" / "core" / "fct_contacts"
        return {p.parent.name: p.stat().st_ino for p in folder.glob("*/part.parquet")}

    return run
