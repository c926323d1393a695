"""A home in tmp_path with a real DuckDB warehouse and lake, and suites written as analysts do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.quality.outcomes import Outcome
from orchestration.quality.run import QualitySession
from orchestration.quality.suites import load_suites
from orchestration.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", project_dir=tmp_path / "project")


@pytest.fixture
def warehouse(settings: Settings) -> Callable[..., None]:
    """Run statements in the warehouse, as dbt would: open for writing, then closed."""

    def run(*statements: str) -> None:
        settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(settings.warehouse)) as connection:
            for schema in ("staging", "intermediate", "core", "marts"):
                connection.execute(f"create schema if not exists {schema}")
            for statement in statements:
                connection.execute(statement)

    return run


@pytest.fixture
def partition(settings: Settings) -> Callable[[str, str, date, str], Path]:
    """Write one lake partition from a query."""

    def write(source: str, table: str, day: date, query: str) -> Path:
        folder = settings.lake / source / table / f"load_date={day.isoformat()}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "part.parquet"
        duckdb.sql(query).write_parquet(str(path))
        return path

    return write


@pytest.fixture
def suite(settings: Settings) -> Callable[[str, str, str], Path]:
    """Write `expectations/<layer>/<table>.yml`."""

    def write(layer: str, table: str, text: str) -> Path:
        path = settings.project_dir / "expectations" / layer / f"{table}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def outcomes(settings: Settings) -> Callable[..., list[Outcome]]:
    """Validate one layer with the suites that were written."""

    def validate(
        layer: Any, load_dates: list[date] | None = None, since_batch: int | None = None
    ) -> list[Outcome]:
        suites = load_suites(settings.project_dir)
        with QualitySession(settings, suites, "run-1", since_batch) as session:
            return session.validate(layer, load_dates)

    return validate
