"""Customers and agents of the demo: who they are and how their records change with time.

Knows nothing of contacts and files. Times are epoch seconds (UTC).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from orchestration.demo.dice import Dice, Weighted
from orchestration.demo.vocabulary import (
    COUNTRY_WEIGHTS,
    DAY,
    FIRST_NAMES,
    HOUR,
    INDUSTRIES,
    LAST_NAMES,
    PLAN_ORDER,
    PLANS,
    PREFERENCES,
    SEGMENTS,
    TEAMS,
)

FIRST_CUSTOMER_ID = 501
FIRST_UNKNOWN_CUSTOMER_ID = 900_001
FIRST_AGENT_ID = 2_001
BOT_IDS = (2_901, 2_902)
AGENT_LIST_EVERY_DAYS = 14


@dataclass(frozen=True)
class Calendar:
    """The load dates of the demo: `days` days from `start`; the last one is the as-of date."""

    start: date
    days: int

    @property
    def begin(self) -> int:
        """First second of the first day."""
        return int(
            datetime(self.start.year, self.start.month, self.start.day, tzinfo=UTC).timestamp()
        )

    @property
    def end(self) -> int:
        """First second after the last day."""
        return self.begin + self.days * DAY

    @property
    def as_of(self) -> date:
        return self.start + timedelta(days=self.days - 1)

    def day_of(self, moment: int) -> date:
        """The day on which a moment lies."""
        return self.start + timedelta(days=(moment - self.begin) // DAY)

    @property
    def dates(self) -> list[date]:
        return [self.start + timedelta(days=day) for day in range(self.days)]


@dataclass(frozen=True)
class CustomerVersion:
    """The changing part of a customer from `updated_at` on, and the date of its delivery."""

    updated_at: int
    delivered_on: date
    plan: str
    segment: str
    churned: date | None


@dataclass(frozen=True)
class Customer:
    """A customer; `mood` shifts the satisfaction, `activity` the number of contacts."""

    customer_id: int
    name: str
    email: str
    country: str
    industry: str
    signed_up: date
    is_test: bool
    mood: float
    activity: float
    versions: tuple[CustomerVersion, ...]
    prefers: str = "any"
    needs_care: bool = False

    @property
    def churned(self) -> date | None:
        return self.versions[-1].churned


@dataclass(frozen=True)
class Agent:
    """An agent or a bot. `removed_on`: from this day on the lists do not name him at all."""

    agent_id: int
    name: str
    team: str | None
    role: str
    hired_at: int
    left_at: int | None
    removed_on: date | None


@dataclass(frozen=True)
class World:
    calendar: Calendar
    customers: tuple[Customer, ...]
    agents: tuple[Agent, ...]

    def agents_at(self, team: str, moment: int) -> list[Agent]:
        """Humans of a team who work there at this moment; all humans when there are none."""
        working = [
            agent
            for agent in self.agents
            if agent.role != "bot"
            and agent.hired_at <= moment
            and (agent.left_at is None or moment < agent.left_at)
        ]
        return [agent for agent in working if agent.team == team] or working


def build_world(calendar: Calendar, customers: int, agents: int, seed: int) -> World:
    """Draw the customers and agents.

    Raises nothing; needs at least two customers and four agents to be of use.
    """
    dice = Dice(seed, "customers")
    people = [_customer(place, customers, calendar, dice) for place in range(customers)]
    care = Dice(seed, "care")
    people = [
        replace(person, prefers=care.weighted(PREFERENCES), needs_care=care.chance(0.07))
        for person in people
    ]
    return World(calendar, tuple(people), _agents(agents, calendar, Dice(seed, "agents")))


def _customer(place: int, total: int, calendar: Calendar, dice: Dice) -> Customer:
    customer_id = FIRST_CUSTOMER_ID + place
    mood = dice.normal()
    country = dice.weighted(COUNTRY_WEIGHTS)
    plan = dice.weighted(PLANS)
    segment = dice.weighted(SEGMENTS[plan])
    is_new = dice.chance(0.10) and calendar.days > 3
    signed_up = (
        calendar.start + timedelta(days=dice.integer(1, calendar.days - 1))
        if is_new
        else calendar.start - timedelta(days=dice.integer(20, 1_400))
    )
    first_delivery = max(signed_up, calendar.start)
    # Forgotten in the first snapshot: facts arrive before their customer does.
    if place % 90 == 47 and not is_new and calendar.days > 12:
        first_delivery = calendar.start + timedelta(days=10)
    # Every 200th account is a test account; at least one in a small world.
    is_test = place % 200 == min(13, total - 1)
    return Customer(
        customer_id=customer_id,
        name=f"{dice.pick(LAST_NAMES)}, {dice.pick(FIRST_NAMES)}",
        email=f"customer{customer_id}@example.com",
        country=country,
        industry=INDUSTRIES[(place + dice.integer(0, 7)) % len(INDUSTRIES)],
        signed_up=signed_up,
        is_test=is_test,
        mood=mood,
        activity=max(0.15, dice.lognormal(1.0, 0.6)),
        versions=_versions(calendar, first_delivery, signed_up, plan, segment, mood, dice),
    )


def _versions(
    calendar: Calendar,
    first_delivery: date,
    signed_up: date,
    plan: str,
    segment: str,
    mood: float,
    dice: Dice,
) -> tuple[CustomerVersion, ...]:
    """The first version, then perhaps a change of plan and, for the unhappy rather, a churn."""

    def at(day: date, hour: int) -> int:
        return calendar.begin + (day - calendar.start).days * DAY + hour * HOUR

    before = calendar.start - timedelta(days=1)
    first_update = at(signed_up, 0) if signed_up >= calendar.start else at(before, 6)
    versions = [CustomerVersion(first_update, first_delivery, plan, segment, None)]
    left = (calendar.as_of - first_delivery).days
    if dice.chance(0.12) and left > 4:
        day = first_delivery + timedelta(days=dice.integer(1, left - 2))
        step = 1 if dice.chance(0.7) else -1
        plan = PLAN_ORDER[min(3, max(0, PLAN_ORDER.index(plan) + step))]
        segment = dice.weighted(SEGMENTS[plan])
        versions.append(
            CustomerVersion(at(day, 9) + dice.integer(0, 3_599), day, plan, segment, None)
        )
    churn_chance = 0.30 if mood < -1.0 else 0.10 if mood < 0 else 0.025
    earliest = max(versions[-1].delivered_on, first_delivery) + timedelta(days=1)
    left = (calendar.as_of - earliest).days
    if dice.chance(churn_chance) and left > 20:
        day = earliest + timedelta(days=dice.integer(14, left))
        moment = at(day, 18) + dice.integer(0, 3_599)
        versions.append(CustomerVersion(moment, day, plan, segment, day))
    return tuple(versions)


def _agents(total: int, calendar: Calendar, dice: Dice) -> tuple[Agent, ...]:
    """Humans in turn of the teams (every tenth leaves, every twelfth starts late), then bots."""
    people = []
    for place in range(total):
        hired_at = calendar.begin - dice.integer(60, 1_500) * DAY + 8 * HOUR
        left_at = None
        removed_on = None
        if place % 12 == 11 and calendar.days > 28:
            hired_at = calendar.begin + dice.integer(5, calendar.days // 2) * DAY + 8 * HOUR
        elif place % 10 == 4 and calendar.days > 28:
            left_at = calendar.begin + dice.integer(10, calendar.days // 2) * DAY + 17 * HOUR
            # One list shows that he left; every other one is then removed from the lists.
            if place % 20 == 4:
                removed_on = calendar.day_of(left_at) + timedelta(days=AGENT_LIST_EVERY_DAYS + 1)
        people.append(
            Agent(
                agent_id=FIRST_AGENT_ID + place,
                name=f"{dice.pick(FIRST_NAMES)} {dice.pick(LAST_NAMES)}",
                team=TEAMS[place % len(TEAMS)],
                role="admin" if place % 20 == 0 else "agent",
                hired_at=hired_at,
                left_at=left_at,
                removed_on=removed_on,
            )
        )
    bots = [
        Agent(bot_id, f"Helper bot {number}", None, "bot", calendar.begin - 200 * DAY, None, None)
        for number, bot_id in enumerate(BOT_IDS, start=1)
    ]
    return (*people, *bots)


def activity_weights(customers: Sequence[Customer]) -> Weighted:
    """Customers (by their place as text) weighted by how often they make contact."""
    return Weighted({str(place): customer.activity for place, customer in enumerate(customers)})
