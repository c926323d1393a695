"""Rows of the quality tool: reviews of sampled contacts by item, and the log of changes.

Reviews follow the feeling behind the answers, item by item with a known strength; nothing here
changes what happened to a customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from orchestration.demo.dice import Dice
from orchestration.demo.events import Answer, Contact, Ticket
from orchestration.demo.exports import kind_of
from orchestration.demo.rows import RawRow, Table, iso
from orchestration.demo.simulate import Company
from orchestration.demo.surveys import surveyed_at
from orchestration.demo.vocabulary import DAY, HOUR
from orchestration.demo.world import Calendar

WEEK = 7
REVIEWS_A_WEEK = 3
FIRST_REVIEW_ID = 40_001
REVIEW_COLUMNS = (
    "review_id", "item", "contact_type", "contact_id", "agent_id", "score", "max", "wow",
    "reviewed_at",
)  # fmt: skip
CHANGE_COLUMNS = ("change_id", "changed_on", "what", "channel", "team", "metric")


@dataclass(frozen=True)
class Item:
    """An item of the scorecard; `strength` is how much of the customer's feeling it shows."""

    key: str
    maximum: int
    strength: float


ITEMS = (
    Item("greeting", 5, 0.0),
    Item("understanding", 10, 1.1),
    Item("solution", 10, 1.6),
    Item("emotional_connection", 5, 0.9),
    Item("post_solve_followup", 1, 0.0),
)


@dataclass(frozen=True)
class Review:
    """A reviewed contact; `scores` in the order of ITEMS."""

    number: int
    contact: Contact
    agent_id: int
    scores: tuple[int, ...]
    is_wow: bool
    reviewed_at: int
    delivered_on: date


@dataclass(frozen=True)
class Change:
    """Something that changed for a channel, a team, or all, and the metric it was meant to move."""

    change_id: str
    changed_on: date
    what: str
    channel: str
    team: str
    metric: str


def credited_agent(contact: Contact) -> int | None:
    """The assignee of the last state of a ticket, or who took the chat or call."""
    return contact.last.assignee_id if isinstance(contact, Ticket) else contact.agent_id


def draw_reviews(company: Company, seed: int) -> tuple[Review, ...]:
    """A few reviews for each agent and week, of surveyed contacts first."""
    dice = Dice(seed, "quality reviews")
    calendar = company.calendar
    humans = {agent.agent_id for agent in company.world.agents if agent.role != "bot"}
    rated = {
        answer.contact.serial: answer
        for answer in company.answers
        if answer.contact and answer.survey_type == "csat" and answer.aspect == "overall"
    }
    by_week: dict[tuple[int, int], list[Contact]] = {}
    for contact in company.contacts.all():
        ended_at, agent_id = surveyed_at(contact), credited_agent(contact)
        if ended_at is None or agent_id not in humans:
            continue
        by_week.setdefault(((ended_at - calendar.begin) // (WEEK * DAY), agent_id), []).append(
            contact
        )
    found: list[Review] = []
    for week in range(calendar.days // WEEK):
        closes_at = calendar.begin + (week + 1) * WEEK * DAY
        for agent_id in sorted(humans):
            candidates = by_week.get((week, agent_id), [])
            dice.shuffle(candidates)
            candidates.sort(key=lambda contact: not _is_rated(rated.get(contact.serial), closes_at))
            for contact in candidates[:REVIEWS_A_WEEK]:
                number = FIRST_REVIEW_ID + len(found)
                found.append(_review(contact, agent_id, rated, number, closes_at, calendar, dice))
    return tuple(found)


def _is_rated(answer: Answer | None, before: int) -> bool:
    return answer is not None and answer.score is not None and answer.created_at < before


def _review(
    contact: Contact,
    agent_id: int,
    rated: dict[int, Answer],
    number: int,
    closes_at: int,
    calendar: Calendar,
    dice: Dice,
) -> Review:
    answer = rated.get(contact.serial)
    feeling = answer.feeling if answer else 0.6 if contact.happy_end else -0.6
    scores = []
    for item in ITEMS:
        if item.maximum == 1:
            scores.append(int(dice.chance(0.3)))
            continue
        share = 0.68 + 0.08 * item.strength * feeling + 0.12 * dice.normal()
        scores.append(min(item.maximum, max(0, round(item.maximum * share))))
    return Review(
        number=number,
        contact=contact,
        agent_id=agent_id,
        scores=tuple(scores),
        is_wow=feeling > 0.8 and dice.chance(0.25),
        reviewed_at=closes_at - dice.integer(1, 12 * HOUR),
        delivered_on=calendar.day_of(closes_at - 1),
    )


def review_table(reviews: tuple[Review, ...]) -> Table:
    """One row per review and item, delivered on the last day of its week."""
    table = Table("demo_quality", "reviews")
    for review in reviews:
        for item, score in zip(ITEMS, review.scores, strict=True):
            wow = review.is_wow and item.key == "emotional_connection"
            fields = [
                review.number,
                item.key,
                kind_of(review.contact),
                review.contact.number,
                review.agent_id,
                score,
                item.maximum,
                "yes" if wow else "no",
                iso(review.reviewed_at),
            ]
            key = review.number * 10 + ITEMS.index(item)
            text = ",".join(str(value) for value in fields)
            table.add(review.delivered_on, RawRow(text, key, review.reviewed_at))
    return table


def planned_changes(company: Company) -> tuple[Change, ...]:
    """Three changes, the last of them too late to be judged within the calendar."""
    start, days = company.calendar.start, company.calendar.days
    return (
        Change("C-1", start + timedelta(days=days // 3), "Shorter voice menu", "phone", "",
               "abandon_pct"),
        Change("C-2", start + timedelta(days=days // 2), "Saved replies for chat", "chat", "",
               "csat_pct"),
        Change("C-3", start + timedelta(days=days - 1), "Refunds without approval", "", "Billing",
               ""),
    )  # fmt: skip


def change_table(company: Company) -> Table:
    """Changes, each delivered on its day."""
    table = Table("demo_quality", "changes")
    for place, change in enumerate(planned_changes(company)):
        fields = [
            change.change_id,
            change.changed_on.isoformat(),
            change.what,
            change.channel,
            change.team,
            change.metric,
        ]
        table.add(change.changed_on, RawRow(",".join(fields), place, 0))
    return table
