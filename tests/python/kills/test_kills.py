"""One kill a stage, on a project of a few models; `make kills` plays any number, at random."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest
from kill_bench import (
    DAYS,
    FULL_DISK,
    LOST_DATABASE,
    THIRD,
    Bench,
    Kill,
    Limits,
    run_cx,
    whole_run,
)
from published_tables import differences, published_content
from small_project import FEWEST, make_small_project

from orchestration.publish.versions import current_version
from orchestration.state import load_runs


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("kills")
    yield Bench(folder, make_small_project(folder / "project", FEWEST))


@pytest.mark.parametrize(
    "kill",
    [
        Kill("ingest", step=1),
        Kill("build", step=1, after=0.2),
        Kill("check", step=2),
        Kill("publish", after=0.1),
        Kill("close"),
        Kill(FULL_DISK, after=300_000),
        Kill(LOST_DATABASE, step=2, after=0.1),
    ],
    ids=lambda kill: kill.stage,
)
def test_after_a_kill_readers_see_a_whole_version_and_the_next_run_succeeds(
    bench: Bench, kill: Kill
) -> None:
    report = bench.play(kill)
    assert report.problems == []
    assert report.reached


def test_a_run_of_which_nobody_reads_on_publishes_all_the_same(bench: Bench) -> None:
    settings = bench.restore("before")
    whole_run(settings, THIRD, Limits(steps=1, is_killed=False))
    assert published_content(settings) == bench.after
    assert load_runs(settings)[0].version == current_version(settings).name


def test_load_dates_that_left_the_lake_leave_every_table_as_in_a_rebuild(bench: Bench) -> None:
    settings = bench.restore("after")
    whole_run(replace(settings, keep_lake_days=1), THIRD)
    left = {path.name for path in settings.lake.glob("*/*/load_date=*")}
    assert left == {f"load_date={DAYS[2]}"}
    followed = published_content(settings)
    assert followed != bench.after
    whole_run(settings, ["rebuild"])
    assert differences(published_content(settings), followed) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_run_that_is_interrupted_stops_its_query_and_says_so(
    bench: Bench, number: signal.Signals
) -> None:
    settings = bench.restore("before")
    endless = settings.project_dir / "models" / "intermediate" / "int_endless.sql"
    endless.write_text(
        "-- One row.\n{{ config(materialized='table') }}\n\n"
        "select max(range) as most from range(1000000000000000)\n"
    )
    try:
        limits = Limits(interrupted_in=endless.stem, interrupted_by=number)
        ran = run_cx(settings, THIRD, limits)
    finally:
        endless.unlink()
    assert (ran.exit_code, ran.message) == (
        1,
        "error: Interrupted: nothing was published; run it again.",
    )
    assert not any("Traceback" in line for line, _ in ran.lines)
    whole_run(settings, THIRD)
    assert published_content(settings) == bench.after
