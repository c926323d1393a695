"""Queues, chats at once, agents' time and carts of the demo against the planted truth.

The truth counts the clean events second by second; the marts sweep over begins and ends.
"""

from __future__ import annotations

import pytest


def rows(marts, query: str) -> dict:
    return {row[0]: row[1:] for row in marts.execute(query).fetchall()}


def test_service_level_is_the_planted_one_per_medium(marts, truth) -> None:
    found = rows(
        marts,
        "select contact_medium, sum(answered_within_target_count), "
        "sum(answered_within_300s_count), sum(abandoned_within_target_count), "
        "sum(service_level_base_count), "
        "round(100.0 * sum(answered_within_target_count) / sum(service_level_base_count), 6) "
        "from marts.mart_abandonment where source like 'demo_%' group by 1",
    )
    keys = (
        "answered_within_target",
        "answered_within_300s",
        "abandoned_within_target",
        "base",
        "pct",
    )
    planted = truth["queues"]["service_level"]
    assert found == {medium: tuple(planted[medium][key] for key in keys) for medium in planted}


def test_abandonment_of_the_voice_menu_is_the_planted_one(marts, truth) -> None:
    found = marts.execute(
        "select sum(ivr_base_count), sum(ivr_abandoned_count) from marts.mart_abandonment_compared"
    ).fetchone()
    assert found == (truth["queues"]["ivr"]["entered"], truth["queues"]["ivr"]["left"])


def test_half_hours_hold_the_planted_contacts(marts, truth) -> None:
    for medium, planted in truth["queues"]["intervals"].items():
        found = rows(
            marts,
            "select cast(minute_of_day as varchar), sum(offered_count) "
            f"from marts.mart_queue_interval where contact_medium = '{medium}' group by 1",
        )
        assert found == {minute: (count,) for minute, count in planted.items()}


def test_chats_at_once_are_those_counted_in_every_second(marts, truth) -> None:
    planted = truth["queues"]["concurrency"]
    days = rows(
        marts,
        "select agent_id, sum(chat_seconds_sum), sum(chat_busy_seconds_sum), "
        "list(coalesce(concurrency_max, 0) order by activity_date) "
        "from marts.mart_agent_daily group by 1 having sum(chats_count) > 0",
    )
    assert len(days) == len(planted["by_agent"]) > 3
    for agent, expected in planted["by_agent"].items():
        clock, busy, most = days[f"demo:{agent}"]
        assert clock == pytest.approx(expected["clock_seconds"]), agent
        assert busy == pytest.approx(expected["busy_seconds"]), agent
        # Days of which nothing is known of an agent have no row.
        assert [day for day in most if day] == [day for day in expected["most_by_day"] if day]
    assert max(max(row[2]) for row in days.values()) == planted["most"] > 1


def test_shares_of_the_agents_time_add_up_to_the_time_with_a_chat(marts, truth) -> None:
    [found] = marts.execute(
        "select sum(chat_busy_seconds_sum) from marts.mart_agent_daily"
    ).fetchone()
    assert found == pytest.approx(truth["queues"]["concurrency"]["busy_seconds"])
    calls = truth["handle_time"]
    parts = ("talk_seconds", "hold_seconds", "wrap_up_seconds")
    handle = marts.execute(
        "select sum(handled_count), sum(talk_seconds_sum), sum(hold_seconds_sum), "
        "sum(wrap_up_seconds_sum), sum(handle_seconds_sum), sum(transfers_count) "
        "from marts.mart_handle_times where contact_medium = 'voice'"
    ).fetchone()
    assert handle == (
        calls["calls"],
        *(pytest.approx(calls[part]) for part in parts),
        pytest.approx(sum(calls[part] for part in parts)),
        calls["transfers"],
    )


def test_seconds_in_each_status_are_the_planted_ones_by_day(marts, truth) -> None:
    planted = truth["queues"]["statuses"]
    names = sorted({name for day in planted.values() for name in day})
    found = rows(
        marts,
        "select cast(activity_date as varchar), "
        + ", ".join(f"sum({name}_seconds_sum)" for name in names)
        + " from marts.mart_agent_daily group by 1",
    )
    for day, seconds in planted.items():
        assert found[day] == pytest.approx([seconds.get(name, 0) for name in names]), day
    [paid] = marts.execute(
        "select sum(paid_seconds_sum) from marts.mart_agent_daily "
        "where activity_date <= (select max(calendar_date) from core.dim_date)"
    ).fetchone()
    assert paid == pytest.approx(truth["queues"]["paid_seconds"], abs=1)


def test_carts_are_the_planted_ones_and_undecided_ones_are_in_no_rate(marts, truth) -> None:
    planted = truth["queues"]["carts"]
    found = marts.execute(
        "select sum(decided_count) + sum(undecided_count), sum(purchased_count), "
        "sum(abandoned_count), sum(undecided_count), "
        "round(100.0 * sum(abandoned_count) / sum(decided_count), 6) from marts.mart_carts"
    ).fetchone()
    keys = ("carts", "purchased", "abandoned", "undecided", "abandon_pct")
    assert found == tuple(planted[key] for key in keys)
    by_step = rows(
        marts,
        "select step, sum(abandoned_count) from marts.mart_carts "
        "where step <> 'confirmation' group by 1",
    )
    assert by_step == {step: (count,) for step, count in planted["abandoned_by_step"].items()}


def test_what_customers_asked_for_adds_up_to_the_queues(marts) -> None:
    [found] = marts.execute("select sum(offered_count) from marts.mart_customer_daily").fetchall()
    known = marts.execute(
        "select count(*) from core.fct_contacts where is_offered and customer_id is not null"
    ).fetchone()
    assert found == known
    [calls] = marts.execute(
        "select sum(call_handle_seconds_sum) from marts.mart_customer_daily"
    ).fetchall()
    expected = marts.execute(
        "select sum(handle_seconds) from core.fct_contacts where contact_type = 'call' "
        "and is_customer_contact and is_handled and customer_id is not null"
    ).fetchone()
    assert calls == pytest.approx(expected)
