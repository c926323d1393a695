"""The truth of the demo: the published figures it is built to show, and its inner balance."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.python.demo.conftest import Demo


def test_overall_csat_is_83_5(demo: Demo) -> None:
    assert round(demo.truth["csat"]["overall"]["csat_pct"], 1) == 83.5
    assert demo.truth["as_of"] == "2017-12-31"


def test_australia_and_the_philippines_lead_with_89_and_australia_is_first(demo: Demo) -> None:
    by_country = {
        country: figures["csat_pct"]
        for country, figures in demo.truth["csat"]["by_country"].items()
    }
    assert round(by_country["AU"]) == round(by_country["PH"]) == 89
    assert by_country["AU"] >= by_country["PH"]
    others = [pct for country, pct in by_country.items() if country not in {"AU", "PH"}]
    assert len(others) >= 20 and max(others) < by_country["PH"]


def test_the_fastest_chat_response_is_27_seconds(demo: Demo) -> None:
    means = {
        country: figures["seconds_mean"]
        for country, figures in demo.truth["first_response"]["chat"]["by_country"].items()
    }
    fastest = min(means, key=lambda country: means[country])
    assert fastest == "PH" and round(means["PH"]) == 27
    assert all(round(mean) > 27 for country, mean in means.items() if country != "PH")


def test_first_contact_resolution_is_as_in_the_trade(demo: Demo) -> None:
    fcr = demo.truth["fcr"]
    assert 70 <= fcr["no_repeat"]["pct"] <= 75
    known = fcr["no_repeat"]["base"] + fcr["immature"] + fcr["not_first"]
    assert known == fcr["eligible_with_customer_and_reason"]
    kinds = fcr["no_repeat"]["by_kind"].values()
    assert sum(kind["base"] for kind in kinds) == fcr["no_repeat"]["base"]
    assert fcr["not_measurable"] > 0 and fcr["immature"] > 0


def test_abandonment_has_hang_ups_on_both_sides_of_the_threshold(demo: Demo) -> None:
    voice = demo.truth["abandonment"]["voice"]
    assert 0 < voice["short_abandoned"] < voice["abandoned"]
    assert voice["offered"] == voice["answered"] + voice["abandoned"]
    assert demo.truth["abandonment"]["chat"]["short_abandoned"] == 0
    exactly_five = sum(
        "\t0:00:05\t0:00:00\t" in line
        for text in demo.texts("demo_phone/*/calls.tsv")
        for line in text.split("\n")
        if "\tABANDONED\t" in line
    )
    assert exactly_five > 0


def test_groups_add_up_to_the_whole(demo: Demo) -> None:
    csat = demo.truth["csat"]
    for grouping in ("by_month", "by_channel", "by_country", "by_industry"):
        for component in ("responses", "satisfied", "score_sum"):
            parts = sum(figures[component] for figures in csat[grouping].values())
            assert parts == csat["overall"][component], grouping
    assert len([name for name in csat["by_industry"] if name != "unknown"]) == 22
    kinds = demo.truth["contacts"]["by_kind"]
    for kind, table in (
        ("ticket", "demo_helpdesk.tickets"),
        ("chat", "demo_chat.chats"),
        ("call", "demo_phone.calls"),
    ):
        assert kinds[kind] == demo.truth["rows"][table]["accepted"]


def test_the_csat_of_the_files_is_the_csat_of_the_truth(demo: Demo) -> None:
    test_accounts = {
        int(row["customer_id"])
        for text in demo.texts("demo_crm/*/customers.csv")
        for row in csv.DictReader(io.StringIO(text))
        if row["test_account"] == "t" and row["customer_id"].isdigit()
    }
    latest: dict[str, dict] = {}
    for text in demo.texts("demo_survey/*/responses.jsonl"):
        for line in text.split("\n"):
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                continue
            is_overall = record["survey_type"] == "csat" and record["aspect"] == "overall"
            if not is_overall or record["score"] > 5 or record["created_at"] == "yesterday":
                continue
            before = latest.get(record["id"])
            if before is None or record["updated_at"] >= before["updated_at"]:
                latest[record["id"]] = record
    named = [
        record["score"]
        for record in latest.values()
        if record["score"] > 0 and record["person"] and record["person"]["id"] not in test_accounts
    ]
    overall = demo.truth["csat"]["overall"]
    # Anonymous answers and those without a customer are not told apart here.
    assert 0.85 * overall["responses"] < len(named) < overall["responses"]
    assert abs(100 * sum(score >= 4 for score in named) / len(named) - 83.5) < 0.7


def test_unhappy_customers_churn_more(demo: Demo) -> None:
    churned, calendars = {}, demo.texts("demo_crm/*/customers.csv")
    for text in calendars:
        for row in csv.DictReader(io.StringIO(text)):
            churned[row["customer_id"]] = churned.get(row["customer_id"]) or row["churned"]
    scores: dict[bool, list[int]] = {True: [], False: []}
    for text in demo.texts("demo_survey/*/responses.jsonl"):
        for line in text.split("\n"):
            if '"survey_type": "csat"' in line and line.endswith("}"):
                record = json.loads(line)
                if record["person"] and 1 <= record["score"] <= 5:
                    scores[bool(churned.get(str(record["person"]["id"])))].append(record["score"])
    mean = {has_churned: sum(found) / len(found) for has_churned, found in scores.items()}
    assert mean[True] < mean[False] - 0.3
