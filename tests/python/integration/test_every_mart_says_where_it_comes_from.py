"""Lineage of the published marts, and their way to the registry."""

from __future__ import annotations

import duckdb


def test_every_mart_says_its_run_its_checks_and_its_time(marts: duckdb.DuckDBPyConnection) -> None:
    runs = "select run_id from ops.runs where status = 'published'"
    [[run_id]] = marts.execute(runs).fetchall()
    tables = marts.execute(
        "select table_name, run_id, dq_status, computed_at from ops.tables "
        "where schema_name = 'marts' and row_count > 0"
    ).fetchall()
    assert tables
    for table, *lineage in tables:
        query = f"select distinct _run_id, dq_status, computed_at from marts.{table}"
        assert marts.execute(query).fetchall() == [tuple(lineage)], table
        assert lineage[0] == run_id
        # A mart that nothing looked at says so; in the demo there is none.
        assert lineage[1] in ("passed", "warned"), table


def test_every_registered_metric_is_in_a_published_table(marts: duckdb.DuckDBPyConnection) -> None:
    missing = marts.execute(
        """
        select registry.metric_id, registry.mart, registry.rate_column
        from marts.metric_registry as registry
        anti join duckdb_columns() as columns
            on columns.table_name = registry.mart and columns.column_name = registry.rate_column
        """
    ).fetchall()
    assert missing == []


def test_published_tables_and_columns_are_described(marts: duckdb.DuckDBPyConnection) -> None:
    undescribed = marts.execute(
        """
        select table_name, column_name from duckdb_columns()
        where schema_name in ('marts', 'core') and comment is null
        """
    ).fetchall()
    assert undescribed == []
