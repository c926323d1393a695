"""The audit log of the tickets: who wrote or changed what, in the order of the helpdesk.

Derived from the states of the tickets, with what only single events can show planted on top:
bots and acknowledgements before the human reply, notes, detours over a second agent, changes of
priority and team, and a few tickets whose log and vendor counters disagree. Some tickets have no
log at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from orchestration.demo.dice import Dice
from orchestration.demo.events import Ticket, TicketState
from orchestration.demo.rows import RawRow, Table, iso
from orchestration.demo.simulate import Company
from orchestration.demo.vocabulary import HOUR, TEAMS
from orchestration.demo.world import BOT_IDS, Calendar

EVENT_COLUMNS = (
    "event_id", "ticket_id", "sequence", "event", "actor", "public", "agent", "from", "to", "at",
)  # fmt: skip
PRIORITY_WORDS = ("low", "normal", "high", "urgent")
LATE_SHARE = 0.004
DISAGREEMENTS = {
    "bot_reply_counted": 0.012,
    "internal_note_counted": 0.008,
    "clock": 0.008,
    "missing_event": 0.008,
}


@dataclass(frozen=True, slots=True)
class TicketEvent:
    """One entry of the log; `before` and `after` are the value that a field had and got."""

    at: int
    kind: str
    actor: str
    is_public: bool | None = None
    agent_id: int | None = None
    before: str | None = None
    after: str | None = None


def draw_logs(company: Company, seed: int) -> dict[int, list[TicketEvent]]:
    """The log of each ticket by its number, in order; a ticket without a log is not in it."""
    dice = Dice(seed, "ticket events")
    logs: dict[int, list[TicketEvent]] = {}
    for ticket in company.contacts.tickets:
        if dice.chance(0.02):
            continue
        found = _from_states(ticket)
        found += _planted(ticket, company, dice)
        found = _disagreeing(found, dice)
        # The sort is stable: what was saved in one second keeps its order.
        found.sort(key=lambda event: event.at)
        logs[ticket.number] = _shifted(found, dice)
    return logs


def _from_states(ticket: Ticket) -> list[TicketEvent]:
    first = ticket.states[0]
    log = [
        TicketEvent(
            at=first.at,
            kind="created",
            actor="agent" if ticket.is_outbound else "customer",
            is_public=not ticket.is_outbound,
            agent_id=ticket.agent_id if ticket.is_outbound else None,
        )
    ]
    for before, state in zip(ticket.states, ticket.states[1:], strict=False):
        log += _changes(ticket, before, state)
    return log


def _changes(ticket: Ticket, before: TicketState, state: TicketState) -> list[TicketEvent]:
    """What one change of state shows in the log, all in its second."""
    is_bot = state.assignee_id in BOT_IDS
    wrote = state.customer_messages > before.customer_messages
    actor = "customer" if wrote else "bot" if is_bot else "agent"
    if state.status == "closed":
        actor = "system"
    agent_id = state.assignee_id if actor in {"agent", "bot"} else None
    log = []
    if wrote:
        log.append(TicketEvent(state.at, "comment", "customer", True))
    if state.replies > before.replies or (is_bot and state.solves > before.solves):
        log.append(TicketEvent(state.at, "comment", actor, True, agent_id))
    if state.assignee_id != before.assignee_id:
        old, new = before.assignee_id, state.assignee_id
        log.append(
            TicketEvent(
                state.at,
                "assignee",
                actor,
                None,
                agent_id,
                None if old is None else str(old),
                None if new is None else str(new),
            )
        )
    if state.status != before.status:
        log.append(
            TicketEvent(state.at, "status", actor, None, agent_id, before.status, state.status)
        )
    return log


def _planted(ticket: Ticket, company: Company, dice: Dice) -> list[TicketEvent]:
    """Entries that no state knows of."""
    end = company.calendar.end
    start = ticket.started_at
    if ticket.is_outbound or ticket.is_spam:
        return []
    log = []
    if dice.chance(0.35):
        log.append(TicketEvent(start + dice.integer(1, 90), "comment", "system", True))
    if dice.chance(0.10):
        at = start + dice.integer(2, 150)
        log.append(TicketEvent(at, "comment", "bot", True, BOT_IDS[1]))
    replied_at = ticket.last.first_replied_at
    if replied_at is not None and dice.chance(0.20):
        at = dice.integer(start, replied_at)
        log.append(TicketEvent(at, "comment", "agent", False, ticket.agent_id))
    if ticket.priority and dice.chance(0.06):
        other = dice.pick([word for word in PRIORITY_WORDS if word != ticket.priority])
        at = start + dice.integer(1, 12 * HOUR)
        log.append(TicketEvent(at, "priority", "agent", None, None, other, ticket.priority))
    if dice.chance(0.04):
        other = dice.pick([team for team in TEAMS if team != ticket.team])
        at = start + dice.integer(1, 6 * HOUR)
        log.append(TicketEvent(at, "team", "system", None, None, other, ticket.team))
    if dice.chance(0.03):
        log += _detour(ticket, company, dice)
    return [event for event in log if event.at < end]


def _detour(ticket: Ticket, company: Company, dice: Dice) -> list[TicketEvent]:
    """To a second agent and back between two states: the vendor's counter does not see it."""
    end = company.calendar.end
    for place, state in enumerate(ticket.states):
        following = ticket.states[place + 1].at if place + 1 < len(ticket.states) else end
        owner = state.assignee_id
        if owner is None or owner in BOT_IDS or following - state.at < HOUR:
            continue
        others = [
            agent.agent_id
            for agent in company.world.agents_at(ticket.team, state.at)
            if agent.agent_id != owner
        ]
        if state.status in {"solved", "closed", "deleted"} or not others:
            return []
        other = dice.pick(others)
        return [
            TicketEvent(state.at + 600, "assignee", "agent", None, owner, str(owner), str(other)),
            TicketEvent(state.at + 1_500, "assignee", "agent", None, other, str(other), str(owner)),
        ]
    return []


def _disagreeing(log: list[TicketEvent], dice: Dice) -> list[TicketEvent]:
    """Perhaps spoil the first human reply, so that the vendor's own figures are other ones."""
    kind = ""
    draw = dice.uniform()
    for name, share in DISAGREEMENTS.items():
        if draw < share:
            kind = name
            break
        draw -= share
    for place, event in enumerate(log):
        if event.kind == "comment" and event.actor == "agent" and event.is_public:
            if kind == "bot_reply_counted":
                log[place] = replace(event, actor="bot", agent_id=BOT_IDS[1])
            elif kind == "internal_note_counted":
                log[place] = replace(event, is_public=False)
            elif kind == "clock":
                log[place] = replace(event, at=event.at - 2)
            elif kind == "missing_event":
                del log[place]
            break
    return log


def _shifted(log: list[TicketEvent], dice: Dice) -> list[TicketEvent]:
    """Now and then the clock of one entry runs back: its time is before its place."""
    if len(log) > 4 and dice.chance(0.01):
        log[3] = replace(log[3], at=max(log[0].at, log[3].at - 30))
    return log


def event_table(company: Company, logs: dict[int, list[TicketEvent]], seed: int) -> Table:
    """Entries on the day on which they happened; a few come a day or two late."""
    table = Table("demo_helpdesk", "ticket_events")
    dice = Dice(seed, "ticket event files")
    for number, log in logs.items():
        for sequence, event in enumerate(log, start=1):
            fields = event_fields(number, sequence, event)
            key = number * 1_000 + sequence
            table.add(_delivered_on(table, event, company.calendar, dice), RawRow(fields, key, 1))
    return table


def _delivered_on(table: Table, event: TicketEvent, calendar: Calendar, dice: Dice) -> date:
    day = calendar.day_of(event.at)
    if dice.chance(LATE_SHARE):
        late = day + timedelta(days=dice.integer(1, 2))
        if late <= calendar.as_of:
            table.count("rows_delivered_late")
            return late
    return day


def event_fields(number: int, sequence: int, event: TicketEvent) -> str:
    """An entry in the order of EVENT_COLUMNS."""
    public = {True: "true", False: "false", None: ""}[event.is_public]
    fields = [
        f"{number}-{sequence}", number, sequence, event.kind, event.actor, public,
        event.agent_id, event.before, event.after, iso(event.at),
    ]  # fmt: skip
    return ",".join("" if field is None else str(field) for field in fields)
