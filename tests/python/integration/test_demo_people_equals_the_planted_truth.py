"""Agents, reviews, payments, churn and changes of the demo against what its generator planted."""

from __future__ import annotations

import datetime

import pytest


def test_agents_are_the_planted_ones(marts, truth) -> None:
    rows = marts.execute(
        "select split_part(agent_id, ':', 2), contacts_count, handle_count, handle_seconds_sum, "
        "fcr_no_repeat_base_count, fcr_no_repeat_count, returning_count, same_agent_count, "
        "responses_count, satisfied_count, satisfied_expected "
        "from marts.mart_agent_performance where period = 'all' and starts_with(agent_id, 'demo:')"
    ).fetchall()
    keys = (
        "contacts", "handle_count", "handle_seconds", "fcr_base", "fcr", "returning",
        "same_agent", "responses", "satisfied", "satisfied_expected",
    )  # fmt: skip
    found = {row[0]: [value or 0 for value in row[1:]] for row in rows}
    planted = {agent: [own[key] for key in keys] for agent, own in truth["agents"].items()}
    assert found.keys() == planted.keys()
    for agent, figures in planted.items():
        assert found[agent] == pytest.approx(figures, abs=1e-5), agent


def test_months_of_an_agent_add_up_to_all_time(marts) -> None:
    columns = "sum(contacts_count), sum(handle_seconds_sum), sum(same_agent_count)"
    [month], [whole] = (
        marts.execute(
            f"select {columns} from marts.mart_agent_performance where period = ?", [period]
        ).fetchall()
        for period in ("month", "all")
    )
    assert month == pytest.approx(whole)


def test_agents_who_left_keep_their_history(marts) -> None:
    former = marts.execute(
        "select count(*), min(contacts_count) from marts.mart_agent_performance "
        "where period = 'all' and is_former and left_date is not null"
    ).fetchone()
    assert former[0] >= 2 and former[1] > 0


def test_reviews_are_the_planted_ones(marts, truth) -> None:
    found = {
        agent: {"reviews": reviews, "wow": wow, "followed_up": followed}
        for agent, reviews, wow, followed in marts.execute(
            "select split_part(agent_id, ':', 2), qa_sample_count, wow_count, followup_count "
            "from marts.mart_qa where period = 'all'"
        ).fetchall()
    }
    assert found == truth["quality"]["by_agent"]


def test_the_regression_is_that_of_the_normal_equations_and_finds_what_was_planted(
    marts, truth
) -> None:
    planted = truth["quality"]["drivers"]
    rows = marts.execute(
        "select item_key, n, r2, coef, std_error, p_value from marts.mart_qa_drivers "
        "where scale_id = 'csat_5'"
    ).fetchall()
    assert {row[0] for row in rows} == planted["coef"].keys()
    p_values = {}
    for item, n, r2, coefficient, error, p_value in rows:
        assert n == planted["n"]
        assert r2 == pytest.approx(planted["r2"], abs=1e-6)
        assert coefficient == pytest.approx(planted["coef"][item], abs=1e-6)
        assert error == pytest.approx(planted["std_error"][item], abs=1e-6)
        p_values[item] = p_value
    # Drawn with strengths 1.6, 1.1 and 0.9, and two items that know nothing of the customer.
    order = ("solution", "understanding", "emotional_connection")
    effects = [planted["coef"][item] for item in order]
    assert effects == sorted(effects, reverse=True)
    assert all(p_values[item] < 0.01 for item in order)
    assert all(p_values[item] > 0.001 for item in ("greeting", "post_solve_followup"))


def test_revenue_is_the_planted_one(marts, truth) -> None:
    found = marts.execute(
        "select sum(payments_count), count(revenue), sum(revenue) from marts.mart_customers"
    ).fetchone()
    planted = truth["payments"]
    assert found == (planted["count"], planted["customers"], pytest.approx(planted["revenue"]))


def test_churn_is_the_planted_one(marts, truth) -> None:
    found = {
        month.isoformat(): {"customers": customers, "churned": churned}
        for month, customers, churned in marts.execute(
            "select month_start_date, customers_count, churned_count from marts.mart_churn "
            "where period = 'month' and group_kind = 'all'"
        ).fetchall()
    }
    assert found == truth["churn"]
    assert sum(month["churned"] for month in found.values()) > 10


def test_who_answered_before_a_month_by_a_second_road(marts) -> None:
    months = marts.execute(
        "select month_start_date, customers_count, churned_count from marts.mart_churn "
        "where period = 'month' and group_value = 'responded'"
    ).fetchall()
    assert months
    for month, customers, churned in months:
        following = (month + datetime.timedelta(days=32)).replace(day=1)
        there = marts.execute(
            "select count(*), count(*) filter (churned_at < ?) from core.dim_customers "
            "where not is_test and not is_inferred and signed_up_at < ? "
            "and coalesce(churned_at >= ?, true) and customer_id in ("
            "select customer_id from core.fct_survey_responses "
            "where score is not null and response_date < ?)",
            [following, month, month, month],
        ).fetchone()
        assert there == (customers, churned), month


def test_groups_of_a_kind_add_up_to_all(marts) -> None:
    sums = marts.execute(
        "select period, month_start_date, group_kind, sum(customers_count), sum(churned_count) "
        "from marts.mart_churn group by all"
    ).fetchall()
    wholes = {row[:2]: row[3:] for row in sums if row[2] == "all"}
    assert wholes and all(row[3:] == wholes[row[:2]] for row in sums)


def test_the_health_check_by_a_second_road(marts) -> None:
    """Pairs of a customer who left and one who stayed, one by one, from scores of before."""
    [month] = marts.execute(
        "select max(month_start_date) from marts.mart_health_check where period = 'month'"
    ).fetchone()
    following = (month + datetime.timedelta(days=32)).replace(day=1)
    scores = marts.execute(
        "select customers.customer_id, arg_max(history.score, history.valid_from_date), "
        "coalesce(cast(max(customers.churned_at) as date) < ?, false) "
        "from core.dim_customers as customers "
        "inner join marts.mart_customer_health_history as history "
        "on history.customer_id = customers.customer_id and history.valid_from_date < ? "
        "where not is_test and not is_inferred and customers.signed_up_at < ? "
        "and coalesce(cast(customers.churned_at as date) >= ?, true) group by 1 "
        "having arg_max(history.rag, history.valid_from_date) <> 'insufficient_data'",
        [following, month, month, month],
    ).fetchall()
    left = [score for _, score, gone in scores if gone]
    stayed = [score for _, score, gone in scores if not gone]
    wins = sum((a < b) + 0.5 * (a == b) for a in left for b in stayed)
    found = marts.execute(
        "select customers_count, churned_count, auc from marts.mart_health_check "
        "where period = 'month' and month_start_date = ?",
        [month],
    ).fetchone()
    assert found == (len(scores), len(left), pytest.approx(wins / len(left) / len(stayed)))


def test_all_months_of_the_health_check_are_its_months_added_up(marts) -> None:
    months, together = marts.execute(
        "select sum(customers_count), sum(churned_count), sum(not_scored_count), sum(red_count) "
        "from marts.mart_health_check group by period order by period = 'all'"
    ).fetchall()
    assert months == together


def test_effects_of_changes_are_the_planted_ones(marts, truth) -> None:
    for change, metric, variant in (
        ("C-1", "abandon_pct", "voice"),
        ("C-2", "csat_pct", "csat_5"),
    ):
        found = marts.execute(
            "select before_count, before_base_count, after_count, after_base_count, is_mature, "
            "difference_pp from marts.mart_change_impact "
            "where change_id = ? and metric_id = ? and metric_variant = ?",
            [f"demo:{change}", metric, variant],
        ).fetchone()
        before, after = (truth["changes"][f"{change}.{name}"] for name in ("before", "after"))
        difference = 100 * (after["count"] / after["base"] - before["count"] / before["base"])
        assert found == (
            before["count"],
            before["base"],
            after["count"],
            after["base"],
            True,
            pytest.approx(difference),
        )


def test_a_change_of_the_last_day_has_no_verdict(marts) -> None:
    found = marts.execute(
        "select count(*), count(difference_pp) from marts.mart_change_impact "
        "where change_id = 'demo:C-3'"
    ).fetchone()
    assert found[0] > 0 and found[1] == 0


def test_our_figure_stands_beside_the_benchmark_of_2017(marts) -> None:
    rows = dict(
        marts.execute(
            "select benchmark_id, round(our_value_pct, 1) from marts.mart_benchmarks "
            "where benchmark_id in ('csat_2017_global', 'csat_2017_australia')"
        ).fetchall()
    )
    assert rows["csat_2017_global"] == 83.5
    assert round(rows["csat_2017_australia"]) == 89
    compared = marts.execute(
        "select count(*) from marts.mart_benchmarks "
        "where difference_pp is not null and is_external_benchmark"
    ).fetchone()
    assert compared == (0,)
