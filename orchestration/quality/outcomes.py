"""What came of a check, and the sentence that says so. Pure data, no reader of anything."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.quality.kinds import UNEXPECTED_ROWS
from orchestration.quality.suites import Expectation, Severity, Suite

NO_DATA = "no data in this run"


@dataclass(frozen=True)
class Outcome:
    """The result of one check of one table.

    Attributes:
        layer: lake, staging, core or metrics.
        table: name of the suite; in the lake `<source>__<table>`.
        column: the columns of the check, joined by a comma; None for a check of the table.
        severity: `critical` stops the run when it failed.
        observed: the aggregate or row count that was compared, never a cell of text.
        unexpected_count: rows (or distinct values) that break the promise; None when not counted.
        element_count: rows that were looked at; None when not counted.
        message: one sentence when it failed or was not run, else empty.
    """

    layer: str
    table: str
    check_name: str
    expectation_type: str
    column: str | None
    severity: Severity
    success: bool
    observed: float | int | str | None = None
    unexpected_count: int | None = None
    element_count: int | None = None
    message: str = ""

    @property
    def is_blocking(self) -> bool:
        """Whether the run has to stop here."""
        return not self.success and self.severity == "critical"


def outcome(
    suite: Suite,
    expectation: Expectation,
    success: bool,
    *,
    observed: float | int | str | None = None,
    unexpected_count: int | None = None,
    element_count: int | None = None,
    message: str = "",
) -> Outcome:
    """The outcome of one expectation of a suite."""
    return Outcome(
        layer=suite.layer,
        table=suite.table,
        check_name=expectation.check_name,
        expectation_type=expectation.type,
        column=", ".join(expectation.columns) or None,
        severity=expectation.severity,
        success=success,
        observed=observed,
        unexpected_count=unexpected_count,
        element_count=element_count,
        message=message,
    )


def delivery_outcome(
    source: str,
    table: str,
    check_name: str,
    message: str,
    *,
    wrong: int,
    looked_at: int,
    severity: Severity = "critical",
    observed: float | None = None,
) -> Outcome:
    """The outcome of a check of the deliveries of a raw table, which no suite holds.

    Args:
        wrong: how many of the `looked_at` files, days or parts break it; 0 is success.
    """
    return Outcome(
        layer="lake",
        table=f"{source}__{table}",
        check_name=check_name,
        expectation_type=check_name,
        column=None,
        severity=severity,
        success=not wrong,
        observed=observed,
        unexpected_count=wrong,
        element_count=looked_at,
        message=message,
    )


def and_more(others: int, what: str = "like it") -> str:
    """` (and 3 more like it)`, or nothing."""
    return f" (and {others} more {what})" if others > 0 else ""


def failed_sentence(
    suite: Suite,
    expectation: Expectation,
    observed: float | int | str | None,
    unexpected_count: int | None,
    element_count: int | None,
) -> str:
    """Why a computed check failed: counts and aggregates, never the rows themselves."""
    if unexpected_count is not None and element_count is not None:
        found = f"{unexpected_count} of {element_count} rows that break it"
    elif unexpected_count is not None:
        things = "rows" if expectation.type == UNEXPECTED_ROWS else "other distinct value(s)"
        found = f"{unexpected_count} {things}"
    elif observed is not None:
        found = str(observed)
    else:
        found = "otherwise"
    return (
        f"Expected {expectation.sentence} in {suite.relation}, found {found}: "
        f"look at the data, or correct the check in {suite.where(expectation)}."
    )


def not_computed_sentence(suite: Suite, expectation: Expectation, reason: str) -> str:
    """Why a check could not be computed at all."""
    return (
        f"Expected {expectation.sentence} in {suite.relation}, found that it cannot be computed "
        f"({reason}): correct {suite.where(expectation)} or the table."
    )
