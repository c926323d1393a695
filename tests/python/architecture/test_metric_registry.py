"""The registry says of every metric where it is, and that has to be true."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from orchestration.publish.lineage import DESCRIPTIONS
from orchestration.quality.suites import load_suites
from orchestration.settings import PROJECT_DIR

SEEDS = PROJECT_DIR / "seeds" / "reference"
MODELS = PROJECT_DIR / "models" / "marts"
INTERVAL = ("_low_pct", "_high_pct")


def rows(seed: str) -> list[dict[str, str]]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@cache
def tables(folder: Path, key: str) -> tuple[dict[str, Any], ...]:
    """The tables that the YAML files below a folder declare."""
    return tuple(
        table
        for path in sorted(folder.rglob("_*__*.yml"))
        for table in YAML(typ="safe").load(path).get(key) or ()
    )


def declared(folder: Path, key: str) -> dict[str, set[str]]:
    """Column names by table."""
    return {
        table["name"]: {column["name"] for column in table.get("columns", ())}
        for table in tables(folder, key)
    }


METRICS = rows("metric_registry")
BENCHMARKS = rows("benchmarks")
SUITES = {suite.table: suite for suite in load_suites(PROJECT_DIR) if suite.layer == "metrics"}
QUESTIONS = [row["question_id"] for row in rows("document_questions")]
MARTS = {
    name: columns
    for name, columns in declared(MODELS / "metrics", "models").items()
    if name.startswith("mart_")
}
PUBLISHED = MARTS | {"metric_registry": declared(SEEDS, "seeds")["metric_registry"]}
TABLES = declared(MODELS, "models") | {
    name: columns | DESCRIPTIONS.keys() for name, columns in PUBLISHED.items()
}


def answers(row: dict[str, str]) -> list[str]:
    return [part for part in row["answers"].split(";") if part]


def names(text: str) -> set[str]:
    return set(re.findall(r"[a-z][a-z0-9_]+", text))


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric["metric_id"])
def test_every_registered_metric_names_columns_that_exist(metric: dict[str, str]) -> None:
    columns = TABLES[metric["mart"]]
    used = names(metric["numerator_column"]) | names(metric["denominator_column"])
    used |= {metric["rate_column"]} | names(metric["interval_columns"])
    assert used <= columns
    assert all(metric[key] for key in ("name", "definition", "formula", "owner", "exclusions"))


def test_the_documents_ask_for_74_things() -> None:
    last = {"0": 17, "1": 17, "2": 12, "3": 13, "4": 15}
    assert [
        f"{document}.{at}" for document, count in last.items() for at in range(1, count + 1)
    ] == QUESTIONS


@pytest.mark.parametrize(
    "row", [*METRICS, *BENCHMARKS], ids=lambda row: row.get("benchmark_id") or row["metric_id"]
)
def test_every_answer_names_a_question_that_exists(row: dict[str, str]) -> None:
    found = answers(row)
    assert set(found) <= set(QUESTIONS)
    assert len(found) == len(set(found))


def test_every_question_of_the_documents_is_answered() -> None:
    """By a metric; by a benchmark alone only where a document states nothing else."""
    by_metrics = {answer for metric in METRICS for answer in answers(metric)}
    by_benchmarks = {answer for benchmark in BENCHMARKS for answer in answers(benchmark)}
    assert [found for found in QUESTIONS if found not in by_metrics | by_benchmarks] == []
    only = {row["question_id"] for row in rows("document_questions") if "true" in row.values()}
    assert set(QUESTIONS) - by_metrics == only


def test_the_readme_names_every_mart() -> None:
    text = (PROJECT_DIR / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmart_[a-z0-9_]+\b", text)) - {"mart_"}
    assert {mart for mart in PUBLISHED if mart not in text and not parent(mart)} == set()
    assert named <= PUBLISHED.keys()


def test_metrics_and_benchmarks_have_one_row_each() -> None:
    for ids in (
        [metric["metric_id"] for metric in METRICS],
        [benchmark["benchmark_id"] for benchmark in BENCHMARKS],
    ):
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize("mart", sorted(TABLES.keys() - {"metric_registry"}))
def test_every_declared_table_has_a_model(mart: str) -> None:
    [path] = [*MODELS.rglob(f"{mart}.sql"), *MODELS.rglob(f"{mart}.py")]
    assert path.is_file()


@pytest.mark.parametrize("mart", sorted(PUBLISHED))
def test_no_mart_has_a_column_of_its_own_that_publishing_adds(mart: str) -> None:
    assert not PUBLISHED[mart] & DESCRIPTIONS.keys()


def parent(mart: str) -> str | None:
    """The mart that a summary adds up."""
    name = mart.removesuffix("_summary")
    return name if name != mart and name in MARTS else None


def test_every_mart_has_a_registered_headline() -> None:
    # A summary is registered through its mart: a row of its own would say the same definition
    # twice, and one day two different ones.
    registered = {metric["mart"] for metric in METRICS}
    assert registered & MARTS.keys() == {mart for mart in MARTS if not parent(mart)}


@pytest.mark.parametrize("mart", [mart for mart in MARTS if parent(mart)])
def test_a_summary_holds_the_metrics_of_its_mart_under_the_same_names(mart: str) -> None:
    columns = MARTS[mart]
    assert columns < MARTS[str(parent(mart))]
    for metric in METRICS:
        if metric["mart"] == parent(mart):
            used = names(metric["numerator_column"]) | names(metric["denominator_column"])
            assert used | {metric["rate_column"]} | names(metric["interval_columns"]) <= columns


# Changes on an earlier time have no bounds, and who works longer than the shift is above 100.
UNBOUNDED = {"utilisation_pct", "contacts_yoy_pct", "chat_demand_yoy_pct"}


@pytest.mark.parametrize("mart", sorted(MARTS))
def test_every_rate_of_a_mart_is_held_in_its_bounds(mart: str) -> None:
    bounds = {
        each.kwargs["column"]: (each.kwargs.get("min_value"), each.kwargs.get("max_value"))
        for each in SUITES[mart].expectations
        if each.type == "expect_column_values_to_be_between"
    }
    expected = {
        column: (-100, 100) if column == "nps" else (0, 100)
        for column in MARTS[mart] - UNBOUNDED
        if column == "nps" or (column.endswith("_pct") and not column.endswith(INTERVAL))
    }
    assert {column: bounds.get(column) for column in expected} == expected


@pytest.mark.parametrize("mart", sorted(PUBLISHED))
def test_the_grain_of_every_mart_is_tested(mart: str) -> None:
    """By one row per combination of columns, or by a column that is unique."""
    both = (*tables(MODELS / "metrics", "models"), *tables(SEEDS, "seeds"))
    [table] = [table for table in both if table["name"] == mart]
    tests = list(table.get("data_tests", ()))
    tests += [test for column in table["columns"] for test in column.get("data_tests", ())]
    assert [test for test in tests if test == "unique" or "unique_combination" in test]


# What a metric rests on or is held against, which is none itself.
BESIDE = {
    "mart_agent_performance": {"fcr_no_repeat_expected_pct", "handle_seconds_expected_avg"},
    "mart_change_impact": {"before_pct", "after_pct"},
    "mart_drivers": {"driver_avg", "outcome_avg_pct"},
    "mart_hiring": {"weekly_contacts_avg"},
    "mart_qa_drivers": {"item_avg_pct"},
    "mart_staffing": {
        *("arrivals_avg", "service_level_target_pct", "max_occupancy_pct", "shrinkage_pct"),
    },
}
NAMED_LIKE_A_METRIC = re.compile(r".*_(pct|pp|avg|avg_seconds|index|yoy|rank|ratio|est|p[59]0\w*)")


@pytest.mark.parametrize("mart", [mart for mart in sorted(MARTS) if not parent(mart)])
def test_every_column_named_like_a_metric_is_registered(mart: str) -> None:
    registered = {metric["rate_column"] for metric in METRICS if metric["mart"] == mart}
    found = {
        column
        for column in MARTS[mart]
        if NAMED_LIKE_A_METRIC.fullmatch(column)
        and not column.endswith(INTERVAL)
        and not column.endswith(("_low_pp", "_high_pp", "_prev_year"))
    }
    assert found - registered == BESIDE.get(mart, set())


def test_every_section_of_definitions_has_a_golden_test() -> None:
    """Definitions are numbered 3.1 to 3.14; a test of one is named after it."""
    texts = [path.read_text(encoding="utf-8") for path in MODELS.rglob("_*__unit_tests.yml")]
    texts += [path.stem for path in (PROJECT_DIR / "tests" / "dbt" / "golden").glob("*.sql")]
    named = {int(found) for text in texts for found in re.findall(r"\bgolden_3_(\d+)_", text)}
    assert named == set(range(1, 15))


def test_every_mart_has_a_page_that_says_how_to_read_it() -> None:
    pages = tables(MODELS / "metrics", "exposures")
    linked = {name for page in pages for name in re.findall(r"ref\('(\w+)'\)", str(page))}
    assert PUBLISHED.keys() - linked == set()
    for page in pages:
        for heading in ("What it says.", "How to read it.", "When not to trust it."):
            assert f"**{heading}**" in page["description"], page["name"]
