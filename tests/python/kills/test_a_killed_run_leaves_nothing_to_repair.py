"""A run may be killed at any moment: readers keep a whole version, and the next run needs no help.

More of them, at random places: `make kills N=200`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from kill_bench import FULL_DISK, LOST_DATABASE, Bench, Kill

KILLS = (
    Kill("ingest", step=3, after=0.03),
    Kill("build", step=0, after=1.5),
    Kill("build", step=2, after=1.0),
    Kill("check", step=1, after=0.2),
    Kill("publish", after=0.4),
    Kill(FULL_DISK, after=300_000),
    Kill(LOST_DATABASE),
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("kills"))


@pytest.mark.parametrize("kill", KILLS, ids=lambda kill: f"{kill.stage} {kill.step}")
def test_a_killed_run_leaves_nothing_to_repair(bench: Bench, kill: Kill) -> None:
    report = bench.play(kill)
    assert report.reached
    assert report.problems == []


def test_the_content_that_is_compared_is_not_empty(bench: Bench, tmp_path: Path) -> None:
    assert bench.before != bench.after
    assert sum(map(len, bench.after.values())) > 500
