"""Times and effort on tickets: the marts against one walk along the clean logs."""

from __future__ import annotations

import itertools

import pytest

TICKETS = "from marts.mart_response_times where contact_type = 'ticket'"


def test_first_responses_are_those_of_humans_on_both_clocks(marts, truth) -> None:
    planted = truth["times"]
    found = marts.execute(
        "select sum(contacts_count), sum(replied_count), sum(first_response_seconds_sum), "
        f"sum(acknowledged_count), sum(ack_seconds_sum) {TICKETS}"
    ).fetchone()
    assert found == (
        planted["tickets"],
        planted["replied"],
        pytest.approx(planted["first_response_seconds"]),
        planted["acknowledged"],
        pytest.approx(planted["ack_seconds"]),
    )
    business = marts.execute(
        "select sum(first_response_business_seconds) from core.fct_ticket_times "
        "where has_log and is_customer_contact and is_handled"
    ).fetchone()
    assert business == (pytest.approx(planted["first_response_business_seconds_of_logs"]),)


def test_first_response_in_chat_by_country_is_the_planted_one(marts, truth) -> None:
    found = {
        country: (count, seconds)
        for country, count, seconds in marts.execute(
            "select country_code, sum(replied_count), sum(first_response_seconds_sum) "
            "from marts.mart_response_times_summary where contact_type = 'chat' group by 1 "
            "having sum(replied_count) > 0"
        ).fetchall()
    }
    planted = truth["first_response"]["chat"]["by_country"]
    assert found == {k: (v["count"], pytest.approx(v["seconds_sum"])) for k, v in planted.items()}


def test_waits_work_and_gaps_are_those_of_the_status_intervals(marts, truth) -> None:
    planted = truth["times"]
    found = marts.execute(
        "select sum(waits_count), sum(requester_wait_seconds_sum), sum(agent_work_seconds_sum), "
        f"sum(agent_wait_seconds_sum), sum(on_hold_seconds_sum) {TICKETS}"
    ).fetchone()
    assert found[0] == planted["resolved_with_log"]
    for seconds, name in zip(
        found[1:], ("requester_wait", "agent_work", "agent_wait", "on_hold"), strict=True
    ):
        assert seconds == pytest.approx(planted[f"{name}_seconds"]), name
    gap = marts.execute(
        "select sum(full_resolution_calendar_seconds - first_resolution_calendar_seconds) "
        "from core.fct_ticket_times where has_log and is_customer_contact and is_handled"
    ).fetchone()
    assert gap == (pytest.approx(planted["gap_seconds"]),)


def test_effort_is_counted_change_by_change(marts, truth) -> None:
    planted = truth["times"]
    found = marts.execute(
        "select sum(handoffs_sum), sum(transferred_count), sum(reopened_count), "
        f"sum(zero_touch_count), sum(ticket_updates_sum) {TICKETS}"
    ).fetchone()
    assert found == (
        planted["handoffs"],
        planted["transferred"],
        planted["reopened"],
        planted["zero_touch"],
        planted["updates"],
    )
    assert planted["zero_touch"] > 0


def test_transfers_and_holds_of_calls_are_the_planted_ones(marts, truth) -> None:
    found = marts.execute(
        "select sum(contacts_count), sum(transfers_sum), sum(hold_seconds_sum) "
        "from marts.mart_response_times where contact_type = 'call'"
    ).fetchone()
    planted = truth["handle_time"]
    assert found == (planted["calls"], planted["transfers"], planted["hold_seconds"])


def test_replies_keep_the_target_of_the_priority_at_the_time(marts, truth) -> None:
    found = marts.execute(
        "select sum(met_count), sum(breached_count) - sum(breached_waiting_count) "
        "from marts.mart_sla where metric = 'first_reply'"
    ).fetchone()
    planted = truth["times"]["first_reply_sla"]
    assert found == (planted["met"], planted["breached"])


def test_the_backlog_of_the_last_day_is_what_is_open(marts, truth) -> None:
    [found] = marts.execute(
        "select sum(backlog_count) from marts.mart_backlog where source = 'demo_helpdesk' "
        "and backlog_date = (select max(backlog_date) from marts.mart_backlog)"
    ).fetchone()
    assert found == truth["times"]["backlog_at_end"]


def test_a_percentile_of_added_buckets_is_near_the_exact_one(marts) -> None:
    rows = marts.execute(
        "select upto_value, sum(contacts_count) from marts.mart_time_distribution "
        "where measure = 'first_response_seconds' and contact_type = 'chat' "
        "group by 1 order by 1 nulls last"
    ).fetchall()
    total = sum(count for _, count in rows)
    running = itertools.accumulate(count for _, count in rows)
    upto = next(row[0] for row, so_far in zip(rows, running, strict=True) if 2 * so_far >= total)
    [exact] = marts.execute(
        "select quantile_disc(first_response_calendar_seconds, 0.5) from core.fct_contacts "
        "where contact_type = 'chat' and is_customer_contact and is_handled"
    ).fetchone()
    assert exact <= upto <= 1.5 * exact


def test_every_difference_from_the_vendor_has_its_cause(marts) -> None:
    """The demo plants replies of bots, notes, clocks and lost entries; none stays unexplained."""
    found = {
        metric: causes
        for metric, *causes in marts.execute(
            "select metric, sum(bot_reply_counted_count), sum(internal_note_counted_count), "
            "sum(clock_count), sum(missing_event_count), sum(unexplained_count), "
            "sum(compared_count) - sum(equal_count) - sum(different_count) "
            "from marts.mart_vendor_reconciliation where source = 'demo_helpdesk' group by 1"
        ).fetchall()
    }
    assert all(count > 0 for count in found["first_reply"][:4])
    assert all(causes[4:] == [0, 0] for causes in found.values()), found
