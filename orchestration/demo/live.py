"""Chats and calls: queues, waits, people who give up, talk and solution.

Draws one clean event at a time; a contact that ends after the calendar is not drawn at all
(None), because no delivery of the calendar could hold it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from orchestration.demo.dice import Dice, Weighted
from orchestration.demo.events import Call, Chat, Contact
from orchestration.demo.vocabulary import (
    COUNTRIES,
    DAY,
    HOUR,
    HOUR_SHARES,
    TECHNOLOGY,
    WEEKDAY_FACTORS,
)
from orchestration.demo.world import Calendar, World

BASE_FIELDS = tuple(field.name for field in fields(Contact))
QUEUE_FACTORS = {"billing": 1.0, "technical": 1.35, "general": 0.85, "orders": 1.05}
SOLVED_WITHOUT_WORD = 0.10
CORRECTED = 0.012
DISPOSITIONS = Weighted(
    {"QUEUE": 90.9, "ABANDONED_IVR": 3.2, "VOICEMAIL": 2.2, "CALLBACK": 2.8, "FAILED": 0.9}
)


def base_values(base: Contact) -> dict[str, Any]:
    """The common fields of a contact, to build a ticket, chat or call from."""
    return {name: getattr(base, name) for name in BASE_FIELDS}


def pressure(calendar: Calendar, moment: int) -> float:
    """How busy the lines are at this moment, about 1 on average."""
    hour = moment % DAY // HOUR
    busy = (HOUR_SHARES[hour] + HOUR_SHARES[(hour + 9) % 24] + HOUR_SHARES[(hour - 6) % 24]) / 12.5
    return busy * WEEKDAY_FACTORS[calendar.day_of(moment).weekday()]


def _is_closed(country: str, moment: int, dice: Dice) -> bool:
    """Lines are mostly closed at night, by the clock of the customer."""
    local_hour = (moment // HOUR + COUNTRIES[country].utc_offset) % 24
    return (local_hour < 7 or local_hour >= 21) and dice.chance(0.45)


def _solution(base: Contact, wait: float, dice: Dice) -> tuple[bool, bool | None]:
    """Whether the customer is satisfied with the solution, and what the agent marked."""
    solved = dice.chance(0.93 - 0.05 * base.depth - min(0.08, wait / 2_500))
    if dice.chance(SOLVED_WITHOUT_WORD):
        return solved, None
    return solved, solved


def _correction(
    resolved: bool | None, ended_at: int, calendar: Calendar, dice: Dice
) -> tuple[bool | None, int | None]:
    """For a few contacts: the mark at first, and when (a day or more later) it was corrected."""
    if not dice.chance(CORRECTED):
        return None, None
    corrected_at = ended_at + dice.integer(25 * HOUR, 80 * HOUR)
    if corrected_at >= calendar.end:
        return None, None
    return (None if resolved else True), corrected_at


def draw_chat(base: Contact, country: str, world: World, dice: Dice) -> Chat | None:
    """One chat; its wait is scaled to the mean of the country later (`calibrate.py`)."""
    calendar = world.calendar
    chat = Chat(**base_values(base), country=country, outcome="Bot")
    chat.visitor_messages = 1 + int(dice.exponential(4))
    if not base.is_outbound and dice.chance(0.09):
        chat.happy_end = dice.chance(0.75)
        chat.duration = dice.integer(20, 400)
        chat.ended_at = base.started_at + chat.duration
        return chat if chat.ended_at < calendar.end else None
    if not base.is_outbound and _is_closed(country, base.started_at, dice):
        chat.outcome = "Closed hours"
        chat.visitor_messages = 1
        chat.duration = dice.integer(5, 60)
        chat.ended_at = base.started_at + chat.duration
        return chat if chat.ended_at < calendar.end else None
    chat.queued_at = base.started_at + dice.integer(1, 3) if dice.chance(0.4) else None
    busy = (0.35 + 0.65 * pressure(calendar, base.started_at)) * QUEUE_FACTORS[base.queue]
    response = max(5, round(dice.lognormal(COUNTRIES[country].chat_response, 0.75) * busy))
    patience = max(4, round(dice.exponential(650)))
    if patience < response and not base.is_outbound:
        chat.outcome = "Left queue"
        chat.ended_at = base.started_at + patience
        return chat if chat.ended_at < calendar.end else None
    agents = world.agents_at(base.team, base.started_at)
    chat.outcome = "Answered"
    chat.agent_id = dice.pick(agents).agent_id
    chat.agent_count = 2 if dice.chance(0.08) else 1
    chat.agent_messages = 1 + int(dice.exponential(5))
    chat.duration = max(30, round(dice.lognormal(_handle_time(base, 690), 0.6)))
    chat.happy_end, chat.resolved = _solution(base, response, dice)
    chat.first_replied_at = base.started_at + response
    chat.ended_at = chat.first_replied_at + chat.duration
    chat.resolved_at_first, chat.corrected_at = _correction(
        chat.resolved, chat.ended_at + HOUR, calendar, dice
    )
    # An hour of margin: the later scaling of the wait must not move the end over the last day.
    return chat if chat.ended_at + HOUR < calendar.end else None


def draw_call(base: Contact, country: str, world: World, dice: Dice) -> Call | None:
    """One call: menu, queue, talk, or one of the ways to end without."""
    call = Call(**base_values(base), disposition="CLOSED")
    started = base.started_at
    if base.is_outbound:
        return _outbound_call(call, world, dice)
    if _is_closed(country, started, dice):
        call.ended_at = started + dice.integer(8, 30)
        return call if call.ended_at < world.calendar.end else None
    kind = dice.weighted(DISPOSITIONS)
    menu = dice.integer(6, 40)
    if kind in {"ABANDONED_IVR", "FAILED"}:
        call.disposition = "ABANDONED_IVR" if kind == "ABANDONED_IVR" else "FAILED"
        call.ended_at = started + menu
        return call if call.ended_at < world.calendar.end else None
    call.queued_at = started + menu
    busy = (0.3 + 0.7 * pressure(world.calendar, started)) * QUEUE_FACTORS[base.queue]
    wait = dice.integer(2, 14) if dice.chance(0.42) else round(dice.exponential(78 * busy)) + 3
    patience = round(dice.exponential(520))
    if dice.chance(0.012):
        # Hang-ups right away, on both sides of the five-second threshold.
        patience = dice.integer(0, 6)
        wait = max(wait, 8)
    if kind in {"VOICEMAIL", "CALLBACK"}:
        call.disposition = "VOICEMAIL" if kind == "VOICEMAIL" else "CALLBACK"
        call.wait = wait + dice.integer(20, 120)
        call.ended_at = call.queued_at + call.wait
    elif patience < wait:
        call.disposition = "ABANDONED"
        call.wait = patience
        call.ended_at = call.queued_at + patience
    else:
        call.disposition = "ANSWERED"
        call.wait = wait
        call.answered_at = call.queued_at + wait
        _talk(call, world, dice)
        call.happy_end, call.resolved = _solution(base, wait, dice)
        call.resolved_at_first, call.corrected_at = _correction(
            call.resolved, call.ended_at, world.calendar, dice
        )
    return call if call.ended_at < world.calendar.end else None


def judge_first_line(calls: Sequence[Call], seed: int) -> None:
    """What agents say after most calls: whether the first line could have solved it."""
    dice = Dice(seed, "first line")
    for call in calls:
        if call.disposition == "ANSWERED" and dice.chance(0.92):
            call.is_level1_resolvable = dice.chance(0.3 if call.transfers else 0.86)


def _talk(call: Call, world: World, dice: Dice) -> None:
    """Give an answered call its agent, talk, hold and after-call work."""
    assert call.answered_at is not None
    call.agent_id = dice.pick(world.agents_at(call.team, call.started_at)).agent_id
    call.talk = max(20, round(dice.lognormal(_handle_time(call, 330), 0.65)))
    call.hold = dice.integer(10, 180) if dice.chance(0.22) else 0
    call.wrap_up = dice.integer(5, 120) if dice.chance(0.85) else 0
    call.transfers = 1 if dice.chance(0.09) else 0
    call.ended_at = call.answered_at + call.talk + call.hold


def _outbound_call(call: Call, world: World, dice: Dice) -> Call | None:
    """A call that an agent makes; it never waits in a queue."""
    if dice.chance(0.3):
        call.disposition = "FAILED"
        call.ended_at = call.started_at + dice.integer(10, 45)
        call.agent_id = dice.pick(world.agents_at(call.team, call.started_at)).agent_id
    else:
        call.disposition = "ANSWERED"
        call.answered_at = call.started_at + dice.integer(5, 30)
        _talk(call, world, dice)
        call.resolved = None
    return call if call.ended_at < world.calendar.end else None


def _handle_time(base: Contact, mean: float) -> float:
    """Technology customers bring the longer matters."""
    customer = base.customer
    return mean * (1.45 if customer is not None and customer.industry in TECHNOLOGY else 0.95)
