"""Rows of the chat, phone, survey and CRM exports."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from orchestration.demo.dice import Dice
from orchestration.demo.events import Answer, Call, Chat, Contact, Ticket
from orchestration.demo.rows import RawRow, Table, clock, dotted, iso
from orchestration.demo.simulate import Company
from orchestration.demo.world import Calendar, Customer, CustomerVersion

LATE_SHARE = 0.006
CHAT_COLUMNS = (
    "Chat ID", "Visitor ID", "Started", "Queued", "First agent message", "Ended", "Last change",
    "Agent", "Team", "Queue", "Topic", "Product area", "Country", "Outcome", "Agent messages",
    "Visitor messages", "Agents", "Resolved", "Spam", "Initiated by",
)  # fmt: skip
CALL_COLUMNS = (
    "call_id", "caller_id", "direction", "queue", "started_at", "queued_at", "answered_at",
    "ended_at", "wait", "talk", "hold", "wrap_up", "agent", "team", "disposition", "reason", "area",
    "transfers", "resolved", "level_1",
)  # fmt: skip
CUSTOMER_COLUMNS = (
    "customer_id", "name", "email", "country", "industry", "plan", "segment", "signed_up",
    "churned", "test_account", "updated_at", "prefers", "needs_care",
)  # fmt: skip
YES_NO = {True: "yes", False: "no", None: ""}
ONE_ZERO = {True: "1", False: "0", None: ""}
QUESTIONS = {
    ("csat", "overall"): "How satisfied were you with our service?",
    ("csat", "knowledge"): "How satisfied were you with the knowledge of the agent?",
    ("nps", "overall"): "How likely are you to recommend us to a friend or colleague?",
    ("resolved", "overall"): "Did we solve your matter at once?",
    ("ces1", "overall"): "How much effort did you personally have to put forth?",
    ("ces2", "overall"): "The company made it easy for me to handle my matter.",
}


def quoted(fields: Iterable[object], delimiter: str) -> str:
    """A CSV row with every field in quotes."""
    return delimiter.join(f'"{str(value).replace(chr(34), chr(34) * 2)}"' for value in fields)


def _text(value: object | None, missing: str) -> object:
    return missing if value is None else value


def _delivery_day(table: Table, ended_at: int, calendar: Calendar, dice: Dice) -> date:
    """The day of the end; a few rows come one to three days late."""
    day = calendar.day_of(ended_at)
    if dice.chance(LATE_SHARE):
        late = day + timedelta(days=dice.integer(1, 3))
        if late <= calendar.as_of:
            table.count("rows_delivered_late")
            return late
    return day


def chat_table(company: Company, seed: int) -> Table:
    """Chats on the day they ended, and again when somebody corrected them."""
    table = Table("demo_chat", "chats")
    dice = Dice(seed, "chat files")
    calendar = company.calendar
    for chat in company.contacts.chats:
        corrected_at = chat.corrected_at
        first = chat.resolved if corrected_at is None else chat.resolved_at_first
        day = _delivery_day(table, chat.ended_at, calendar, dice)
        fields = chat_fields(chat, first, chat.ended_at)
        table.add(day, RawRow(quoted(fields, ";"), chat.number, chat.ended_at))
        if corrected_at is not None:
            fields = chat_fields(chat, chat.resolved, corrected_at)
            row = RawRow(quoted(fields, ";"), chat.number, corrected_at)
            table.add(calendar.day_of(corrected_at), row)
            table.count("corrected_later")
    return table


def chat_fields(chat: Chat, resolved: bool | None, changed_at: int) -> list[object]:
    """A chat in the order of CHAT_COLUMNS."""
    handled = chat.outcome == "Answered"
    return [
        chat.number,
        _text(chat.customer_id, "-"),
        dotted(chat.started_at),
        dotted(chat.queued_at),
        dotted(chat.first_replied_at),
        dotted(chat.ended_at),
        dotted(changed_at),
        _text(chat.agent_id, "-"),
        chat.team if handled else "-",
        chat.queue if handled or chat.outcome == "Left queue" else "-",
        _text(chat.reason, "-"),
        _text(chat.area, "-"),
        chat.country,
        chat.outcome,
        chat.agent_messages,
        chat.visitor_messages,
        chat.agent_count,
        YES_NO[resolved] if handled else "",
        YES_NO[chat.is_spam],
        "Agent" if chat.is_outbound else "Visitor",
    ]


def call_table(company: Company, seed: int) -> Table:
    """Calls on the day they ended; a corrected one comes again and then counts."""
    table = Table("demo_phone", "calls")
    dice = Dice(seed, "phone files")
    calendar = company.calendar
    for call in company.contacts.calls:
        corrected_at = call.corrected_at
        if corrected_at is None:
            day = _delivery_day(table, call.ended_at, calendar, dice)
            fields = call_fields(call, call.resolved)
            table.add(day, RawRow("\t".join(fields), call.number, call.ended_at))
            continue
        # There is no version column: the correction must come in a later delivery.
        fields = call_fields(call, call.resolved_at_first)
        day = calendar.day_of(call.ended_at)
        table.add(day, RawRow("\t".join(fields), call.number, call.ended_at))
        fields = call_fields(call, call.resolved)
        row = RawRow("\t".join(fields), call.number, corrected_at)
        table.add(calendar.day_of(corrected_at), row)
        table.count("corrected_later")
    return table


def call_fields(call: Call, resolved: bool | None) -> list[str]:
    """A call in the order of CALL_COLUMNS."""
    answered = call.disposition == "ANSWERED"
    fields = [
        call.number,
        call.customer_id,
        "outbound" if call.is_outbound else "inbound",
        call.queue if call.queued_at is not None else None,
        call.started_at,
        call.queued_at,
        call.answered_at,
        call.ended_at,
        clock(call.wait),
        clock(call.talk),
        clock(call.hold),
        clock(call.wrap_up),
        call.agent_id,
        call.team if call.agent_id is not None else None,
        call.disposition,
        call.reason,
        call.area,
        call.transfers,
        ONE_ZERO[resolved] if answered else None,
        ONE_ZERO[call.is_level1_resolvable],
    ]
    return [str(_text(value, "")) for value in fields]


def answer_table(company: Company) -> Table:
    """Answers on the day they were given, and again on the day they were edited."""
    table = Table("demo_survey", "responses")
    calendar = company.calendar
    for answer in company.answers:
        edited_at = answer.edited_at
        first = answer.score if edited_at is None else answer.first_score
        record = answer_record(answer, first, answer.created_at)
        row = RawRow(json.dumps(record, ensure_ascii=False), answer.number, answer.created_at)
        table.add(calendar.day_of(answer.created_at), row)
        if edited_at is not None:
            record = answer_record(answer, answer.score, edited_at)
            row = RawRow(json.dumps(record, ensure_ascii=False), answer.number, edited_at)
            table.add(calendar.day_of(edited_at), row)
            table.count("edited_later")
    return table


def answer_record(answer: Answer, score: int | None, updated_at: int) -> dict[str, Any]:
    """An answer as the survey tool exports it; an unrated one has score 0."""
    customer = answer.customer
    person: dict[str, Any] | None = None
    if answer.has_person and answer.customer_id is not None:
        person = {
            "id": answer.customer_id,
            "name": customer.name if customer else "Unknown",
            "email": customer.email if customer else f"customer{answer.customer_id}@example.com",
        }
    contact = answer.contact
    effort = {"1.0": "ces1", "2.0": "ces2"}
    question = QUESTIONS[effort.get(answer.version, answer.survey_type), answer.aspect]
    return {
        "id": str(answer.number),
        "survey_type": answer.survey_type,
        "version": answer.version,
        "campaign": answer.campaign,
        "aspect": answer.aspect,
        "question": question,
        "score": 0 if score is None else score,
        "comment": answer.comment,
        "person": person,
        "interaction": {"type": kind_of(contact), "id": contact.number} if contact else None,
        "agent": contact.agent_id if contact else None,
        # Who wants to stay anonymous must not be found by the invitation.
        "invitation": answer.invitation.number if answer.invitation and person else None,
        "touchpoint": answer.touchpoint,
        "collected_by": answer.collected_by,
        "reason": answer.reason,
        "has_comment": answer.comment is not None,
        "sent_at": answer.sent_at,
        "created_at": answer.created_at,
        "updated_at": updated_at,
    }


def kind_of(contact: Contact) -> str:
    """ticket, chat or call."""
    if isinstance(contact, Ticket):
        return "ticket"
    return "chat" if isinstance(contact, Chat) else "call"


def customer_table(company: Company) -> Table:
    """All customers on the first day, then the changes of each day."""
    table = Table("demo_crm", "customers")
    for customer in company.world.customers:
        for version in customer.versions:
            text = ",".join(customer_fields(customer, version))
            table.add(version.delivered_on, RawRow(text, customer.customer_id, version.updated_at))
    return table


def customer_fields(customer: Customer, version: CustomerVersion) -> list[str]:
    """A customer in the order of CUSTOMER_COLUMNS; the name holds a comma and is quoted."""
    return [
        str(customer.customer_id),
        f'"{customer.name}"',
        customer.email,
        customer.country,
        customer.industry,
        version.plan,
        version.segment,
        customer.signed_up.isoformat(),
        version.churned.isoformat() if version.churned else "",
        "t" if customer.is_test else "f",
        iso(version.updated_at) or "",
        customer.prefers,
        "t" if customer.needs_care else "f",
    ]
