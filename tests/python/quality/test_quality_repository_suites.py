"""Every check of core and metrics fails on a row that breaks it, and holds on a row that does not.

Tables are made from the declared columns of the models, so a suite that names a column which the
model does not have fails here and not in the night.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

import duckdb
import pytest
from ruamel.yaml import YAML

from orchestration.quality.kinds import UNEXPECTED_ROWS
from orchestration.quality.run import QualitySession
from orchestration.quality.suites import SCHEMAS, Expectation, Suite, load_suites
from orchestration.settings import PROJECT_DIR

ROW_COUNT = "expect_table_row_count_to_be_between"
DAY = date(2024, 1, 1)
LATER, EARLIER = "2024-01-02 00:00:00", "2024-01-01 00:00:00"
# A row that each check by query finds, by table and check.
DIRTY: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "fct_contacts": {
        "abandoned_without_offer": {"is_abandoned": True, "is_offered": False},
        "resolved_first_before_it_was_mature": {
            "is_fcr_no_repeat": True,
            "is_repeat_window_mature": False,
        },
        "started_after_it_was_delivered": {
            "contact_date": DAY + timedelta(days=2),
            "_load_date": DAY,
        },
    },
    "fct_tickets": {"negative_counts": {"solve_count": -1}},
    "fct_calls": {"negative_durations": {"hold_seconds": -1}},
    "fct_survey_responses": {
        "score_outside_its_scale": {"score": 6, "score_min": 1, "score_max": 5},
        "positive_and_negative": {"is_positive": True, "is_negative": True},
        "counted_without_score": {"is_counted": True},
        "answered_before_it_was_sent": {"sent_at": LATER, "responded_at": EARLIER},
    },
    "dim_customers": {
        "churned_before_signing_up": {"signed_up_at": LATER, "churned_at": EARLIER},
        "readable_personal_data": {"customer_id": "demo:ann@example.org"},
    },
    "dim_agents": {
        "left_before_hired": {"hired_at": LATER, "left_at": EARLIER},
        "readable_personal_data": {"agent_id": "demo:ann@example.org"},
    },
    "dim_date": {"missing_days": {"calendar_date": DAY}},
    "mart_csat": {
        "components_above_their_base": {
            "responses_count": 3,
            "satisfied_count": 2,
            "dissatisfied_count": 2,
        },
        "csat_pct_outside_its_interval": {"csat_low_pct": 40, "csat_pct": 39},
        "average_outside_its_scale": {"csat_avg": 6, "score_min": 1, "score_max": 5},
    },
    "mart_nps": {
        "components_that_do_not_add_up": {
            "responses_count": 3,
            "promoters_count": 1,
            "passives_count": 1,
            "detractors_count": 0,
        },
        "nps_outside_its_interval": {"nps": 41, "nps_high": 40},
    },
    "mart_ces": {
        "components_that_do_not_add_up": {
            "responses_count": 3,
            "easy_count": 1,
            "neutral_count": 1,
            "difficult_count": 0,
        },
        "ces_easy_pct_outside_its_interval": {"ces_easy_pct": 41, "ces_easy_high_pct": 40},
    },
    "mart_fcr": {
        "counts_above_their_base": {"fcr_net_base_count": 1, "fcr_net_count": 2},
        "rates_over_nothing": {"fcr_survey_base_count": 0, "fcr_survey_pct": 0},
        "fcr_no_repeat_pct_outside_its_interval": {
            "fcr_no_repeat_low_pct": 40,
            "fcr_no_repeat_pct": 39,
        },
    },
    "mart_abandonment": {
        "components_that_do_not_add_up": {
            "offered_count": 3,
            "answered_count": 1,
            "abandoned_count": 1,
        },
        "rates_over_nothing": {"net_offered_count": 0, "abandon_pct": 0},
        "abandon_pct_outside_its_interval": {"abandon_low_pct": 40, "abandon_pct": 39},
    },
    "mart_agents_summary": {
        "satisfied_above_their_base": {"responses_count": 3, "satisfied_count": 4},
        "csat_pct_outside_its_interval": {"csat_low_pct": 40, "csat_pct": 39},
    },
    "fct_survey_invitations": {
        "answered_without_delivery": {"is_responded": True, "is_delivered": False},
        "answered_before_it_was_sent": {"sent_at": LATER, "responded_at": EARLIER},
        "more_in_a_week_than_in_a_quarter": {
            "prior_invites_7d_count": 2,
            "prior_invites_90d_count": 1,
        },
    },
    "mart_csat_recovery": {
        "parts_above_their_base": {"answered_again_count": 1, "recovered_count": 2}
    },
    "mart_survey_response": {
        "components_above_their_base": {"responses_count": 2, "delivered_count": 1}
    },
    "mart_survey_contactability": {
        "more_in_a_week_than_in_a_quarter": {"invites_7d_count": 2, "invites_90d_count": 1},
        "flag_without_date": {"is_do_not_survey": True},
    },
    "fct_payments": {"payment_without_amount": {"payment_id": "demo:1"}},
    "dim_changes": {"change_without_day": {"change_id": "demo:1"}},
    "mart_agent_performance": {
        "ranked_without_enough_answers": {"agent_rank": 1, "is_reportable": False, "is_bot": False}
    },
    "mart_qa_drivers": {
        "coefficient_outside_its_interval": {"coef": 1, "coef_low": 2, "coef_high": 3}
    },
    "mart_churn": {
        "parts_that_do_not_add_up": {
            "customers_count": 3,
            "churned_count": 1,
            "retained_count": 1,
        }
    },
    "mart_health_check": {
        "colours_that_do_not_add_up": {
            "customers_count": 3,
            "red_count": 1,
            "yellow_count": 1,
            "green_count": 0,
        },
        "red_does_not_churn_more": {"is_warning": True, "is_reportable": True},
    },
    "mart_drivers": {
        "correlation_outside_its_interval": {"corr": 0.1, "corr_low": 0.2, "corr_high": 0.3}
    },
    "mart_customers": {
        "opportunity_with_a_lost_customer": {"opportunity_flag": True, "is_churned": True}
    },
    "mart_change_impact": {
        "verdict_before_its_time": {"difference_pp": 1, "is_mature": False},
        "difference_outside_its_interval": {"difference_pp": 1, "difference_low_pp": 2},
    },
    "mart_benchmarks": {
        "compared_though_definitions_differ": {
            "difference_pp": 1,
            "definition_matches_ours": False,
        }
    },
    "fct_self_service_sessions": {
        "negative_counts": {"search_count": -1},
        "more_unanswered_than_asked": {"turn_count": 1, "unanswered_turn_count": 2},
    },
    "fct_answer_uses": {"negative_counts": {"like_count": -1}},
    "fct_costs": {
        "period_that_ends_before_it_begins": {
            "period_start_date": DAY,
            "period_end_date": DAY - timedelta(days=1),
        }
    },
    "mart_self_service": {
        "parts_above_their_whole": {"deflected_count": 2, "not_recontacted_count": 1}
    },
    "mart_bots": {
        "more_outcomes_than_conversations": {
            "bot_servable_count": 1,
            "bot_sessions_count": 2,
            "bot_not_servable_count": 0,
        }
    },
    "mart_next_issue_avoidance": {
        "avoided_above_their_base": {"next_issue_avoided_count": 2, "nia_base_count": 1}
    },
    "mart_volume": {
        "parts_above_their_contacts": {"customer_contacts_count": 2, "contacts_count": 1}
    },
    "mart_demand_monthly": {
        "more_customers_than_contacts": {
            "contacting_customers_count": 2,
            "customer_contacts_count": 1,
        }
    },
    "dim_business_calendar": {
        "pieces_with_more_open_time_than_time": {"from_at": LATER, "to_at": EARLIER},
    },
    "fct_ticket_events": {"more_open_than_calendar_seconds": {"business_seconds_before": -1}},
    "fct_ticket_times": {
        "business_time_beyond_calendar_time": {
            "first_response_business_seconds": 2,
            "first_response_calendar_seconds": 1,
        },
        "open_tickets_that_are_resolved": {
            "is_open": True,
            "full_resolution_calendar_seconds": 1,
        },
    },
    "mart_backlog": {
        "groups_that_do_not_add_up": {
            "new_count": 1,
            "open_count": 0,
            "pending_count": 0,
            "hold_count": 0,
            "backlog_count": 2,
        },
    },
    "mart_response_percentiles": {
        "percentiles_out_of_order": {
            "first_response_seconds_p50": 2,
            "first_response_seconds_p90": 1,
        },
    },
    "mart_response_times": {
        "parts_larger_than_their_whole": {"replied_within_24h_count": 2, "replied_count": 1},
        "means_over_nothing": {"replied_count": 0, "first_response_seconds_avg": 1},
        "negative_times": {
            "first_response_seconds_avg": -1,
            "full_resolution_seconds_avg": 1,
            "resolution_gap_seconds_avg": 1,
            "requester_wait_seconds_avg": 1,
        },
    },
    "mart_response_trend": {
        "changes_against_nothing": {"first_response_seconds_delta_yoy": 1},
    },
    "mart_sla": {"verdicts_that_do_not_add_up": {"judged_count": 0, "sla_met_pct": 1}},
    "mart_time_distribution": {"buckets_upside_down": {"over_value": 2, "upto_value": 1}},
    "mart_vendor_reconciliation": {
        "causes_that_do_not_add_up": {
            "equal_count": 1,
            "different_count": 0,
            "compared_count": 2,
        },
        "many_differences_without_a_cause": {"compared_count": 30, "unexplained_count": 30},
    },
    "mart_cost": {"cost_without_a_ledger": {"cost_amount": 1, "is_covered": False}},
    "mart_promises": {"kept_above_promised": {"promise_kept_count": 2, "promised_count": 1}},
    "mart_customer_health": {
        "components_outside_their_range": {"ces_score": 101},
        "colour_without_score": {"rag": "green"},
    },
    "mart_customer_health_history": {
        "components_outside_their_range": {"ces_score": 101},
        "colour_without_score": {"rag": "green"},
    },
}
# What a row needs besides NULLs to hold: a date for the only aggregate over a column.
CLEAN: Mapping[str, Mapping[str, Any]] = {"dim_date": {"calendar_date": DAY}}


def suites() -> list[Suite]:
    return [found for found in load_suites(PROJECT_DIR) if found.layer in ("core", "metrics")]


@cache
def columns_of_models() -> dict[str, dict[str, str]]:
    models: dict[str, dict[str, str]] = {}
    for path in (PROJECT_DIR / "models" / "marts").rglob("*.yml"):
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}
        for model in document.get("models", []):
            columns = model.get("columns", [])
            models[model["name"]] = {item["name"]: item["data_type"] for item in columns}
    return models


def dirty(table: str) -> Mapping[str, Mapping[str, Any]]:
    """A summary has the columns and the checks by query of its mart, so the same rows break it."""
    return DIRTY[table] if table in DIRTY else DIRTY[table.removesuffix("_summary")]


def breaking_row(suite: Suite, check: Expectation) -> Mapping[str, Any]:
    """A row that breaks one check, NULL in every other column."""
    if check.type == UNEXPECTED_ROWS:
        return dirty(suite.table)[check.check_name]
    kwargs = check.kwargs
    row: dict[str, Any] = {}
    condition = kwargs.get("row_condition")
    if condition and condition["operator"] == "in":
        row[condition["column"]] = condition["value"][0]
    elif condition and condition["operator"] == "==":
        row[condition["column"]] = condition["value"]
    if check.type.endswith("to_be_in_set") or "value_lengths" in check.type:
        row[kwargs["column"]] = "none of these"
    elif check.type.endswith("to_be_null"):
        row[kwargs["column"]] = LATER if kwargs["column"].endswith("_at") else 1
    elif check.type.endswith("a_to_be_greater_than_b"):
        row |= {kwargs["column_A"]: 1, kwargs["column_B"]: 2}
    elif isinstance(kwargs.get("min_value"), date):
        row[kwargs["column"]] = kwargs["min_value"] - timedelta(days=1)
    elif "min_value" in kwargs:
        row[kwargs["column"]] = kwargs["min_value"] - 1
    elif "max_value" in kwargs:
        row[kwargs["column"]] = kwargs["max_value"] + 1
    else:
        raise NotImplementedError(f"Write how to break {check.type}.")
    return row


def validated(settings, rows_of) -> dict[tuple[str, str], bool]:
    """Outcomes by table and check after building every table from `rows_of(suite)`."""
    columns = columns_of_models()
    settings.warehouse.parent.mkdir(parents=True)
    with duckdb.connect(str(settings.warehouse)) as connection:
        for suite in suites():
            schema = SCHEMAS[suite.layer]
            declared = ", ".join(f'"{name}" {kind}' for name, kind in columns[suite.table].items())
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(f"create table {schema}.{suite.table} ({declared})")
            for row in rows_of(suite):
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" for _ in row)
                statement = f"insert into {schema}.{suite.table} ({names}) values ({marks})"
                connection.execute(statement, list(row.values()))
    with QualitySession(settings, suites(), "run-1") as session:
        found = session.validate("core", None) + session.validate("metrics", None)
    assert [outcome.message for outcome in found if "cannot be computed" in outcome.message] == []
    return {(outcome.table, outcome.check_name): outcome.success for outcome in found}


@pytest.fixture
def expected() -> set[tuple[str, str]]:
    return {(suite.table, check.check_name) for suite in suites() for check in suite.expectations}


def test_every_check_fails_on_a_row_that_breaks_it(settings, expected):
    def rows(suite: Suite) -> list[Mapping[str, Any]]:
        checks = [check for check in suite.expectations if check.type != ROW_COUNT]
        return [breaking_row(suite, check) for check in checks]

    found = validated(settings, rows)
    assert set(found) == expected
    volume = {
        (suite.table, check.check_name)
        for suite in suites()
        for check in suite.expectations
        if check.type == ROW_COUNT
    }
    assert {name for name, success in found.items() if success} == volume


def test_every_check_holds_on_a_row_that_says_nothing(settings, expected):
    def rows(suite: Suite) -> list[Mapping[str, Any]]:
        first = next(iter(columns_of_models()[suite.table]))
        return [{first: None, **CLEAN.get(suite.table, {})}]

    found = validated(settings, rows)
    assert set(found) == expected
    assert {name for name, success in found.items() if not success} == set()


def test_only_the_facts_that_every_warehouse_has_must_not_be_empty(settings):
    found = validated(settings, lambda suite: [])
    failed = {name for name, success in found.items() if not success}
    assert failed == {("fct_contacts", "row_count"), ("dim_date", "min_calendar_date")}


def test_every_row_that_breaks_a_check_belongs_to_one(expected):
    assert {(table, check) for table, checks in DIRTY.items() for check in checks} <= expected
