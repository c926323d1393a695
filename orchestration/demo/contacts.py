"""Who makes contact when, about what and how often again: issues and their repeats.

The three kinds of contact are drawn in `tickets.py` and `live.py`; this module decides when
they start and keeps those of the calendar. Draws only clean events, writes nothing.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from dataclasses import dataclass, replace

from orchestration.demo.dice import Dice, Weighted
from orchestration.demo.events import Call, Chat, Contact, Ticket
from orchestration.demo.live import draw_call, draw_chat
from orchestration.demo.tickets import draw_ticket
from orchestration.demo.vocabulary import (
    COUNTRIES,
    COUNTRY_WEIGHTS,
    DAY,
    DEFAULT_TOPIC,
    HOUR,
    LOCAL_HOURS,
    MEDIA,
    TOPIC_WEIGHTS,
    TOPICS,
    WEEKDAY_FACTORS,
)
from orchestration.demo.world import FIRST_UNKNOWN_CUSTOMER_ID, Customer, World, activity_weights

FIRST_TICKET_ID = 1_000_001
FIRST_CHAT_ID = 10_300_600_000_001
FIRST_CALL_ID = 50_000_001

# Issues per contact: the rest are repeats. Found by trying, so that the days come out as asked.
ISSUES_PER_CONTACT = 0.778
RECENT = 7 * DAY
MISSING_CUSTOMER, UNKNOWN_CUSTOMER, MISSING_REASON = 0.05, 0.015, 0.03


@dataclass(frozen=True)
class Plan:
    """A contact that is about to happen."""

    started_at: int
    customer: Customer | None
    customer_id: int | None
    country: str
    reason: str | None
    depth: int = 0
    follows: Ticket | None = None
    noise: str | None = None


@dataclass(frozen=True)
class Contacts:
    tickets: tuple[Ticket, ...]
    chats: tuple[Chat, ...]
    calls: tuple[Call, ...]

    def all(self) -> list[Contact]:
        return [*self.tickets, *self.chats, *self.calls]


class _Simulation:
    """State of one simulation: the queue of plans and what every customer asked lately."""

    def __init__(self, world: World, contacts_per_day: int, seed: int) -> None:
        self.world = world
        self.calendar = world.calendar
        self.contacts_per_day = contacts_per_day
        self.dice = Dice(seed, "contacts")
        self.detail_dice = Dice(seed, "contact details")
        self.weights: Weighted = activity_weights(world.customers)
        self.waiting: list[tuple[int, int, Plan]] = []
        self.asked: dict[tuple[int, str], int] = {}
        self.serial = 0
        self.found: list[Contact] = []

    def push(self, plan: Plan) -> None:
        if plan.started_at < self.calendar.end:
            self.serial += 1
            heapq.heappush(self.waiting, (plan.started_at, self.serial, plan))

    def run(self) -> Contacts:
        for day in range(self.calendar.days):
            midnight = self.calendar.begin + day * DAY
            for _ in range(self.dice.poisson(self._issues_on(day))):
                self.push(self._new_issue(midnight))
            while self.waiting and self.waiting[0][0] < midnight + DAY:
                self._happen(heapq.heappop(self.waiting)[2])
        return self._numbered()

    def _issues_on(self, day: int) -> float:
        date = self.calendar.dates[day]
        season = 0.96 + 0.08 * day / max(1, self.calendar.days - 1)
        black_friday = 1.3 if (date.month, date.day) in {(11, 24), (11, 25), (11, 27)} else 1.0
        weekday = WEEKDAY_FACTORS[date.weekday()]
        return self.contacts_per_day * ISSUES_PER_CONTACT * season * weekday * black_friday

    def _new_issue(self, midnight: int) -> Plan:
        dice = self.dice
        noise = _noise(dice)
        customer: Customer | None = None
        customer_id: int | None = None
        roll = dice.uniform()
        if noise == "spam" or roll < MISSING_CUSTOMER:
            country = dice.weighted(COUNTRY_WEIGHTS)
        elif roll < MISSING_CUSTOMER + UNKNOWN_CUSTOMER:
            country = dice.weighted(COUNTRY_WEIGHTS)
            customer_id = FIRST_UNKNOWN_CUSTOMER_ID + dice.integer(0, 299)
        else:
            customer = self._active_customer(midnight)
            country = customer.country if customer else dice.weighted(COUNTRY_WEIGHTS)
            customer_id = customer.customer_id if customer else None
        local = int(dice.weighted(LOCAL_HOURS)) * HOUR + dice.integer(0, HOUR - 1)
        moment = midnight + (local - COUNTRIES[country].utc_offset * HOUR) % DAY
        reason = None if dice.chance(MISSING_REASON) else self._reason(customer_id, moment)
        return Plan(moment, customer, customer_id, country, reason, noise=noise)

    def _active_customer(self, midnight: int) -> Customer | None:
        day = self.calendar.day_of(midnight)
        for _ in range(20):
            customer = self.world.customers[int(self.dice.weighted(self.weights))]
            if customer.signed_up <= day and (customer.churned is None or day < customer.churned):
                return customer
        return None

    def _reason(self, customer_id: int | None, moment: int) -> str:
        """A reason that the customer has not asked about lately, as far as there is one."""
        reason = self.dice.weighted(TOPIC_WEIGHTS)
        for _ in range(8):
            if (
                customer_id is None
                or moment - self.asked.get((customer_id, reason), 0) > RECENT + DAY
            ):
                break
            reason = self.dice.weighted(TOPIC_WEIGHTS)
        return reason

    def _happen(self, plan: Plan) -> None:
        """Draw the contact, note it, and plan what follows from it."""
        dice = self.detail_dice
        topic = TOPICS[plan.reason] if plan.reason else DEFAULT_TOPIC
        base = Contact(
            serial=len(self.found),
            started_at=plan.started_at,
            customer_id=plan.customer_id,
            customer=plan.customer,
            reason=plan.reason,
            area=dice.pick(topic.areas) or None,
            team=topic.team,
            queue=topic.queue,
            depth=plan.depth,
            is_outbound=plan.noise == "outbound",
            is_spam=plan.noise == "spam",
        )
        medium = "ticket" if plan.follows else dice.weighted(MEDIA)
        contact: Contact | None
        if medium == "ticket" or (medium == "call" and base.is_spam):
            contact = draw_ticket(base, plan.follows, self.world, dice)
        elif medium == "chat":
            contact = draw_chat(base, plan.country, self.world, dice)
        else:
            contact = draw_call(base, plan.country, self.world, dice)
        if contact is None:
            return
        self.found.append(contact)
        if plan.customer_id is not None and plan.reason:
            self.asked[plan.customer_id, plan.reason] = plan.started_at
        if plan.noise is None:
            self._plan_next(plan, contact)

    def _plan_next(self, plan: Plan, contact: Contact) -> None:
        """Unsolved matters come back, often soon; solved ones now and then."""
        dice = self.dice
        if plan.depth >= 3 or not dice.chance(0.15 if contact.happy_end else 0.52):
            return
        gap = int(max(900, dice.lognormal(1.6 * DAY, 1.0)))
        follows = None
        reason = plan.reason
        if isinstance(contact, Ticket) and contact.happy_end and contact.last.closed_at is not None:
            # The vendor opens a follow-up instead of the closed ticket, at times on another matter.
            follows = contact
            gap = max(gap, contact.last.closed_at - plan.started_at + HOUR)
            if dice.chance(0.3):
                reason = self._reason(plan.customer_id, plan.started_at + gap)
        later = replace(
            plan,
            started_at=plan.started_at + gap,
            reason=reason,
            depth=plan.depth + 1,
            follows=follows,
        )
        customer = plan.customer
        gone = customer and customer.churned
        if not gone or self.calendar.day_of(later.started_at) < gone:
            self.push(later)
            if plan.customer_id is not None and reason:
                self.asked[plan.customer_id, reason] = later.started_at

    def _numbered(self) -> Contacts:
        """Number the contacts of each kind in the order of time, and link merged tickets."""
        ordered = sorted(self.found, key=lambda contact: (contact.started_at, contact.serial))
        tickets = tuple(contact for contact in ordered if isinstance(contact, Ticket))
        chats = tuple(contact for contact in ordered if isinstance(contact, Chat))
        calls = tuple(contact for contact in ordered if isinstance(contact, Call))
        for first, kind in (
            (FIRST_TICKET_ID, tickets),
            (FIRST_CHAT_ID, chats),
            (FIRST_CALL_ID, calls),
        ):
            for place, contact in enumerate(kind):
                contact.number = first + place
        return Contacts(tickets, chats, calls)


def _noise(dice: Dice) -> str | None:
    """What is wrong with a new contact, if anything."""
    kinds = ("spam", "outbound")
    place = bisect_right((0.012, 0.042), dice.uniform())
    return kinds[place] if place < len(kinds) else None


def simulate_contacts(world: World, contacts_per_day: int, seed: int) -> Contacts:
    """All contacts that start, and all chats and calls that end, within the calendar."""
    return _Simulation(world, contacts_per_day, seed).run()
