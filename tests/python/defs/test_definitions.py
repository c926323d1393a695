"""What Dagster is told: everything is there, connected, and ordered so that checks can stop it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.dbt_runner import load_manifest
from orchestration.declarations import load_sources
from orchestration.definitions import build_definitions
from orchestration.defs.keys import (
    PHASES,
    PUBLISHED,
    assets_of,
    dbt_tests_of,
    lake_key,
    node_key,
    suite_key,
)
from orchestration.defs.partitions import load_dates_of_run, range_tags
from orchestration.defs.quality import EXPECTATIONS
from orchestration.defs.transform import DBT_TESTS
from orchestration.quality.suites import load_suites
from orchestration.runs import QUIET
from orchestration.settings import Settings
from orchestration.state import load_runs, run_lock


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("definitions") / "home")


@pytest.fixture(scope="module")
def manifest(settings: Settings) -> dict[str, Any]:
    return load_manifest(settings)


@pytest.fixture(scope="module")
def definitions(settings: Settings, manifest: dict[str, Any]) -> dg.Definitions:
    return build_definitions(settings)


@pytest.fixture(scope="module")
def daily(definitions: dg.Definitions) -> dg.JobDefinition:
    return definitions.resolve_job_def("daily")


def upstream_steps(job: dg.JobDefinition, step: str) -> set[str]:
    """Every op that has to end before this one begins."""
    found: set[str] = set()
    waiting = [step]
    while waiting:
        name = waiting.pop()
        for outputs in job.graph.dependency_structure.input_to_upstream_outputs_for_node(
            name
        ).values():
            for output in outputs:
                if output.node_name not in found:
                    found.add(output.node_name)
                    waiting.append(output.node_name)
    return found


def test_definitions_load_and_hold_together(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_every_source_table_and_model_is_an_asset_with_owner_group_and_description(
    settings: Settings, manifest: dict[str, Any], definitions: dg.Definitions
) -> None:
    specs = {spec.key: spec for spec in definitions.resolve_all_asset_specs()}
    tables = [table for source in load_sources(settings.project_dir) for table in source.tables]
    expected = {lake_key(table.source, table.name) for table in tables}
    expected |= {node_key(node) for node in assets_of(manifest)} | {PUBLISHED}
    assert set(specs) == expected
    for spec in specs.values():
        assert spec.owners and spec.group_name and spec.kinds, spec.key
        assert spec.description or spec.group_name in ("staging", "reference"), spec.key


def test_the_graph_leads_from_every_source_table_to_the_published_version(
    settings: Settings, definitions: dg.Definitions
) -> None:
    graph = definitions.resolve_asset_graph()
    above = graph.get_ancestor_asset_keys(PUBLISHED)
    lake = {key for key in graph.get_all_asset_keys() if key.path[0] == "lake"}
    assert lake
    assert lake <= above


def test_every_suite_is_a_check_of_its_table(
    settings: Settings, definitions: dg.Definitions
) -> None:
    checks = definitions.resolve_asset_graph().asset_check_keys
    suites = load_suites(settings.project_dir)
    assert {suite.layer for suite in suites} == {"lake", "staging", "core", "metrics"}
    for suite in suites:
        assert dg.AssetCheckKey(suite_key(suite), EXPECTATIONS) in checks


def test_every_dbt_test_on_data_is_in_a_check_of_the_layer_that_completes_it(
    manifest: dict[str, Any], definitions: dg.Definitions
) -> None:
    checks = definitions.resolve_asset_graph().asset_check_keys
    tests = dbt_tests_of(manifest)
    about_data = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["depends_on"]["nodes"]
    ]
    assert len(tests) == len(about_data) > 0
    assert {dg.AssetCheckKey(test.asset, DBT_TESTS) for test in tests} <= set(checks)
    assert {test.phase for test in tests} == set(PHASES)


def test_each_layer_waits_for_the_checks_of_the_layer_before(daily: dg.JobDefinition) -> None:
    order = [
        "check_lake",
        "build_staging",
        "check_staging",
        "build_core",
        "check_core",
        "build_metrics",
        "check_metrics",
        "publish",
    ]
    for before, after in pairwise(order):
        assert before in upstream_steps(daily, after), f"{after} does not wait for {before}"
    for step in daily.graph.node_dict:
        if step.startswith("ingest_"):
            assert step in upstream_steps(daily, "check_lake") | upstream_steps(
                daily, "build_staging"
            )


def test_a_rebuild_checks_the_lake_before_it_builds_but_ingests_nothing(
    definitions: dg.Definitions,
) -> None:
    rebuild = definitions.resolve_job_def("rebuild")
    assert "check_lake" in upstream_steps(rebuild, "build_staging")
    assert not [name for name in rebuild.graph.node_dict if name.startswith("ingest")]


def test_the_schedule_asks_for_the_day_that_is_over(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("daily_schedule")
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 3, 1, 5, tzinfo=UTC)
    )
    request = schedule(context)
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "2026-02-28"


def test_a_tick_of_the_schedule_waits_for_the_run_that_goes_on_and_then_works(
    settings: Settings, definitions: dg.Definitions, daily: dg.JobDefinition
) -> None:
    tick = dg.build_schedule_context(
        scheduled_execution_time=datetime(2024, 1, 2, 5, tzinfo=UTC),
        repository_def=definitions.get_repository_def(),
    )
    schedule = definitions.resolve_schedule_def("daily_schedule")
    [request] = schedule.evaluate_tick(tick).run_requests
    with ThreadPoolExecutor() as pool:
        with run_lock(settings, "by-hand", "backfill"):
            scheduled = pool.submit(
                daily.execute_in_process,
                partition_key=request.partition_key,
                raise_on_error=False,
                run_config=QUIET,
            )
            begun = time.monotonic()
            while "waiting for backfill by-hand" not in log_of(settings):
                assert time.monotonic() - begun < 60 and not scheduled.done()
                time.sleep(0.1)
            assert load_runs(settings) == []
        run_id = scheduled.result(timeout=60).run_id
    # There is nothing to run on, which nobody knows who has not been let in.
    [record] = load_runs(settings)
    assert (record.run_id, record.status) == (run_id, "failed")
    assert record.error is not None
    assert record.error.startswith("Expected deliveries of 2024-01-01 in ")


def log_of(settings: Settings) -> str:
    return settings.log_file.read_text("utf-8") if settings.log_file.exists() else ""


def test_a_run_without_a_partition_is_about_everything_and_a_range_about_its_deliveries(
    settings: Settings, tmp_path: Path
) -> None:
    tables = [table for source in load_sources(settings.project_dir) for table in source.tables]
    assert load_dates_of_run(settings, tables, {}) is None
    days = [date(2024, 1, 5), date(2024, 1, 2)]
    assert load_dates_of_run(settings, tables, range_tags(days)) == (days[1], days[0])
    tags = {key: value for key, value in range_tags(days).items() if key.startswith("dagster/")}
    folder = settings.inbox / "demo_crm"
    for day in ("2024-01-01", "2024-01-03"):
        (folder / day).mkdir(parents=True)
        (folder / day / "customers.csv").write_text("id\n", encoding="utf-8")
    assert load_dates_of_run(settings, tables, tags) == (date(2024, 1, 3),)
