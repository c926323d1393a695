"""The known truth: metric components in plain Python from the clean events.

A second road to the numbers of the warehouse: nothing here reads a file of the demo or
shares code with the models. Surveys are in `truth_surveys.py`, repeat
contacts in `truth_fcr.py`.
"""

from __future__ import annotations

from orchestration.demo.events import Call, Chat, Contact, Ticket
from orchestration.demo.exports import kind_of
from orchestration.demo.rows import Table
from orchestration.demo.simulate import Company
from orchestration.demo.truth_fcr import first_contact_resolution, is_measured_first_contact
from orchestration.demo.truth_figures import Figures, channel_of, country_of, grouped, percent
from orchestration.demo.truth_programme import programme
from orchestration.demo.truth_queues import queue_truth
from orchestration.demo.truth_self_service import self_service_truth
from orchestration.demo.truth_surveys import ces, csat, csat_figures, nps, stated_fcr
from orchestration.demo.world import Calendar

SHORT_ABANDON_SECONDS = {"voice": 5, "chat": 0}
HEALTH_CUSTOMERS = 20

ABOUT = {
    "about": "Truth of a generated demo, computed from its clean events and not from its files. "
    "Ids are raw numbers; `unknown` stands for NULL; seconds and counts are sums, so that "
    "every rate can be computed again. Contacts and answers of test accounts count nowhere, "
    "except in `rows` and `contacts`. The as-of moment is the end of the last load date (UTC).",
    "rows": "Per raw table: rows_read = accepted + superseded + quarantined.",
    "planted": "Per raw table: planted dirt, by kind.",
    "contacts": "Accepted contacts by kind, and how many carry which flag.",
    "csat": "Answers of scale csat_5, aspect overall, last valid version, by date of the answer; "
    "satisfied = 4 or 5. Unrated zeros are no answers. by_question alone has other aspects.",
    "nps": "Last valid version; relational and transactional apart.",
    "ces": "By scale; easy = 1-2 of ces_1 (low is good), 5-7 of ces_2.",
    "stated_fcr": "The survey question whether the matter was solved at once.",
    "programme": "Surveys: invitations, statements, reasons, recovered customers and feedback. "
    "Delivered = neither held back nor bounced; over_surveyed = more than 1 in 7 days or more than "
    "3 in 90; fell_through = not followed up within 14 days that are over.",
    "abandonment": "Inbound, no spam: offered = answered + abandoned; short = abandoned in less "
    "than 5 s (voice) or 0 s (chat); pct = (abandoned - short) / (offered - short) * 100.",
    "speed_of_answer": "Wait of answered inbound contacts in the queue.",
    "handle_time": "Seconds of answered inbound calls; handle time = talk + hold + wrap_up.",
    "queues": "Service level, voice menu, half hours, chats at once, agents' statuses and carts.",
    "first_response": "Start to first human reply of inbound, replied contacts that are no spam, "
    "not merged, not deleted and not handled by a bot alone.",
    "resolution": "Tickets of the same base: creation to first solve, and to last solve.",
    "fcr": "See no_repeat and one_touch below it; N = 7 days.",
    "self_service": "Sessions by kind; verified = servable, known customer, window of 48 h "
    "elapsed; deflected = no contact with people in it and not left in the middle.",
    "bots": "Conversations by mode; rates are over the servable ones.",
    "answers": "Uses and votes by month, and the most used item of each kind.",
    "next_issue_avoidance": "By month of the contact: same customer and area, N = 28 days.",
    "volume": "Contacts that customers started, with what came before and what need not have been.",
    "demand": "By month: contacts and distinct customers.",
    "cost": "By month with a ledger: running costs without one-offs, and contacts handled.",
    "promises": "Tickets with a promised time that is over, and how many were solved by then.",
    "fcr_beside": "What the headline of FCR hides.",
    "customers": "Inputs to a health score of some customers at the as-of moment.",
}


def compute_truth(company: Company, tables: dict[str, Table]) -> Figures:
    """All figures as one JSON-ready dictionary, documentation first."""
    contacts = company.contacts.all()
    return {
        "documentation": ABOUT,
        "as_of": company.calendar.as_of.isoformat(),
        "rows": {f"{table.source}.{table.name}": table.balance() for table in tables.values()},
        "planted": {
            f"{table.source}.{table.name}": dict(sorted(table.planted.items()))
            for table in tables.values()
        },
        "contacts": contact_counts(contacts, company.calendar),
        "csat": csat(company),
        "nps": nps(company),
        "ces": ces(company),
        "stated_fcr": stated_fcr(company),
        "programme": programme(company),
        "abandonment": abandonment(contacts),
        "speed_of_answer": speed_of_answer(contacts),
        "handle_time": handle_time(contacts),
        "queues": queue_truth(company),
        "first_response": first_response(contacts),
        "resolution": resolution(company.contacts.tickets),
        "fcr": first_contact_resolution(contacts, company.calendar),
        "customers": health_inputs(company),
        **self_service_truth(company),
    }


def contact_counts(contacts: list[Contact], calendar: Calendar) -> Figures:
    """Contacts by kind and flag; every accepted contact is in."""
    tickets = [contact for contact in contacts if isinstance(contact, Ticket)]
    return {
        "by_kind": {kind: len(found) for kind, found in grouped(contacts, kind_of).items()},
        "by_channel": {name: len(found) for name, found in grouped(contacts, channel_of).items()},
        "by_month": {
            month: len(found)
            for month, found in grouped(
                contacts, lambda contact: calendar.day_of(contact.started_at).isoformat()[:7]
            ).items()
        },
        "spam": sum(contact.is_spam for contact in contacts),
        "outbound": sum(contact.is_outbound for contact in contacts),
        "test_account": sum(contact.is_test for contact in contacts),
        "customer_missing": sum(contact.customer_id is None for contact in contacts),
        "customer_not_in_crm": sum(
            contact.customer_id is not None and contact.customer is None for contact in contacts
        ),
        "reason_missing": sum(contact.reason is None for contact in contacts),
        "merged": sum(ticket.merged_into is not None for ticket in tickets),
        "deleted": sum(ticket.last.status == "deleted" for ticket in tickets),
        "follow_ups": sum(ticket.follows is not None for ticket in tickets),
        "bot_only_tickets": sum(ticket.is_bot_only for ticket in tickets),
        "tickets_by_status": {
            name: len(found)
            for name, found in grouped(tickets, lambda ticket: ticket.last.status).items()
        },
        "chats_by_outcome": {
            name: len(found)
            for name, found in grouped(
                [contact for contact in contacts if isinstance(contact, Chat)],
                lambda chat: chat.outcome,
            ).items()
        },
        "calls_by_disposition": {
            name: len(found)
            for name, found in grouped(
                [contact for contact in contacts if isinstance(contact, Call)],
                lambda call: call.disposition,
            ).items()
        },
    }


def _counts(contact: Contact) -> bool:
    return not (contact.is_test or contact.is_spam or contact.is_outbound)


def _queue_figures(media: str, contacts: list[Contact]) -> Figures:
    answered = sum(_is_answered(contact) for contact in contacts)
    waits = [_abandoned_wait(contact) for contact in contacts]
    abandoned = sum(wait is not None for wait in waits)
    short = sum(wait is not None and wait < SHORT_ABANDON_SECONDS[media] for wait in waits)
    offered = answered + abandoned
    return {
        "offered": offered,
        "answered": answered,
        "abandoned": abandoned,
        "short_abandoned": short,
        "abandon_pct": percent(abandoned - short, offered - short),
        "abandon_raw_pct": percent(abandoned, offered),
    }


def _is_answered(contact: Contact) -> bool:
    if isinstance(contact, Chat):
        return contact.outcome == "Answered"
    return isinstance(contact, Call) and contact.disposition == "ANSWERED"


def _abandoned_wait(contact: Contact) -> int | None:
    """Seconds in the queue until the customer left it; None when he did not."""
    if isinstance(contact, Chat) and contact.outcome == "Left queue":
        return contact.ended_at - (contact.queued_at or contact.started_at)
    if isinstance(contact, Call) and contact.disposition == "ABANDONED":
        return contact.wait
    return None


def _media(contacts: list[Contact]) -> dict[str, list[Contact]]:
    counted = [contact for contact in contacts if _counts(contact)]
    return {
        "voice": [contact for contact in counted if isinstance(contact, Call)],
        "chat": [contact for contact in counted if isinstance(contact, Chat)],
    }


def abandonment(contacts: list[Contact]) -> Figures:
    """By medium, in all and by queue; menu exits, voicemail and the like are not offered."""
    figures: Figures = {}
    for media, found in _media(contacts).items():
        offered = [c for c in found if _is_answered(c) or _abandoned_wait(c) is not None]
        figures[media] = _queue_figures(media, offered)
        figures[media]["by_queue"] = {
            queue: _queue_figures(media, queued)
            for queue, queued in grouped(offered, lambda contact: contact.queue).items()
        }
    return figures


def _sum_and_mean(seconds: list[int]) -> Figures:
    mean = round(sum(seconds) / len(seconds), 6) if seconds else None
    return {"count": len(seconds), "seconds_sum": sum(seconds), "seconds_mean": mean}


def speed_of_answer(contacts: list[Contact]) -> Figures:
    """Mean wait of the answered, by medium."""
    media = _media(contacts)
    calls = [c for c in media["voice"] if isinstance(c, Call) and c.disposition == "ANSWERED"]
    chats = [c for c in media["chat"] if isinstance(c, Chat) and c.outcome == "Answered"]
    return {
        "voice": _sum_and_mean([call.wait or 0 for call in calls]),
        "chat": _sum_and_mean(
            [(c.first_replied_at or 0) - (c.queued_at or c.started_at) for c in chats]
        ),
    }


def handle_time(contacts: list[Contact]) -> Figures:
    """Components of the handle time of answered calls."""
    found = _media(contacts)["voice"]
    calls = [call for call in found if isinstance(call, Call) and call.disposition == "ANSWERED"]
    return {
        "calls": len(calls),
        "talk_seconds": sum(call.talk for call in calls),
        "hold_seconds": sum(call.hold or 0 for call in calls),
        "wrap_up_seconds": sum(call.wrap_up or 0 for call in calls),
        "transfers": sum(call.transfers for call in calls),
    }


def _response(contact: Contact) -> int | None:
    """Seconds from the start to the first human reply, where the exports tell."""
    if isinstance(contact, Chat) and contact.first_replied_at is not None:
        return contact.first_replied_at - contact.started_at
    if isinstance(contact, Ticket) and _is_ticket_of_humans(contact):
        replied_at = contact.last.first_replied_at
        return None if replied_at is None else replied_at - contact.started_at
    return None


def _is_ticket_of_humans(ticket: Ticket) -> bool:
    gone = ticket.merged_into is not None or ticket.last.status == "deleted"
    return ticket.has_metrics and not ticket.is_bot_only and not gone


def first_response(contacts: list[Contact]) -> Figures:
    """First human reply, of chats and of tickets, in all and by country."""
    figures: Figures = {}
    for kind in ("chat", "ticket"):
        replied = [
            (country_of(contact), seconds)
            for contact in contacts
            if _counts(contact) and kind_of(contact) == kind
            for seconds in [_response(contact)]
            if seconds is not None
        ]
        figures[kind] = _sum_and_mean([seconds for _, seconds in replied])
        figures[kind]["by_country"] = {
            country: _sum_and_mean([seconds for _, seconds in found])
            for country, found in grouped(replied, lambda item: item[0]).items()
        }
    return figures


def resolution(tickets: tuple[Ticket, ...]) -> Figures:
    """Creation to first and to last solve, of tickets that are solved at the as-of moment."""
    solved = [
        ticket
        for ticket in tickets
        if _counts(ticket) and _is_ticket_of_humans(ticket) and ticket.last.solved_at is not None
    ]
    first = [(ticket.last.first_solved_at or 0) - ticket.started_at for ticket in solved]
    last = [(ticket.last.solved_at or 0) - ticket.started_at for ticket in solved]
    return {"first": _sum_and_mean(first), "full": _sum_and_mean(last)}


def health_inputs(company: Company) -> Figures:
    """What is known of the first customers (no test accounts) by the as-of moment."""
    chosen = [customer for customer in company.world.customers if not customer.is_test]
    figures: Figures = {}
    measured = is_measured_first_contact(company.contacts.all(), company.calendar)
    contacts = grouped(company.contacts.all(), lambda contact: str(contact.customer_id))
    answers = grouped(company.answers, lambda answer: str(answer.customer_id))
    for customer in chosen[:HEALTH_CUSTOMERS]:
        key = str(customer.customer_id)
        own = [c for c in contacts.get(key, []) if _counts(c)]
        given = [a for a in answers.get(key, []) if a.score is not None]
        rated = [a for a in given if a.survey_type == "csat" and a.aspect == "overall"]
        scores = sorted((a.created_at, a.number, a.score) for a in given if a.survey_type == "nps")
        first = [measured[c.serial] for c in own if c.serial in measured]
        figures[key] = {
            "csat": csat_figures(rated),
            "last_nps_score": scores[-1][2] if scores else None,
            "inbound_contacts": len(own),
            "open_tickets": sum(
                isinstance(c, Ticket) and c.last.status in {"new", "open", "pending", "hold"}
                for c in own
            ),
            "fcr_base": len(first),
            "fcr_no_repeat": sum(first),
            "plan": customer.versions[-1].plan,
            "churned": customer.churned.isoformat() if customer.churned else None,
        }
    return figures
