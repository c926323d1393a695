"""A draft says what the file proves and leaves open what only a person can decide."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from orchestration.declarations import (
    ENTITIES_FILE,
    check_sources,
    find_table,
    load_sources,
    registered_models,
)
from orchestration.draft import Draft, draft_source
from orchestration.errors import DataError, UsageError
from orchestration.settings import PROJECT_DIR

PROJECT = """\
name: cx
vars:
  # which models feed which entity
  entities:
    tickets:
      - stg_other__tickets   # keep this comment
    calls: []
    chats: [stg_other__chats]
    agents:

  as_of: null
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    (project / ENTITIES_FILE).parent.mkdir(parents=True)
    shutil.copy(PROJECT_DIR / ENTITIES_FILE, project / ENTITIES_FILE)
    (project / "dbt_project.yml").write_text(PROJECT)
    return project


def draft(
    project: Path, content: str | bytes, entity: str, name: str = "export.csv"
) -> tuple[Draft, str]:
    file = project.parent / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    drafted = draft_source(project, file, entity)
    return drafted, drafted.written[0].read_text()


def problems_of(project: Path) -> list[str]:
    return [str(problem) for problem in check_sources(project, "export")]


def test_a_draft_without_doubts_passes_the_check(project: Path) -> None:
    content = (
        "Ticket ID;Priority;Created at\n1;high;2026-11-21T09:00:00Z\n2;low;2026-11-22T09:00:00Z\n"
    )
    drafted, _ = draft(project, content, "tickets")
    assert (drafted.decisions, problems_of(project)) == ((), [])
    (project / "dbt_project.yml").write_text("vars: {entities: {tickets: [stg_export__tickets]}}")
    table = find_table(load_sources(project), "export", "tickets")
    assert (table.dialect.delimiter, table.key) == (";", ("Ticket ID",))
    assert table.feeds["tickets"].fields["created_at"].formats == ("iso",)


def test_the_order_of_day_and_month_is_left_to_a_person(project: Path) -> None:
    drafted, text = draft(project, "Ticket ID,Created at\n1,03/04/2026 10:00\n", "tickets")
    assert 'formats: ["???"]' in text
    (decision,) = [line for line in drafted.decisions if line.startswith("created_at")]
    assert '"%d/%m/%Y %H:%M" or "%m/%d/%Y %H:%M"' in decision
    assert any("expected a decision" in line.lower() for line in problems_of(project))


def test_one_value_that_settles_the_order_is_enough(project: Path) -> None:
    rows = "1,03/04/2026 10:00\n2,13/04/2026 10:00\n"
    _, text = draft(project, "Ticket ID,Created at\n" + rows, "tickets")
    assert 'formats: ["%d/%m/%Y %H:%M"]' in text


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1607553243", "epoch_seconds"), ("1607553243000", "epoch_milliseconds")],
)
def test_epochs_are_recognised(project: Path, value: str, expected: str) -> None:
    _, text = draft(project, f"Ticket ID,Created at\n1,{value}\n", "tickets")
    assert f'formats: ["{expected}"]' in text


def test_values_without_a_sure_meaning_are_listed_to_decide(project: Path) -> None:
    _, text = draft(project, "id,Status\n1,Open\n2,Parked\n", "tickets")
    assert '"Open": "open"' in text
    assert '"Parked": "???"   # DECIDE: one of new, open' in text


def test_a_repeated_id_leaves_the_key_open_and_offers_candidates(project: Path) -> None:
    _, text = draft(project, "id,row\n1,a\n1,b\n", "tickets")
    assert 'key: ["???"]' in text
    assert 'different in every sampled row: "row"; "id" repeats' in text


def test_survey_type_and_scale_are_always_decided_by_a_person(project: Path) -> None:
    drafted, _ = draft(project, "Response ID,Rating\n1,5\n", "survey_responses")
    assert {line.split(":")[0] for line in drafted.decisions} >= {"survey_type", "scale_id"}


def test_personal_values_and_units_are_proposed(project: Path) -> None:
    content = (
        "Call ID,Agent,Talk time,Wait time (minutes)\n1,Ann Lee,0:02:23,1\n2,Bo Li,0:01:00,2\n"
    )
    _, text = draft(project, content, "calls")
    assert 'agent_id: {from: "Agent", personal: true}' in text
    assert 'talk_seconds: {from: "Talk time", unit: clock}' in text
    assert 'Not mapped: "Wait time (minutes)"' in text


def test_a_page_of_json_gets_its_record_path(project: Path) -> None:
    page = {"tickets": [{"id": 1, "created_at": "2026-11-21T09:00:00Z"}], "next_page": None}
    _, text = draft(project, json.dumps(page), "tickets", "export.json")
    assert 'record_path: "tickets"' in text
    assert "format: json\n" in text


def test_json_lines_are_told_from_json(project: Path) -> None:
    _, text = draft(project, '{"id": 1}\n{"id": 2}\n', "tickets", "export.jsonl")
    assert "format: jsonl" in text


def test_an_encoding_that_is_not_sure_is_said(project: Path) -> None:
    drafted, text = draft(project, "id,Group\n1,Müller\n".encode("cp1252"), "tickets")
    assert 'encoding: "cp1252"   # DECIDE' in text
    assert drafted.decisions[0].startswith("encoding")


@pytest.mark.parametrize("entity", ["tickets", "calls", "chats", "agents", "customers"])
def test_the_model_is_registered_and_the_rest_of_the_project_stays(
    project: Path, entity: str
) -> None:
    drafted, _ = draft(project, "id,team\n1,a\n", entity)
    models, problems = registered_models(project)
    assert problems == []
    assert models[entity][-1] == f"stg_export__{entity}"
    text = (project / "dbt_project.yml").read_text()
    assert "# which models feed which entity" in text
    assert "# keep this comment" in text
    assert "  as_of: null" in text
    assert project / "dbt_project.yml" in drafted.written


def test_an_existing_source_is_never_overwritten(project: Path) -> None:
    draft(project, "id\n1\n", "tickets")
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match="give another name or edit the file"):
        draft_source(project, project.parent / "export.csv", "tickets")
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_wrong_usage_is_told(project: Path) -> None:
    file = project.parent / "export.csv"
    with pytest.raises(UsageError, match="found none at"):
        draft_source(project, file, "tickets")
    file.write_text("")
    with pytest.raises(UsageError, match="did you mean 'tickets'"):
        draft_source(project, file, "ticket")
    with pytest.raises(UsageError, match="lower case letters"):
        draft_source(project, file, "tickets", "My Source")
    with pytest.raises(DataError, match="empty file"):
        draft_source(project, file, "tickets")


def test_real_exports_are_drafted(project: Path, shared_data: Path) -> None:
    files = {
        "calls": "pwc_call_center/01 Call-Center-Dataset.xlsx",
        "tickets": "servicenow_incidents/incident_event_log.csv",
        "survey_responses": "qualtrics_csv/sample.csv",
    }
    texts = {}
    for entity, path in files.items():
        drafted = draft_source(project, shared_data / path, entity)
        texts[entity] = drafted.written[0].read_text()
    assert 'started_at: {from: ["Date", "Time"], formats: ["iso"]}' in texts["calls"]
    assert 'talk_seconds: {from: "AvgTalkDuration", unit: clock}' in texts["calls"]
    assert 'null_tokens: ["", "?"]' in texts["tickets"]
    assert 'created_at: {from: "opened_at", formats: ["%d-%m-%Y %H:%M"]}' in texts["tickets"]
    assert "header_rows: 3" in texts["survey_responses"]
