"""Rows of the workforce planner and of the shop; both export once a week."""

from __future__ import annotations

from datetime import date, timedelta

from orchestration.demo.carts import CartState
from orchestration.demo.rows import RawRow, Table, iso
from orchestration.demo.simulate import Company
from orchestration.demo.vocabulary import TOPICS
from orchestration.demo.world import Calendar

STATUS_COLUMNS = ("status_id", "agent_id", "state", "started_at", "ended_at")
SHIFT_COLUMNS = ("shift_id", "agent_id", "team", "queue", "starts", "ends", "paid_hours")
CART_COLUMNS = (
    "cart_id", "customer_id", "created", "last_activity", "purchased", "step", "device", "country",
    "test",
)  # fmt: skip
WEEK = 7
QUEUES = {topic.team: topic.queue for topic in TOPICS.values()}


def export_day(calendar: Calendar, day: date) -> date:
    """The last day of the week of a day, counted from the first load date."""
    week = (day - calendar.start).days // WEEK
    return min(calendar.start + timedelta(days=WEEK * week + WEEK - 1), calendar.as_of)


def status_table(company: Company) -> Table:
    """Statuses of the week; one that lasts over its end comes again when it is over."""
    table = Table("demo_workforce", "agent_status")
    calendar = company.calendar
    for status in company.workforce.statuses:
        began = export_day(calendar, calendar.day_of(status.begin))
        ended = None if status.end is None else export_day(calendar, calendar.day_of(status.end))
        for day in sorted({began} if ended is None else {began, ended}):
            end = status.end if day == ended else None
            fields = (
                str(status.number),
                str(status.agent_id),
                status.name,
                iso(status.begin) or "",
                iso(end) or "",
            )
            table.add(day, RawRow(",".join(fields), status.number, (day - calendar.start).days))
    return table


def shift_table(company: Company) -> Table:
    """The plan of a week, on its first day."""
    table = Table("demo_workforce", "shifts")
    calendar = company.calendar
    for shift in company.workforce.shifts:
        # What is left after the last whole week comes with its plan.
        last = max(calendar.days // WEEK - 1, 0)
        week = min((calendar.day_of(shift.begin) - calendar.start).days // WEEK, last)
        day = calendar.start + timedelta(days=WEEK * week)
        team = shift.agent.team or ""
        fields = (
            str(shift.number),
            str(shift.agent.agent_id),
            team,
            QUEUES[team],
            iso(shift.begin) or "",
            iso(shift.end) or "",
            f"{shift.paid_seconds / 3600:.2f}",
        )
        table.add(day, RawRow(",".join(fields), shift.number, 0))
    return table


def cart_table(company: Company) -> Table:
    """Carts in their state at the end of each week in which something happened to them."""
    table = Table("demo_shop", "carts")
    calendar = company.calendar
    for cart in company.carts:
        by_day: dict[date, CartState] = {}
        for state in cart.states:
            by_day[export_day(calendar, calendar.day_of(min(state.at, calendar.end - 1)))] = state
        for day, state in by_day.items():
            fields = (
                str(cart.number),
                "" if cart.customer is None else str(cart.customer.customer_id),
                iso(cart.created_at) or "",
                iso(state.at) or "",
                iso(state.purchased_at) or "",
                state.step,
                cart.device,
                cart.country,
                "1" if cart.is_test else "0",
            )
            table.add(day, RawRow(",".join(fields), cart.number, state.at))
    return table
