"""The life of a ticket: new, open, pending, solved, perhaps reopened, closed, merged, deleted.

Draws one clean ticket at a time; states at or after the end of the calendar are cut off.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from orchestration.demo.dice import Dice
from orchestration.demo.events import Contact, Ticket, TicketState
from orchestration.demo.live import base_values, pressure
from orchestration.demo.vocabulary import DAY, HOUR, PRIORITIES, TICKET_CHANNELS
from orchestration.demo.world import BOT_IDS, World

CLOSES_AFTER = 2 * DAY
# Spam of the first days is the vendor's own sample ticket.
SAMPLE_TICKET_HOURS = 96


class _Story:
    """States of one ticket, each a change to the one before, strictly later."""

    def __init__(self, opened_at: int) -> None:
        self.states = [TicketState(at=opened_at, status="new", assignee_id=None)]

    @property
    def last(self) -> TicketState:
        return self.states[-1]

    def go(self, after: float, **changes: Any) -> None:
        """Add a state some seconds (at least one) after the last one."""
        at = self.last.at + max(1, round(after))
        self.states.append(replace(self.last, at=at, **changes))


def draw_ticket(base: Contact, follows: Ticket | None, world: World, dice: Dice) -> Ticket:
    """One ticket with all its states up to the end of the calendar."""
    ticket = Ticket(
        **base_values(base),
        channel=dice.weighted(TICKET_CHANNELS),
        priority=dice.weighted(PRIORITIES) or None,
        has_metrics=not dice.chance(0.01),
        follows=follows,
    )
    story = _Story(base.started_at)
    if ticket.is_spam:
        if base.started_at < world.calendar.begin + SAMPLE_TICKET_HOURS * HOUR:
            ticket.channel = "sample_ticket"
        story.go(dice.exponential(6 * HOUR), status="closed", closed_at=None)
    elif ticket.is_outbound:
        _outbound(story, base, world, dice)
    elif follows is None and dice.chance(0.04):
        ticket.is_bot_only = True
        _solve(story, 30 + dice.exponential(60), assignee_id=BOT_IDS[0])
        _close(story)
        ticket.happy_end = dice.chance(0.8)
    elif follows is None and dice.chance(0.008):
        story.go(dice.exponential(4 * HOUR), status="deleted")
    else:
        ticket.happy_end = _handle(story, ticket, world, dice)
    kept = [state for state in story.states if state.at < world.calendar.end]
    ticket.states = kept
    ticket.agent_id = kept[-1].assignee_id
    ticket.is_bot_only = ticket.is_bot_only and kept[-1].solves > 0
    return ticket


def _solve(story: _Story, after: float, **changes: Any) -> None:
    at = story.last.at + max(1, round(after))
    story.go(
        after,
        status="solved",
        solves=story.last.solves + 1,
        first_solved_at=story.last.first_solved_at or at,
        solved_at=at,
        **changes,
    )


def _close(story: _Story) -> None:
    story.go(CLOSES_AFTER, status="closed", closed_at=story.last.at + CLOSES_AFTER)


def _outbound(story: _Story, base: Contact, world: World, dice: Dice) -> None:
    """A message that an agent starts: solved as it is created."""
    agent = dice.pick(world.agents_at(base.team, base.started_at))
    at = story.last.at + 1
    story.states[0] = replace(story.last, customer_messages=0)
    _solve(story, 1, assignee_id=agent.agent_id, replies=1, agents=1, first_replied_at=at)
    _close(story)


def _handle(story: _Story, ticket: Ticket, world: World, dice: Dice) -> bool:
    """Replies to and fro until the ticket is solved or left; True when the customer is content."""
    calendar = world.calendar
    urgency = {"urgent": 0.3, "high": 0.6}.get(ticket.priority or "", 1.0)
    agents = world.agents_at(ticket.team, ticket.started_at)
    agent_id = dice.pick(agents).agent_id
    if dice.chance(0.3):
        story.go(dice.exponential(HOUR), status="open", assignee_id=agent_id)
    busy = 0.5 + 0.5 * pressure(calendar, ticket.started_at)
    first_after = 60 + dice.lognormal(3.2 * HOUR * urgency * busy, 0.9)
    _reply(story, first_after, agent_id, dice)
    while dice.chance(0.42) and story.last.replies < 8:
        story.go(
            dice.lognormal(5 * HOUR, 1.0),
            status="open",
            customer_messages=story.last.customer_messages + 1,
        )
        if dice.chance(0.10):
            agent_id = dice.pick(agents).agent_id
            story.go(
                dice.exponential(HOUR),
                assignee_id=agent_id,
                reassignments=story.last.reassignments + 1,
                agents=story.last.agents + 1,
            )
        if dice.chance(0.06):
            story.go(dice.exponential(HOUR), status="hold")
        _reply(story, dice.lognormal(3 * HOUR * urgency, 0.9), agent_id, dice)
    if dice.chance(0.05):
        return False
    _solve(story, dice.exponential(1.5 * HOUR))
    if dice.chance(0.07):
        at = story.last.at + round(dice.integer(HOUR, 40 * HOUR))
        story.go(
            at - story.last.at,
            status="open",
            reopens=story.last.reopens + 1,
            customer_messages=story.last.customer_messages + 1,
            reopened_at=at,
            solved_at=None,
        )
        _reply(story, dice.lognormal(4 * HOUR, 0.9), agent_id, dice)
        _solve(story, dice.exponential(3 * HOUR))
    _close(story)
    return dice.chance(0.90 - 0.05 * ticket.depth - 0.10 * story.last.reopens)


def _reply(story: _Story, after: float, agent_id: int, dice: Dice) -> None:
    at = story.last.at + max(1, round(after))
    story.go(
        after,
        status="pending",
        assignee_id=agent_id,
        replies=story.last.replies + 1,
        agents=max(1, story.last.agents),
        first_replied_at=story.last.first_replied_at or at,
    )


def merge_tickets(tickets: tuple[Ticket, ...], world: World, dice: Dice) -> None:
    """Turn some second tickets of a customer on one matter into merged children, in place.

    A child stays unanswered and is closed when it is merged, a little after its creation.
    """
    latest: dict[tuple[int, str], Ticket] = {}
    followed = {ticket.follows.serial for ticket in tickets if ticket.follows}
    for ticket in tickets:
        if ticket.customer_id is None or ticket.reason is None or ticket.is_spam:
            continue
        if (
            ticket.is_outbound
            or ticket.is_bot_only
            or ticket.follows
            or ticket.last.status == "deleted"
        ):
            continue
        key = (ticket.customer_id, ticket.reason)
        parent = latest.get(key)
        near = parent is not None and ticket.started_at - parent.started_at < 2 * DAY
        if parent is not None and near and ticket.serial not in followed and dice.chance(0.35):
            story = _Story(ticket.started_at)
            story.go(dice.exponential(HOUR), status="closed", assignee_id=parent.agent_id)
            ticket.states = [state for state in story.states if state.at < world.calendar.end]
            merged = len(ticket.states) > 1
            ticket.merged_into = parent if merged else None
            ticket.agent_id = ticket.last.assignee_id
            ticket.happy_end = False
        else:
            latest[key] = ticket
