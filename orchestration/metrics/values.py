"""A metric over everything that is published: the sums that it is made of, and what they give."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestration.metrics.published import columns_of, opened, published_file
from orchestration.metrics.registry import Metric
from orchestration.publish.sql import Fragment, comma, identifier, literal, statement
from orchestration.settings import Settings

# What must not be added up over. A mart has some of them.
NEVER_POOLED = (
    "scale_id",
    "ces_version",
    "survey_scope",
    "contact_medium",
    "currency_code",
    "currency",
    "dimension",
    "effort_scale_id",
    "group_kind",
    "measure",
    "metric",
    "period",
    "period_kind",
    "scenario_id",
    "session_kind",
    "step",
)
EXPRESSION = re.compile(r"[a-z0-9_ +*()-]+")
NUMBERS = ("BIGINT", "INTEGER", "DOUBLE", "DECIMAL", "HUGEINT", "SMALLINT", "FLOAT")
SHOWN_PARTS = 12


@dataclass(frozen=True)
class Value:
    """A metric over all rows of its mart, or over those of one part that is never pooled.

    Attributes:
        part: such as a scale; empty for all rows.
        value: factor * numerator / denominator; None for a metric that is no ratio of columns.
        low, high: smallest and largest value of a row, where there is no ratio and it is a number.
        rows: rows with a value.
    """

    part: str
    value: float | None
    numerator: float | None
    denominator: float | None
    low: Any
    high: Any
    rows: int


@dataclass(frozen=True)
class Lineage:
    """What the published version says of a mart."""

    run_id: str
    dq_status: str
    checks_count: int
    checks_warned: int
    computed_at: datetime


def values_of(settings: Settings, metric: Metric) -> list[Value]:
    """The metric in the published version, the parts with the largest denominator first.

    Empty when nothing is published, or nothing of it.

    Raises:
        DataError: the published version cannot be read.
    """
    path = published_file(settings)
    if path is None:
        return []
    with opened(path) as connection:
        schema, columns = columns_of(connection).get(metric.mart, ("", {}))
        if not {metric.column, *metric.components} <= columns.keys():
            return []
        parts = [identifier(name) for name in NEVER_POOLED if name in columns]
        rows = connection.execute(
            statement(
                "select {part}, {measures}, count({column}) from {relation}{where}{group}",
                part=_part(parts),
                measures=_measures(metric, columns),
                column=identifier(metric.column),
                relation=identifier(schema, metric.mart),
                where=Fragment(" where is_headline" if "is_headline" in columns else ""),
                group=Fragment(" group by all order by 3 desc nulls last, 1" if parts else ""),
            )
        ).fetchall()
    return [_value(metric, *row) for row in rows[:SHOWN_PARTS] if row[-1]]


def lineage_of(settings: Settings, mart: str) -> Lineage | None:
    """Which run published a mart, and how its checks went; None when it is not published.

    Raises:
        DataError: the published version cannot be read.
    """
    path = published_file(settings)
    if path is None:
        return None
    with opened(path) as connection:
        _, columns = columns_of(connection).get("tables", ("", {}))
        # Absent from versions that were published before tables said it.
        if "dq_status" not in columns:
            return None
        rows = connection.execute(
            statement(
                """
                select run_id, dq_status, checks_count, checks_warned, computed_at
                from ops.tables where table_name = {mart}
                """,
                mart=literal(mart),
            )
        ).fetchall()
    return Lineage(*rows[0]) if rows else None


def _part(parts: list[Fragment]) -> Fragment:
    if not parts:
        return Fragment("''")
    return statement("concat_ws(', ', {parts})", parts=comma(parts))


def _measures(metric: Metric, columns: dict[str, str]) -> Fragment:
    """Numerator, denominator, smallest and largest, those that do not apply as NULL."""
    column = identifier(metric.column)
    if metric.numerator and EXPRESSION.fullmatch(f"{metric.numerator} {metric.denominator}"):
        return statement(
            "sum({numerator}), sum({denominator}), null, null",
            numerator=Fragment(metric.numerator),
            denominator=Fragment(metric.denominator),
        )
    if columns[metric.column].startswith(NUMBERS):
        return statement("null, null, min({column}), max({column})", column=column)
    return Fragment("null, null, null, null")


def _value(metric: Metric, part: str, *found: Any) -> Value:
    numerator, denominator, low, high, rows = found
    value = None
    if numerator is not None and denominator:
        value = metric.factor * float(numerator) / float(denominator)
    return Value(part, value, numerator, denominator, low, high, rows)
