"""What a reader finds in a published version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import pytest
from publish_warehouse import Warehouse

from orchestration.freshness import Freshness
from orchestration.publish import publish, rollback
from orchestration.settings import Settings
from orchestration.state import append_checks, start_run

TYPED = """
    select date '2026-11-01' as contact_date, 'x'::enum('x', 'y''z') as kind,
        12345678901::hugeint as total, [1, null] as parts, uuid() as id
"""


@pytest.mark.parametrize("keeps_files", [True, False])
def test_marts_dims_and_facts_have_the_rows_and_types_of_the_warehouse(
    settings, warehouse, read, keeps_files
) -> None:
    warehouse.keep_files(keeps_files)
    warehouse.build_days("core.fct_tickets", TYPED, cut=("contact_date",))
    version = publish(settings, "run-1")
    assert version.row_counts == {
        "core.dim_agents": 1,
        "core.fct_contacts": 40,
        "core.fct_tickets": 1,
        "marts.mart_contacts": 4,
    }
    described = "select column_name, data_type from duckdb_columns() where table_name = '{}'"
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        for name, added in (("fct_tickets", 0), ("fct_contacts", 0), ("mart_contacts", 3)):
            query = described.format(name)
            found = read(query)
            assert found[: len(found) - added] == connection.execute(query).fetchall()
        everything = "from core.fct_contacts order by contact_id"
        assert read(everything) == connection.execute(everything).fetchall()
        is_view = "select count(*) from duckdb_views() where view_name = 'fct_contacts'"
        assert read(is_view) == [(1 if keeps_files else 0,)]


def test_parquet_files_need_no_folder_names_to_be_read(settings, warehouse, linked) -> None:
    publish(settings, "run-1")
    parquet = settings.published / "current" / "parquet"
    folder = parquet / "core" / "fct_contacts"
    (one_day,) = (folder / "contact_type=chat" / "contact_date=2026-11-02").iterdir()
    query = "select distinct contact_date, contact_type from read_parquet(?, hive_partitioning = 0)"
    assert duckdb.execute(query, [str(one_day)]).fetchall() == [(date(2026, 11, 2), "chat")]
    for name in ("marts/mart_contacts", "core/dim_agents", "ops/runs", "ops/tables"):
        duckdb.execute("from read_parquet(?)", [str(parquet / f"{name}.parquet")]).fetchall()


def test_a_table_by_day_is_a_folder_of_parquet_whether_copied_or_linked(
    settings, warehouse
) -> None:
    files = str(settings.published / "current" / "parquet" / "core" / "fct_contacts")
    query = "select count(*), count(distinct contact_date) from read_parquet(?)"
    for keeps_files in (False, True):
        warehouse.keep_files(keeps_files)
        publish(settings, "run")
        assert duckdb.execute(query, [f"{files}/**/*.parquet"]).fetchall() == [(40, 4)]


def test_a_query_of_one_day_opens_the_files_of_that_day(settings, warehouse, read, linked) -> None:
    publish(settings, "run-1")
    query = "explain analyze from core.fct_contacts where contact_date = '2026-11-02'"
    assert "2/8" in read(query)[0][1]
    assert "1/8" in read(f"{query} and contact_type = 'chat'")[0][1]
    ((text,),) = read("select sql from duckdb_views() where view_name = 'fct_contacts'")
    assert text.count(".parquet") == 1


def test_rows_without_a_date_are_published(settings, warehouse, read, day_files, linked) -> None:
    warehouse("insert into intermediate.contacts (contact_id, contact_type) values ('a', 'chat')")
    warehouse.build_days("core.fct_contacts", days=(None,))
    publish(settings, "run-1")
    first = day_files()
    of_contacts = "select contact_id from core.fct_contacts where contact_date is null order by 1"
    assert read(of_contacts) == [("a",)]
    warehouse("insert into intermediate.contacts (contact_id, contact_type) values ('b', 'chat')")
    warehouse.build_days("core.fct_contacts", days=(None,))
    publish(settings, "run-2")
    changed = {day for day, inode in day_files().items() if first[day] != inode}
    assert changed == {"contact_type=chat/contact_date=__HIVE_DEFAULT_PARTITION__"}
    assert read(of_contacts) == [("a",), ("b",)]


def test_a_table_by_day_without_rows_is_empty_and_typed_until_it_has_some(
    settings, warehouse, read, linked
) -> None:
    def build_calls(where: str) -> None:
        query = f"select 'a' as call_id, date '2026-11-01' as contact_date, 3.0 as n where {where}"
        warehouse.build_days("core.fct_calls", query, cut=("contact_date",))

    parquet = settings.published / "current" / "parquet" / "core" / "fct_calls"
    for where, rows in (("false", 0), ("true", 1), ("false", 0)):
        build_calls(where)
        publish(settings, "run")
        assert len(read("from core.fct_calls")) == rows
        assert read("select typeof(any_value(contact_date)) from core.fct_calls") == [("DATE",)]
        duckdb.execute("from read_parquet(?)", [f"{parquet}/**/*.parquet"]).fetchall()


def test_a_fact_that_is_not_by_day_is_copied(settings, warehouse, read, linked) -> None:
    warehouse("create table core.fct_notes as select 'n' as note_id")
    publish(settings, "run-1")
    assert read("from core.fct_notes") == [("n",)]


def test_a_warehouse_without_tables_by_day_is_published(settings, warehouse, read, linked) -> None:
    warehouse(
        "drop view core.fct_contacts",
        "create table core.fct_contacts as from intermediate.contacts",
        "drop table intermediate.day_files",
        "drop table intermediate.day_state",
    )
    publish(settings, "run-1")
    assert read("select count(*) from core.fct_contacts") == [(40,)]
    assert list((settings.warehouse.parent / "days").rglob("*.parquet"))


VIEWS = (
    'create view "warehouse"."core"."fct_chats" as (with contacts as (select * from '
    '"warehouse"."core"."fct_contacts") select contact_id, contact_date, agent_id from contacts '
    'cross join "warehouse"."core"."dim_agents" where contact_type = \'chat\')',
    'create view core.a_few as select contact_id as id, \'from "core"."x"\' as said '
    "from core.fct_chats where contact_date < '2026-11-03'",
    "create view core.unpublished as select c.* from core.fct_contacts as c "
    "semi join intermediate.contacts as i on c.contact_id = i.contact_id",
    "create view core.agents as select agent_id from core.dim_agents",
)


@pytest.mark.parametrize("keeps_files", [True, False])
def test_a_view_upon_linked_files_stays_a_view_and_every_other_is_copied(
    settings, warehouse, read, keeps_files
) -> None:
    warehouse.keep_files(keeps_files)
    warehouse(*VIEWS)
    version = publish(settings, "run-1", descriptions={"fct_chats": ("Chats.", {})})
    counts = {"core.fct_chats": 20, "core.a_few": 10, "core.unpublished": 40, "core.agents": 1}
    assert {label: version.row_counts[label] for label in counts} == counts
    for label, rows in counts.items():
        assert read(f"select count(*) from {label}") == [(rows,)]
    views = {name for (name,) in read("select view_name from duckdb_views() where not internal")}
    assert views == ({"fct_contacts", "fct_chats", "a_few"} if keeps_files else set())
    comment = """
        select comment from duckdb_views() where view_name = 'fct_chats'
        union all select comment from duckdb_tables() where table_name = 'fct_chats'
    """
    assert read(comment) == [("Chats.",)]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{settings.published}/cx.duckdb' as other (read_only)")
        assert connection.execute("select count(*) from other.core.a_few").fetchall() == [(10,)]


def test_names_and_folders_with_quotes_and_wildcards_are_safe(tmp_path, linked) -> None:
    odd = Settings(home=tmp_path / 'ho\'me [a]* "b"')
    warehouse = Warehouse(odd)
    table, column = 'mart_o\'x "y"/../z', 'co\'l "n"'
    quoted_table, quoted_column = table.replace('"', '""'), column.replace('"', '""')
    warehouse.prepare()
    warehouse(f'create table marts."{quoted_table}" as select 1 as "{quoted_column}"')
    warehouse.build_days(
        "core.fct_x", "select 'a' as \"i\"\"d\", date '2026-11-01' as day", cut=("day",)
    )
    texts = {table: ('it\'s "one"', {column: "per 'row'"}), "gone": ("x", {"y": "z"})}
    version = publish(odd, "../run '1'", descriptions=texts)
    assert "/" not in version.name
    with duckdb.connect(str(odd.published / "cx.duckdb"), read_only=True) as connection:
        rows = connection.execute("from core.fct_x").fetchall()
        assert rows == [("a", date(2026, 11, 1))]
        for query, text in (
            ("select comment from duckdb_tables() where table_name = ?", 'it\'s "one"'),
            ("select comment from duckdb_columns() where table_name = ?", "per 'row'"),
        ):
            assert (text,) in connection.execute(query, [table]).fetchall()


def test_tables_left_by_a_killed_build_are_not_published(settings, warehouse) -> None:
    warehouse("create table marts.mart_contacts__dbt_tmp as select 1 as a")
    assert "marts.mart_contacts__dbt_tmp" not in publish(settings, "run-1").row_counts


def test_descriptions_of_tables_views_and_columns_are_comments(
    settings, warehouse, read, linked
) -> None:
    texts = {
        "fct_contacts": ("One row per contact.", {"TEAM": "Team."}),
        "mart_contacts": ("One row per day.", {"contact_count": "Contacts."}),
    }
    publish(settings, "run-1", descriptions=texts)
    assert read("select comment from duckdb_views() where view_name = 'fct_contacts'") == [
        ("One row per contact.",)
    ]
    query = "select comment from duckdb_columns() where column_name in ('team', 'contact_count')"
    assert sorted(read(query)) == [("Contacts.",), ("Team.",)]
    query = "select schema_name, row_count from ops.tables where description = 'One row per day.'"
    assert read(query) == [("marts", 4)]
    missing = """
        select table_name, column_name from duckdb_columns()
        where schema_name = 'ops' and comment is null
    """
    assert read(missing) == []


LINEAGE = "_run_id, dq_status, computed_at"


@dataclass(frozen=True)
class Outcome:
    layer: str
    table: str
    check_name: str
    column: str | None
    success: bool
    observed: object
    unexpected_count: int | None


def test_ops_tells_runs_deliveries_and_checks(settings, warehouse, read) -> None:
    start_run(settings, "run-1", "backfill", [date(2026, 11, 3), date(2026, 11, 1)])
    append_checks(
        settings, "run-1", [Outcome("core", "fct_contacts", "volume", None, False, [0.5, "é'"], 3)]
    )
    row = {
        "source": "demo_crm",
        "table_name": "customers",
        "load_date": date(2026, 11, 1),
        "file": "2026-11-01/a.csv",
        "run_id": "run-1",
        "ingested_at": "2026-11-01T22:00:00+02:00",
        "rows_read": 9,
        "added_columns": ("new",),
        "is_balanced": True,
        "not_a_column": "left out",
    }
    version = publish(settings, "run-1", [row, {**row, "file": "b.csv"}])
    query = "select status, version, first_load_date, last_load_date, load_date_count from ops.runs"
    dates = (date(2026, 11, 1), date(2026, 11, 3), 2)
    assert read(query) == [("published", version.name, *dates)]
    query = "select file, added_columns, ingested_at::varchar from ops.deliveries order by file"
    assert read(query)[1] == ("b.csv", '["new"]', "2026-11-01 20:00:00")
    query = "select table_name, is_success, observed, unexpected_count from ops.check_results"
    assert read(query) == [("fct_contacts", False, '[0.5, "é\'"]', 3)]


def checked(settings: Settings, run_id: str, table: str, *successes: bool) -> None:
    start_run(settings, run_id, "run")
    append_checks(
        settings,
        run_id,
        [Outcome("metrics", table, "volume", None, success, 1, 0) for success in successes],
    )


def test_ops_keeps_checks_row_counts_and_freshness_of_earlier_runs(
    settings, warehouse, read
) -> None:
    late = Freshness("crm", "customers", date(2026, 11, 1), "one every day", is_late=True)
    checked(settings, "run-1", "mart_contacts", True, False)
    publish(settings, "run-1", fresh=[late])
    checked(settings, "failed", "mart_contacts", False)
    # What the version before knows is copied from it: publishing costs no year of records.
    (settings.state / "checks" / "run-1.json").unlink()
    (settings.state / "figures" / "run-1.json").unlink()
    warehouse("insert into marts.mart_contacts select date '2026-12-01', 1")
    checked(settings, "run-2", "mart_contacts", True)
    version = publish(settings, "run-2", fresh=[late])
    checks = "select run_id, count(*) from ops.check_results group by all order by all"
    assert read(checks) == [("failed", 1), ("run-1", 2), ("run-2", 1)]
    rows = """
        select run_id, row_count from ops.table_rows where table_name = 'mart_contacts'
        order by all
    """
    assert read(rows) == [("run-1", 4), ("run-2", 5)]
    fresh = "select run_id, source, last_load_date, is_late from ops.freshness order by all"
    assert read(fresh)[1] == ("run-2", "crm", date(2026, 11, 1), True)
    # And what it does not know, because it is damaged, comes from the records.
    (version.path / "parquet" / "ops" / "table_rows.parquet").write_bytes(b"no parquet")
    publish(settings, "run-3")
    assert read(rows) == [("run-2", 5), ("run-3", 5)]


def test_ops_of_a_version_without_a_forgotten_person_come_from_the_cleared_records(
    settings, warehouse, read
) -> None:
    checked(settings, "run-1", "mart_contacts", False)
    publish(settings, "run-1")
    path = settings.state / "checks" / "run-1.json"
    path.write_text(path.read_text().replace("volume", "[erased]"))
    start_run(settings, "run-2", "forget")
    publish(settings, "run-2")
    assert read("select check_name from ops.check_results") == [("[erased]",)]


@pytest.mark.parametrize("keeps_files", [True, False])
def test_every_mart_says_its_run_its_checks_and_its_time(
    settings, warehouse, read, keeps_files
) -> None:
    warehouse.keep_files(keeps_files)
    warehouse.build_days("marts.mart_days")
    warehouse(
        "create table marts.mart_empty as select 1 as n where false",
        "create view marts.mart_of_days as select * from marts.mart_days",
    )
    checked(settings, "run-1", "mart_days", True, True)
    append_checks(settings, "run-1", [Outcome("core", "mart_contacts", "a", None, False, 1, 0)])
    version = publish(settings, "run-1")
    at = version.published_at.replace(tzinfo=None, microsecond=0)
    for mart, status in (
        ("mart_days", "passed"),
        ("mart_of_days", "unchecked"),
        ("mart_contacts", "warned"),
    ):
        assert read(f"select distinct {LINEAGE} from marts.{mart}") == [("run-1", status, at)]
    assert read(f"select {LINEAGE} from marts.mart_empty") == []
    with pytest.raises(duckdb.BinderException):
        read("select dq_status from core.fct_contacts")
    assert version.warned_tables == ("marts.mart_contacts",)
    query = """
        select table_name, run_id, dq_status, checks_count, checks_warned from ops.tables
        where dq_status <> 'unchecked' order by all
    """
    assert read(query) == [
        ("mart_contacts", "run-1", "warned", 1, 1),
        ("mart_days", "run-1", "passed", 2, 0),
    ]
    query = """
        select distinct column_name from duckdb_columns()
        where schema_name = 'marts' and comment is not null
    """
    assert {name for (name,) in read(query)} == set(LINEAGE.split(", "))
    parquet = str(settings.published / "current" / "parquet" / "marts" / "mart_contacts.parquet")
    rows = duckdb.execute(f"select distinct {LINEAGE} from read_parquet(?)", [parquet]).fetchall()
    assert rows == [("run-1", "warned", at)]


@pytest.mark.parametrize("keeps_files", [True, False])
def test_each_version_keeps_the_run_that_published_it(
    settings, warehouse, read, keeps_files
) -> None:
    warehouse.keep_files(keeps_files)
    warehouse.build_days("marts.mart_days")
    names = {}
    for run_id, success in (("run-1", False), ("run-2", True)):
        checked(settings, run_id, "mart_days", success)
        names[run_id] = publish(settings, run_id).name
        warehouse.build_days("marts.mart_days", days=("2026-11-01",))
    query = "select distinct _run_id, dq_status from marts.mart_days"
    assert read(query) == [("run-2", "passed")]
    rollback(settings, names["run-1"])
    assert read(query) == [("run-1", "warned")]


def test_a_column_of_that_name_in_a_mart_stays_its_own(settings, warehouse, read) -> None:
    warehouse("create table marts.mart_own as select 'own' as DQ_Status")
    publish(settings, "run-1")
    assert read("select dq_status, _run_id from marts.mart_own") == [("own", "run-1")]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("wilson_low_pct(74, 107)", 59.87),
        ("wilson_high_pct(74, 107)", 77.12),
        ("wilson_low_pct(9, 10)", 59.58),
        ("wilson_high_pct(9, 10)", 98.21),
        ("wilson_low_pct(10, 10)", 72.25),
        ("wilson_high_pct(10, 10)", 100.0),
        ("wilson_low_pct(0, 10)", 0.0),
        ("wilson_low_pct(sum(4), sum(0))", None),
        ("wilson_high_pct(null, 10)", None),
        ("wilson_low_pct(3, 2)", None),
        ("nps_moe(50, 100 / 6, 100)", 14.61),
        ("nps_moe(240, 60, 400)", 7.25),
        ("nps_moe(7, 0, 7)", 0.0),
        ("nps_moe(0, 0, 0)", None),
    ],
)
def test_intervals_of_the_published_file_have_their_golden_values(
    published_once, expression, expected
) -> None:
    with duckdb.connect(published_once, read_only=True) as connection:
        ((value,),) = connection.execute(f"select marts.{expression}").fetchall()
    assert value == (None if expected is None else pytest.approx(expected, abs=0.005))


@pytest.fixture(scope="module")
def published_once(tmp_path_factory) -> str:
    settings = Settings(home=tmp_path_factory.mktemp("macros"))
    settings.warehouse.parent.mkdir(parents=True)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.mart_a as select 1 as n")
    publish(settings, "run-1")
    return str(settings.published / "cx.duckdb")
