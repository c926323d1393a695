"""Rows of the helpdesk: tickets as an incremental API returns them, and lists of agents."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from orchestration.demo.events import Ticket, TicketState
from orchestration.demo.rows import RawRow, Table, iso
from orchestration.demo.simulate import Company
from orchestration.demo.vocabulary import DAY, GROUP_IDS, HOUR, TEAMS
from orchestration.demo.world import AGENT_LIST_EVERY_DAYS, Agent, Calendar


def ticket_table(company: Company) -> Table:
    """A ticket is delivered on each day on which it changed, in its last state of that day."""
    table = Table("demo_helpdesk", "tickets")
    calendar = company.calendar
    dated: list[tuple[int, Ticket, TicketState]] = []
    for ticket in company.contacts.tickets:
        for place, state in enumerate(ticket.states):
            following = ticket.states[place + 1 : place + 2]
            if not following or calendar.day_of(following[0].at) != calendar.day_of(state.at):
                dated.append((state.at, ticket, state))
    dated.sort(key=lambda item: (item[0], item[1].number))
    for at, ticket, state in dated:
        record = json.dumps(ticket_record(ticket, state), ensure_ascii=False)
        table.add(calendar.day_of(at), RawRow(record, ticket.number, at))
    return table


def ticket_record(ticket: Ticket, state: TicketState) -> dict[str, Any]:
    """A ticket as the API returns it in this state."""
    relation = "outbound" if ticket.is_outbound else "follow_up" if ticket.follows else None
    subject = f"{ticket.reason or 'Question'}: {ticket.area or 'other'}"
    if ticket.is_spam:
        subject = "Sample ticket: meet the ticket" if _is_sample(ticket) else "You have won!!!"
    solved = state.solves > 0
    is_merged = ticket.merged_into is not None and state.status == "closed"
    return {
        "id": ticket.number,
        "via": {"channel": ticket.channel, "source": {"rel": relation}},
        "created_at": iso(ticket.started_at),
        "updated_at": iso(state.at),
        "generated_timestamp": state.at,
        "subject": subject,
        "priority": ticket.priority,
        "due_at": iso(ticket.due_at),
        "status": state.status,
        "requester_id": ticket.customer_id,
        "assignee_id": state.assignee_id,
        "group": {"id": GROUP_IDS[ticket.team], "name": ticket.team},
        "tags": (["closed_by_merge"] if is_merged else []) + (["vip"] if _is_vip(ticket) else []),
        "custom_fields": {"reason": ticket.reason, "about": ticket.area},
        "satisfaction_rating": {"score": "offered" if solved else "unoffered"},
        "followup_source_id": ticket.follows.number if ticket.follows else None,
        "merged_into_id": ticket.merged_into.number if ticket.merged_into and is_merged else None,
        "spam": ticket.is_spam,
        "resolved_by_bot": ticket.is_bot_only and solved,
        "metrics": _metrics(state) if ticket.has_metrics else None,
    }


def _metrics(state: TicketState) -> dict[str, Any]:
    return {
        "replies": state.replies,
        "customer_messages": state.customer_messages,
        "reopens": state.reopens,
        "solves": state.solves,
        "agents": state.agents,
        "reassignments": state.reassignments,
        "first_replied_at": iso(state.first_replied_at),
        "first_solved_at": iso(state.first_solved_at),
        "solved_at": iso(state.solved_at),
        "closed_at": iso(state.closed_at),
        "reopened_at": iso(state.reopened_at),
    }


def _is_sample(ticket: Ticket) -> bool:
    return ticket.channel == "sample_ticket"


def _is_vip(ticket: Ticket) -> bool:
    return ticket.customer is not None and ticket.customer.versions[0].plan == "enterprise"


def agent_table(company: Company) -> Table:
    """The full list of agents on the first day and every second week, without those removed."""
    table = Table("demo_helpdesk", "agents")
    calendar = company.calendar
    for day in range(0, calendar.days, AGENT_LIST_EVERY_DAYS):
        date = calendar.start + timedelta(days=day)
        # Lists are taken at the end of the day.
        moment = calendar.begin + (day + 1) * DAY - HOUR
        for agent in company.world.agents:
            removed = agent.removed_on is not None and date >= agent.removed_on
            if agent.hired_at > moment or removed:
                continue
            record = _agent_record(agent, moment, calendar)
            version = record.pop("_version")
            text = json.dumps(record, ensure_ascii=False)
            table.add(date, RawRow(text, agent.agent_id, version))
    return table


def skills_of(agent: Agent) -> str | None:
    """The trade of his team; some know another one too, or integrations. Bots have none."""
    if agent.team is None:
        return None
    own = TEAMS.index(agent.team)
    names = [agent.team] + ([TEAMS[(own + 1) % len(TEAMS)]] if agent.agent_id % 3 == 0 else [])
    if agent.team == "Technical" and agent.agent_id % 8 == 3:
        names.append("Integrations")
    return ",".join(name.lower() for name in names)


def _agent_record(agent: Agent, moment: int, calendar: Calendar) -> dict[str, Any]:
    has_left = agent.left_at is not None and agent.left_at <= moment
    updated_at = agent.left_at if has_left and agent.left_at else agent.hired_at
    if updated_at < calendar.begin:
        updated_at = calendar.begin - 18 * HOUR
    return {
        "id": agent.agent_id,
        "name": agent.name,
        "email": f"agent{agent.agent_id}@example.com",
        "group": agent.team,
        "role": agent.role,
        "skills": skills_of(agent),
        "created_at": iso(agent.hired_at),
        "deactivated_at": iso(agent.left_at) if has_left else None,
        "updated_at": iso(updated_at),
        "_version": updated_at,
    }
