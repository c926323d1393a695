"""What the page of Dagster shows of the checks of a table: one result that hides nothing."""

from __future__ import annotations

import dagster as dg

from orchestration.defs.results import check_results
from orchestration.quality.outcomes import Outcome
from orchestration.quality.suites import Severity

CHATS = dg.AssetCheckKey(dg.AssetKey(["core", "fct_chats"]), "expectations")
CALLS = dg.AssetCheckKey(dg.AssetKey(["core", "fct_calls"]), "expectations")
KEYS = {("fct_chats", name): CHATS for name in "abc"} | {("fct_calls", "a"): CALLS}


def outcome(
    name: str, success: bool = True, severity: Severity = "critical", table: str = "fct_chats"
) -> Outcome:
    message = "" if success else f"Expected {name}, found otherwise: look."
    return Outcome("core", table, name, "type", None, severity, success, message=message)


def test_a_table_has_one_result_that_names_each_outcome_what_failed_first() -> None:
    found = [
        outcome("a"),
        outcome("a", table="fct_calls"),
        outcome("b", success=False, severity="warning"),
        outcome("c", success=False),
    ]
    chats, calls = check_results(KEYS, found)
    assert (chats.asset_key, chats.check_name) == (CHATS.asset_key, CHATS.name)
    assert (chats.passed, chats.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert chats.description == (
        "Expected b, found otherwise: look.\n\nExpected c, found otherwise: look."
    )
    table = chats.metadata["outcomes"]
    assert isinstance(table, dg.TableMetadataValue)
    rows = [record.data for record in table.records]
    assert [(row["check"], row["result"]) for row in rows] == [
        ("c", "failed"),
        ("b", "failed"),
        ("a", "passed"),
    ]
    assert calls.passed and calls.description is None


def test_a_warning_alone_does_not_stop_the_run() -> None:
    [result] = check_results(KEYS, [outcome("a"), outcome("b", False, "warning")])
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
