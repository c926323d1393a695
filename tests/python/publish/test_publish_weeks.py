"""Tables by day of the warehouse are published by week; what was not built since is linked."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from publish_warehouse import Warehouse

from orchestration.publish import parts, publish, published_batch, rollback
from orchestration.settings import Settings

EVERYTHING = "from core.fct_days order by all"


@pytest.fixture
def weeks(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Two rows on each day of December to February, and one on none; one batch was built."""
    monkeypatch.setattr(parts, "MOST_COPIED_ROWS", 5)
    made = Warehouse(settings)
    create(made)
    return made


def create(made: Warehouse) -> None:
    made.prepare()
    made(
        "create table marts.mart_few as select 1 as one",
        "create table intermediate.identity as select uuid()::varchar as id",
        "create table intermediate.changed_days "
        "(batch bigint, kind varchar, day date, cause varchar)",
        "create table intermediate.built_partitions (table_schema varchar, table_name varchar, "
        "kind_column varchar, day_column varchar, batch bigint, kind varchar, day date, "
        "is_all boolean)",
        "create table core.fct_days as select day::date as day, n, 'a' as said, 1::hugeint as big "
        "from generate_series(date '2025-12-01', date '2026-02-28', interval 1 day) as d(day), "
        "range(2) as r(n) union all select null, 0, 'nobody', 2",
        "insert into intermediate.day_state values ('core', 'fct_days', 's', 1)",
        "insert into intermediate.changed_days values (1, '*', null, 'rebuild')",
        "insert into intermediate.built_partitions "
        "values ('core', 'fct_days', null, 'day', 1, null, null, true)",
    )


def build(made: Warehouse, batch: int, day: str | None, *statements: str) -> None:
    """What a build does to a day, or to the rows without one."""
    date = f"date '{day}'" if day else "null"
    made(
        *statements,
        f"insert into intermediate.changed_days values ({batch}, 'ticket', {date}, 'rows')",
        "insert into intermediate.built_partitions "
        f"values ('core', 'fct_days', null, 'day', {batch}, null, {date}, false)",
    )


def inodes(settings: Settings) -> dict[str, int]:
    folder = settings.published / "current" / "parquet" / "core" / "fct_days"
    return {path.stem: path.stat().st_ino for path in folder.glob("[!_]*.parquet")}


def test_only_weeks_in_which_something_was_built_are_written(settings, weeks, read) -> None:
    version = publish(settings, "run-1")
    assert version.row_counts["core.fct_days"] == 181
    first = inodes(settings)
    assert len(first) == 14 and {"2025-12-01", "2025-12-29", "2026-02-23", "none"} < first.keys()
    assert published_batch(settings) == 1
    build(weeks, 2, "2026-01-15", "update core.fct_days set said = 'b' where day = '2026-01-15'")
    build(weeks, 3, None, "update core.fct_days set said = 'c' where day is null")
    version = publish(settings, "run-2")
    second = inodes(settings)
    assert {week for week in second if second[week] != first[week]} == {"2026-01-12", "none"}
    assert (version.partitions_written, version.partitions_linked) == (2, 12)
    with duckdb.connect(str(settings.warehouse), read_only=True) as built:
        assert read(EVERYTHING) == built.execute(EVERYTHING).fetchall()
        types = "select column_name, data_type from duckdb_columns() where table_name = 'fct_days'"
        assert read(types) == built.execute(types).fetchall()


def test_a_table_of_several_kinds_is_cut_by_them_too(settings, weeks, read) -> None:
    """A ticket of last month must not write its chats anew."""
    weeks(
        "alter table core.fct_days add column kind varchar",
        "update core.fct_days set kind = if(n = 0, 'chat', 'ticket')",
        "update intermediate.built_partitions set kind_column = 'kind'",
    )
    publish(settings, "run-1")
    first = inodes(settings)
    assert {"2025-12-29-chat", "2025-12-29-ticket", "none-chat"} < first.keys()
    weeks(
        "update core.fct_days set said = 'b' where day = '2026-01-15' and kind = 'ticket'",
        "insert into intermediate.changed_days values (2, 'ticket', '2026-01-15', 'rows')",
        "insert into intermediate.built_partitions "
        "values ('core', 'fct_days', 'kind', 'day', 2, 'ticket', '2026-01-15', false)",
    )
    publish(settings, "run-2")
    second = inodes(settings)
    assert {name for name in second if second[name] != first[name]} == {"2026-01-12-ticket"}
    assert read("select count(*) from core.fct_days where said = 'b'") == [(1,)]


def test_a_week_without_rows_is_gone(settings, weeks, read) -> None:
    publish(settings, "run-1")
    build(weeks, 2, "2026-02-01", "delete from core.fct_days where day >= '2026-02-01'")
    publish(settings, "run-2")
    assert len(inodes(settings)) == 10 and max(inodes(settings)) == "none"
    assert read("select count(*), max(day)::varchar from core.fct_days") == [(125, "2026-01-31")]


def test_whoever_went_back_does_not_publish_what_was_then(settings, weeks, read) -> None:
    first = publish(settings, "run-1")
    build(weeks, 2, "2026-01-15", "update core.fct_days set said = 'b' where day = '2026-01-15'")
    publish(settings, "run-2")
    # A build forgets what was published before it.
    weeks("delete from intermediate.built_partitions where batch <= 2")
    build(weeks, 3, "2026-02-15", "update core.fct_days set said = 'c' where day = '2026-02-15'")
    rollback(settings, first.name)
    publish(settings, "run-3")
    assert read("select distinct said from core.fct_days order by 1") == [
        ("a",), ("b",), ("c",), ("nobody",)
    ]  # fmt: skip


def test_another_warehouse_of_the_same_batches_is_another_one(
    settings: Settings, weeks: Warehouse, read, tmp_path: Path
) -> None:
    """Built anew after a loss, or restored from a copy, it may count as the one before did."""
    publish(settings, "run-1")
    settings.warehouse.unlink()
    create(weeks)
    weeks("update core.fct_days set said = 'other' where day = '2026-01-15'")
    assert published_batch(settings) is None
    publish(settings, "run-2")
    assert read("select count(*) from core.fct_days where said = 'other'") == [(2,)]
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(settings.warehouse.read_bytes())
    said = "update core.fct_days set said = '{}' where day = '{}'"
    build(weeks, 2, "2026-02-15", said.format("lost", "2026-02-15"))
    publish(settings, "run-3")
    copy.replace(settings.warehouse)
    build(weeks, 2, "2026-01-01", said.format("new", "2026-01-01"))
    publish(settings, "run-4")
    assert read("select distinct said from core.fct_days where said in ('lost', 'new')") == [
        ("new",)
    ]
