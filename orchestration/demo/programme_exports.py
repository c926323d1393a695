"""Rows of the weekly exports of the survey programme: invitations, feedback, questionnaires."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from orchestration.demo.events import FeedbackCase, Invitation
from orchestration.demo.exports import kind_of
from orchestration.demo.rows import RawRow, Table, iso
from orchestration.demo.simulate import Company
from orchestration.demo.vocabulary import DAY
from orchestration.demo.world import Calendar

INVITATION_COLUMNS = (
    "invitation", "campaign", "person", "about", "about_id", "sent_by", "touchpoint", "questions",
    "held_back", "bounced", "completed", "sent", "delivered", "opened", "answered", "changed",
)  # fmt: skip
FEEDBACK_COLUMNS = (
    "case", "kind", "category", "person", "answer", "owner", "asked", "categorised", "acted",
    "followed_up", "changed",
)  # fmt: skip
OPINION_COLUMNS = (
    "answer_id", "question", "answer", "person", "about", "about_id", "touchpoint", "collected_by",
    "method", "answered",
)  # fmt: skip


def week_ends(calendar: Calendar) -> list[tuple[date, int]]:
    """The load dates of weekly exports, each with the first second after it."""
    dates = calendar.dates
    ends = [*dates[6::7], *([] if calendar.days % 7 == 0 else dates[-1:])]
    return [(day, calendar.begin + ((day - calendar.start).days + 1) * DAY) for day in ends]


def joined(fields: Iterable[object]) -> str:
    """A CSV row; no field here holds a comma."""
    return ",".join("" if value is None else str(value) for value in fields)


def _seen(moment: int | None, end: int) -> int | None:
    """A moment as it is known at the end of a week."""
    return moment if moment is not None and moment < end else None


def invitation_table(company: Company) -> Table:
    """Each invitation at the end of the week in which it was sent, opened or answered."""
    table = Table("demo_survey", "invitations")
    begin = company.calendar.begin
    for day, end in week_ends(company.calendar):
        for found in company.programme.invitations:
            moments = [found.sent_at, found.delivered_at, found.opened_at, found.responded_at]
            known = [moment for moment in moments if moment is not None and moment < end]
            if known and max(known) >= begin and found.sent_at < end:
                row = RawRow(joined(_invitation(found, end)), found.number, max(known))
                table.add(day, row)
        begin = end
    return table


def _invitation(found: Invitation, end: int) -> list[object]:
    """An invitation in the order of INVITATION_COLUMNS."""
    responded_at = _seen(found.responded_at, end)
    moments = [found.sent_at, _seen(found.delivered_at, end), _seen(found.opened_at, end)]
    moments.append(responded_at)
    return [
        found.number,
        found.campaign,
        found.customer_id,
        kind_of(found.contact) if found.contact else None,
        found.contact.number if found.contact else None,
        found.sent_by,
        found.touchpoint,
        found.questions,
        found.held_back,
        int(found.bounced),
        int(found.completed) if responded_at is not None else None,
        *[iso(moment) for moment in moments],
        iso(max(moment for moment in moments if moment is not None)),
    ]


def feedback_table(company: Company) -> Table:
    """Each case at the end of the weeks in which something happened to it."""
    table = Table("demo_survey", "feedback")
    begin = company.calendar.begin
    for day, end in week_ends(company.calendar):
        for case in company.programme.cases:
            moments = [case.asked_at, case.categorised_at, case.acted_at, case.followed_up_at]
            known = [moment for moment in moments if moment is not None and moment < end]
            if known and max(known) >= begin:
                text = joined([*_case(case, end), iso(max(known))])
                table.add(day, RawRow(text, case.number, max(known)))
        begin = end
    return table


def _case(case: FeedbackCase, end: int) -> list[object]:
    """A case in the order of FEEDBACK_COLUMNS, without the last."""
    answer = case.answer
    categorised_at = _seen(case.categorised_at, end)
    return [
        case.number,
        case.kind,
        case.category if categorised_at is not None else None,
        answer.customer_id if answer.has_person else None,
        answer.number,
        case.owner,
        iso(case.asked_at),
        iso(categorised_at),
        iso(_seen(case.acted_at, end)),
        iso(_seen(case.followed_up_at, end)),
    ]


def opinion_table(company: Company) -> Table:
    """The answers of a week at its end."""
    table = Table("demo_research", "questionnaires")
    begin = company.calendar.begin
    for day, end in week_ends(company.calendar):
        for opinion in company.programme.opinions:
            if begin <= opinion.answered_at < end:
                contact = opinion.contact
                fields = [
                    opinion.number,
                    opinion.question,
                    opinion.answer,
                    opinion.customer.customer_id if opinion.customer else None,
                    kind_of(contact) if contact else None,
                    contact.number if contact else None,
                    opinion.touchpoint,
                    opinion.collected_by,
                    opinion.method,
                    iso(opinion.answered_at),
                ]
                table.add(day, RawRow(joined(fields), opinion.number, opinion.answered_at))
        begin = end
    return table
