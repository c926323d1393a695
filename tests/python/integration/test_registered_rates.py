"""The rates of the registry, recomputed from their components in every row of the demo."""

from __future__ import annotations

import csv

import duckdb
import pytest

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
