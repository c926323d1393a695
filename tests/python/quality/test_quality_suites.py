from __future__ import annotations

import subprocess
import sys

import pytest
from quality_texts import NOT_NULL_TEAM

from orchestration.errors import UsageError
from orchestration.quality.suites import load_suites


def suite_of(*entries: str) -> str:
    return "description: Why.\nexpectations:\n" + "".join(f"  - {entry}\n" for entry in entries)


def entry(type_="expect_column_values_to_not_be_null", kwargs="{column: id}", rest="") -> str:
    return f"{{type: {type_}, kwargs: {kwargs}, severity: critical, description: Why.{rest}}}"


def problems_of(settings) -> list[str]:
    with pytest.raises(UsageError) as raised:
        load_suites(settings.project_dir)
    return str(raised.value).splitlines()


def test_a_suite_binds_to_the_table_that_its_file_is_named_after(settings, suite):
    suite("lake", "demo_chat__chats", NOT_NULL_TEAM)
    suite("staging", "stg_demo_chat__chats", NOT_NULL_TEAM)
    suite("core", "fct_chats", NOT_NULL_TEAM)
    suite("metrics", "mart_csat", NOT_NULL_TEAM)
    assert [found.relation for found in load_suites(settings.project_dir)] == [
        "lake/demo_chat/chats",
        "staging.stg_demo_chat__chats",
        "core.fct_chats",
        "marts.mart_csat",
    ]


def test_an_expectation_keeps_what_the_file_says_and_where(settings, suite):
    suite("core", "fct_chats", NOT_NULL_TEAM)
    [found] = load_suites(settings.project_dir)
    [expectation] = found.expectations
    assert found.description == "Chats as they were typed."
    assert expectation.check_name == "not_null_team"
    assert expectation.type == "expect_column_values_to_not_be_null"
    assert expectation.kwargs == {"column": "team"}
    assert expectation.severity == "critical"
    assert found.where(expectation) == "expectations/core/fct_chats.yml:3"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (entry(kwargs="{column: Call Id}"), "not_null_call_id"),
        (entry("expect_table_row_count_to_be_between", "{min_value: 1}"), "row_count"),
        (
            entry("expect_compound_columns_to_be_unique", "{column_list: [id, day]}"),
            "unique_id_day",
        ),
        (
            entry("expect_column_pair_values_a_to_be_greater_than_b", "{column_A: a, column_B: b}"),
            "greater_a_b",
        ),
        (entry(rest=", name: id_is_there"), "id_is_there"),
    ],
)
def test_check_names_come_from_type_and_columns_or_are_given(settings, suite, text, name):
    suite("core", "fct_chats", suite_of(text))
    assert load_suites(settings.project_dir)[0].expectations[0].check_name == name


def test_a_check_keeps_its_name_when_another_is_added_above_it(settings, suite):
    bounds = "expect_column_values_to_be_between"
    suite("core", "fct_chats", suite_of(entry(bounds, "{column: id, min_value: 0}")))
    before = load_suites(settings.project_dir)[0].expectations[0].check_name
    added = entry(bounds, "{column: id, max_value: 9}", ", name: id_is_small")
    suite("core", "fct_chats", suite_of(added, entry(bounds, "{column: id, min_value: 0}")))
    assert load_suites(settings.project_dir)[0].expectations[1].check_name == before


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("description: Why.\nexpectations: [", 2, "Expected readable YAML"),
        ("", 1, "`description:` in words"),
        ("- a\n- b\n", 1, "found no mapping"),
        ("description: Why.\nexpectations: []\n", 2, "at least one expectation"),
        ("description: Why.\nexpectation: []\n", 2, "did you mean 'expectations'"),
        ("description: Why.\ndescription: Why.\n", 2, "duplicate key"),
        (
            suite_of(entry("expect_column_values_to_not_be_nul")),
            3,
            "did you mean 'expect_column_values_to_not_be_null'",
        ),
        (suite_of(entry("expect_column_values_to_match_regex")), 3, "use unexpected_rows"),
        (suite_of(entry(kwargs="{colum: id}")), 3, "did you mean 'column'"),
        (suite_of(entry(kwargs="{}")), 3, "Expected column for"),
        (suite_of(entry(kwargs="[id]")), 3, "Expected a mapping under `kwargs:`"),
        (suite_of(entry(kwargs="{column: 3}")), 3, "Expected text for column"),
        (suite_of(entry(kwargs="{column: id, mostly: 95}")), 3, "a share above 0"),
        (
            suite_of(entry(kwargs="{column: id, row_condition: {column: a, operator: is}}")),
            3,
            "with an operator of ==",
        ),
        (
            suite_of(entry("expect_column_values_to_be_between", "{column: id}")),
            3,
            "min_value or max_value",
        ),
        (
            suite_of(entry("expect_column_values_to_be_in_set", "{column: id, value_set: a}")),
            3,
            "Expected a list for value_set",
        ),
        (suite_of(entry(rest=", column: id")), 3, "belongs under `kwargs:`"),
        (suite_of(entry(), entry().replace("critical", "critcal")), 4, "did you mean 'critical'"),
        (suite_of(entry().replace("description: Why.", "name: x")), 3, "`description:` in words"),
        (suite_of(entry(), entry()), 4, "Expected each check once, found that of line 3 again"),
        (
            suite_of(entry(), entry(kwargs="{column: id, mostly: 0.5}")),
            4,
            "give this one a `name:` of its own",
        ),
        (suite_of(entry(rest=", name: no-dash")), 3, "letters, digits and underscores"),
        (
            suite_of(entry("unexpected_rows", '{unexpected_rows_query: "select 1 from {batch}"}')),
            3,
            "Expected a `name:`",
        ),
        (
            suite_of(
                entry("unexpected_rows", '{unexpected_rows_query: "select 1"}', ", name: one")
            ),
            3,
            "Expected {batch} and no other placeholder",
        ),
        (
            suite_of(
                entry(
                    "unexpected_rows",
                    '{unexpected_rows_query: "select 1 from {batch} where {x}"}',
                    ", name: one",
                )
            ),
            3,
            "double every literal brace",
        ),
    ],
)
def test_a_mistake_is_told_with_file_and_line(settings, suite, text, line, words):
    suite("core", "fct_chats", text)
    problems = problems_of(settings)
    assert any(
        problem.startswith(f"expectations/core/fct_chats.yml:{line}: ") and words in problem
        for problem in problems
    ), problems


@pytest.mark.parametrize(
    ("layer", "table"),
    [("core", "stg_demo__chats"), ("staging", "fct_chats"), ("metrics", "csat"), ("lake", "chats")],
)
def test_a_file_name_that_names_no_table_of_its_layer_is_refused(settings, suite, layer, table):
    suite(layer, table, NOT_NULL_TEAM)
    assert f"expectations/{layer}/{table}.yml:1: Expected a file name" in problems_of(settings)[0]


def test_a_folder_that_is_no_layer_is_refused(settings, suite):
    suite("metric", "mart_csat", NOT_NULL_TEAM)
    assert "did you mean 'metrics'" in problems_of(settings)[0]


def test_every_mistake_in_every_file_is_told_at_once(settings, suite):
    suite("core", "fct_chats", suite_of(entry("x"), entry(kwargs="{}")))
    suite("core", "fct_calls", suite_of(entry("y")))
    assert len(problems_of(settings)) == 3


def test_a_project_without_suites_has_none(settings):
    assert load_suites(settings.project_dir) == []


def test_loading_suites_does_not_import_great_expectations():
    code = (
        "import sys, pathlib\n"
        "from orchestration.quality.run import QualitySession\n"
        "from orchestration.quality.suites import load_suites\n"
        "load_suites(pathlib.Path.cwd())\n"
        "assert 'great_expectations' not in sys.modules\n"
        "print('done')\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "done\n"
