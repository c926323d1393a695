"""`cx doctor` on a whole installation, and on one with each thing broken in turn."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from orchestration import doctor
from orchestration.cli import main
from orchestration.doctor import Line, examine
from orchestration.publish import publish
from orchestration.secrets_file import hash_key
from orchestration.settings import PROJECT_DIR, Settings
from orchestration.state import run_lock, start_run


@pytest.fixture
def whole(settings, warehouse) -> Settings:
    """A home with a lake, a key, a warehouse and a published version."""
    (settings.lake / "shop" / "calls" / "load_date=2026-11-01").mkdir(parents=True)
    hash_key(settings)
    publish(settings, "run")
    return settings


def looked(settings: Settings, now: datetime | None = None) -> dict[str, Line]:
    return {line.name: line for line in examine(settings, now or datetime.now(UTC))}


def failing(settings: Settings, now: datetime | None = None) -> dict[str, str]:
    return {
        line.name: f"{line.text} → {line.todo}"
        for line in examine(settings, now or datetime.now(UTC))
        if line.status == doctor.FAIL
    }


def test_a_whole_installation_is_told_line_by_line_in_three_seconds(whole) -> None:
    started = time.process_time()
    done = CliRunner().invoke(main, ["doctor"], env={"CX_HOME": str(whole.home)})
    assert time.process_time() - started < 3
    assert done.exit_code == 0, done.output
    told = [line.split()[:2] for line in done.stdout.splitlines() if not line.startswith(" ")]
    for name in ("python", "machine", "home", "used", "free", "clock", "zone", "lock", "hash"):
        assert ["ok", name] in told, done.stdout
    for name in ("declarations", "warehouse", "published", "leftovers"):
        assert ["ok", name] in told, done.stdout
    assert "published" in looked(whole)["used"].text


def overwrite(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(b"\0" * path.stat().st_size)


def shorten_published(settings: Settings) -> None:
    path = settings.published / "cx.duckdb"
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        connection.execute("delete from core.dim_agents")


BROKEN: dict[str, tuple[str, Callable[[Settings], object], str]] = {
    "a lost key": ("hash key", lambda s: s.hash_key_file.unlink(), "restore it from a copy"),
    "a key for all": ("hash key", lambda s: s.hash_key_file.chmod(0o644), "chmod 600"),
    "a damaged warehouse": ("warehouse", lambda s: overwrite(s.warehouse), "cx rebuild"),
    "a damaged version": (
        "published",
        lambda s: overwrite(s.published / "current" / "cx.duckdb"),
        "cx rollback",
    ),
    "a changed version": ("published", shorten_published, "core.dim_agents"),
    "no current version": (
        "published",
        lambda s: (s.published / "current").unlink(),
        "cx rollback 20",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_fails_with_what_to_do(whole, what) -> None:
    name, break_it, words = BROKEN[what]
    break_it(whole)
    found = failing(whole)
    assert list(found) == [name]
    assert words in found[name]
    assert CliRunner().invoke(main, ["doctor"], env={"CX_HOME": str(whole.home)}).exit_code == 1


def test_a_clock_behind_the_last_run_fails(whole) -> None:
    start_run(whole, "run", "run")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert "set the clock" in failing(whole, yesterday)["clock"]


def test_a_far_file_system_and_a_full_disk_fail(whole, monkeypatch) -> None:
    kind = doctor._file_system(whole.home)
    monkeypatch.setattr(doctor, "FAR", (kind,))
    monkeypatch.setattr(doctor, "LEAST_FREE", 2**60)
    found = failing(whole)
    assert set(found) == {"home", "free"}
    assert "local disk" in found["home"]


def test_packages_and_declarations_are_compared_with_the_checkout(whole, tmp_path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    shutil.copy(PROJECT_DIR / "dbt_project.yml", project)
    shutil.copytree(PROJECT_DIR / "models", project / "models")
    (project / "requirements.lock").write_text("click==0.0.1 \\\n    --hash=x\nno-such==1\n")
    sources = next(project.rglob("_demo_chat__sources.yml"))
    sources.write_text(sources.read_text().replace("delimiter:", "delimeter:"))
    text = (project / "dbt_project.yml").read_text()
    (project / "dbt_project.yml").write_text(
        text.replace("reporting_zone:", "reporting_zone: Nowhere/Land #")
    )
    found = failing(replace(whole, project_dir=project))
    assert set(found) == {"packages", "declarations", "zone"}
    assert found["packages"].startswith("missing no-such")
    assert found["declarations"].startswith("2 problems, first: ")
    assert "'Nowhere/Land'" in found["declarations"]


def test_leftovers_and_a_lock_are_told_and_no_failure(whole) -> None:
    (whole.published / "versions" / "half").mkdir()
    (whole.lake / ".tmp" / "draft").mkdir(parents=True)
    found = looked(whole)["leftovers"]
    assert found.status == doctor.WARN
    assert "lake/.tmp/draft" in found.text and "published/versions/half" in found.text
    with run_lock(whole, "the-run", "backfill"):
        lines = looked(whole)
    assert "backfill the-run" in lines["lock"].text
    assert doctor.FAIL not in {line.status for line in lines.values()}
