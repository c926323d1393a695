"""Quarantine as a person meets it: what ingest and what staging turned down, and the way back."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from runs_home import FIRST, SECOND

from orchestration.cli import main
from orchestration.cli.headlines import load_headlines
from orchestration.cli.quarantine_view import Item, delivered_row, open_quarantine
from orchestration.declarations import load_sources
from orchestration.demo import generate
from orchestration.ingest import list_quarantined
from orchestration.runs import run_load_dates, run_rebuild
from orchestration.settings import Settings
from orchestration.state import load_runs


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, small_project: Path) -> Settings:
    """A built home of two load dates, with the dirt that the demo plants."""
    home = tmp_path_factory.mktemp("quarantine") / "home"
    settings = Settings(home=home, project_dir=small_project)
    generate(settings.inbox, settings.home / "truth.json", start=FIRST, days=2)
    assert run_load_dates(settings, [FIRST, SECOND], "backfill").error is None
    return settings


def cx(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, obj=settings, catch_exceptions=False)


def items(settings: Settings) -> list[Item]:
    with open_quarantine(settings, load_sources(settings.project_dir)) as view:
        return view.newest()


def test_the_list_has_every_row_of_ingest_and_of_staging_under_an_id_of_its_own(
    settings: Settings,
) -> None:
    found = items(settings)
    assert len({item.id for item in found}) == len(found)
    ingested = {item.id for item in found if not item.is_staged}
    assert ingested == {item.id for item in list_quarantined(settings)}
    [record] = load_runs(settings)
    assert record.rows_quarantined == len(found)
    told = cx(settings, "quarantine", "list", "--all").stdout
    for item in found:
        assert f"{item.id}  {item.source}.{item.table}" in told
        assert f"{item.file}:{item.row_number}" in told
    status = cx(settings, "status").stdout
    assert "demo_chat.chats" in status.split("in quarantine")[1]


def test_a_row_turned_down_at_staging_is_shown_as_it_was_delivered(settings: Settings) -> None:
    item = next(item for item in items(settings) if item.is_staged and item.source == "demo_chat")
    told = cx(settings, "quarantine", "show", item.id).stdout
    assert item.reason in told
    assert f"row {item.row_number}" in told
    row = delivered_row(settings, item)
    assert "Chat ID" in row
    assert not any(name.startswith("_") for name in row)
    assert all(f"{name}: {value}" in told for name, value in row.items() if value is not None)


def test_a_metric_whose_window_is_not_over_is_told_with_a_dash(settings: Settings) -> None:
    [fcr] = [found for found in load_headlines(settings) if found.metric == "fcr_no_repeat_pct"]
    assert (fcr.value, fcr.n, fcr.first) == (None, 0, None)
    assert fcr.note == "window of 7 days not over yet"


def test_a_replay_says_how_many_rows_left_and_how_many_stay(settings: Settings) -> None:
    before = len(items(settings))
    done = cx(settings, "quarantine", "replay", "--source", "demo_chat")
    assert done.exit_code == 0, done.output
    of_chat = [item for item in items(settings) if item.source == "demo_chat"]
    assert f"0 of {len(of_chat)} rows and files left quarantine; {len(of_chat)} stay" in done.stdout
    assert len(items(settings)) == before
    assert load_runs(settings)[0].purpose == "replay"
    told = cx(settings, "rollback").stdout
    assert "cx rollback" in told
    assert "not the newest" in cx(settings, "status").stdout


def test_rows_of_staging_leave_quarantine_with_a_corrected_declaration(
    settings: Settings, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(settings.project_dir, project, symlinks=True)
    turned_down = [
        item
        for item in items(settings)
        if item.source == "demo_chat" and item.reason.startswith("Outcome: ")
    ]
    assert turned_down
    declared = project / "models/staging/demo_chat/_demo_chat__sources.yml"
    text = declared.read_text(encoding="utf-8")
    [unknown] = {item.reason.split(", found ")[1] for item in turned_down}
    assert "map: {Answered: answered" in text
    corrected_text = text.replace("map: {Answered:", f"map: {{{unknown}: answered, Answered:")
    declared.write_text(corrected_text, encoding="utf-8")
    corrected = replace(settings, project_dir=project)
    assert run_rebuild(corrected, purpose="replay").error is None
    assert not {item.id for item in turned_down} & {item.id for item in items(corrected)}
