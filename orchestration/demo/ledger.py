"""The cost ledger of the demo: what customer service costs, by month, channel and kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from orchestration.demo.contacts import Contacts
from orchestration.demo.dice import Dice
from orchestration.demo.world import Calendar

# Cents a month per contact and day, by channel and kind of cost.
COSTS = {
    ("phone", "wages"): 4_800,
    ("chat", "wages"): 4_500,
    ("email", "wages"): 3_700,
    ("web", "wages"): 2_000,
    ("portal", "wages"): 700,
    ("social", "wages"): 450,
    ("phone", "telephony"): 300,
    ("all", "software"): 1_500,
}


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A line of the ledger; amounts are cents, so that sums are exact."""

    number: int
    first_day: date
    last_day: date
    channel: str
    kind: str
    is_one_off: bool
    cents: int
    first_cents: int | None = None


def months(calendar: Calendar) -> Iterator[tuple[date, date]]:
    """First and last day of the months whose ledger comes within the calendar."""
    first = calendar.start.replace(day=1)
    while True:
        following = (first + timedelta(days=32)).replace(day=1)
        if following > calendar.as_of:
            return
        yield first, following - timedelta(days=1)
        first = following


def draw_ledger(calendar: Calendar, contacts: Contacts, seed: int) -> tuple[LedgerLine, ...]:
    """Lines of every month that is over; one is corrected a month later, one is paid once."""
    dice = Dice(seed, "ledger")
    size = max(1, len(contacts.all()) // calendar.days)
    found: list[LedgerLine] = []
    for first, last in months(calendar):
        for (channel, kind), cents in COSTS.items():
            drawn = round(cents * size * (0.95 + 0.1 * dice.uniform()))
            was = drawn + 12_345 if (channel, kind) == ("phone", "telephony") else None
            found.append(LedgerLine(len(found) + 1, first, last, channel, kind, False, drawn, was))
        found.append(
            LedgerLine(len(found) + 1, first, last, "all", "new head sets", True, 1_500_000)
        )
    return tuple(found)
