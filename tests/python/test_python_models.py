"""The functions of the dbt models in Python, on cases worked out by hand."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pandas as pd
import pytest

from orchestration.settings import PROJECT_DIR


def load(name: str) -> ModuleType:
    [path] = (PROJECT_DIR / "models" / "marts" / "metrics").rglob(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_golden_4_12_a_regression_by_hand() -> None:
    """y on x = 1..5: slope Sxy/Sxx = 6/10, residual squares 2.4, so s.e. = sqrt(2.4 / 3 / 10)."""
    contacts = pd.DataFrame({"item": [1, 2, 3, 4, 5], "score_pct": [2, 4, 5, 4, 5]})
    intercept, item = load("mart_qa_drivers").fit(contacts, minimum_n=5)
    assert (intercept["item_key"], item["item_key"]) == ("intercept", "item")
    assert intercept["coef"] == pytest.approx(2.2)
    assert item["coef"] == pytest.approx(0.6)
    assert item["std_error"] == pytest.approx((2.4 / 3 / 10) ** 0.5)
    assert item["r2"] == pytest.approx(0.6)
    assert item["t_value"] == pytest.approx(0.6 / (2.4 / 3 / 10) ** 0.5)
    assert item["p_value"] == pytest.approx(0.1240, abs=5e-5)
    assert item["n"] == 5 and item["is_reportable"] and item["is_significant"] is False


def test_items_that_cannot_be_told_apart_have_no_coefficient() -> None:
    twins = pd.DataFrame({"a": [1, 2, 3, 4], "b": [1, 2, 3, 4], "score_pct": [1, 2, 2, 4]})
    assert [row["coef"] for row in load("mart_qa_drivers").fit(twins, 2)] == [None] * 3


def test_an_item_that_never_varies_has_no_coefficient_and_the_others_keep_theirs() -> None:
    contacts = pd.DataFrame(
        {"item": [1, 2, 3, 4, 5], "same": [7] * 5, "score_pct": [2, 4, 5, 4, 5]}
    )
    rows = {row["item_key"]: row for row in load("mart_qa_drivers").fit(contacts, 5)}
    assert rows["same"]["coef"] is None and not rows["same"]["is_reportable"]
    assert rows["item"]["coef"] == pytest.approx(0.6)


def test_contacts_that_lack_an_item_are_left_out() -> None:
    contacts = pd.DataFrame(
        {"item": [1, 2, 3, 4, 5, None], "score_pct": [2, 4, 5, 4, 5, 99.0]}, dtype=float
    )
    assert load("mart_qa_drivers").fit(contacts, 5)[1]["coef"] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("churned", "stayed", "expected"),
    [([10.0, 20.0], [30.0, 40.0], 1.0), ([50.0], [50.0, 50.0], 0.5), ([40.0], [10.0, 60.0], 0.5)],
)
def test_auc_is_the_share_of_pairs_that_the_score_orders(churned, stayed, expected) -> None:
    found = load("mart_health_check").auc_of(churned, stayed, 1.96)
    assert found["auc"] == pytest.approx(expected)


def test_golden_3_11_the_interval_of_hanley_and_mcneil() -> None:
    """51 abnormal and 58 normal cases with an area of 0.893 have a standard error of 0.032."""
    model = load("mart_health_check")
    stayed = [float(place) for place in range(58)]
    # Each of the 51 beats some of the 58: 0.893 of all pairs.
    wins = [52] * 41 + [51] * 10
    churned = [57.5 - beaten for beaten in wins]
    found = model.auc_of(churned, stayed, 1.96)
    assert found["auc"] == pytest.approx(0.893, abs=5e-4)
    assert (found["auc_high"] - found["auc_low"]) / 2 / 1.96 == pytest.approx(0.032, abs=1e-3)


def test_nobody_left_means_no_auc() -> None:
    assert load("mart_health_check").auc_of([], [1.0], 1.96)["auc"] is None


def scored(*rows: tuple[str, float, bool]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["health_band", "health_score", "is_churned"])


def test_golden_3_11_a_warning_when_red_does_not_churn_more_than_green() -> None:
    check = load("mart_health_check").check
    good = scored(("red", 10, True), ("yellow", 60, False), ("green", 90, False))
    bad = scored(("red", 10, False), ("green", 90, True), ("insufficient_data", 5, True))
    assert check(good, 1, 1.96)["is_warning"] is False
    found = check(bad, 1, 1.96)
    assert found["is_warning"] is True and found["is_falling"] is False
    assert (found["customers_count"], found["not_scored_count"]) == (2, 1)
    assert "is_warning" not in check(scored(("red", 10, True)), 1, 1.96)


def test_golden_4_8_a_correlation_by_hand() -> None:
    """r = Sxy / sqrt(Sxx Syy) = 6 / sqrt(10 * 6); Fisher: tanh(atanh(r) -/+ 1.96 / sqrt(2))."""
    found = load("mart_drivers").correlate(
        pd.Series([1.0, 2, 3, 4, 5]), pd.Series([2.0, 4, 5, 4, 5]), 5
    )
    assert found["corr"] == pytest.approx(6 / 60**0.5)
    assert found["corr_low"] == pytest.approx(-0.3402, abs=5e-4)
    assert found["corr_high"] == pytest.approx(0.9842, abs=5e-4)


def test_too_few_pairs_have_no_correlation() -> None:
    found = load("mart_drivers").correlate(pd.Series([1.0, 2, 3]), pd.Series([1.0, 2, 3]), 1)
    assert "corr" not in found and not found["is_reportable"]
