"""Two built warehouses, each made once: the whole demo by its command, and the real exports."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from runs_home import FIRST, SECOND

from orchestration.demo import generate
from orchestration.runs import run_load_dates
from orchestration.settings import PROJECT_DIR, Settings

EXAMPLES = {
    "pwc_call_center": "*.xlsx",
    "kaggle_suraj520_original": "*.csv",
    "kaggle_suraj520_tickets": "*.csv",
    "restaurant_booking_calls": "*.csv",
    "servicenow_incidents": "*.csv",
}


@dataclass(frozen=True)
class Demo:
    """What `cx demo` left, and what it printed."""

    home: Path
    output: str


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """`cx demo` in its default size, as a newcomer calls it."""
    home = tmp_path_factory.mktemp("demo") / "home"
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "demo"],
        cwd=PROJECT_DIR,
        env={**os.environ, "CX_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Demo(home, done.stdout)


@pytest.fixture
def marts(demo: Demo) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo.home / "published" / "cx.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture
def truth(demo: Demo) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((demo.home / "demo" / "truth.json").read_text())
    return content


@pytest.fixture(scope="session")
def examples(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """All real exports in one load date."""
    settings = Settings(home=tmp_path_factory.mktemp("examples") / "home")
    day = date(2024, 1, 1)
    for source, pattern in EXAMPLES.items():
        folder = settings.inbox / source / day.isoformat()
        folder.mkdir(parents=True)
        for path in (shared_data / source).glob(pattern):
            shutil.copy(path, folder)
    finished = run_load_dates(settings, [day])
    assert finished.error is None
    return settings


@pytest.fixture
def example_marts(examples: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(examples.published / "cx.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory, small_project: Path) -> Settings:
    """Two load dates of a small demo, run through a small project."""
    home = tmp_path_factory.mktemp("small_home") / "home"
    settings = Settings(home=home, project_dir=small_project)
    size = {"contacts_per_day": 60, "customers": 80, "agents": 8}
    generate(settings.inbox, home / "truth.json", start=FIRST, days=2, **size)
    assert run_load_dates(settings, [FIRST, SECOND], "backfill").error is None
    return settings
