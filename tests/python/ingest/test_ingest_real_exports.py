"""Files as products export them are read whole."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from ingest_shop import Shop, assert_nothing_lost

EXPORTS: dict[str, tuple[str, dict[str, Any], int]] = {
    "PwC workbook": ("pwc_call_center/*.xlsx", {"format": "xlsx", "key": ["Call Id"]}, 5_000),
    "Kaggle tickets": ("kaggle_suraj520_original/*.csv", {"key": ["Ticket ID"]}, 8_469),
    "Kaggle tickets, saved again": ("kaggle_suraj520_tickets/*.csv", {"key": ["TicketID"]}, 8_469),
    "restaurant calls": ("restaurant_booking_calls/*.csv", {"key": ["Call ID"]}, 25_100),
    "ServiceNow": ("servicenow_incidents/*.csv", {"key": ["number", "sys_mod_count"]}, 5_998),
    "SurveyMonkey": (
        "surveymonkey_csv/StarWars.csv",
        {
            "key": ["RespondentID"],
            "encoding": "mac-roman",
            "header_rows": 2,
            "header_from": [1, 2],
        },
        1_186,
    ),
    "Qualtrics": ("qualtrics_csv/sample.csv", {"key": ["ResponseId"], "header_rows": 3}, 1),
    "Qualtrics, old layout": (
        "qualtrics_csv/sample_legacy.csv",
        {"key": ["ResponseID"], "header_rows": 2, "header_from": [2]},
        1,
    ),
    "Freshdesk": ("freshdesk_json/all_tickets.json", {"format": "json", "key": ["id"]}, 1),
    "recorded API records": (
        "airbyte_samples/samples.jsonl",
        {"format": "jsonl", "key": ["stream"]},
        17,
    ),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_a_real_export_is_read_whole(shop: Shop, shared_data: Path, name: str) -> None:
    pattern, meta, rows = EXPORTS[name]
    (path,) = shared_data.glob(pattern)
    shutil.copyfile(path, shop.deliver(path.name, ""))
    feeds = {"calls": {"agent_id": meta["key"][0]}}
    delivery = shop.ingest(shop.declare(**meta, feeds=feeds))
    assert (delivery.rows_in_lake, delivery.rows_quarantined) == (rows, 0)
    assert_nothing_lost(shop, delivery)


def test_the_answers_of_a_survey_stand_under_question_and_choice(
    shop: Shop, shared_data: Path
) -> None:
    shutil.copyfile(shared_data / "surveymonkey_csv/StarWars.csv", shop.deliver("s.csv", ""))
    table = shop.declare(
        key=["RespondentID"],
        encoding="mac-roman",
        header_rows=2,
        header_from=[1, 2],
        feeds={"calls": {"agent_id": "RespondentID"}},
    )
    shop.ingest(table)
    seen = "Have you seen any of the 6 films in the Star Wars franchise? / Response"
    answers = [row[0] for row in shop.lake(f'"{seen}"')]
    assert (answers.count("Yes"), answers.count("No")) == (936, 250)
