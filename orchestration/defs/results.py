"""What came of the checks of a table, as the one result of it that Dagster keeps.

Dagster writes three events for each check: with one check for every expectation and test, writing
them takes longer than computing what they say. Every single outcome stands in the table of the
result, and in the record of checks of the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from orchestration.quality.outcomes import Outcome

COLUMNS = ("result", "check", "column", "severity", "observed", "unexpected", "rows", "message")
SCHEMA = dg.TableSchema(columns=[dg.TableColumn(name) for name in COLUMNS])


def check_results(
    keys: Mapping[tuple[str, str], dg.AssetCheckKey], outcomes: Sequence[Outcome]
) -> Iterator[dg.AssetCheckResult]:
    """One result a key, in the order of their first outcome.

    Args:
        keys: table and name of an outcome → the check that it belongs to.
    """
    by_key: dict[dg.AssetCheckKey, list[Outcome]] = {}
    for outcome in outcomes:
        by_key.setdefault(keys[outcome.table, outcome.check_name], []).append(outcome)
    return (_check_result(key, found) for key, found in by_key.items())


def _check_result(key: dg.AssetCheckKey, outcomes: Sequence[Outcome]) -> dg.AssetCheckResult:
    failed = [outcome for outcome in outcomes if not outcome.success]
    is_blocking = any(outcome.is_blocking for outcome in failed)
    # What failed comes first: of a long table the page shows the beginning.
    ordered = sorted(outcomes, key=lambda outcome: (outcome.success, not outcome.is_blocking))
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if is_blocking else dg.AssetCheckSeverity.WARN,
        description="\n\n".join(outcome.message for outcome in failed) or None,
        metadata={
            "passed": len(outcomes) - len(failed),
            "failed": len(failed),
            "outcomes": dg.MetadataValue.table(
                [dg.TableRecord(_row(outcome)) for outcome in ordered], schema=SCHEMA
            ),
        },
    )


def _row(outcome: Outcome) -> dict[str, str]:
    values = (
        "passed" if outcome.success else "failed",
        outcome.check_name,
        outcome.column,
        outcome.severity,
        outcome.observed,
        outcome.unexpected_count,
        outcome.element_count,
        outcome.message,
    )
    texts = ("" if value is None else str(value) for value in values)
    return dict(zip(COLUMNS, texts, strict=True))
