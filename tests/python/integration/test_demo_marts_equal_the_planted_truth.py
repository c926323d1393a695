"""Every mart of the demo against the truth that its generator planted.

The generator computes the truth from its clean events in Python; the marts come from the dirty
files by way of the whole pipeline. Two roads to the same figures.
"""

from __future__ import annotations

import datetime
from typing import Any

import pytest

CSAT_COLUMNS = "sum(responses_count), sum(satisfied_count), sum(dissatisfied_count), sum(score_sum)"
OVERALL = "question_key = 'overall'"


def csat_figures(truth: dict[str, Any]) -> tuple[float, ...]:
    return tuple(truth[k] for k in ("responses", "satisfied", "dissatisfied", "score_sum"))


def by_group(marts, query: str) -> dict[str, tuple]:
    return {row[0]: row[1:] for row in marts.execute(query).fetchall()}


def test_satisfaction_is_the_planted_one_overall_and_by_month_channel_country_and_question(
    marts, truth
) -> None:
    planted = truth["csat"]
    roads = {
        "by_month": ("strftime(response_date, '%Y-%m')", OVERALL),
        "by_channel": ("channel", OVERALL),
        "by_country": ("country_code", OVERALL),
        "by_industry": ("industry", OVERALL),
        "by_question": ("question_key", "true"),
    }
    for name, (group, condition) in roads.items():
        found = by_group(
            marts,
            f"select {group}, {CSAT_COLUMNS} from marts.mart_csat where {condition} group by 1",
        )
        assert found == {k: csat_figures(v) for k, v in planted[name].items()}, name
    overall = marts.execute(f"select {CSAT_COLUMNS} from marts.mart_csat where {OVERALL}")
    assert overall.fetchone() == csat_figures(planted["overall"])


def test_unrated_zeros_are_kept_as_answers_without_a_score(marts, truth) -> None:
    unrated = marts.execute(
        "select count(*) from core.fct_survey_responses "
        "where survey_type = 'csat' and question_key = 'overall' and score is null and not is_test"
    ).fetchone()
    assert unrated == (truth["csat"]["unrated"],)


def test_net_promoter_score_is_the_planted_one_in_each_scope(marts, truth) -> None:
    found = by_group(
        marts,
        "select survey_scope, sum(responses_count), sum(promoters_count), sum(passives_count), "
        "sum(detractors_count), "
        "round(100.0 * (sum(promoters_count) - sum(detractors_count)) / sum(responses_count), 6) "
        "from marts.mart_nps group by 1",
    )
    keys = ("responses", "promoters", "passives", "detractors", "nps")
    assert found == {
        scope: tuple(figures[k] for k in keys) for scope, figures in truth["nps"].items()
    }


def test_effort_is_the_planted_one_in_each_version(marts, truth) -> None:
    found = by_group(
        marts,
        "select scale_id, sum(responses_count), sum(easy_count), sum(score_sum) "
        "from marts.mart_ces group by 1",
    )
    keys = ("responses", "easy", "score_sum")
    assert found == {k: tuple(v[key] for key in keys) for k, v in truth["ces"].items()}


def test_first_contact_resolution_is_the_planted_one(marts, truth) -> None:
    planted = truth["fcr"]
    found = marts.execute(
        "select sum(fcr_no_repeat_base_count), sum(fcr_no_repeat_count), sum(immature_count), "
        "sum(not_measurable_count), sum(repeat_contacts_count), sum(fcr_one_touch_base_count), "
        "sum(fcr_one_touch_count), sum(fcr_net_base_count), sum(fcr_net_count) "
        "from marts.mart_fcr"
    ).fetchone()
    one_touch = planted["one_touch_with_unknown_customer_or_reason"]
    assert found == (
        planted["no_repeat"]["base"],
        planted["no_repeat"]["successes"],
        planted["immature"],
        planted["not_measurable"],
        planted["not_first"],
        one_touch["base"],
        one_touch["successes"],
        planted["net"]["base"],
        planted["net"]["successes"],
    )
    assert planted["net"]["base"] > planted["net"]["successes"] > 0
    by_kind = by_group(
        marts,
        "select contact_type, sum(fcr_no_repeat_base_count), sum(fcr_no_repeat_count) "
        "from marts.mart_fcr group by 1",
    )
    assert by_kind == {
        k: (v["base"], v["successes"]) for k, v in planted["no_repeat"]["by_kind"].items()
    }


def test_stated_resolution_is_the_planted_one(marts, truth) -> None:
    found = marts.execute(
        "select count(*), count(*) filter (is_positive) from core.fct_survey_responses "
        "where survey_type = 'fcr' and is_counted"
    ).fetchone()
    assert found == (truth["stated_fcr"]["responses"], truth["stated_fcr"]["yes"])


def test_abandonment_and_speed_of_answer_are_the_planted_ones_per_medium_and_queue(
    marts, truth
) -> None:
    columns = (
        "sum(offered_count), sum(answered_count), sum(abandoned_count), sum(short_abandoned_count)"
    )
    keys = ("offered", "answered", "abandoned", "short_abandoned")
    for medium, planted in truth["abandonment"].items():
        where = f"from marts.mart_abandonment where contact_medium = '{medium}'"
        assert marts.execute(f"select {columns} {where}").fetchone() == tuple(
            planted[k] for k in keys
        )
        queues = by_group(
            marts, f"select queue, {columns} {where} and offered_count > 0 group by 1"
        )
        assert queues == {q: tuple(v[k] for k in keys) for q, v in planted["by_queue"].items()}
        speed = marts.execute(
            f"select sum(answered_wait_count), sum(answered_wait_seconds_sum) {where}"
        ).fetchone()
        answered = truth["speed_of_answer"][medium]
        assert speed == (answered["count"], pytest.approx(answered["seconds_sum"]))


def test_first_response_in_chat_is_the_planted_one_by_country(marts, truth) -> None:
    found = by_group(
        marts,
        "select country_code, count(*), sum(first_response_calendar_seconds) "
        "from core.fct_contacts where contact_type = 'chat' and is_customer_contact "
        "and is_handled and first_replied_at is not null group by 1",
    )
    planted = truth["first_response"]["chat"]["by_country"]
    assert found == {k: (v["count"], pytest.approx(v["seconds_sum"])) for k, v in planted.items()}


def test_resolution_times_of_tickets_are_the_planted_ones(marts, truth) -> None:
    found = marts.execute(
        "select count(first_resolution_calendar_seconds), sum(first_resolution_calendar_seconds), "
        "count(full_resolution_calendar_seconds), sum(full_resolution_calendar_seconds) "
        "from core.fct_tickets where is_customer_contact and not is_bot_only "
        "and status in ('solved', 'closed')"
    ).fetchone()
    first, full = truth["resolution"]["first"], truth["resolution"]["full"]
    assert found == (
        first["count"],
        pytest.approx(first["seconds_sum"]),
        full["count"],
        pytest.approx(full["seconds_sum"]),
    )


def test_no_contact_is_lost(marts, truth) -> None:
    contacts = truth["contacts"]
    found = by_group(marts, "select contact_type, count(*) from core.fct_contacts group by 1")
    assert found == {k: (v,) for k, v in contacts["by_kind"].items()}
    flags = marts.execute(
        "select count(*) filter (is_spam), count(*) filter (is_test), "
        "count(*) filter (direction = 'outbound'), count(*) filter (is_deleted) "
        "from core.fct_contacts"
    ).fetchone()
    assert flags == (
        contacts["spam"],
        contacts["test_account"],
        contacts["outbound"],
        contacts["deleted"],
    )


def test_every_delivered_row_is_accepted_superseded_or_quarantined(marts, truth) -> None:
    found = {
        f"{source}.{table}": figures
        for source, table, *figures in marts.execute(
            "select source, table_name, sum(rows_read), sum(rows_accepted), "
            "sum(rows_superseded), sum(rows_quarantined) from ops.deliveries group by 1, 2"
        ).fetchall()
    }
    keys = ("rows_read", "accepted", "superseded", "quarantined")
    assert found == {k: [v[key] for key in keys] for k, v in truth["rows"].items()}


def test_health_inputs_are_the_planted_ones_at_the_last_day(marts, truth) -> None:
    compared = 0
    for raw_id, planted in truth["customers"].items():
        if planted["churned"]:
            continue
        row = marts.execute(
            "select fcr_input_count, round(fcr_score, 3) from marts.mart_customer_health "
            "where customer_id = ? and is_current",
            [f"demo:{raw_id}"],
        ).fetchone()
        assert row is not None and row[0] == planted["fcr_base"], raw_id
        compared += 1
    assert compared > 5


def test_health_score_by_a_second_road(marts, truth) -> None:
    """The score of the last day, computed from the facts by plain decay, one input at a time."""
    as_of = datetime.date.fromisoformat(truth["as_of"])
    weights = {"csat": 0.30, "nps": 0.25, "ces": 0.15, "fcr": 0.20, "abandonment": 0.10}
    inputs = marts.execute(
        "select customer_id, survey_type, response_date, score_pct "
        "from core.fct_survey_responses where is_counted and is_headline "
        "and survey_type in ('csat','nps','ces') "
        "union all select customer_id, 'fcr', contact_date + 7, "
        "case when is_fcr_no_repeat then 100 else 0 end "
        "from core.fct_contacts where is_fcr_no_repeat is not null "
        "union all select customer_id, 'abandonment', contact_date, "
        "case when is_abandoned then 0 else 100 end "
        "from core.fct_contacts where is_offered and not is_short_abandoned"
    ).fetchall()
    sums: dict[tuple[str, str], list[float]] = {}
    for customer, component, day, value in inputs:
        if customer is not None and day <= as_of:
            decay = 0.5 ** ((as_of - day).days / 90)
            pair = sums.setdefault((customer, component), [0.0, 0.0])
            pair[0] += decay * value
            pair[1] += decay
    snapshots = marts.execute(
        "select customer_id, score, coverage, rag from marts.mart_customer_health where is_current"
    ).fetchall()
    assert len(snapshots) > 100
    for customer, score, coverage, rag in snapshots:
        parts = {c: sums[customer, c] for c in weights if (customer, c) in sums}
        present = sum(weights[c] for c in parts)
        expected = sum(weights[c] * s / n for c, (s, n) in parts.items()) / present
        assert score == pytest.approx(expected, abs=1e-5), customer
        assert coverage == pytest.approx(present)
        colour = "red" if score <= 50 else "yellow" if score <= 75 else "green"
        assert rag == (colour if coverage >= 0.5 else "insufficient_data")


def test_the_country_pattern_follows_the_dated_benchmarks(marts) -> None:
    """The documents' figures of 2017: 83.5 % overall, Australia and the Philippines 89 %."""
    by_country = by_group(
        marts,
        "select country_code, 100.0 * sum(satisfied_count) / sum(responses_count) "
        f"from marts.mart_csat where {OVERALL} group by 1",
    )
    ranked = sorted(by_country, key=lambda country: by_country[country], reverse=True)
    assert ranked[:2] == ["AU", "PH"]
    assert round(by_country["AU"][0]) == round(by_country["PH"][0]) == 89
    overall = marts.execute(
        "select round(100.0 * sum(satisfied_count) / sum(responses_count), 1) "
        f"from marts.mart_csat where {OVERALL}"
    ).fetchone()
    assert overall == (83.5,)
    fastest = marts.execute(
        "select round(avg(first_response_calendar_seconds)) from core.fct_contacts "
        "where contact_type = 'chat' and is_customer_contact and is_handled "
        "group by country_code order by 1 limit 1"
    ).fetchone()
    assert fastest == (27,)
