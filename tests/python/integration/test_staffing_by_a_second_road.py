"""The staffing marts of the demo against scipy: Erlang C by Poisson probabilities, and a trend."""

from __future__ import annotations

from math import ceil, exp

import pytest
from scipy.stats import linregress, poisson


def waiting(erlangs: float, agents: int) -> float:
    """Probability of waiting; Erlang B as a quotient of Poisson probabilities."""
    blocked = poisson.pmf(agents, erlangs) / poisson.cdf(agents, erlangs)
    return float(agents * blocked / (agents - erlangs * (1 - blocked)))


def service_level(erlangs: float, agents: int, target: float, handle: float) -> float:
    if agents <= erlangs:
        return 0.0
    return 1 - waiting(erlangs, agents) * exp(-(agents - erlangs) * target / handle)


def test_the_second_road_gives_the_golden_values() -> None:
    assert waiting(10, 14) == pytest.approx(0.1741, abs=5e-5)
    assert service_level(10, 14, 20, 180) == pytest.approx(0.88835, abs=5e-6)
    assert service_level(10, 13, 20, 180) == pytest.approx(0.7956, abs=5e-5)
    assert waiting(8, 10) == pytest.approx(0.40918, abs=5e-6)


def test_required_agents_are_the_fewest_that_meet_target_and_occupancy(marts) -> None:
    rows = marts.execute(
        "select distinct erlangs, handle_seconds, target_seconds, service_level_target_pct / 100, "
        "max_occupancy_pct / 100, shrinkage_pct / 100, required_agents, required_scheduled_agents, "
        "required_agents_fractional, predicted_service_level_pct, "
        "predicted_speed_of_answer_seconds, predicted_wait_pct "
        "from marts.mart_staffing where contact_medium <> 'all' and erlangs > 0"
    ).fetchall()
    assert len(rows) > 100
    for erlangs, handle, target, aim, most, away, agents, scheduled, fraction, *predicted in rows:
        expected = int(erlangs) + 1
        while service_level(erlangs, expected, target, handle) < aim or erlangs > most * expected:
            expected += 1
        assert agents == expected
        assert scheduled == ceil(agents / (1 - away) - 1e-6)
        assert agents - 1 < fraction <= agents
        wait = waiting(erlangs, agents)
        assert predicted == pytest.approx(
            [
                100 * service_level(erlangs, agents, target, handle),
                wait * handle / (agents - erlangs),
                100 * wait,
            ]
        )


def test_a_schedule_is_judged_by_the_agents_that_it_leaves_at_work(marts) -> None:
    """Those of a queue are split by load; between whole agents the service level is a line."""
    rows = marts.execute(
        "select media.erlangs, media.handle_seconds, media.target_seconds, "
        "media.scheduled_at_work_agents, media.scheduled_service_level_pct, "
        "queue.scheduled_agents * (1 - media.shrinkage_pct / 100) * media.erlangs / queue.erlangs "
        "from marts.mart_staffing as media join marts.mart_staffing as queue "
        "using (scenario_id, queue, iso_day_of_week, minute_of_day) "
        "where media.contact_medium <> 'all' and queue.contact_medium = 'all' "
        "and media.erlangs > 0 and queue.scheduled_agents is not null"
    ).fetchall()
    assert len(rows) > 100
    for erlangs, handle, target, agents, found, expected in rows:
        assert agents == pytest.approx(expected, rel=1e-4)
        below, above = max(float(int(agents)), erlangs), int(agents) + 1
        low = service_level(erlangs, int(agents), target, handle)
        high = service_level(erlangs, above, target, handle)
        line = low + (high - low) * (agents - below) / (above - below)
        assert found == pytest.approx(100 * line if agents > erlangs else 0)


def test_what_if_rows_move_the_need_in_their_direction(marts) -> None:
    need = dict(
        marts.execute(
            "select scenario_id, sum(required_agents_fractional) from marts.mart_staffing "
            "where contact_medium = 'all' group by 1"
        ).fetchall()
    )
    base = need["base"]
    assert need["volume_down_10"] < base < need["volume_up_10"] < need["volume_up_25"]
    assert need["handle_time_down_10"] < base < need["handle_time_up_10"]
    assert base < need["target_up_10"]


def test_scheduled_agents_are_the_hours_of_the_shifts(marts) -> None:
    found = dict(
        marts.execute(
            "select queue, sum(scheduled_agents) / 2 from marts.mart_staffing "
            "where contact_medium = 'all' and scenario_id = 'base' "
            "and scheduled_agents is not null group by 1"
        ).fetchall()
    )
    expected = dict(
        marts.execute(
            "with ends as (select max(calendar_date) as last_date from core.dim_date) "
            "select queue, sum(greatest(0, epoch(least(ended_at, last_date + 1)) - "
            "epoch(greatest(started_at, last_date - 27)))) / 3600 / 4 "
            "from core.fct_shifts cross join ends where shift_date <= last_date group by 1"
        ).fetchall()
    )
    assert found == pytest.approx(expected)


def test_the_trend_is_that_of_least_squares(marts) -> None:
    hiring = marts.execute(
        "select queue, weekly_contacts_change, trend_weeks_count from marts.mart_hiring "
        "where weekly_contacts_change is not null"
    ).fetchall()
    assert len(hiring) == 4
    for queue, change, weeks in hiring:
        volumes = [
            count
            for (count,) in marts.execute(
                "select sum(net_offered_count) from marts.mart_queue_interval "
                "where queue = ? and date_trunc('week', interval_date) <= "
                "(select max(calendar_date) - 6 from core.dim_date) "
                "group by date_trunc('week', interval_date) "
                "order by date_trunc('week', interval_date) desc limit ?",
                [queue, weeks],
            ).fetchall()
        ][::-1]
        assert change == pytest.approx(linregress(range(weeks), volumes).slope)
