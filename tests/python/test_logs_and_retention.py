"""Structured log lines, and what is deleted when it is old."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from orchestration import logs
from orchestration.errors import DataError, UsageError
from orchestration.retention import clear_lake, clear_old, clear_spill
from orchestration.run_session import RunSession, Silence, open_session
from orchestration.runs import check_load_date
from orchestration.settings import Settings
from orchestration.state import load_runs, load_unfinished

DAY = date(2026, 11, 1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def lines_of(settings: Settings) -> list[dict]:
    return [json.loads(line) for line in settings.log_file.read_text("utf-8").splitlines()]


def partition(settings: Settings, day: date) -> Path:
    folder = settings.lake / "shop" / "calls" / f"load_date={day}"
    folder.mkdir(parents=True)
    (folder / "part.parquet").write_text("rows")
    quarantine = settings.quarantine / "shop" / "calls" / f"load_date={day}"
    quarantine.mkdir(parents=True)
    (quarantine / "files.json").write_text("[]")
    return folder


def session_of(settings: Settings) -> RunSession:
    return RunSession(settings, "run-1", "rebuild", None, (), ())


def age(path: Path, days: int) -> None:
    then = time.time() - days * 86_400
    os.utime(path, (then, then))


def test_a_run_that_broke_off_outside_of_its_steps_is_no_success(settings) -> None:
    partition(settings, DAY)
    with open_session(replace(session_of(settings), load_dates=(DAY,), publishes=True)):
        pass
    [record] = load_runs(settings)
    assert record.status == "failed"
    assert record.error is not None and "stopped before, outside of its steps" in record.error
    assert [found.load_date for found in load_unfinished(settings)] == [DAY]


class Gone(Silence):
    """A terminal that nobody holds any more."""

    def finished(self, step: str, seconds: float, detail: str) -> None:
        raise BrokenPipeError


def test_a_terminal_that_went_away_stops_no_run(settings) -> None:
    partition(settings, DAY)
    session = replace(session_of(settings), progress=Gone())
    with open_session(session), session.step("build core"):
        pass
    assert [step.name for step in load_runs(settings)[0].steps] == ["prepare", "build core"]


def test_every_line_of_a_run_is_json_with_its_id(settings) -> None:
    partition(settings, DAY)
    with open_session(session_of(settings)) as session:
        with session.step("build core") as running:
            running.detail = 'two\nlines and "quotes"'
        with pytest.raises(DataError), session.step("check core"):
            raise DataError("Expected A, found B.")
        with pytest.raises(ZeroDivisionError), session.step("publish"):
            _ = 1 / 0
    logging.getLogger("cx").warning("outside of a run")
    lines = lines_of(settings)
    assert [(line["run_id"], line["message"].split(":")[0]) for line in lines] == [
        ("run-1", "run started"),
        ("run-1", "step done"),
        ("run-1", "step done"),
        ("run-1", "step failed"),
        ("run-1", "step failed"),
        ("run-1", "run failed"),
        (None, "outside of a run"),
    ]
    assert lines[2]["step"] == "build core"
    assert lines[2]["detail"] == 'two\nlines and "quotes"'
    assert lines[2]["seconds"] >= 0
    assert lines[3]["level"] == "error" and "traceback" not in lines[3]
    assert "ZeroDivisionError" in lines[4]["traceback"]
    assert lines[5]["error"] == "Expected A, found B."


def test_a_log_that_has_grown_is_set_aside_and_deleted_when_it_is_old(
    settings, monkeypatch
) -> None:
    logs.open_log(settings)
    logging.getLogger("cx").warning("first")
    monkeypatch.setattr(logs, "LARGEST", 10)
    clear_old(settings)
    logging.getLogger("cx").warning("second")
    [aside] = settings.log_file.parent.glob("cx-*.log")
    assert "first" in aside.read_text("utf-8")
    assert [line["message"] for line in lines_of(settings)] == ["second"]
    monkeypatch.setattr(logs, "LARGEST", 10_000)
    age(aside, 89)
    clear_old(settings)
    assert aside.exists()
    age(aside, 91)
    clear_old(settings)
    assert not aside.exists() and settings.log_file.exists()


def test_old_records_go_and_the_lake_and_the_quarantine_stay_unless_told_otherwise(
    settings,
) -> None:
    folder = partition(settings, DAY)
    quarantined = settings.quarantine / "shop" / "calls" / folder.name
    for name in ("runs", "checks", "figures"):
        path = settings.state / name / "old.json"
        path.parent.mkdir(parents=True)
        path.write_text("{}")
        age(path, 401)
    for path in (quarantined / "files.json", quarantined, folder):
        age(path, 2000)
    with open_session(session_of(settings)):
        pass
    assert [run.run_id for run in load_runs(settings)] == ["run-1"]
    assert not (settings.state / "checks" / "old.json").exists()
    assert folder.exists() and quarantined.exists()
    clear_old(replace(settings, keep_quarantine_days=365))
    assert folder.exists() and not quarantined.exists()


def test_the_lake_keeps_load_dates_counted_back_from_its_newest(settings) -> None:
    settings = replace(settings, keep_lake_days=3)
    folders = [partition(settings, DAY + timedelta(days=number)) for number in range(5)]
    assert clear_lake(settings) == 2
    assert [folder.exists() for folder in folders] == [False, False, True, True, True]
    left = sorted(path.name for path in settings.quarantine.glob("*/*/*"))
    assert left == [folder.name for folder in folders[2:]]
    assert clear_lake(settings) == 0
    with pytest.raises(UsageError, match="Expected a load date from 2026-11-03 on"):
        check_load_date(settings, DAY)
    check_load_date(settings, DAY + timedelta(days=2))


def test_what_resists_being_deleted_is_told_and_tried_again(settings, monkeypatch, caplog) -> None:
    settings = replace(settings, keep_lake_days=1, keep_quarantine_days=365)
    old, new = (partition(settings, DAY + timedelta(days=number)) for number in range(2))
    quarantined = [settings.quarantine / "shop" / "calls" / path.name for path in (old, new)]
    for path in (quarantined[1] / "files.json", quarantined[1]):
        age(path, 366)

    def refuse(path: Path, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as refused, caplog.at_level("INFO", "cx"):
        refused.setattr(shutil, "rmtree", refuse)
        assert clear_lake(settings) == 1
        clear_old(settings)
    assert all(path.exists() for path in quarantined)
    told = [found.getMessage() for found in caplog.records if found.levelname == "WARNING"]
    assert len(told) == 3 and all("Permission denied" in text for text in told)
    assert "older than" not in caplog.text
    assert clear_lake(settings) == 0
    clear_old(settings)
    assert not any(path.exists() for path in quarantined)
    assert not list((settings.lake / ".tmp").iterdir())


def test_what_killed_runs_left_in_the_lake_goes_and_what_they_committed_stays(settings) -> None:
    aside = settings.lake / ".tmp"
    for name, file in (("half", "part.parquet"), ("whole", "commit.json")):
        (aside / name).mkdir(parents=True)
        (aside / name / file).touch()
    clear_lake(settings)
    assert [path.name for path in aside.iterdir()] == ["whole"]


def test_what_killed_runs_spilled_goes_and_that_of_who_builds_by_hand_stays(settings) -> None:
    settings.warehouse.parent.mkdir(parents=True)
    spill = settings.warehouse.parent / f"{settings.warehouse.name}.tmp"
    spills = f"""
import duckdb
with duckdb.connect({str(settings.warehouse)!r}, config={{"memory_limit": "40MB"}}) as connection:
    connection.execute("create temp table wide as select range, repeat('x', 90) from range(999999)")
    print("spilled", flush=True)
    input()
"""
    command = [sys.executable, "-c", spills]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as builder:
        assert builder.stdout is not None
        assert builder.stdout.readline() == b"spilled\n"
        clear_spill(settings)
        assert any(spill.iterdir())
        builder.kill()
    assert any(spill.iterdir())
    clear_spill(settings)
    assert not spill.exists()
