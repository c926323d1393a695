"""First contact resolution of the clean events, by the rule of seven days.

Plain loops over the contacts of one customer and reason; shares no code with the models.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from orchestration.demo.events import Call, Chat, Contact, Ticket
from orchestration.demo.exports import kind_of
from orchestration.demo.vocabulary import DAY
from orchestration.demo.world import Calendar

WINDOW = 7 * DAY
Issue = tuple[int, str]


def contact_id(contact: Contact) -> str:
    """The id of the contact fact, which breaks ties of time."""
    return f"{kind_of(contact)}:demo:{contact.number}"


def is_customer_contact(contact: Contact) -> bool:
    """Inbound, no spam, neither merged nor deleted: such a contact is a repeat."""
    if contact.is_outbound or contact.is_spam:
        return False
    if isinstance(contact, Ticket):
        return contact.merged_into is None and contact.last.status != "deleted"
    return True


def is_handled(contact: Contact) -> bool:
    """A customer contact that a human handled, not of a test account."""
    if not is_customer_contact(contact) or contact.is_test:
        return False
    if isinstance(contact, Ticket):
        return not contact.is_bot_only
    if isinstance(contact, Chat):
        return contact.outcome == "Answered"
    return isinstance(contact, Call) and contact.disposition == "ANSWERED"


def is_resolved(contact: Contact) -> bool:
    """Solved by its state; live contacts count as resolved unless marked otherwise."""
    if isinstance(contact, Ticket):
        return contact.last.status in {"solved", "closed"}
    return isinstance(contact, Chat | Call) and contact.resolved is not False


def is_resolved_in_window(contact: Contact) -> bool:
    """Solved within the window, whatever came later; by its state where no time was exported."""
    if isinstance(contact, Ticket) and contact.has_metrics:
        solved_at = contact.last.first_solved_at or contact.last.closed_at
        return solved_at is not None and solved_at <= contact.started_at + WINDOW
    return is_resolved(contact)


def _issues(contacts: list[Contact]) -> dict[Issue, list[Contact]]:
    """Customer contacts by customer and reason, in the order of time and id."""
    issues: dict[Issue, list[Contact]] = defaultdict(list)
    for contact in contacts:
        if contact.customer_id is not None and contact.reason and is_customer_contact(contact):
            issues[contact.customer_id, contact.reason].append(contact)
    for found in issues.values():
        found.sort(key=lambda contact: (contact.started_at, contact_id(contact)))
    return issues


def _first_contacts(contacts: list[Contact]) -> dict[int, tuple[Contact, bool]]:
    """Serial → the first contact of an issue, and whether it was repeated within the window."""
    followed_up: dict[int, int] = {}
    for contact in contacts:
        if isinstance(contact, Ticket) and contact.follows and is_customer_contact(contact):
            parent = contact.follows.serial
            followed_up[parent] = min(
                followed_up.get(parent, contact.started_at), contact.started_at
            )
    firsts: dict[int, tuple[Contact, bool]] = {}
    for found in _issues(contacts).values():
        for place, contact in enumerate(found):
            # A follow-up goes on with an old issue, so it never opens one.
            is_follow_up = isinstance(contact, Ticket) and contact.follows is not None
            if not is_handled(contact) or is_follow_up:
                continue
            begin, end = contact.started_at - WINDOW, contact.started_at + WINDOW
            earlier = [c for c in found[:place] if is_handled(c) and c.started_at >= begin]
            if earlier:
                continue
            later = any(c.started_at <= end for c in found[place + 1 :])
            follow_up = followed_up.get(contact.serial)
            firsts[contact.serial] = (
                contact,
                later or (follow_up is not None and follow_up <= end),
            )
    return firsts


def _is_mature(contact: Contact, calendar: Calendar) -> bool:
    return contact.started_at + WINDOW <= calendar.end


def first_contact_serials(contacts: list[Contact]) -> set[int]:
    """Serials of the contacts that open an issue."""
    return set(_first_contacts(contacts))


def is_measured_first_contact(contacts: list[Contact], calendar: Calendar) -> dict[int, bool]:
    """Serial → success, of all first contacts whose window has elapsed."""
    return {
        serial: is_resolved_in_window(contact) and not repeated
        for serial, (contact, repeated) in _first_contacts(contacts).items()
        if _is_mature(contact, calendar)
    }


def first_contact_resolution(contacts: list[Contact], calendar: Calendar) -> dict[str, Any]:
    """The headline (no_repeat) with all that is not in its base; net, of calls; one_touch."""
    handled = [contact for contact in contacts if is_handled(contact)]
    known = [contact for contact in handled if contact.customer_id is not None and contact.reason]
    firsts = _first_contacts(contacts)
    measured = is_measured_first_contact(contacts, calendar)
    by_kind: dict[str, dict[str, Any]] = {}
    for kind in ("ticket", "chat", "call"):
        outcomes = [done for serial, done in measured.items() if kind_of(firsts[serial][0]) == kind]
        by_kind[kind] = _rate(outcomes)
    repeated = sum(again for contact, again in firsts.values() if _is_mature(contact, calendar))
    return {
        "no_repeat": {
            **_rate(list(measured.values())),
            "repeated": repeated,
            "by_kind": by_kind,
        },
        "net": _rate(
            [
                done
                for serial, done in measured.items()
                if getattr(firsts[serial][0], "is_level1_resolvable", False)
            ]
        ),
        "first_contacts": len(firsts),
        "immature": len(firsts) - len(measured),
        "not_first": len(known) - len(firsts),
        "not_measurable": len(handled) - len(known),
        "eligible_with_customer_and_reason": len(known),
        "one_touch": _one_touch(known),
        "one_touch_with_unknown_customer_or_reason": _one_touch(handled),
    }


def _one_touch(contacts: list[Contact]) -> dict[str, Any]:
    """Solved tickets with one reply of an agent and no reopening."""
    return _rate(
        [
            ticket.last.replies == 1 and ticket.last.reopens == 0
            for ticket in contacts
            if isinstance(ticket, Ticket) and ticket.has_metrics and is_resolved(ticket)
        ]
    )


def _rate(outcomes: list[bool]) -> dict[str, Any]:
    successes = sum(outcomes)
    rate = round(100 * successes / len(outcomes), 6) if outcomes else None
    return {"base": len(outcomes), "successes": successes, "pct": rate}
