"""The truth of queues and of agents' time: counted second by second from the clean events."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from orchestration.demo.carts import STEPS, Cart
from orchestration.demo.events import Call, Chat, Contact
from orchestration.demo.simulate import Company
from orchestration.demo.truth_figures import Figures, grouped, percent
from orchestration.demo.vocabulary import DAY
from orchestration.demo.world import Calendar

TARGETS = {"voice": 20, "chat": 60}
SHORT = {"voice": 5, "chat": 0}
HALF_HOUR = 1_800
CART_WINDOW_DAYS = 1
STATUS_NAMES = {
    "Available": "available",
    "On call": "on_contact",
    "In chat": "on_contact",
    "Wrap-up": "after_contact",
    "Break": "break",
    "Training": "training",
    "Meeting": "meeting",
    "Offline": "offline",
}


def queue_truth(company: Company) -> Figures:
    """All figures of this module."""
    contacts = company.contacts.all()
    return {
        "service_level": {
            medium: _service_level(found, medium) for medium, found in _offered(contacts).items()
        },
        "ivr": _menu(contacts),
        "intervals": {medium: _intervals(found) for medium, found in _offered(contacts).items()},
        "concurrency": concurrency(company),
        "statuses": status_seconds(company),
        "paid_seconds": paid_seconds(company),
        "carts": carts(company.carts, company.calendar),
    }


def _is_counted(contact: Contact) -> bool:
    return not (contact.is_test or contact.is_spam or contact.is_outbound)


def _wait(contact: Contact) -> tuple[bool, int] | None:
    """Whether an offered contact was answered, and how long it waited; None if never offered."""
    if isinstance(contact, Chat):
        queued = contact.queued_at or contact.started_at
        if contact.outcome == "Answered":
            return True, (contact.first_replied_at or 0) - queued
        return (False, contact.ended_at - queued) if contact.outcome == "Left queue" else None
    if isinstance(contact, Call) and contact.disposition in {"ANSWERED", "ABANDONED"}:
        return contact.disposition == "ANSWERED", contact.wait or 0
    return None


def _offered(contacts: list[Contact]) -> dict[str, list[tuple[Contact, bool, int]]]:
    found: dict[str, list[tuple[Contact, bool, int]]] = {"voice": [], "chat": []}
    for contact in contacts:
        outcome = _wait(contact) if _is_counted(contact) else None
        if outcome is not None:
            medium = "chat" if isinstance(contact, Chat) else "voice"
            found[medium].append((contact, *outcome))
    return found


def _service_level(offered: list[tuple[Contact, bool, int]], medium: str) -> Figures:
    target = TARGETS[medium]
    answered = [wait for _, is_answered, wait in offered if is_answered]
    left = [wait for _, is_answered, wait in offered if not is_answered]
    short = sum(wait < SHORT[medium] for wait in left)
    within = sum(wait <= target for wait in answered)
    return {
        "answered_within_target": within,
        "answered_within_300s": sum(wait <= 300 for wait in answered),
        "abandoned_within_target": sum(wait <= target for wait in left),
        "base": len(offered) - short,
        "pct": percent(within, len(offered) - short),
    }


def _menu(contacts: list[Contact]) -> Figures:
    """Calls that went through the voice menu, and those that were left in it."""
    calls = [call for call in contacts if isinstance(call, Call) and _is_counted(call)]
    left = sum(call.disposition == "ABANDONED_IVR" for call in calls)
    passed = sum(call.queued_at is not None for call in calls)
    return {"entered": left + passed, "left": left}


def _intervals(offered: list[tuple[Contact, bool, int]]) -> Figures:
    """Offered contacts by the half hour of the day in which they were queued."""
    counts: dict[int, int] = defaultdict(int)
    for contact, _, _ in offered:
        assert isinstance(contact, Chat | Call)
        queued = contact.queued_at or contact.started_at
        counts[queued % DAY // HALF_HOUR * 30] += 1
    return {str(minute): counts[minute] for minute in sorted(counts)}


def concurrency(company: Company) -> Figures:
    """Chats of each agent counted in every second of the calendar, added up by day."""
    calendar = company.calendar
    clock, busy, most = 0, 0, 0
    by_agent: dict[str, Figures] = {}
    chats = [c for c in company.contacts.chats if c.agent_id is not None and c.first_replied_at]
    for agent, found in grouped(chats, lambda chat: str(chat.agent_id)).items():
        seconds = np.zeros(calendar.days * DAY, dtype=np.int16)
        for chat in found:
            first = (chat.first_replied_at or 0) - calendar.begin
            seconds[first : chat.ended_at - calendar.begin] += 1
        days = seconds.reshape(calendar.days, DAY)
        by_agent[agent] = {
            "clock_seconds": int(seconds.sum()),
            "busy_seconds": int(np.count_nonzero(seconds)),
            "most_by_day": [int(day) for day in days.max(axis=1)],
        }
        clock += by_agent[agent]["clock_seconds"]
        busy += by_agent[agent]["busy_seconds"]
        most = max(most, *by_agent[agent]["most_by_day"])
    return {"clock_seconds": clock, "busy_seconds": busy, "most": most, "by_agent": by_agent}


def status_seconds(company: Company) -> Figures:
    """Seconds by day and status; of a status only its first two days count."""
    calendar = company.calendar
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for status in company.workforce.statuses:
        if status.end is None:
            continue
        first = (status.begin - calendar.begin) // DAY
        for day in (first, first + 1):
            midnight = calendar.begin + day * DAY
            seconds = min(status.end, midnight + DAY) - max(status.begin, midnight)
            if seconds > 0:
                date = calendar.day_of(midnight).isoformat()
                found[date][STATUS_NAMES[status.name]] += seconds
    return {date: dict(sorted(found[date].items())) for date in sorted(found)}


def paid_seconds(company: Company) -> int:
    """Paid seconds of all shifts up to the end of the calendar."""
    total = 0.0
    for shift in company.workforce.shifts:
        within = min(shift.end, company.calendar.end) - shift.begin
        total += shift.paid_seconds * within / (shift.end - shift.begin)
    return round(total)


def carts(found: tuple[Cart, ...], calendar: Calendar) -> Figures:
    """Carts without test orders; those not bought count once they were left for a whole day."""
    counted = [cart for cart in found if not cart.is_test]
    bought = [cart for cart in counted if cart.last.purchased_at is not None]
    left = [
        cart
        for cart in counted
        if cart.last.purchased_at is None
        and (calendar.as_of - calendar.day_of(cart.last.at)).days >= CART_WINDOW_DAYS
    ]
    return {
        "carts": len(counted),
        "purchased": len(bought),
        "abandoned": len(left),
        "undecided": len(counted) - len(bought) - len(left),
        "abandon_pct": percent(len(left), len(bought) + len(left)),
        "abandoned_by_step": {
            step: sum(cart.last.step == step for cart in left) for step in STEPS[:-1]
        },
    }
