from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.quality.kinds import KINDS, OPERATORS
from orchestration.quality.run import QualitySession
from orchestration.quality.suites import Expectation, Suite, load_suites
from orchestration.settings import PROJECT_DIR

COLUMNS = ["id", "twin", "score", "team", "at", "ended_at", "blank", "region"]
CLEAN = """
    create table core.fct_clean as select
        range as id, range as twin, range::double as score, if(range % 2 = 0, 'a', 'b') as team,
        timestamp '2024-01-01 10:00:00' as "at", timestamp '2024-01-01 11:00:00' as ended_at,
        null::varchar as blank, 'x' as region
    from range(4)
"""
DIRTY = """
    create table core.fct_dirty as from (values
        (1, 2, -5.0::double, 'a', timestamp '2024-01-02', timestamp '2024-01-01', 'x'),
        (1, 1, 99.0, 'a', timestamp '2024-01-02', timestamp '2024-01-03', null),
        (null, 3, 99.0, 'zz', timestamp '2024-01-02', timestamp '2024-01-03', null),
        (4, 4, 99.0, 'a', timestamp '2024-01-02', timestamp '2024-01-03', null),
        (5, 5, 99.0, 'a', timestamp '2024-01-02', timestamp '2024-01-03', null)
    ) as t (id, twin, score, team, "at", ended_at, blank)
"""
# Arguments with which an expectation holds on the clean table and fails on the dirty one.
PROMISES = {
    "expect_column_values_to_not_be_null": {"column": "id"},
    "expect_column_values_to_be_null": {"column": "blank"},
    "expect_column_values_to_be_unique": {"column": "id"},
    "expect_column_values_to_be_in_set": {"column": "team", "value_set": ["a", "b"]},
    "expect_column_values_to_not_be_in_set": {"column": "team", "value_set": ["zz"]},
    "expect_column_values_to_be_between": {"column": "at", "max_value": "2024-01-01 12:00:00"},
    "expect_column_value_lengths_to_be_between": {"column": "team", "max_value": 1},
    "expect_column_value_lengths_to_equal": {"column": "team", "value": 1},
    "expect_column_pair_values_a_to_be_greater_than_b": {"column_A": "ended_at", "column_B": "at"},
    "expect_column_pair_values_to_be_equal": {"column_A": "id", "column_B": "twin"},
    "expect_compound_columns_to_be_unique": {"column_list": ["id", "team"]},
    "expect_column_distinct_values_to_be_in_set": {"column": "team", "value_set": ["a", "b"]},
    "expect_column_distinct_values_to_contain_set": {"column": "team", "value_set": ["b"]},
    "expect_column_distinct_values_to_equal_set": {"column": "team", "value_set": ["a", "b"]},
    "expect_column_min_to_be_between": {"column": "score", "min_value": 0},
    "expect_column_max_to_be_between": {"column": "score", "max_value": 10},
    "expect_column_mean_to_be_between": {"column": "score", "max_value": 10},
    "expect_column_median_to_be_between": {"column": "score", "max_value": 10},
    "expect_column_sum_to_be_between": {"column": "score", "max_value": 10},
    "expect_column_stdev_to_be_between": {"column": "score", "max_value": 5},
    "expect_column_unique_value_count_to_be_between": {"column": "id", "min_value": 4},
    "expect_column_proportion_of_unique_values_to_be_between": {"column": "id", "min_value": 1},
    "expect_column_proportion_of_non_null_values_to_be_between": {"column": "id", "min_value": 1},
    "expect_column_to_exist": {"column": "region"},
    "expect_table_row_count_to_be_between": {"max_value": 4},
    "expect_table_row_count_to_equal": {"value": 4},
    "expect_table_columns_to_match_set": {"column_set": COLUMNS},
    "unexpected_rows": {"unexpected_rows_query": "select * from {batch} where score > 10"},
}


@pytest.fixture(scope="module")
def fields_of_library():
    from orchestration.quality import engine

    return {name: engine.get_expectation_impl(name).__fields__ for name in (*KINDS, *PROMISES)}


def test_every_expectation_of_the_list_holds_on_clean_and_fails_on_dirty_data(settings, warehouse):
    assert set(PROMISES) == set(KINDS)
    warehouse(CLEAN, DIRTY)
    expectations = tuple(
        Expectation(name, name, kwargs, "critical", "Why.") for name, kwargs in PROMISES.items()
    )
    suites = [Suite("core", f"fct_{state}", "", expectations) for state in ("clean", "dirty")]
    with QualitySession(settings, suites, "run-1") as session:
        outcomes = session.validate("core", None)
    clean = {found.check_name: found for found in outcomes if found.table == "fct_clean"}
    dirty = {found.check_name: found for found in outcomes if found.table == "fct_dirty"}
    assert list(clean) == list(dirty) == list(PROMISES)
    assert [found.message for found in clean.values() if not found.success] == []
    assert [name for name, found in dirty.items() if found.success] == []
    computed = [name for name, found in dirty.items() if "cannot be computed" in found.message]
    assert computed == []


@pytest.mark.parametrize("name", KINDS)
def test_the_arguments_of_the_list_are_those_of_the_library(fields_of_library, name):
    fields = fields_of_library[name]
    assert set(KINDS[name].arguments) <= set(fields)
    required = {field for field, spec in fields.items() if spec.required and field != "severity"}
    assert required <= set(KINDS[name].required)


def test_a_check_may_ask_for_a_share_of_the_rows_only(settings, warehouse):
    warehouse(DIRTY)
    between = "expect_column_values_to_be_between"
    shares = [
        Expectation(
            f"share_{share}",
            between,
            {"column": "score", "max_value": 10, "mostly": share},
            "critical",
            "Why.",
        )
        for share in (0.2, 0.3)
    ]
    suite = Suite("core", "fct_dirty", "", tuple(shares))
    with QualitySession(settings, [suite], "run-1") as session:
        assert [found.success for found in session.validate("core", None)] == [True, False]


@pytest.mark.parametrize(
    ("operator", "value", "rows"),
    [
        ("==", 2, 1),
        ("!=", 2, 4),
        ("<", 2, 1),
        ("<=", 2, 2),
        (">", 2, 3),
        (">=", 2, 4),
        ("in", [1, 2, 3], 3),
        ("not in", [1, 2, 3], 2),
        ("is null", None, 0),
        ("is not null", None, 5),
    ],
)
def test_a_row_condition_narrows_a_check(settings, warehouse, operator, value, rows):
    warehouse(DIRTY)
    condition = {"column": "twin", "operator": operator}
    if value is not None:
        condition["value"] = value
    kwargs = {"column": "score", "max_value": 1000, "row_condition": condition}
    check = Expectation("one", "expect_column_values_to_be_between", kwargs, "critical", "Why.")
    with QualitySession(settings, [Suite("core", "fct_dirty", "", (check,))], "r") as session:
        [found] = session.validate("core", None)
    assert (found.success, found.element_count) == (True, rows)


def test_every_operator_of_a_condition_is_tried():
    marks = test_a_row_condition_narrows_a_check.pytestmark
    assert tuple(case[0] for case in marks[0].args[1]) == OPERATORS


def test_every_suite_of_the_repository_is_accepted_by_the_library():
    from orchestration.quality.engine import mistakes_in

    assert mistakes_in(load_suites(PROJECT_DIR)) == []


def test_an_argument_that_only_the_library_can_refuse_is_told_with_file_and_line():
    from orchestration.quality.engine import mistakes_in

    kwargs = {"column": "score", "min_value": "not a bound"}
    wrong = Expectation(
        "score", "expect_column_values_to_be_between", kwargs, "critical", "Why.", 7
    )
    path = Path("expectations/core/fct_chats.yml")
    [mistake] = mistakes_in([Suite("core", "fct_chats", "", (wrong,), path)])
    assert mistake.startswith("expectations/core/fct_chats.yml:7: Expected arguments that")
