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


def test_what_an_answer_means_is_always_decided_by_a_person(project: Path) -> None:
    drafted, text = draft(project, "Response ID,Q1,Remark\n1,5,fine\n", "survey_responses")
    decided = [line.split(":")[0] for line in drafted.decisions]
    assert decided == ["survey_type", "scale_id", "score"]
    assert 'score: "???"   # DECIDE: the raw column with the rating; numbers are in "Q1"' in text
    assert len(problems_of(project)) == 3


def test_a_value_far_down_the_file_is_in_the_map(project: Path) -> None:
    rows = "".join(f"{number},Open\n" for number in range(5_500))
    _, text = draft(project, f"id,Status\n{rows}5500,Parked\n", "tickets")
    assert '"Parked": "???"' in text


def test_a_column_of_too_many_values_is_a_decision(project: Path) -> None:
    rows = "".join(f"{number},words {number}\n" for number in range(250))
    drafted, text = draft(project, "id,Status\n" + rows, "tickets")
    assert 'otherwise: "???"   # DECIDE: more than 200 values in the file' in text
    assert len(drafted.decisions) == 31


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "id,Mod count,team\n1,0,a\n1,1,a\n",
            'version_by: {from: "Mod count", type: integer}   # DECIDE: "id" repeats in the file',
        ),
        (
            "id,Last modified,team\n1,2026-11-21T09:00:00Z,a\n1,2026-11-22T09:00:00Z,a\n",
            'version_by: {from: "Last modified", type: timestamp, formats: ["iso"]}   # DECIDE',
        ),
        (
            "id,Version\n" + "".join(f"{n},0\n" for n in range(5_100)) + "7,1\n",
            'version_by: {from: "Version", type: integer}',
        ),
    ],
)
def test_a_column_that_tells_versions_is_proposed_where_ids_repeat(
    project: Path, content: str, expected: str
) -> None:
    _, text = draft(project, content, "tickets")
    assert expected in text
    assert 'key: ["id"]' in text


def test_no_version_is_proposed_where_ids_do_not_repeat(project: Path) -> None:
    _, text = draft(project, "id,Version\n1,0\n2,1\n", "tickets")
    assert "version_by" not in text


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", bytes(range(128, 256)) * 20, "bytes that are no text"),
        ("a.csv", b"\x00\x01\x02id,team\n", "bytes that are no text"),
        ("a.csv", b"%PDF-1.7\n1,2\n", "a PDF document"),
        ("a.md", b"id,team\n1,a\n", r"a document \(.md\)"),
        ("a.txt", b"# Notes\n\nSome prose, with a comma, or two.\n", "a heading of prose"),
        ("a", b"Notes\n\nSome prose, with a comma, or two.\nNo more.\n", "text whose lines"),
        ("a.txt", b"Dear all, this is a letter.\n", "text whose lines"),
        ("a.csv", b'{"id": 1}\n{"id": 2}\n', r"JSON under the name of another format \(.csv\)"),
    ],
)
def test_what_is_no_table_is_refused(project: Path, name: str, content: bytes, words: str) -> None:
    with pytest.raises(UsageError, match=f"Expected a table of records .*found {words}"):
        draft(project, content, "tickets", name)
    assert not (project / "models" / "staging").exists()


def test_the_ending_of_the_name_goes_before_the_look_of_the_content(project: Path) -> None:
    _, text = draft(project, "[id],[team]\n1,a\n", "tickets", "one.csv")
    assert "format: csv" in text
    _, text = draft(project, '{"id": 1}\n', "tickets", "two.jsonl")
    assert "format: jsonl" in text


@pytest.mark.parametrize(
    ("entity", "header", "column"),
    [
        ("tickets", "Created", "created_at"),
        ("chats", "Started", "started_at"),
        ("calls", "Created", "started_at"),
        ("calls", "Answered", "answered_at"),
        ("calls", "Ended", "ended_at"),
        ("survey_responses", "Answered", "responded_at"),
    ],
)
def test_one_word_headers_of_moments_are_recognised(
    project: Path, entity: str, header: str, column: str
) -> None:
    _, text = draft(project, f"id,{header}\n1,2026-11-21T09:00:00Z\n", entity)
    assert f'{column}: {{from: "{header}", formats: ["iso"]}}' in text


def test_answered_with_yes_and_no_is_an_outcome(project: Path) -> None:
    _, text = draft(project, "id,Answered\n1,Y\n2,N\n", "calls")
    assert 'outcome:\n                  from: "Answered"' in text


RATED_CALLS = "Call ID,Started,Satisfaction rating,Shoe size\n1,2026-11-21 09:00:00,5,43\n"


def test_a_second_entity_of_the_same_rows_is_added_to_the_declaration(project: Path) -> None:
    drafted, text = draft(project, RATED_CALLS, "calls")
    assert drafted.unmapped == ("Satisfaction rating", "Shoe size")
    assert drafted.hint is not None and "--name export --entity survey_responses" in drafted.hint
    text = text.replace("# DECIDE: IANA", "# my own comment, IANA").replace("???", "UTC")
    drafted.written[0].write_text(text)
    added = draft_source(project, project.parent / "export.csv", "survey_responses")
    second = added.written[0].read_text()
    kept = [line for line in text.splitlines() if "Not mapped" not in line]
    assert [line for line in second.splitlines() if line in kept] == kept
    assert '# Not mapped: "Shoe size"' in second
    assert added.unmapped == ("Shoe size",)
    (project / "dbt_project.yml").write_text(
        "vars: {entities: {calls: [stg_export__calls], "
        "survey_responses: [stg_export__survey_responses]}}"
    )
    assert len(problems_of(project)) == 2
    added.written[0].write_text(
        second.replace('survey_type: {value: "???"}', "survey_type: {value: csat}").replace(
            'scale_id: {value: "???"}', "scale_id: {value: csat_5}"
        )
    )
    assert problems_of(project) == []
    table = find_table(load_sources(project), "export", "calls")
    assert list(table.feeds) == ["calls", "survey_responses"]
    answers = table.feeds["survey_responses"]
    assert answers.when == answers.fields["score"].raw == ("Satisfaction rating",)
    assert answers.fields["contact_ref_id"].raw == ("Call ID",)
    assert answers.fields["responded_at"].raw == ("Started",)
    assert "stage('export', 'calls', 'survey_responses')" in added.written[1].read_text()


def test_a_second_entity_with_an_id_of_its_own_keeps_it(project: Path) -> None:
    content = "Call ID,Agent,Team\n1,a7,Blue\n2,a8,Red\n"
    draft(project, content, "calls")
    drafted, text = draft(project, content, "agents")
    assert 'when: ["Agent"]' in text
    assert 'agent_id: "Agent"' in text
    assert registered_models(project)[0]["agents"] == ("stg_export__agents",)
    assert project / "dbt_project.yml" in drafted.written


def test_a_file_of_another_table_is_not_added_to_a_declaration(project: Path) -> None:
    draft(project, RATED_CALLS, "calls")
    with pytest.raises(UsageError, match="to which the columns of the file belong, found none"):
        draft(project, "Person,Shoe colour\n1,red\n", "customers")


def test_personal_values_and_units_are_proposed(project: Path) -> None:
    content = (
        "Call ID,Agent,Talk time,Wait time (minutes),Caller name,Reached at\n"
        "1,Ann Lee,0:02:23,1,Jo Doe,jo@example.com\n2,Bo Li,0:01:00,2,Al Roe,\n"
    )
    _, text = draft(project, content, "calls")
    assert 'agent_id: {from: "Agent", personal: true}' in text
    assert 'talk_seconds: {from: "Talk time", unit: clock}' in text
    assert 'personal: ["Caller name", "Reached at"]' in text
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
