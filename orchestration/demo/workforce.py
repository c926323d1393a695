"""Shifts of the agents, who of them takes which chat or call, and what each of them is doing.

The hands that live contacts come into are those of people on shift: an agent takes one call, or
up to three chats, at a time. Where nobody is free the drawn agent keeps it, in overtime.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from orchestration.demo.contacts import Contacts
from orchestration.demo.dice import Dice
from orchestration.demo.events import Call, Chat
from orchestration.demo.vocabulary import DAY, HOUR, TEAMS
from orchestration.demo.world import Agent, World

STARTS = (6 * HOUR, 14 * HOUR, 22 * HOUR)
SHIFT = 8 * HOUR + 1_800
BREAK = 1_800
MOST_CHATS = 3
# What an agent is doing, the stronger later: a call goes before a chat, a chat before a break.
OFFLINE, AVAILABLE, AWAY, WRAP_UP, IN_CHAT, ON_CALL = range(6)
NAMES = {
    OFFLINE: "Offline",
    AVAILABLE: "Available",
    WRAP_UP: "Wrap-up",
    IN_CHAT: "In chat",
    ON_CALL: "On call",
}


@dataclass(frozen=True, slots=True)
class Shift:
    """A planned shift; half an hour of it is an unpaid break."""

    number: int
    agent: Agent
    begin: int
    end: int
    paid_seconds: int


@dataclass(frozen=True, slots=True)
class Status:
    """What an agent was doing; `end` is None when it lasts to the end of the calendar."""

    number: int
    agent_id: int
    name: str
    begin: int
    end: int | None


@dataclass(frozen=True)
class Workforce:
    shifts: tuple[Shift, ...]
    statuses: tuple[Status, ...]


def draw_shifts(world: World) -> tuple[Shift, ...]:
    """Five shifts a week for everybody, early, late and at night; nights go over midnight."""
    calendar = world.calendar
    people = [agent for agent in world.agents if agent.role != "bot"]
    shifts: list[Shift] = []
    for day, date in enumerate(calendar.dates):
        for place, agent in enumerate(people):
            in_team = place // len(TEAMS)
            if (date.weekday() + in_team) % 7 >= 5:
                continue
            begin = calendar.begin + day * DAY + STARTS[in_team % len(STARTS)]
            end = begin + SHIFT
            if agent.hired_at > begin or (agent.left_at is not None and agent.left_at < end):
                continue
            shifts.append(Shift(70_001 + len(shifts), agent, begin, end, SHIFT - BREAK))
    return tuple(shifts)


def hand_out(contacts: Contacts, shifts: Iterable[Shift], seed: int) -> None:
    """Give answered chats and calls to agents of their team who are on shift and free, in place."""
    dice = Dice(seed, "hand out")
    by_team: dict[str, list[Shift]] = defaultdict(list)
    for shift in sorted(shifts, key=lambda shift: (shift.begin, shift.number)):
        by_team[shift.agent.team or ""].append(shift)
    on_call: dict[int, int] = defaultdict(int)
    chats: dict[int, list[int]] = defaultdict(list)
    first: dict[str, int] = defaultdict(int)
    live: list[Chat | Call] = [*contacts.chats, *contacts.calls]
    for contact in sorted(live, key=lambda contact: (_begin(contact) or 0, contact.serial)):
        begin = _begin(contact)
        if begin is None:
            continue
        planned = by_team[contact.team]
        # Shifts are in the order of their begin: who has gone home is not looked at again.
        while first[contact.team] < len(planned) and planned[first[contact.team]].end <= begin:
            first[contact.team] += 1
        present = []
        for shift in planned[first[contact.team] :]:
            if shift.begin > begin:
                break
            if begin < shift.end:
                present.append(shift.agent.agent_id)
        is_chat = isinstance(contact, Chat)
        for agent_id in present:
            chats[agent_id] = [end for end in chats[agent_id] if end > begin]
        most = MOST_CHATS if is_chat else 1
        free = [a for a in present if on_call[a] <= begin and len(chats[a]) < most]
        if not is_chat:
            free = [agent_id for agent_id in free if not chats[agent_id]]
        if free:
            # Half of the chats go to somebody who is chatting already.
            pick = dice.pick(free)
            if is_chat and dice.chance(0.5):
                pick = max(free, key=lambda agent_id: len(chats[agent_id]))
            contact.agent_id = pick
        assert contact.agent_id is not None
        if isinstance(contact, Chat):
            chats[contact.agent_id].append(contact.ended_at)
        else:
            on_call[contact.agent_id] = contact.ended_at + (contact.wrap_up or 0)


def _begin(contact: Chat | Call) -> int | None:
    """When an agent began to work on it."""
    return contact.first_replied_at if isinstance(contact, Chat) else contact.answered_at


def draw_workforce(
    world: World, contacts: Contacts, shifts: tuple[Shift, ...], seed: int
) -> Workforce:
    """What every agent was doing at every moment of the calendar, by shifts and contacts."""
    dice = Dice(seed, "statuses")
    spans: dict[int, list[tuple[int, int, int, str]]] = defaultdict(list)
    for shift in shifts:
        spans[shift.agent.agent_id] += _planned(shift, dice)
    for chat in contacts.chats:
        if chat.agent_id is not None and chat.first_replied_at is not None:
            span = (chat.first_replied_at, chat.ended_at, IN_CHAT, NAMES[IN_CHAT])
            spans[chat.agent_id].append(span)
    for call in contacts.calls:
        if call.agent_id is not None and call.answered_at is not None:
            wrapped = call.ended_at + (call.wrap_up or 0)
            spans[call.agent_id] += [
                (call.answered_at, call.ended_at, ON_CALL, NAMES[ON_CALL]),
                (call.ended_at, wrapped, WRAP_UP, NAMES[WRAP_UP]),
            ]
    calendar = world.calendar
    found: list[tuple[int, int, str, int]] = []
    for agent_id in sorted(spans):
        for name, begin, end in _timeline(spans[agent_id], calendar.begin, calendar.end):
            found.append((begin, agent_id, name, end))
    found.sort()
    statuses = tuple(
        Status(900_001 + place, agent_id, name, begin, None if end == calendar.end else end)
        for place, (begin, agent_id, name, end) in enumerate(found)
    )
    return Workforce(shifts, statuses)


def _planned(shift: Shift, dice: Dice) -> list[tuple[int, int, int, str]]:
    """A shift with its break, and now and then a training or a meeting."""
    middle = shift.begin + 4 * HOUR
    spans = [
        (shift.begin, shift.end, AVAILABLE, NAMES[AVAILABLE]),
        (middle, middle + BREAK, AWAY, "Break"),
    ]
    roll = dice.uniform()
    if roll < 0.20:
        begin = shift.begin + HOUR
        spans.append((begin, begin + 2_700, AWAY, "Training" if roll < 0.08 else "Meeting"))
    return spans


def _timeline(
    spans: list[tuple[int, int, int, str]], begin: int, end: int
) -> list[tuple[str, int, int]]:
    """The strongest of the spans at every moment, as (name, begin, end) without gaps."""
    edges = sorted({begin, end, *(edge for span in spans for edge in span[:2])})
    edges = [edge for edge in edges if begin <= edge <= end]
    waiting = sorted(spans, reverse=True)
    active: list[tuple[int, int, int, str]] = []
    found: list[tuple[str, int, int]] = []
    for left, right in pairwise(edges):
        while waiting and waiting[-1][0] <= left:
            active.append(waiting.pop())
        active = [span for span in active if span[1] > left]
        name = max(active, key=lambda span: (span[2], span[3]))[3] if active else NAMES[OFFLINE]
        if found and found[-1][0] == name:
            found[-1] = (name, found[-1][1], right)
        else:
            found.append((name, left, right))
    return found
