from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import duckdb
import pytest
from quality_texts import DAY, NEXT_DAY, NOT_NULL_TEAM

from orchestration.errors import DataError
from orchestration.quality.outcomes import NO_DATA
from orchestration.quality.run import QualitySession, raise_if_blocked, validate
from orchestration.quality.suites import load_suites
from orchestration.quality.targets import DATES_AT_ONCE, open_lake
from orchestration.settings import PROJECT_DIR

CHATS = "select 'c' || range as chat_id, 'x' as team from range(3)"
CHATS_WITHOUT_TEAM = "select 'c' || range as chat_id, null::varchar as team from range(3)"
STAGED = """
    create view staging.stg_demo__chats as
    select *, md5(chat_id || getvariable('cx_hash_key')) as hashed from (
        select 'c' || range as chat_id, 'x' as team, date '2024-01-01' as _load_date from range(3)
        union all
        select 'c' || range, null, date '2024-01-02' from range(3)
    )
"""


def test_the_lake_is_looked_at_in_the_load_dates_of_the_run_only(suite, partition, outcomes):
    suite("lake", "demo__chats", NOT_NULL_TEAM)
    partition("demo", "chats", DAY, CHATS)
    partition("demo", "chats", NEXT_DAY, CHATS_WITHOUT_TEAM)
    assert [(o.success, o.element_count) for o in outcomes("lake", [DAY])] == [(True, 3)]
    [dirty] = outcomes("lake", [DAY, NEXT_DAY])
    assert (dirty.success, dirty.unexpected_count, dirty.element_count) == (False, 3, 6)
    assert not outcomes("lake", None)[0].success


@pytest.mark.parametrize("row", [61, 119, 120, 500])
def test_a_row_that_lies_in_the_lake_twice_is_found(suite, partition, outcomes, row):
    own = PROJECT_DIR / "expectations" / "lake" / "demo_chat__chats.yml"
    suite("lake", "demo__chats", own.read_text(encoding="utf-8"))
    rows = """
        select 'c' || range as chat_id, 'chats.csv' as _source_file, range + 1 as _row_number,
        date '{}' as _load_date, 'run-1' as _run_id from range(500)
    """
    once, twice = rows.format(DAY), rows.format(NEXT_DAY)
    partition("demo", "chats", DAY, once)
    partition("demo", "chats", NEXT_DAY, f"{twice} union all {twice} where range + 1 = {row}")
    for day, is_once in ((DAY, True), (NEXT_DAY, False)):
        found = {outcome.check_name: outcome.success for outcome in outcomes("lake", [day])}
        assert found["every_row_once"] is is_once


def test_more_than_memory_holds_is_looked_at_before_the_first_build(settings):
    with open_lake(settings) as connection:
        connection.execute("set memory_limit = '40MB'; set threads = 1")
        groups = "select range as id, count(*) from range(2000000) group by all"
        assert connection.sql(f"select count(*) from ({groups})").fetchall() == [(2_000_000,)]


def test_staging_is_looked_at_in_the_load_dates_of_the_run_only(
    suite, warehouse, outcomes, settings
):
    suite("staging", "stg_demo__chats", NOT_NULL_TEAM)
    warehouse(STAGED)
    assert [(o.success, o.element_count) for o in outcomes("staging", [DAY])] == [(True, 3)]
    assert [(o.success, o.element_count) for o in outcomes("staging", [NEXT_DAY])] == [(False, 3)]
    assert [(o.success, o.element_count) for o in outcomes("staging", None)] == [(False, 6)]
    many = [DAY + timedelta(days=days) for days in range(DATES_AT_ONCE + 1)]
    assert [(o.success, o.element_count) for o in outcomes("staging", many)] == [(False, 6)]
    # Nor does a check that breaks leave behind what it held.
    warehouse("create or replace view staging.stg_demo__chats as select error('x') as team")
    assert [o.success for o in outcomes("staging", None)] == [False]
    assert list(settings.warehouse.parent.glob("*.tmp")) == []


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("select team from {batch} where chat_id = 'c1'", 1),
        ("select distinct * from {batch}", 3),
        ("select * from {batch} group by all", 3),
        ("select * from {batch} union select * from {batch}", 3),
        ("select columns(*) from {batch} group by all", 3),
        ("select * from {batch} where 2 * 3 = 6", 3),
    ],
)
def test_a_query_finds_the_columns_that_it_does_not_name(suite, warehouse, outcomes, query, rows):
    text = f"""\
description: Any.
expectations:
  - type: unexpected_rows
    name: asked
    kwargs: {{unexpected_rows_query: "{query}"}}
    severity: critical
    description: Any.
"""
    suite("staging", "stg_demo__chats", text)
    warehouse(STAGED)
    assert [(o.success, o.observed) for o in outcomes("staging", [DAY])] == [(False, rows)]


@pytest.mark.parametrize(("layer", "table"), [("core", "core.fct_a"), ("metrics", "marts.mart_a")])
def test_core_and_metrics_are_looked_at_whole(suite, warehouse, outcomes, layer, table):
    suite(layer, table.split(".")[1], NOT_NULL_TEAM)
    warehouse(f"create table {table} as {CHATS}")
    assert [(o.success, o.element_count) for o in outcomes(layer, [DAY])] == [(True, 3)]
    warehouse(f"insert into {table} {CHATS_WITHOUT_TEAM}")
    assert [(o.success, o.element_count) for o in outcomes(layer, [DAY])] == [(False, 6)]


@pytest.mark.parametrize(
    ("built", "since", "looked_at"),
    [
        ("(3, date '2024-01-01', false)", 2, (True, 3)),
        ("(3, date '2024-01-01', false), (4, date '2024-01-02', false)", 2, (False, 6)),
        ("(2, date '2024-01-02', false), (3, null, false)", 2, (True, 1)),
        ("(1, null, true), (3, date '2024-01-01', false)", 2, (True, 3)),
        ("(3, null, true)", 2, (False, 7)),
        ("(3, date '2024-01-01', false)", None, (False, 7)),
    ],
)
def test_a_table_kept_by_day_is_looked_at_in_the_days_that_were_built(
    suite, warehouse, outcomes, built, since, looked_at
):
    suite("core", "fct_a", NOT_NULL_TEAM)
    warehouse(
        STAGED,
        "set variable cx_hash_key = ''",
        "create table core.fct_a as select chat_id, team, _load_date as contact_date from "
        "staging.stg_demo__chats union all select 'undated', 'x', null",
        "create table intermediate.built_partitions as select 'core' as table_schema, 'fct_a' as "
        "table_name, null as kind_column, 'contact_date' as day_column, batch, null as kind, "
        "cast(day as date) as day, is_all "
        f"from (values {built}) as built (batch, day, is_all)",
    )
    found = outcomes("core", [DAY], since)
    assert [(o.success, o.element_count) for o in found] == [looked_at]


def test_a_table_without_data_in_the_run_succeeds_and_says_so(
    suite, partition, warehouse, outcomes
):
    suite("lake", "demo__chats", NOT_NULL_TEAM)
    suite("staging", "stg_demo__chats", NOT_NULL_TEAM)
    partition("demo", "chats", DAY, CHATS_WITHOUT_TEAM)
    warehouse(STAGED)
    other_day = [date(2024, 3, 1)]
    for found in outcomes("lake", other_day) + outcomes("staging", other_day):
        assert (found.success, found.message) == (True, NO_DATA)


def test_a_declared_column_that_no_file_of_the_day_has_is_there_and_empty(
    settings, suite, partition, outcomes
):
    suite("lake", "demo__chats", NOT_NULL_TEAM)
    partition("demo", "chats", DAY, "select 'c1' as chat_id")
    schema = settings.lake / "demo" / "chats" / "_schema.parquet"
    duckdb.sql(CHATS + " limit 0").write_parquet(str(schema))
    [found] = outcomes("lake", [DAY])
    assert (found.success, found.unexpected_count) == (False, 1)


def test_raw_headers_reserved_words_and_odd_folder_names_are_quoted(
    tmp_path, suite, partition, settings
):
    text = """\
description: Headers as delivered.
expectations:
  - {type: expect_column_values_to_be_unique, kwargs: {column: "Call Id"}, severity: critical,
     description: Why.}
  - {type: expect_column_values_to_not_be_null, kwargs: {column: at}, severity: critical,
     description: Why.}
  - {type: expect_column_values_to_not_be_null, kwargs: {column: Answered},
     severity: critical, description: Why.}
  - {type: expect_column_values_to_not_be_null, kwargs: {column: pivot},
     severity: critical, description: Why.}
  - {type: expect_column_values_to_not_be_null, kwargs: {column: "ends\\n"},
     severity: critical, description: Why.}
  - {type: expect_compound_columns_to_be_unique, kwargs: {column_list: [at, "Call Id"]},
     severity: critical, description: Why.}
"""
    odd = replace(settings, home=tmp_path / "it's [1] :home")
    suite("lake", "demo__calls", text)
    folder = odd.lake / "demo" / "calls" / f"load_date={DAY}"
    folder.mkdir(parents=True)
    query = """
        from (values (1, 'now', 'Y', 1, 2), (2, 'now', 'N', 1, 2))
        as t ("Call Id", "at", "Answered", "pivot", "ends\n")
    """
    duckdb.sql(query).write_parquet(str(tmp_path / "part.parquet"))
    (tmp_path / "part.parquet").rename(folder / "part.parquet")
    with QualitySession(odd, load_suites(odd.project_dir), "r") as session:
        found = session.validate("lake", [DAY])
        assert [o.message for o in found if not o.success] == []
        assert len(found) == 6
        assert all(o.success for o in session.validate("lake", None))


def test_a_missing_table_fails_as_critical_and_says_so(suite, warehouse, outcomes):
    suite("core", "fct_gone", NOT_NULL_TEAM.replace("critical", "warning"))
    [without_file] = outcomes("core")
    warehouse()
    [without_table] = outcomes("core")
    for found in (without_file, without_table):
        assert (found.success, found.severity, found.is_blocking) == (False, "critical", True)
        assert "core.fct_gone for expectations/core/fct_gone.yml" in found.message
    assert "there is no warehouse file" in without_file.message
    assert "there is no such table" in without_table.message


def test_a_missing_column_fails_in_one_sentence_and_spares_the_other_checks(
    suite, warehouse, outcomes
):
    extra = NOT_NULL_TEAM.split("expectations:\n")[1].replace("column: team", "column: nope")
    suite("core", "fct_chats", NOT_NULL_TEAM + extra)
    warehouse(f"create table core.fct_chats as {CHATS}")
    there, missing = outcomes("core")
    assert there.success
    assert not missing.success
    assert "the table has no column nope; it has chat_id, team" in missing.message
    assert "\n" not in missing.message


def test_a_check_that_cannot_be_computed_fails_without_failing_the_others(
    suite, warehouse, outcomes
):
    """A query with all checks of a table breaks when one of them compares text with a number."""
    text = (
        NOT_NULL_TEAM
        + """\
  - {type: expect_column_values_to_be_between, kwargs: {column: team, min_value: 1},
     severity: warning, description: Why.}
  - {type: unexpected_rows, name: cast, severity: critical, description: Why.,
     kwargs: {unexpected_rows_query: "from {batch} where team::int = 1"}}
  - {type: unexpected_rows, name: typing_mistake, severity: critical, description: Why.,
     kwargs: {unexpected_rows_query: "selct team of {batch}"}}
"""
    )
    suite("core", "fct_chats", text)
    warehouse("create table core.fct_chats as select 'ann@example.org' as team")
    fine, compared, cast, mistake = outcomes("core")
    assert fine.success
    assert not compared.success and "cannot be computed (Binder Error" in compared.message
    assert compared.severity == "warning"
    assert not mistake.success and "Parser Error" in mistake.message
    assert not cast.success and "withheld" in cast.message
    for found in (compared, cast, mistake):
        assert "ann@example.org" not in found.message
        assert "Traceback" not in found.message and "\n" not in found.message


def test_a_warning_stays_a_warning_and_does_not_stop_the_run(suite, warehouse, outcomes):
    suite("core", "fct_chats", NOT_NULL_TEAM.replace("critical", "warning"))
    warehouse(f"create table core.fct_chats as {CHATS_WITHOUT_TEAM}")
    found = outcomes("core")
    assert [(o.success, o.severity, o.is_blocking) for o in found] == [(False, "warning", False)]
    raise_if_blocked(found)


def test_a_failed_critical_check_stops_the_run_with_its_sentence(suite, warehouse, outcomes):
    suite("core", "fct_chats", NOT_NULL_TEAM)
    warehouse(f"create table core.fct_chats as {CHATS_WITHOUT_TEAM}")
    with pytest.raises(DataError) as raised:
        raise_if_blocked(outcomes("core"))
    assert str(raised.value) == (
        "Expected every team to be present in core.fct_chats, found 3 of 3 rows that break it: "
        "look at the data, or correct the check in expectations/core/fct_chats.yml:3."
    )


def test_a_check_by_query_may_join_other_tables(suite, warehouse, outcomes):
    text = """\
description: Why.
expectations:
  - type: unexpected_rows
    name: unknown_team
    severity: critical
    description: Why.
    kwargs:
      unexpected_rows_query: >
        select chats.team from {batch} as chats
        left join core.dim_teams as teams on teams.team = chats.team where teams.team is null
"""
    suite("core", "fct_chats", text)
    warehouse(f"create table core.fct_chats as {CHATS}", "create table core.dim_teams (team text)")
    [dirty] = outcomes("core")
    assert (dirty.success, dirty.unexpected_count) == (False, 3)
    warehouse("insert into core.dim_teams values ('x')")
    assert outcomes("core")[0].success


def test_the_warehouse_can_be_written_after_every_layer(settings, suite, warehouse):
    suite("core", "fct_chats", NOT_NULL_TEAM)
    suite("core", "fct_gone", NOT_NULL_TEAM)
    warehouse(f"create table core.fct_chats as {CHATS}")
    with QualitySession(settings, load_suites(settings.project_dir), "run-1") as session:
        assert [o.success for o in session.validate("core", None)] == [True, False]
        warehouse(f"create table core.fct_gone as {CHATS}")
        assert [o.success for o in session.validate("core", None)] == [True, True]
        warehouse("drop table core.fct_gone")


def test_a_warehouse_that_is_open_for_writing_is_told_in_one_sentence(settings, suite, warehouse):
    suite("core", "fct_chats", NOT_NULL_TEAM)
    warehouse()
    with (
        duckdb.connect(str(settings.warehouse)),
        QualitySession(settings, load_suites(settings.project_dir), "run-1") as session,
        pytest.raises(DataError, match="close every writer of it"),
    ):
        session.validate("core", None)


def test_rows_are_counted_in_the_database_and_never_fetched(
    monkeypatch, suite, warehouse, outcomes
):
    """The library probes columns with a query over all rows, and lists the rows that fail."""
    from orchestration.quality import engine

    fetched = []
    original = engine._Cursor.execute

    def execute(self, statement, parameters=None, context=None):
        original(self, statement, parameters, context)
        fetched.append(len(self._rows))

    monkeypatch.setattr(engine._Cursor, "execute", execute)
    extra = """\
  - {type: unexpected_rows, name: any_row, severity: critical, description: Why.,
     kwargs: {unexpected_rows_query: "select * from {batch}"}}
  - {type: expect_column_values_to_be_unique, kwargs: {column: team}, severity: critical,
     description: Why.}
"""
    suite("core", "fct_chats", NOT_NULL_TEAM + extra)
    warehouse("create table core.fct_chats as select 'x' as team from range(1000)")
    assert [o.unexpected_count for o in outcomes("core")] == [0, 1000, 1000]
    assert max(fetched) == 1


def test_a_run_validates_every_layer_and_writes_its_docs(settings, suite, partition, warehouse):
    suite("lake", "demo__chats", NOT_NULL_TEAM)
    suite("staging", "stg_demo__chats", NOT_NULL_TEAM)
    suite("core", "fct_chats", NOT_NULL_TEAM)
    partition("demo", "chats", DAY, CHATS)
    warehouse(STAGED, f"create table core.fct_chats as {CHATS}")
    found = validate(settings, load_suites(settings.project_dir), [DAY], "run-1")
    assert [(o.layer, o.success) for o in found] == [
        ("lake", True),
        ("staging", True),
        ("core", True),
    ]
    assert (settings.data_docs / "index.html").is_file()
