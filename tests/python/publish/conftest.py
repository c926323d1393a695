"""Small real warehouses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from publish_warehouse import Warehouse

from orchestration.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def warehouse(settings: Settings) -> Warehouse:
    """40 contacts of two kinds on four days, an agent, and a mart of the contacts by day."""
    made = Warehouse(settings)
    made.prepare()
    made(
        """
        create table intermediate.contacts as
        select
            'c' || i as contact_id,
            if(i % 8 < 4, 'chat', 'call') as contact_type,
            'team ' || (i % 3) as team,
            case when i % 7 > 0 then i * 1.5 end as handle_seconds,
            date '2026-11-01' + (i % 4)::int as contact_date,
            timestamp '2026-11-01 08:00:00' + to_seconds(i) as started_at,
        from range(40) as t(i)
        """,
        "create table core.dim_agents as select 'a1' as agent_id, false as is_bot",
    )
    made.build_days("core.fct_contacts")
    made(
        """
        create table marts.mart_contacts as
        select contact_date, count(*) as contact_count from intermediate.contacts group by all
        """
    )
    return made


@pytest.fixture
def linked(warehouse: Warehouse) -> None:
    """Tables by day are kept in files, and linked, as large ones are."""
    warehouse.keep_files(True)


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
    """Inode of each file of fct_contacts in the current version, by the place of its day."""

    def run() -> dict[str, int]:
        folder = settings.published / "current" / "parquet" / "core" / "fct_contacts"
        found = folder.glob("*/*/*.parquet")
        return {path.parent.relative_to(folder).as_posix(): path.stat().st_ino for path in found}

    return run
