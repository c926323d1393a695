"""The run lock, run records and check outcomes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest

from orchestration.errors import DataError, UsageError
from orchestration.settings import Settings
from orchestration.state import (
    LoadDates,
    LockedError,
    Step,
    append_checks,
    clear_unfinished,
    finish_run,
    load_checks,
    load_runs,
    load_unfinished,
    lock_holder,
    mark_unfinished,
    run_lock,
    start_run,
)

HOLDING = """
import sys, time
from pathlib import Path
from orchestration.settings import Settings
from orchestration.state import run_lock, start_run
settings = Settings(home=Path(sys.argv[1]))
with run_lock(settings, "first", "backfill"):
    start_run(settings, "first", "backfill")
    sys.stdout.write("held\\n")
    sys.stdout.flush()
    time.sleep(60)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def test_the_lock_is_refused_while_its_holder_lives_and_free_after_it_was_killed(settings) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(settings.home)], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == b"held\n"
        with pytest.raises(LockedError) as caught, run_lock(settings, "second", "run"):
            pass
        for part in ("run first", f"process {process.pid}", "backfill", "since 20"):
            assert part in str(caught.value)
        assert caught.value.exit_code == 1
        holder = lock_holder(settings)
        assert holder is not None and (holder.run_id, holder.pid) == ("first", process.pid)
        assert [run.status for run in load_runs(settings)] == ["running"]
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert lock_holder(settings) is None
    assert [run.status for run in load_runs(settings)] == ["interrupted"]
    with run_lock(settings, "second", "run") as holder:
        assert lock_holder(settings) == holder
        assert [run.status for run in load_runs(settings)] == ["interrupted"]


WORKING = """
import sys, time
from pathlib import Path
from orchestration.settings import Settings
from orchestration.state import run_lock
home, purpose, journal = sys.argv[1:]
said = []
with run_lock(Settings(home=Path(home)), purpose, purpose, 60, said.append):
    with open(journal, "a") as file:
        file.write(f"begin {purpose}\\n")
        file.flush()
        time.sleep(0.2)
        file.write(f"end {purpose}\\n")
sys.stdout.write(",".join(f"{one.purpose} {one.pid}" for one in said))
"""


def test_a_run_a_backfill_and_the_schedule_at_once_work_one_after_the_other_also_after_a_kill(
    settings, tmp_path
) -> None:
    journal = tmp_path / "journal"
    killed = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(settings.home)], stdout=subprocess.PIPE
    )
    assert killed.stdout is not None and killed.stdout.readline() == b"held\n"
    purposes = ("run", "backfill", "schedule")
    waiting = [
        subprocess.Popen(
            [sys.executable, "-c", WORKING, str(settings.home), purpose, str(journal)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for purpose in purposes
    ]
    time.sleep(1.5)
    assert not journal.exists()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    said = [process.communicate(timeout=60)[0] for process in waiting]
    assert [process.returncode for process in waiting] == [0, 0, 0]
    lines = journal.read_text().splitlines()
    worked = [line.split()[1] for line in lines[::2]]
    assert sorted(worked) == sorted(purposes)
    assert lines == [f"{word} {purpose}" for purpose in worked for word in ("begin", "end")]
    # Each was told for whom it waits.
    assert f"backfill {killed.pid}" in said


def test_the_lock_is_free_after_a_run_that_raised(settings) -> None:
    with pytest.raises(ValueError), run_lock(settings, "a", "run"):
        raise ValueError
    assert lock_holder(settings) is None
    with run_lock(settings, "b", "run"):
        pass


def test_asking_for_the_holder_takes_the_lock_from_nobody(settings) -> None:
    assert lock_holder(settings) is None
    with run_lock(settings, "a", "run"):
        assert lock_holder(settings) is not None
        with pytest.raises(LockedError), run_lock(settings, "a", "run"):
            pass


def test_runs_are_read_back_as_written_newest_first(settings) -> None:
    start_run(settings, "old", "demo")
    record = start_run(settings, "new", "backfill", [date(2026, 11, 2), date(2026, 11, 1)])
    assert record.load_dates == LoadDates(date(2026, 11, 1), date(2026, 11, 2), 2)
    finished = finish_run(
        settings, record, "failed", rows_read=7, error="é", steps=(Step("ingest", 1.5),)
    )
    assert finished.finished_at is not None and finished.duration_seconds is not None
    runs = load_runs(settings)
    assert runs[0] == finished
    assert [(run.run_id, run.status) for run in runs] == [("new", "failed"), ("old", "interrupted")]
    assert load_runs(settings, limit=1) == [finished]
    assert not list(settings.state.rglob("*.tmp"))


def test_a_run_id_a_purpose_or_a_status_that_is_not_known_is_refused(settings) -> None:
    with pytest.raises(UsageError, match="run id"):
        start_run(settings, "../escape", "run")
    with pytest.raises(UsageError, match="purpose"):
        start_run(settings, "a", "fun")
    with pytest.raises(UsageError, match="final status"):
        finish_run(settings, start_run(settings, "a", "run"), "running")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"run_id": "a", "started_at": "x"}'])
def test_a_damaged_record_is_named_not_dropped(settings, text) -> None:
    start_run(settings, "a", "run")
    (settings.state / "runs" / "b.json").write_text(text)
    with pytest.raises(DataError, match=r"b\.json"):
        load_runs(settings)


@dataclass(frozen=True)
class Outcome:
    check_name: str
    success: bool
    observed: object


def test_check_outcomes_of_later_layers_are_added_to_earlier_ones(settings) -> None:
    assert load_checks(settings, "a") == []
    append_checks(settings, "a", [Outcome("volume", True, date(2026, 11, 1))])
    append_checks(settings, "a", [])
    append_checks(settings, "a", [Outcome("range", False, {"min": -1})])
    checks = load_checks(settings, "a")
    assert [(c["check_name"], c["success"], c["observed"]) for c in checks] == [
        ("volume", True, "2026-11-01"),
        ("range", False, {"min": -1}),
    ]
    assert all(c["run_id"] == "a" and datetime.fromisoformat(c["checked_at"]) for c in checks)


def test_a_load_date_is_unfinished_until_what_is_in_the_lake_of_it_is_published(settings) -> None:
    first, second, third = (date(2026, 11, day) for day in (1, 2, 3))
    mark_unfinished(settings, "run-1", [first, second])
    assert [found.load_date for found in load_unfinished(settings)] == [first, second]
    mark_unfinished(settings, "run-1", [first], "check staging", "Expected …")
    mark_unfinished(settings, "run-2", [second], "ingest demo_chat.chats", "Expected …")
    # A run of another day publishes what of the first is in the lake, but not what never came in.
    mark_unfinished(settings, "run-3", [third])
    clear_unfinished(settings, [third])
    [left] = load_unfinished(settings)
    assert (left.load_date, left.run_id, left.error) == (second, "run-2", "Expected …")
    clear_unfinished(settings, [second])
    assert load_unfinished(settings) == []


def test_an_unfinished_load_date_keeps_the_time_of_its_first_failure(settings) -> None:
    day = date(2026, 11, 1)
    mark_unfinished(settings, "run-1", [day])
    [first] = load_unfinished(settings)
    mark_unfinished(settings, "run-2", [day], "check core", "Expected …")
    [again] = load_unfinished(settings)
    assert (again.since, again.run_id) == (first.since, "run-2")
