"""Truth of times and effort on tickets, by one walk along the log of each.

A second road to the numbers of the warehouse: a small machine that reads one entry after the
other, and opening hours counted day by day in local time. Shares no code with the models.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from orchestration.demo.events import Ticket
from orchestration.demo.simulate import Company
from orchestration.demo.ticket_events import TicketEvent
from orchestration.demo.truth_figures import Figures
from orchestration.demo.vocabulary import DAY, HOUR

SOLVED = {"solved", "closed"}
OPEN = {"new", "open", "pending", "hold"}
FIRST_REPLY_TARGETS = {"urgent": 1, "high": 4, "normal": 8, "low": 16, None: 8}
BERLIN_HOLIDAYS = {date(2017, 10, 3), date(2017, 10, 31), date(2017, 12, 25), date(2017, 12, 26)}
LONDON_HOLIDAYS = {date(2017, 12, 25), date(2017, 12, 26), date(2018, 1, 1)}
NEW_YORK_HOLIDAYS = {date(2017, 11, 23), date(2017, 12, 25)}


@dataclass
class Walk:
    """What one log says; seconds by status as (calendar, business)."""

    opened_at: int
    status: str = "new"
    team: str = ""
    priority: str | None = None
    assignee: str | None = None
    at: int = 0
    business: float = 0
    first_response: tuple[float, float] | None = None
    response_priority: str | None = None
    ack: float | None = None
    first_solve: float | None = None
    last_solve: float | None = None
    replies: int = 0
    reopens: int = 0
    handoffs: int = 0
    transfers: int = 0
    restart: tuple[float, float] = (0, 0)
    pending: dict[str, float] = field(default_factory=dict)
    solved_waits: dict[str, float] = field(default_factory=dict)
    moments: set[int] = field(default_factory=set)


def times_truth(company: Company, logs: dict[int, list[TicketEvent]]) -> Figures:
    """Sums over the tickets that people served, from their logs; and what vendors say else."""
    served = [ticket for ticket in company.contacts.tickets if _is_served(ticket)]
    walks = {t.number: _walk(t, logs[t.number]) for t in served if t.number in logs}
    fields = [t for t in served if t.number not in logs and t.has_metrics]
    found = list(walks.values())
    replied = [walk.first_response for walk in found if walk.first_response is not None]
    field_replies = [
        replied_at - ticket.started_at
        for ticket in fields
        if (replied_at := ticket.last.first_replied_at) is not None
    ]
    resolved = [walk for walk in found if walk.last_solve is not None]
    waits: dict[str, float] = {}
    for walk in resolved:
        for status, seconds in walk.solved_waits.items():
            waits[status] = waits.get(status, 0) + seconds
    acks = [walk.ack for walk in found if walk.ack is not None]
    within = [_first_reply_within_target(walk) for walk in found if walk.first_response is not None]
    return {
        "about": "Tickets of customers that people served, from their logs where they have one.",
        "tickets": len(served),
        "with_log": len(found),
        "replied": len(replied) + len(field_replies),
        "first_response_seconds": sum(seconds for seconds, _ in replied) + sum(field_replies),
        "first_response_business_seconds_of_logs": round(sum(open_ for _, open_ in replied), 3),
        "acknowledged": len(acks),
        "ack_seconds": sum(acks),
        "resolved_with_log": len(resolved),
        "gap_seconds": sum((w.last_solve or 0) - (w.first_solve or 0) for w in resolved),
        "requester_wait_seconds": sum(waits.get(s, 0) for s in ("new", "open", "hold")),
        "agent_work_seconds": sum(waits.get(s, 0) for s in ("new", "open")),
        "agent_wait_seconds": waits.get("pending", 0),
        "on_hold_seconds": waits.get("hold", 0),
        "zero_touch": sum(walk.replies == 0 for walk in resolved)
        + sum(t.last.replies == 0 for t in fields if t.last.solved_at is not None),
        "handoffs": sum(walk.handoffs for walk in found),
        "transferred": sum(walk.transfers > 0 for walk in found),
        "reopened": sum(walk.reopens > 0 for walk in found)
        + sum(t.last.reopens > 0 for t in fields),
        "updates": sum(len(walk.moments) for walk in found),
        "first_reply_sla": {"met": sum(within), "breached": len(within) - sum(within)},
        "backlog_at_end": sum(
            (walks[t.number].status if t.number in walks else t.last.status) in OPEN
            for t in company.contacts.tickets
            if t.number in walks or (_is_served(t) and t.number not in logs)
        ),
    }


def _is_served(ticket: Ticket) -> bool:
    gone = ticket.merged_into is not None or ticket.last.status == "deleted"
    mine = not (ticket.is_test or ticket.is_spam or ticket.is_outbound or ticket.is_bot_only)
    return mine and not gone


def _first_reply_within_target(walk: Walk) -> bool:
    target = FIRST_REPLY_TARGETS[walk.response_priority] * HOUR
    calendar, business = walk.first_response or (0, 0)
    return (calendar if walk.response_priority == "urgent" else business) <= target


def _walk(ticket: Ticket, log: list[TicketEvent]) -> Walk:
    first = {
        kind: next((event.before for event in log if event.kind == kind), None)
        for kind in ("priority", "team")
    }
    walk = Walk(opened_at=ticket.started_at, at=ticket.started_at)
    walk.team = first["team"] or ticket.team
    changes = any(event.kind == "priority" for event in log)
    walk.priority = first["priority"] if changes else ticket.priority
    for event in log:
        _step(walk, event)
    return walk


def _step(walk: Walk, event: TicketEvent) -> None:
    """One entry: time passes in what held until now, then what it says comes to hold."""
    at = max(walk.at, event.at)
    walk.pending[walk.status] = walk.pending.get(walk.status, 0) + at - walk.at
    walk.business += open_seconds(walk.team, walk.at, at)
    walk.at = at
    since = at - walk.opened_at
    if event.kind != "created":
        walk.moments.add(at)
    if event.kind == "comment" and event.is_public and event.actor != "customer":
        walk.ack = since if walk.ack is None else walk.ack
        if event.actor == "agent":
            walk.replies += 1
            if walk.first_response is None:
                walk.first_response = (since - walk.restart[0], walk.business - walk.restart[1])
                walk.response_priority = walk.priority
    elif event.kind == "priority":
        walk.priority = event.after
    elif event.kind == "team":
        walk.transfers += walk.team != event.after
        walk.team = event.after or ""
    elif event.kind == "assignee" and event.after is not None:
        walk.handoffs += walk.assignee not in (None, event.after)
        walk.assignee = event.after
    elif event.kind == "status":
        _change_status(walk, event.after or "", since)


def _change_status(walk: Walk, status: str, since: float) -> None:
    if status in SOLVED and walk.status not in SOLVED:
        walk.first_solve = since if walk.first_solve is None else walk.first_solve
        walk.last_solve = since
        walk.solved_waits = dict(walk.pending)
    elif status in OPEN and walk.status in SOLVED:
        walk.reopens += 1
        walk.last_solve = None
        if walk.first_response is None:
            walk.restart = (since, walk.business)
    walk.status = status


def open_seconds(team: str, begin: int, end: int) -> float:
    """Seconds between two instants in which the team is at work, local day by local day."""
    if team == "Accounts" or begin == end:
        return end - begin
    zone = {"Billing": "Europe/London", "Orders": "Europe/Berlin"}.get(team, "America/New_York")
    day = datetime.fromtimestamp(begin, ZoneInfo(zone)).date() - timedelta(days=2)
    last = datetime.fromtimestamp(end, ZoneInfo(zone)).date() + timedelta(days=1)
    total = 0.0
    if team == "Technical":
        # Always there until the end of October by UTC, then at night by New York.
        total += max(0, min(end, _utc(date(2017, 11, 1))) - begin)
    while day <= last:
        for opens, closes in _shifts(team, day):
            low = _instant(day, opens, zone)
            high = _instant(day, closes, zone)
            total += max(0, min(end, high) - max(begin, low))
        day += timedelta(days=1)
    return total


def _shifts(team: str, day: date) -> list[tuple[int, int]]:
    """Opening and closing of a local day in seconds after its midnight."""
    if team == "Billing":
        is_open = day.isoweekday() <= 5 and day not in LONDON_HOLIDAYS
        return [(9 * HOUR, 17 * HOUR + HOUR // 2)] if is_open else []
    if team == "Orders":
        if day in BERLIN_HOLIDAYS:
            return []
        if day < date(2017, 11, 15):
            return [(8 * HOUR, 18 * HOUR)] if day.isoweekday() <= 5 else []
        hours = {6: [(8 * HOUR, 14 * HOUR)], 7: []}
        return hours.get(day.isoweekday(), [(8 * HOUR, 20 * HOUR)])
    found = []
    if day in NEW_YORK_HOLIDAYS:
        return []
    before = day - timedelta(days=1)
    if before.isoweekday() <= 5 and before >= date(2017, 11, 1):
        found.append((0, 6 * HOUR))
    if day.isoweekday() <= 5 and day >= date(2017, 11, 1):
        found.append((18 * HOUR, DAY))
    return found


def _instant(day: date, seconds: int, zone: str) -> int:
    midnight = datetime.combine(day, time(0)) + timedelta(seconds=seconds)
    return int(midnight.replace(tzinfo=ZoneInfo(zone)).timestamp())


def _utc(day: date) -> int:
    return int(datetime.combine(day, time(0), tzinfo=UTC).timestamp())
