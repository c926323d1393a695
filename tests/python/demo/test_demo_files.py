"""The files of the demo: the same bytes every time, vendor-shaped, and as dirty as they say.

Everything here reads the files back with the standard library; the truth never does.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestration.demo import generate
from orchestration.errors import UsageError

if TYPE_CHECKING:
    from tests.python.demo.conftest import Demo

STATUSES = {"new", "open", "pending", "hold", "solved", "closed", "deleted"}


def digest(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found.update(str(path.relative_to(folder)).encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def small(folder: Path, seed: int) -> str:
    generate(
        folder / "inbox",
        folder / "truth.json",
        start=date(2017, 10, 1),
        days=4,
        contacts_per_day=60,
        customers=40,
        agents=8,
        seed=seed,
    )
    return digest(folder)


def delimited(demo: Demo, pattern: str, delimiter: str) -> tuple[list[list[str]], list[list[str]]]:
    """Rows with as many fields as their header, and the ragged ones."""
    whole, ragged = [], []
    for text in demo.texts(pattern):
        header, *rows = csv.reader(
            io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter
        )
        for row in rows:
            (whole if len(row) == len(header) else ragged).append(row)
    return whole, ragged


def tickets(demo: Demo) -> list[dict]:
    pages = [json.loads(text) for text in demo.texts("demo_helpdesk/*/tickets-*.json")]
    assert all(page["count"] == len(page["tickets"]) for page in pages)
    return [record for page in pages for record in page["tickets"]]


def answers(demo: Demo) -> tuple[list[dict], int]:
    """Answers that are JSON, and the number of broken lines."""
    found, broken = [], 0
    for text in demo.texts("demo_survey/*/responses.jsonl"):
        for line in text.removesuffix("\n").split("\n"):
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                broken += 1
    return found, broken


def test_equal_arguments_give_equal_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    first = small(tmp_path / "first", seed=1)
    assert small(tmp_path / "again", seed=1) == first
    assert small(tmp_path / "other", seed=2) != first


def test_the_smallest_demo_is_written(tmp_path: Path) -> None:
    summary = generate(
        tmp_path / "inbox",
        tmp_path / "truth.json",
        days=1,
        contacts_per_day=1,
        customers=2,
        agents=4,
    )
    assert summary.first_load_date == summary.last_load_date == date(2017, 10, 1)
    assert summary.rows["demo_crm.customers"] >= 2


def test_too_small_an_argument_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least 4 agents"):
        generate(tmp_path / "inbox", tmp_path / "truth.json", agents=1)


def test_every_row_of_the_files_is_in_the_balance(demo: Demo) -> None:
    read = {
        "demo_helpdesk.tickets": len(tickets(demo)),
        "demo_helpdesk.agents": sum(
            len(json.loads(text)["agents"]) for text in demo.texts("demo_helpdesk/*/agents.json")
        ),
        "demo_chat.chats": sum(map(len, delimited(demo, "demo_chat/*/chats.csv", ";"))),
        "demo_phone.calls": sum(map(len, delimited(demo, "demo_phone/*/calls.tsv", "\t"))),
        "demo_survey.responses": len(answers(demo)[0]) + answers(demo)[1],
        "demo_crm.customers": sum(map(len, delimited(demo, "demo_crm/*/customers.csv", ","))),
        "demo_workforce.agent_status": sum(
            map(len, delimited(demo, "demo_workforce/*/agent_status.csv", ","))
        ),
        "demo_workforce.shifts": sum(map(len, delimited(demo, "demo_workforce/*/shifts.csv", ","))),
        "demo_bot.conversations": sum(
            map(len, delimited(demo, "demo_bot/*/conversations.csv", ","))
        ),
        "demo_finance.ledger": sum(map(len, delimited(demo, "demo_finance/*/ledger.csv", ","))),
        "demo_helpcentre.answers": sum(
            map(len, delimited(demo, "demo_helpcentre/*/answers.csv", ","))
        ),
        "demo_helpcentre.visits": sum(
            map(len, delimited(demo, "demo_helpcentre/*/visits.csv", ","))
        ),
        "demo_shop.carts": sum(map(len, delimited(demo, "demo_shop/*/carts.csv", ","))),
        "demo_survey.invitations": sum(
            map(len, delimited(demo, "demo_survey/*/invitations.csv", ","))
        ),
        "demo_survey.feedback": sum(map(len, delimited(demo, "demo_survey/*/feedback.csv", ","))),
        "demo_research.questionnaires": sum(
            map(len, delimited(demo, "demo_research/*/questionnaires.csv", ","))
        ),
        "demo_helpdesk.ticket_events": sum(
            map(len, delimited(demo, "demo_helpdesk/*/ticket_events.csv", ","))
        ),
        "demo_quality.reviews": sum(map(len, delimited(demo, "demo_quality/*/reviews.csv", ","))),
        "demo_quality.changes": sum(map(len, delimited(demo, "demo_quality/*/changes.csv", ","))),
        "demo_billing.payments": sum(map(len, delimited(demo, "demo_billing/*/payments.csv", ","))),
    }
    assert read == {name: balance["rows_read"] for name, balance in demo.truth["rows"].items()}
    for balance in demo.truth["rows"].values():
        known = balance["accepted"] + balance["superseded"] + balance["quarantined"]
        assert balance["rows_read"] == known


def test_files_are_shaped_as_their_vendors_shape_them(demo: Demo) -> None:
    chat_file = demo.texts("demo_chat/2017-10-02/chats.csv")[0]
    assert chat_file.startswith('\ufeff"Chat ID";"Visitor ID";')
    assert chat_file.count("\r\n") == chat_file.count("\n")
    assert '"Import; export"' in chat_file
    call_file = demo.texts("demo_phone/2017-10-02/calls.tsv")[0]
    assert call_file.startswith("call_id\tcaller_id\tdirection\t") and "\r" not in call_file
    pages = sorted((demo.inbox / "demo_helpdesk" / "2017-10-02").glob("tickets-*.json"))
    first, second = (json.loads(page.read_text(encoding="utf-8")) for page in pages)
    assert first["tickets"][-3:] == second["tickets"][:3]
    assert (first["end_of_stream"], second["end_of_stream"]) == (False, True)


def test_planted_dirt_of_tickets_is_in_the_files(demo: Demo) -> None:
    planted = demo.truth["planted"]["demo_helpdesk.tickets"]
    found = tickets(demo)
    assert planted["status_not_in_map"] == sum(r["status"] not in STATUSES for r in found) > 0
    assert planted["id_missing"] == sum(r["id"] is None for r in found) > 0
    bad_dates = sum(r["created_at"] == "2017-13-45T00:00:00Z" for r in found)
    assert planted["date_that_is_none"] == bad_dates > 0
    versions = Counter((r["id"], r["updated_at"]) for r in found)
    repeated = sum(count - 1 for key, count in versions.items() if key[0] is not None)
    kinds = ("page_overlaps", "exact_duplicates", "older_version_after_newer")
    assert repeated == sum(planted[kind] for kind in kinds)
    assert {r["via"]["channel"] for r in found} >= {"email", "web", "help_center", "sample_ticket"}
    assert any(r["merged_into_id"] for r in found)
    assert any(r["followup_source_id"] for r in found)
    assert any(r["resolved_by_bot"] for r in found)


def test_planted_dirt_of_chats_and_calls_is_in_the_files(demo: Demo) -> None:
    for name, pattern, delimiter, place, word in (
        ("demo_chat.chats", "demo_chat/*/chats.csv", ";", 13, "Transferred out"),
        ("demo_phone.calls", "demo_phone/*/calls.tsv", "\t", 14, "UNKNOWN_99"),
    ):
        planted = demo.truth["planted"][name]
        whole, ragged = delimited(demo, pattern, delimiter)
        assert planted["ragged"] == len(ragged) > 0
        assert planted["unusable_id"] == sum(row[0] == "1.03006E+13" for row in whole) > 0
        not_in_map = planted.get("outcome_not_in_map", planted.get("disposition_not_in_map"))
        assert not_in_map == sum(row[place] == word for row in whole) > 0
        balance = demo.truth["rows"][name]
        numbers = [row for row in whole if re.fullmatch(r"\d+", row[0]) and row[place] != word]
        bad_dates = planted["date_that_is_none"]
        assert len(numbers) == balance["accepted"] + balance["superseded"] + bad_dates


def test_planted_dirt_of_answers_is_in_the_files(demo: Demo) -> None:
    planted = demo.truth["planted"]["demo_survey.responses"]
    found, broken = answers(demo)
    assert planted["broken_json"] == broken > 0
    largest = {"csat_5": 5, "nps_11": 10, "1.0": 5, "2.0": 7, "yes_no": 1}
    off_scale = sum(r["score"] > largest[r["version"]] for r in found)
    assert planted["off_scale"] + planted["off_scale_edit"] == off_scale > 0
    assert planted["survey_type_not_in_map"] == sum(r["survey_type"] == "emoji" for r in found) > 0
    assert planted["date_that_is_none"] == sum(r["created_at"] == "yesterday" for r in found) > 0
    assert any(r["score"] == 0 and r["version"] == "csat_5" for r in found)
    assert any(r["score"] == 0 and r["version"] == "nps_11" for r in found)


def test_bad_rows_stay_far_below_the_quarantine_limit(demo: Demo) -> None:
    paths = sorted(demo.inbox.glob("demo_survey/*/responses.jsonl"))
    assert paths
    for path in paths:
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        bad = 0
        for line in lines:
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                bad += 1
                continue
            bad += record["score"] > 10 or record["survey_type"] == "emoji"
            bad += record["created_at"] == "yesterday"
            bad += record["version"] == "csat_5" and record["score"] == 7
            bad += record["version"] == "2.0" and record["score"] == 9
        assert bad <= 0.03 * len(lines), path


def test_agents_take_one_call_or_a_few_chats_at_a_time_and_mostly_on_their_shifts(
    demo: Demo,
) -> None:
    most = demo.truth["queues"]["concurrency"]["most"]
    assert 2 <= most <= 6
    totals: Counter[str] = Counter()
    for seconds in demo.truth["queues"]["statuses"].values():
        totals.update(seconds)
    assert totals["offline"] > totals["available"] > totals["on_contact"] > 0
    assert all(totals[name] > 0 for name in ("after_contact", "break", "training", "meeting"))


def test_people_are_invented(demo: Demo) -> None:
    texts = demo.texts("demo_crm/*/customers.csv") + demo.texts("demo_helpdesk/*/agents.json")
    assert texts
    for text in texts:
        addresses = re.findall(r"[\w.]+@[\w.]+", text)
        assert addresses and all(address.endswith("@example.com") for address in addresses)
