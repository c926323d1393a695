"""What a person is told that he has to do, and what monitoring is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestration.attention import find
from orchestration.cli import main
from orchestration.declarations import Source, Table, load_sources
from orchestration.freshness import freshness_of, next_load_date
from orchestration.publish.versions import switch, write_manifest
from orchestration.settings import PROJECT_DIR, Settings
from orchestration.state import (
    finish_run,
    mark_unfinished,
    run_lock,
    start_run,
)

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DAY = date(2026, 11, 21)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture(scope="module")
def source() -> Source:
    return next(each for each in load_sources(PROJECT_DIR) if each.name == "demo_chat")


def every(source: Source, rule: str | None) -> Source:
    tables = tuple(replace(table, expected_every=rule) for table in source.tables)
    return replace(source, tables=tables)


def take_in(settings: Settings, table: Table, *days: date) -> None:
    for day in days:
        folder = settings.lake / table.source / table.name / f"load_date={day}"
        folder.mkdir(parents=True)


def succeed(settings: Settings, run_id: str = "good") -> None:
    """A run that published an empty version."""
    folder = settings.published / "versions" / run_id
    folder.mkdir(parents=True)
    content = {"run_id": run_id, "published_at": datetime.now(UTC).isoformat(), "row_counts": {}}
    write_manifest(folder, content | {"partitions_written": 0, "partitions_linked": 0})
    switch(settings, run_id)
    finish_run(settings, start_run(settings, run_id, "run", [DAY]), "succeeded", version="v")


def told(settings: Settings, *sources: Source, now: datetime) -> dict[str, str]:
    return {found.what: found.todo for found in find(settings, sources, now) if found.is_alarm}


@pytest.mark.parametrize(
    ("rule", "last", "following"),
    [
        ("day", date(2026, 2, 28), date(2026, 3, 1)),
        ("weekday", date(2026, 11, 20), date(2026, 11, 23)),
        ("week", date(2026, 12, 28), date(2027, 1, 4)),
        ("month", date(2026, 12, 15), date(2027, 1, 15)),
        ("month", date(2026, 2, 28), date(2026, 3, 31)),
        ("month", date(2026, 1, 30), date(2026, 2, 28)),
    ],
)
def test_the_next_load_date_follows_the_declared_rhythm(rule, last, following) -> None:
    assert next_load_date(last, rule) == following


def test_a_declared_table_is_late_from_noon_of_the_day_after(settings, source) -> None:
    daily = every(source, "day")
    take_in(settings, source.tables[0], date(2026, 11, 20))
    noon = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    [fresh] = freshness_of(settings, [daily], noon)
    assert (fresh.is_late, fresh.due_at) == (False, noon)
    [finding] = [
        found
        for found in find(settings, [daily], noon + timedelta(minutes=1))
        if found.what == "late"
    ]
    assert finding.since == noon and finding.is_alarm
    assert "found none after 2026-11-20" in finding.why
    assert "demo_chat" in finding.todo


def test_a_declared_table_that_never_came_is_late(settings, source) -> None:
    assert "late" in told(settings, every(source, "month"), now=NOW)
    assert "late" not in told(settings, every(source, None), now=NOW)


def test_without_a_declaration_a_table_is_behind_the_others_by_its_own_rhythm(
    settings, source
) -> None:
    [chats] = source.tables
    other = replace(source, name="other", tables=(replace(chats, source="other"),))
    days = [date(2017, 10, 1) + timedelta(days=number) for number in range(9)]
    take_in(settings, chats, *days[:6])
    take_in(settings, other.tables[0], *days[:8])
    assert not any(fresh.is_late for fresh in freshness_of(settings, [source, other], NOW))
    take_in(settings, other.tables[0], days[8])
    behind, ahead = freshness_of(settings, [source, other], NOW)
    assert (behind.is_late, ahead.is_late) == (True, False)
    assert behind.rule == "one at least every day, as before"


def test_failed_runs_say_since_when_and_what_to_run_again(settings, source) -> None:
    succeed(settings)
    for number in range(2):
        record = start_run(settings, f"bad-{number}", "run", [DAY])
        mark_unfinished(settings, record.run_id, [DAY], "check core", "Expected A, found B.")
        bad = finish_run(settings, record, "failed", error="Expected A, found B.")
    found = find(settings, [source], datetime.now(UTC))
    assert [finding.what for finding in found] == ["run failed"]
    assert found[0].since is not None and found[0].since < bad.started_at
    assert found[0].why == "Expected A, found B.; 2 runs failed since"
    assert found[0].todo == f"mend it, then cx run --date {DAY}"
    # A run of another day does not publish what never came in.
    mark_unfinished(settings, "bad-1", [DAY], "ingest demo_chat.chats", "Expected A, found B.")
    succeed(settings, "later")
    assert told(settings, source, now=datetime.now(UTC)) == {"not finished": f"cx run --date {DAY}"}


def test_a_killed_run_is_told_from_a_failed_one(settings, source) -> None:
    succeed(settings)
    start_run(settings, "killed", "backfill", [DAY, DAY + timedelta(days=1)])
    assert told(settings, source, now=datetime.now(UTC)) == {
        "interrupted": f"cx backfill --from {DAY} --to {DAY + timedelta(days=1)}"
    }


def test_a_run_that_goes_on_is_no_alarm_until_it_hangs(settings, source) -> None:
    succeed(settings)
    with run_lock(settings, "going", "run"):
        start_run(settings, "going", "run", [DAY])
        mark_unfinished(settings, "going", [DAY])
        now = datetime.now(UTC)
        assert "run hangs" not in told(settings, source, now=now)
        assert "kill " in told(settings, source, now=now + timedelta(hours=27))["run hangs"]


def test_a_schedule_that_did_not_fire_shows_as_work_that_nobody_did(settings, source) -> None:
    assert set(told(settings, now=NOW)) == {"no success"}
    succeed(settings)
    now = datetime.now(UTC)
    assert told(settings, source, now=now + timedelta(hours=25)) == {}
    [finding] = find(settings, [source], now + timedelta(hours=27))
    assert finding.why == (
        "No run has succeeded for 27 hours, which is more than 26 (CX_ALARM_HOURS)."
    )
    assert "schedule" in finding.todo
    # A rebuild takes no delivery in, so it does not stand for the daily run.
    record = start_run(settings, "rebuild", "rebuild")
    finish_run(settings, record, "succeeded")
    assert "no success" in told(settings, source, now=now + timedelta(hours=27))


def test_a_run_that_a_wrong_clock_dated_ahead_hides_nothing(settings, source) -> None:
    succeed(settings)
    now = datetime.now(UTC)
    assert set(told(settings, source, now=now - timedelta(days=400))) == {"clock", "no success"}
    record = finish_run(settings, start_run(settings, "bad", "run", [DAY]), "failed", error="A.")
    path = settings.state / "runs" / "good.json"
    path.write_text(path.read_text().replace(f'"{record.started_at.year}-', '"2199-'))
    found = told(settings, source, now=datetime.now(UTC))
    assert set(found) == {"clock", "run failed", "no success"}
    assert "state/runs/good.json" in found["clock"]


def test_an_inbox_that_cannot_be_listed_is_told_with_the_rest(settings, source) -> None:
    path = settings.inbox / "demo_chat" / "2026-11-20" / "chats.csv"
    path.parent.mkdir(parents=True)
    path.symlink_to("chats.csv")
    found = {each.what: each.why for each in find(settings, [source], NOW)}
    assert set(found) == {"no success", "inbox"}
    assert f"the link {path} to itself" in found["inbox"]


def test_files_that_no_run_took_in_are_named_with_their_command(settings, source) -> None:
    succeed(settings)
    for day in ("2026-11-20", "2026-11-21"):
        path = settings.inbox / "demo_chat" / day / "chats.csv"
        path.parent.mkdir(parents=True)
        path.touch()
    take_in(settings, source.tables[0], date(2026, 11, 20))
    [finding] = find(settings, [source], datetime.now(UTC))
    assert (finding.what, finding.todo) == ("waiting", "cx run --date 2026-11-21")
    assert not finding.is_alarm
    short = replace(settings, start_date=date(2026, 11, 22))
    assert find(short, [source], datetime.now(UTC)) == []


def cx(settings: Settings, *arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(
        main, arguments, env={"CX_HOME": str(settings.home), **environment}, catch_exceptions=False
    )


def test_monitoring_gets_one_sentence_and_an_exit_code(settings) -> None:
    done = cx(settings, "status", "--check")
    assert done.exit_code == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("error: no success: No run has succeeded yet. Next: cx run")
    succeed(settings)
    done = cx(settings, "status", "--check")
    assert done.exit_code == 0
    assert done.stdout.startswith("ok: the last run ended ")
    assert cx(settings, "status", "--alert").exit_code == 2
