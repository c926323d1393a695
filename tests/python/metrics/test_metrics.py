"""What the registry has, what of it has a value here, and why the rest has none."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime

import duckdb
import pytest

from orchestration.cli import metrics_view
from orchestration.errors import DataError, UsageError
from orchestration.metrics import (
    coverage,
    find,
    lineage_of,
    load_metrics,
    values_of,
)
from orchestration.metrics.inputs import Inputs
from orchestration.settings import PROJECT_DIR, Settings

CSAT = """
    create table marts.mart_csat as select * from (values
        ('csat_5', true, 9, 10, 90.0), ('csat_5', true, 1, 10, 10.0), ('csat_5', false, 0, 99, 0.0),
        ('csat_10', true, 3, 4, 75.0), ('csat_7', true, 0, 0, null)
    ) as t(scale_id, is_headline, good_count, n_count, csat_pct)
"""
CALLS = """
    create table marts.mart_calls as
    select 30 as wait_sum, 4 as n_count, null::double as wait_avg, null::double as wait_avg_yoy
"""
CARTS = """
    create table marts.mart_carts (left_count bigint, carts_count bigint, cart_pct double)
"""
HEALTH = "create table marts.mart_health as select unnest([10.0, null, 80.0]) as score"
TABLES = """
    create table ops.tables as select 'mart_csat' as table_name, 'run-1' as run_id,
        'warned' as dq_status, 7 as checks_count, 1 as checks_warned,
        timestamp '2026-01-02 05:00:00' as computed_at
"""


def metric(settings: Settings, metric_id: str):
    return next(each for each in load_metrics(settings.project_dir) if each.metric_id == metric_id)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["csat_pct", "wait_avg", "wait_avg_yoy", "cart_pct", "score"]),
        ("MEAN wait", ["wait_avg"]),
        ("0.1", ["csat_pct", "wait_avg", "wait_avg_yoy"]),
        ("mart_carts", ["cart_pct"]),
        ("nothing", []),
    ],
)
def test_a_metric_is_found_by_words_in_any_order_and_by_its_question(
    settings, words, found
) -> None:
    assert [each.metric_id for each in find(load_metrics(settings.project_dir), words)] == found


def test_a_value_is_the_sum_of_components_and_pools_no_scales(settings, published) -> None:
    published(CSAT, HEALTH)
    found = values_of(settings, metric(settings, "csat_pct"))
    assert [(each.part, each.value, each.numerator, each.denominator) for each in found] == [
        ("csat_5", 50.0, 10, 20),
        ("csat_10", 75.0, 3, 4),
    ]
    (score,) = values_of(settings, metric(settings, "score"))
    assert (score.value, score.low, score.high, score.rows) == (None, 10, 80, 2)
    assert values_of(settings, metric(settings, "cart_pct")) == []


def test_a_metric_without_a_value_says_what_is_missing(settings, published) -> None:
    published(CSAT, CALLS, CARTS)
    data = {each.question.question_id: each for each in coverage(settings)}
    assert {row: each.data for row, each in data.items()} == {
        "0.1": "partly",
        "0.2": "no",
        "0.3": "no",
        "0.4": "benchmark",
        "2.4": "yes",
        "2.5": "no",
    }
    assert not data["2.5"].is_answered
    assert {row: list(each.missing.values()) for row, each in data.items() if each.missing} == {
        "0.1": [
            "wait_avg is NULL in all rows: of the delivered calls nothing counts for it",
            "wait_avg_yoy is NULL in all rows: needs calls of the year before",
        ],
        "0.2": ["no rows in mart_carts: no source feeds carts"],
        "0.3": ["no table mart_health in the published version"],
    }


def test_a_declared_source_that_delivered_nothing_is_told(settings) -> None:
    inputs = Inputs(settings)
    assert inputs.entities_of("mart_carts") == ["carts", "calls"]
    assert inputs.why_nothing("mart_health", "scores") == "nothing is delivered of orders"
    assert inputs.why_nothing("mart_calls", "calls of a year") == "needs calls of a year"


def test_before_the_first_version_nothing_has_a_value_and_nothing_fails(settings, capsys) -> None:
    assert {each.data for each in coverage(settings) if each.metrics} == {"no"}
    metrics_view.show_coverage(settings)
    told = capsys.readouterr().out
    assert "5 of 6 answered; nothing is published yet" in told
    assert "0.1  Satisfaction and waits  not published  mart_csat.csat_pct; mart_calls" in told
    metrics_view.show_metrics(settings, "csat_pct")
    assert "nothing is published yet" in capsys.readouterr().out


def test_coverage_counts_what_is_answered_and_what_has_no_data(settings, published, capsys) -> None:
    published(CSAT, CALLS, CARTS)
    metrics_view.show_coverage(settings)
    assert capsys.readouterr().out.endswith("5 of 6 answered, 3 without data here\n")


def test_a_metric_is_told_with_its_definition_value_and_lineage(
    settings, published, capsys
) -> None:
    published(CSAT, TABLES)
    metrics_view.show_metrics(settings, "csat_pct")
    told = capsys.readouterr().out
    for line in (
        "metric       csat_pct, version 1.0",
        "definition   Good, of all",
        "made of      good_count, over n_count",
        "answers      2.4 Satisfaction",
        "             0.1 Satisfaction and waits",
        "others       83.5 percent in 2017: Companies; A report (another definition)",
        "here         csat_5: 50.00 = 100 * 10 / 20",
        "             csat_10: 75.00 = 100 * 3 / 4",
        "published    by run run-1, computed 2026-01-02 05:00 UTC",
        "             checks warned: 7 made, 1 with a warning",
    ):
        assert line in told
    found = lineage_of(settings, "mart_csat")
    assert found is not None and found.computed_at == datetime(2026, 1, 2, 5)


def test_a_version_from_before_tables_had_lineage_is_read(settings, published) -> None:
    published(CSAT, "create table ops.tables as select 'mart_csat' as table_name")
    assert lineage_of(settings, "mart_csat") is None


def test_an_unknown_word_names_the_nearest_metrics(settings) -> None:
    with pytest.raises(UsageError, match="perhaps csat_pct"):
        metrics_view.show_metrics(settings, "csat_pcd")


def test_a_damaged_version_or_seed_is_one_sentence(settings, published) -> None:
    published(CSAT)
    (settings.published / "cx.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(DataError, match="cx rebuild"):
        coverage(settings)
    (settings.project_dir / "seeds" / "reference" / "benchmarks.csv").unlink()
    with pytest.raises(DataError, match=r"benchmarks\.csv"):
        coverage(settings)


def test_the_command_imports_nothing_that_takes_long(tmp_path) -> None:
    published = tmp_path / "published"
    published.mkdir()
    with duckdb.connect(str(published / "cx.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.mart_csat as select 'csat_5' as scale_id, true as is_headline, "
            "1 as satisfied_count, 2 as responses_count, 50.0 as csat_pct"
        )
    program = (
        "import sys; from click.testing import CliRunner; from orchestration.cli import main\n"
        "for words in ([], ['csat_pct'], ['--coverage']):\n"
        f"    env = {{'CX_HOME': {str(tmp_path)!r}}}\n"
        "    done = CliRunner().invoke(main, ['metrics', *words], env=env)\n"
        "    assert done.exit_code == 0, done.output\n"
        "heavy = {'dagster', 'dbt', 'great_expectations', 'pandas', 'numpy', 'ruamel.yaml'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "[]", done.stderr + done.stdout
