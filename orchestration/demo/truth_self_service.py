"""Self-service, next issues, volume, cost and promises of the clean events.

Plain loops over what happened; shares no code with the models.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from datetime import date, timedelta

from orchestration.demo.events import Chat, Contact, Ticket
from orchestration.demo.exports import kind_of
from orchestration.demo.self_service import Conversation, Session, Visit
from orchestration.demo.simulate import Company
from orchestration.demo.truth_fcr import (
    contact_id,
    first_contact_serials,
    is_customer_contact,
    is_handled,
    is_measured_first_contact,
    is_resolved,
)
from orchestration.demo.truth_figures import UNKNOWN, Figures, grouped, percent
from orchestration.demo.vocabulary import DAY, HOUR

AFTER_SESSION, BEFORE_CONTACT, NEXT_ISSUE = 48 * HOUR, 24 * HOUR, 28
FAILURES = {
    "Bug report",
    "Damaged goods",
    "Delivery delay",
    "Login problem",
    "Payment failed",
    "Refund",
    "Slow pages",
}
SELF_SERVABLE = {
    "Account opening",
    "Cancellation",
    "Data export",
    "How-to question",
    "Invoice question",
    "Login problem",
    "Order change",
    "Password reset",
    "Plan change",
}


def self_service_truth(company: Company) -> Figures:
    """All figures of this module by name."""
    return {
        "self_service": _sessions(company),
        "bots": _bots(company),
        "answers": _answers(company),
        "next_issue_avoidance": _next_issues(company),
        "volume": _volume(company),
        "demand": _demand(company),
        "cost": _cost(company),
        "promises": _promises(company),
        "fcr_beside": _fcr_beside(company),
    }


def _wanted(company: Company) -> list[Contact]:
    """Contacts that customers started and that count."""
    return [c for c in company.contacts.all() if is_customer_contact(c) and not c.is_test]


def _day(company: Company, moment: int) -> date:
    return company.calendar.day_of(moment)


def _month(company: Company, moment: int) -> str:
    return _day(company, moment).isoformat()[:7]


def _is_bot_only(contact: Contact) -> bool:
    if isinstance(contact, Ticket):
        return contact.is_bot_only
    return isinstance(contact, Chat) and contact.outcome == "Bot"


def _servable(session: Session) -> bool:
    return session.is_servable if isinstance(session, Conversation) else True


def _handed(session: Session) -> bool:
    return isinstance(session, Conversation) and session.contact is not None


def _human_contacts(company: Company) -> dict[int, list[int]]:
    """Customer → starts of contacts with people, in order."""
    starts: dict[int, list[int]] = defaultdict(list)
    for contact in _wanted(company):
        if contact.customer_id is not None and not _is_bot_only(contact):
            starts[contact.customer_id].append(contact.started_at)
    return {customer: sorted(found) for customer, found in starts.items()}


def _next_contact(starts: dict[int, list[int]], session: Session) -> int | None:
    """The first contact of the customer from the start of the session on."""
    found = starts.get(session.customer_id or 0, [])
    place = bisect_left(found, session.started_at)
    return found[place] if place < len(found) else None


def _sessions(company: Company) -> Figures:
    starts = _human_contacts(company)
    days = (_day(company, contact.started_at) for contact in _wanted(company))
    last = max(days, default=company.calendar.start)
    figures: Figures = {}
    for kind, sessions in (
        ("bot_session", company.self_service.conversations),
        ("help_session", company.self_service.visits),
    ):
        counts: dict[str, int] = defaultdict(int)
        for session in sessions:
            if session.is_test:
                continue
            counts["sessions"] += 1
            counts["anonymous"] += session.customer_id is None
            counts["abandoned"] += session.is_abandoned
            if not _servable(session):
                continue
            following = _next_contact(starts, session)
            came_back = _handed(session) or (
                following is not None and following <= session.ended_at + AFTER_SESSION
            )
            escalated = _handed(session) or (
                following is not None and following <= session.ended_at
            )
            known = session.customer_id is not None
            if known or kind == "bot_session":
                counts["containment_base"] += 1
                counts["contained"] += not escalated and not session.is_abandoned
            if not known:
                continue
            if _day(company, session.started_at) + timedelta(days=3) > last:
                counts["immature"] += 1
                continue
            counts["verified"] += 1
            counts["recontacted"] += came_back
            counts["deflected"] += not came_back and not session.is_abandoned
        figures[kind] = dict(sorted(counts.items()))
    visits: list[Visit] = [v for v in company.self_service.visits if not v.is_test]
    figures["help_session"]["searches"] = sum(visit.searches for visit in visits)
    figures["help_session"]["article_views"] = sum(visit.articles for visit in visits)
    return figures


def _bots(company: Company) -> Figures:
    starts = _human_contacts(company)
    figures: Figures = {}
    counted = [s for s in company.self_service.conversations if not s.is_test]
    for mode, sessions in grouped(counted, lambda session: session.mode).items():
        servable = [session for session in sessions if session.is_servable]
        resolved = 0
        for session in servable:
            following = _next_contact(starts, session)
            meanwhile = following is not None and following <= session.ended_at
            resolved += session.helped is True and session.contact is None and not meanwhile
        figures[mode] = {
            "sessions": len(sessions),
            "servable": len(servable),
            "handed_off": sum(session.contact is not None for session in servable),
            "given_up": sum(session.is_abandoned for session in servable),
            "resolved": resolved,
            "turns": sum(session.turns for session in sessions),
            "unanswered": sum(session.unanswered for session in sessions),
        }
    return figures


def _answers(company: Company) -> Figures:
    """By month: uses and votes, and the most used item of each kind."""
    figures: Figures = {}
    for month, uses in grouped(
        company.self_service.answers, lambda use: use.day.isoformat()[:7]
    ).items():
        top: dict[str, str] = {}
        for kind, found in grouped(uses, lambda use: use.kind).items():
            totals: dict[str, int] = defaultdict(int)
            for use in found:
                totals[f"demo:{use.item}"] += use.uses
            top[kind] = min(totals, key=lambda item: (-totals[item], item))
        figures[month] = {
            "uses": sum(use.uses for use in uses),
            "likes": sum(use.likes or 0 for use in uses),
            "dislikes": sum(use.dislikes or 0 for use in uses),
            "top": top,
        }
    return figures


def _next_issues(company: Company) -> Figures:
    """By month of the contact: base, avoided, immature, customers with several requests."""
    horizon: dict[str, date] = {}
    for contact in company.contacts.all():
        kind = kind_of(contact)
        day = _day(company, contact.started_at)
        horizon[kind] = max(horizon.get(kind, day), day)
    requests: dict[tuple[int, str], list[Contact]] = defaultdict(list)
    for contact in _wanted(company):
        if contact.customer_id is not None and contact.area:
            requests[contact.customer_id, contact.area].append(contact)
    months: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for found in requests.values():
        found.sort(key=lambda contact: (contact.started_at, contact_id(contact)))
        in_month: dict[str, int] = defaultdict(int)
        for place, contact in enumerate(found):
            month = _month(company, contact.started_at)
            in_month[month] += 1
            if not (is_handled(contact) and is_resolved(contact)):
                continue
            day = _day(company, contact.started_at)
            if day + timedelta(days=NEXT_ISSUE) > horizon[kind_of(contact)]:
                months[month]["immature"] += 1
                continue
            later = found[place + 1].started_at if place + 1 < len(found) else None
            again = later is not None and later - contact.started_at <= NEXT_ISSUE * DAY
            months[month]["base"] += 1
            months[month]["avoided"] += not again
        for month, count in in_month.items():
            months[month]["customers"] += 1
            months[month]["with_multiple_requests"] += count > 1
    return {month: dict(sorted(counts.items())) for month, counts in sorted(months.items())}


def _plan_group(contact: Contact) -> str:
    """free or paid, by the plan that the customer was on."""
    if contact.customer is None:
        return UNKNOWN
    held = contact.customer.versions[0]
    for version in contact.customer.versions:
        if version.updated_at <= contact.started_at:
            held = version
    return "free" if held.plan == "free" else "paid"


def _volume(company: Company) -> Figures:
    wanted = _wanted(company)
    firsts = first_contact_serials(company.contacts.all())
    proactive = [
        contact
        for contact in company.contacts.all()
        if contact.is_outbound and not contact.is_spam and not contact.is_test
    ]
    visits: dict[int, list[int]] = defaultdict(list)
    days = set()
    for visit in company.self_service.visits:
        day = _day(company, visit.started_at)
        days |= {day, day + timedelta(days=1)}
        if visit.customer_id is not None:
            visits[visit.customer_id].append(visit.started_at)
    searchable = [
        contact
        for contact in wanted
        if contact.customer_id is not None and _day(company, contact.started_at) in days
    ]
    return {
        "customer_contacts": len(wanted),
        "by_plan_group": {n: len(found) for n, found in grouped(wanted, _plan_group).items()},
        "chat_requests": sum(isinstance(contact, Chat) for contact in wanted),
        "proactive": len(proactive),
        "failure_demand": sum(_is_failure(contact, firsts) for contact in wanted),
        "searchable": len(searchable),
        "searched_before": sum(
            any(
                0 <= contact.started_at - at <= BEFORE_CONTACT for at in visits[contact.customer_id]
            )
            for contact in searchable
            if contact.customer_id is not None
        ),
    }


def _is_failure(contact: Contact, firsts: set[int]) -> bool:
    is_known = contact.customer_id is not None and contact.reason is not None
    is_repeat = is_known and is_handled(contact) and contact.serial not in firsts
    is_reopened = isinstance(contact, Ticket) and contact.has_metrics and contact.last.reopens > 0
    return is_repeat or is_reopened or contact.reason in FAILURES


def _demand(company: Company) -> Figures:
    figures: Figures = {}
    for month, found in grouped(
        _wanted(company), lambda contact: _month(company, contact.started_at)
    ).items():
        first = date.fromisoformat(f"{month}-01")
        following = (first + timedelta(days=32)).replace(day=1)
        chats = [contact for contact in found if isinstance(contact, Chat)]
        figures[month] = {
            "contacts": len(found),
            "chat_requests": len(chats),
            "contacting_customers": len({c.customer_id for c in found} - {None}),
            "chat_customers": len({c.customer_id for c in chats} - {None}),
            "active_customers": sum(
                customer.signed_up < following
                and (customer.churned is None or customer.churned >= first)
                for customer in company.world.customers
                if not customer.is_test
            ),
        }
    return figures


def _cost(company: Company) -> Figures:
    """Of the months with a ledger; amounts in cents."""
    handled = [contact for contact in company.contacts.all() if is_handled(contact)]
    by_month = grouped(handled, lambda contact: _month(company, contact.started_at))
    figures: Figures = {}
    for month, lines in grouped(
        company.ledger, lambda line: line.first_day.isoformat()[:7]
    ).items():
        running = sum(line.cents for line in lines if not line.is_one_off)
        contacts = len(by_month.get(month, []))
        figures[month] = {
            "running_cents": running,
            "one_off_cents": sum(line.cents for line in lines if line.is_one_off),
            "handled": contacts,
            "cents_per_100_contacts": percent(running, contacts),
        }
    return figures


def _promises(company: Company) -> Figures:
    counts = {"promised": 0, "kept": 0, "immature": 0}
    for contact in _wanted(company):
        if not isinstance(contact, Ticket) or contact.due_at is None:
            continue
        if contact.due_at >= company.calendar.end:
            counts["immature"] += 1
            continue
        solved_at = contact.last.first_solved_at or contact.last.closed_at
        counts["promised"] += 1
        if contact.has_metrics:
            counts["kept"] += solved_at is not None and solved_at <= contact.due_at
    return counts


def _fcr_beside(company: Company) -> Figures:
    """What stands beside the headline of first-contact resolution."""
    contacts = company.contacts.all()
    measured = is_measured_first_contact(contacts, company.calendar)
    reasons = {contact.serial: contact.reason for contact in contacts}
    reopened = [
        ticket
        for ticket in company.contacts.tickets
        if is_handled(ticket) and ticket.has_metrics and ticket.last.reopens > 0
    ]
    return {
        "not_resolved_at_first": sum(not done for done in measured.values()),
        "self_servable": sum(
            done and reasons[serial] in SELF_SERVABLE for serial, done in measured.items()
        ),
        "reopened_after_one_touch": sum(
            ticket.last.replies <= ticket.last.reopens + int(is_resolved(ticket))
            for ticket in reopened
        ),
    }
