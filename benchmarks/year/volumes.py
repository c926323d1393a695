"""How much comes in on which day, and from whom: the constants of the year and its calendar.

Every day's ids follow from the calendar alone, so that any day can be made without the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

YEAR_DAYS = 365
CHATS = 334_000_000
TICKETS = 17_000_000
CALLS = 8_000_000
COMPANIES = 21_000
AGENTS = 1_500
# Surveys sent after contacts; only those after an answered contact come back, which makes about
# 13.5 million answers of these and 15 million with the relational ones.
ASKED_AFTER_CHATS = 13_450_000
ASKED_AFTER_TICKETS = 2_480_000
ASKED_AFTER_CALLS = 750_000
RELATIONAL = 1_500_000
# Share of the companies that are there on the first day.
FOUNDERS = 0.93
PLAN_CHANGES = 6
# A contact has one of 8 x 50 reasons: fewer would make every company repeat every reason weekly.
REASONS_PER_QUEUE = 50
SLOTS = 4096

WEEKDAYS = (1.15, 1.18, 1.15, 1.12, 1.08, 0.70, 0.62)
# Name, team, product area and weight: the queue says the other two.
QUEUES = (
    ("billing", "Billing", "Invoices", 18),
    ("payments", "Payments", "Payments", 16),
    ("orders", "Orders", "Checkout", 14),
    ("delivery", "Delivery", "Delivery", 13),
    ("accounts", "Accounts", "Accounts", 12),
    ("technical", "Integrations", "Integrations", 11),
    ("mobile", "Mobile", "Mobile app", 9),
    ("reports", "Reporting", "Reports", 7),
)
BACK_OFFICE = ("Tier 2 A", "Tier 2 B", "Tier 2 C", "Tier 2 D")
TEAMS = (*(queue[1] for queue in QUEUES), *BACK_OFFICE)
COUNTRIES = (
    ("US", 30), ("GB", 10), ("DE", 7), ("IN", 6), ("CA", 5), ("AU", 5), ("FR", 4), ("BR", 4),
    ("NL", 3), ("ES", 3), ("IT", 3), ("PL", 3), ("SE", 2), ("PH", 2), ("SG", 2), ("ZA", 2),
    ("MX", 2), ("JP", 1), ("AE", 1), ("TR", 1), ("AR", 1), ("NZ", 1), ("DK", 1), ("IE", 1),
    ("ID", 1),
)  # fmt: skip
INDUSTRIES = (
    "software", "hosting", "retail", "fashion", "travel", "banking", "insurance", "telecom",
    "gaming", "education", "health", "automotive", "energy", "food", "logistics", "media",
    "nonprofit", "real estate", "sports", "beauty", "government", "manufacturing",
)  # fmt: skip
PLANS = ("free", "basic", "pro", "enterprise")
# Days on which chats come as CSV and tickets as JSON lines: one in fifty, from these on.
CSV_FROM = 18
JSON_FROM = 19
EVERY = 50


@dataclass(frozen=True)
class Day:
    """One load date; `*_from` is the id of its first record, `companies` those there that day."""

    day: int
    date: date
    chats_from: int
    chats: int
    tickets_from: int
    tickets: int
    calls_from: int
    calls: int
    answers_from: int
    asked_chats: int
    asked_tickets: int
    asked_calls: int
    relational: int
    companies: int

    @property
    def chats_as_csv(self) -> bool:
        return self.day % EVERY == CSV_FROM

    @property
    def tickets_as_json(self) -> bool:
        return self.day % EVERY == JSON_FROM


def calendar(first: date, days: int, scale: float) -> list[Day]:
    """The days from the first one on; a day is the same however many are asked for."""
    weights = [_weight(first, number) for number in range(1, max(days, YEAR_DAYS) + 1)]
    unit = scale / sum(weights[:YEAR_DAYS])
    companies = company_count(scale)
    found: list[Day] = []
    chats = tickets = calls = answers = 1
    for number, weight in enumerate(weights[:days], start=1):
        share = unit * weight
        day = Day(
            day=number,
            date=first + timedelta(days=number - 1),
            chats_from=chats,
            chats=max(1, round(CHATS * share)),
            tickets_from=tickets,
            tickets=max(1, round(TICKETS * share)),
            calls_from=calls,
            calls=max(1, round(CALLS * share)),
            answers_from=answers,
            asked_chats=max(1, round(ASKED_AFTER_CHATS * share)),
            asked_tickets=max(1, round(ASKED_AFTER_TICKETS * share)),
            asked_calls=max(1, round(ASKED_AFTER_CALLS * share)),
            relational=max(1, round(RELATIONAL * share)),
            companies=companies_on(number, companies),
        )
        found.append(day)
        chats += day.chats
        tickets += day.tickets
        calls += day.calls
        answers += day.asked_chats + day.asked_tickets + day.asked_calls + day.relational
    return found


def company_count(scale: float) -> int:
    """Companies shrink with the volume, so that repeats stay as likely as in the whole year."""
    return max(100, round(COMPANIES * scale))


def companies_on(day: int, companies: int) -> int:
    """How many companies have signed up by a day; the last one in the course of the year."""
    share = FOUNDERS + (1 - FOUNDERS) * min(day, YEAR_DAYS) / YEAR_DAYS
    return math.floor(companies * share)


def reason_slots() -> list[tuple[int, int, str, str, str, str]]:
    """Slot, number of the queue, queue, team, product area and reason: a draw from the slots is
    a draw of a reason with its weight."""
    total = sum(queue[3] for queue in QUEUES)
    falling = [1 / (8 + number) for number in range(REASONS_PER_QUEUE)]
    weights = [
        (position, number, queue[3] / total * falling[number] / sum(falling))
        for position, queue in enumerate(QUEUES)
        for number in range(REASONS_PER_QUEUE)
    ]
    slots: list[tuple[int, int, str, str, str, str]] = []
    upto = 0.0
    for position, number, weight in weights:
        upto += weight
        name, team, area, _ = QUEUES[position]
        while len(slots) < SLOTS and (len(slots) + 0.5) / SLOTS < upto:
            slots.append((len(slots), position, name, team, area, f"{name[:3]}-{number + 1:03}"))
    return slots


def _weight(first: date, number: int) -> float:
    day = first + timedelta(days=number - 1)
    season = 1 + 0.08 * math.sin(2 * math.pi * (day.timetuple().tm_yday - 250) / 365)
    return WEEKDAYS[day.weekday()] * season
