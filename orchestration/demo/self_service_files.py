"""Rows of the weekly exports of bot and help centre, and of the monthly cost ledger."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, timedelta

from orchestration.demo.ledger import LedgerLine
from orchestration.demo.rows import RawRow, Table, iso
from orchestration.demo.self_service import Conversation, week_ends
from orchestration.demo.simulate import Company

CONVERSATION_COLUMNS = (
    "conversation_id", "user", "mode", "area", "country", "started_at", "ended_at", "updated_at",
    "turns", "fallbacks", "in_scope", "handed_off", "left", "helped", "handed_to", "handed_to_id",
)  # fmt: skip
VISIT_COLUMNS = (
    "visit_id", "user", "area", "started", "ended", "searches", "articles", "gave_up",
)  # fmt: skip
ANSWER_COLUMNS = (
    "row_id", "item", "kind", "title", "area", "day", "uses", "up", "down", "like_item",
)  # fmt: skip
LEDGER_COLUMNS = (
    "line", "revision", "from", "to", "channel", "what", "one_off", "amount", "currency",
)  # fmt: skip
FILES = {
    "conversations": ("conversations.csv", CONVERSATION_COLUMNS),
    "visits": ("visits.csv", VISIT_COLUMNS),
    "answers": ("answers.csv", ANSWER_COLUMNS),
    "ledger": ("ledger.csv", LEDGER_COLUMNS),
}
YES_NO = {True: "true", False: "false", None: ""}


def self_service_tables(company: Company) -> dict[str, Table]:
    """The rows of the four tables by name."""
    return {
        "conversations": _conversation_table(company),
        "visits": _visit_table(company),
        "answers": _answer_table(company),
        "ledger": _ledger_table(company),
    }


def _row(values: list[object], key: int, version: int) -> RawRow:
    # Areas hold a semicolon at most: no field needs quotes.
    return RawRow(",".join("" if v is None else str(v) for v in values), key, version)


def _week_of(ends: list[date], day: date) -> date:
    return ends[bisect_left(ends, day)]


def _conversation_table(company: Company) -> Table:
    """Conversations in the export of their week, and again in that of their late word."""
    table = Table("demo_bot", "conversations")
    calendar = company.calendar
    ends = week_ends(calendar.start, calendar.days)
    for session in company.self_service.conversations:
        said_at = session.said_at
        helped = session.helped if said_at is None else None
        day = _week_of(ends, calendar.day_of(session.ended_at))
        values = _conversation_fields(session, helped, session.ended_at)
        table.add(day, _row(values, session.number, session.ended_at))
        if said_at is not None:
            values = _conversation_fields(session, session.helped, said_at)
            later = _week_of(ends, calendar.day_of(said_at))
            table.add(later, _row(values, session.number, said_at))
            table.count("said_later")
    return table


def _conversation_fields(
    session: Conversation, helped: bool | None, updated_at: int
) -> list[object]:
    contact = session.contact
    return [
        session.number,
        session.customer_id,
        session.mode,
        session.area,
        session.country,
        iso(session.started_at),
        iso(session.ended_at),
        iso(updated_at),
        session.turns,
        session.unanswered,
        YES_NO[session.is_servable],
        YES_NO[contact is not None],
        YES_NO[session.is_abandoned],
        YES_NO[helped],
        "chat" if contact else None,
        contact.number if contact else None,
    ]


def _visit_table(company: Company) -> Table:
    table = Table("demo_helpcentre", "visits")
    calendar = company.calendar
    ends = week_ends(calendar.start, calendar.days)
    for visit in company.self_service.visits:
        values: list[object] = [
            visit.number,
            visit.customer_id,
            visit.area,
            visit.started_at,
            visit.ended_at,
            visit.searches,
            visit.articles,
            YES_NO[visit.is_abandoned],
        ]
        day = _week_of(ends, calendar.day_of(visit.ended_at))
        table.add(day, _row(values, visit.number, visit.ended_at))
    return table


def _answer_table(company: Company) -> Table:
    table = Table("demo_helpcentre", "answers")
    calendar = company.calendar
    ends = week_ends(calendar.start, calendar.days)
    for place, use in enumerate(company.self_service.answers):
        values: list[object] = [
            f"{use.item}-{use.day:%Y%m%d}",
            use.item,
            use.kind,
            use.title,
            use.area,
            use.day.isoformat(),
            use.uses,
            use.likes,
            use.dislikes,
            use.like_item,
        ]
        table.add(_week_of(ends, use.day), _row(values, place, 1))
    return table


def _ledger_table(company: Company) -> Table:
    table = Table("demo_finance", "ledger")
    for line in company.ledger:
        day = line.last_day + timedelta(days=1)
        later = (day + timedelta(days=32)).replace(day=1)
        is_corrected = line.first_cents is not None and later <= company.calendar.as_of
        cents = line.first_cents if line.first_cents is not None and is_corrected else line.cents
        table.add(day, _row(_ledger_fields(line, 1, cents), line.number, 1))
        if is_corrected:
            table.add(later, _row(_ledger_fields(line, 2, line.cents), line.number, 2))
            table.count("corrected_later")
    return table


def _ledger_fields(line: LedgerLine, revision: int, cents: int) -> list[object]:
    return [
        line.number,
        revision,
        line.first_day.isoformat(),
        line.last_day.isoformat(),
        line.channel,
        line.kind,
        "1" if line.is_one_off else "0",
        f"{cents / 100:.2f}",
        "USD",
    ]
