"""The rates of the registry, recomputed from their components in every row of the demo."""

from __future__ import annotations

import csv

import duckdb
import pytest

from orchestration.publish.lineage import DESCRIPTIONS
from orchestration.settings import PROJECT_DIR

REGISTRY = PROJECT_DIR / "seeds" / "reference" / "metric_registry.csv"
METRICS = list(csv.DictReader(REGISTRY.open(encoding="utf-8")))


@pytest.mark.parametrize(
    "metric",
    [metric for metric in METRICS if metric["numerator_column"]],
    ids=lambda metric: metric["metric_id"],
)
def test_the_rate_is_numerator_over_denominator(
    metric: dict[str, str], marts: duckdb.DuckDBPyConnection
) -> None:
    """In every row of the demo, and NULL exactly where the denominator is zero."""
    factor = 1 if metric["rate_column"].endswith(("_avg", "_seconds")) else 100
    rate, base = metric["rate_column"], metric["denominator_column"]
    expected = f"{factor}.0 * ({metric['numerator_column']}) / nullif({base}, 0)"
    [wrong] = marts.execute(
        f"select count(*) from marts.{metric['mart']} "
        f"where abs({rate} - {expected}) > 1e-9 or ({rate} is null) <> (coalesce({base}, 0) = 0)"
    ).fetchone()
    assert wrong == 0


def test_a_summary_is_its_mart_added_up(marts: duckdb.DuckDBPyConnection) -> None:
    """Counts and sums of every summary, over all that it has no column for."""
    columns: dict[str, dict[str, str]] = {}
    for table, column, kind in marts.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where schema_name = 'marts'"
    ).fetchall():
        columns.setdefault(table, {})[column] = kind
    parents = {name: name.removesuffix("_summary") for name in columns if "_summary" in name}
    summaries = {name: parent for name, parent in parents.items() if parent in columns}
    assert len(summaries) >= 5
    for summary, parent in summaries.items():
        added = [name for name in columns[summary] if name.endswith(("_count", "_sum"))]
        kept = [
            name
            for name, kind in columns[summary].items()
            if kind in ("VARCHAR", "DATE", "BOOLEAN")
            and name not in ("is_reportable", *DESCRIPTIONS)
        ]
        sums = ", ".join(f"sum({name}) as {name}" for name in added)
        differences = " or ".join(f"abs(day.{name} - total.{name}) > 1e-6" for name in added)
        missing = " or ".join(f"(day.{name} is null) <> (total.{name} is null)" for name in added)
        [wrong] = marts.execute(
            f"with total as (select {', '.join(kept)}, {sums} from marts.{parent} group by all) "
            f"select count(*) from marts.{summary} as day "
            f"full join total using ({', '.join(kept)}) "
            f"where {differences} or {missing}"
        ).fetchone()
        assert wrong == 0, summary
