"""Answers to surveys: who answers which question, and the feeling behind each score.

The scores of the overall CSAT question are given by `calibrate.py`, which ranks the feelings.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from orchestration.demo.contacts import Contacts
from orchestration.demo.dice import Dice
from orchestration.demo.events import Answer, Call, Chat, Contact, Invitation, Ticket
from orchestration.demo.vocabulary import COMMENTS, DAY, HOUR, TECHNOLOGY
from orchestration.demo.world import Customer, World

SURVEYED = 0.62
CSAT_SHARE, CES_SHARE, NPS_SHARE, RESOLVED_SHARE = 0.34, 0.09, 0.06, 0.13
KNOWLEDGE_SHARE = 0.15
UNRATED_SHARE = 0.05
EDITED_SHARE = 0.03
ANONYMOUS_SHARE = 0.06
RELATIONAL_SHARE = 0.42
FIRST_ANSWER_ID = 7_000_001


def draw_answers(
    world: World, contacts: Contacts, seed: int
) -> tuple[tuple[Answer, ...], list[Invitation]]:
    """All answers given within the calendar, numbered in the order of time, and who was asked."""
    dice = Dice(seed, "surveys")
    answers: list[Answer] = []
    asked: list[Invitation] = []
    happened = sorted(contacts.all(), key=lambda contact: (contact.started_at, contact.serial))
    for contact in happened:
        ended_at = surveyed_at(contact)
        if ended_at is not None and dice.chance(SURVEYED):
            sent_at, found = _after_contact(contact, ended_at, world, dice)
            answers.extend(found)
            asked.append(
                Invitation(
                    campaign="transactional",
                    customer=contact.customer,
                    customer_id=contact.customer_id,
                    contact=contact,
                    sent_at=sent_at,
                    answers=found,
                )
            )
    for customer in world.customers:
        found = _relational(customer, world, dice)
        answers.extend(found)
        asked.extend(
            Invitation(
                campaign="relational",
                customer=customer,
                customer_id=customer.customer_id,
                contact=None,
                sent_at=answer.sent_at,
                answers=[answer],
            )
            for answer in found
        )
    kept = [answer for answer in answers if answer.created_at < world.calendar.end]
    kept.sort(key=lambda answer: answer.created_at)
    for place, answer in enumerate(kept):
        answer.number = FIRST_ANSWER_ID + place
        if answer.edited_at is not None and answer.edited_at >= world.calendar.end:
            answer.edited_at = None
    return tuple(kept), asked


def surveyed_at(contact: Contact) -> int | None:
    """When the survey of a contact goes out at the earliest; None when there is none.

    Only contacts that a human handled are surveyed. A visitor of a chat whom the CRM does not
    know is not asked, so that the country of an answer never depends on where it is looked up.
    """
    if contact.is_spam or contact.is_outbound:
        return None
    if isinstance(contact, Ticket):
        handled = not contact.is_bot_only and contact.merged_into is None
        return contact.last.first_solved_at if handled else None
    if isinstance(contact, Chat):
        known = contact.customer is not None
        return contact.ended_at if known and contact.outcome == "Answered" else None
    if isinstance(contact, Call):
        return contact.ended_at if contact.disposition == "ANSWERED" else None
    return None


def feeling_about(contact: Contact, dice: Dice) -> float:
    """Latent satisfaction: mood, solution, wait, repeats and chance, about -4 to 4."""
    customer = contact.customer
    mood = customer.mood if customer else 0.0
    feeling = 0.75 * mood + (1.0 if contact.happy_end else -1.1) - 0.45 * contact.depth
    if customer is not None and customer.industry in TECHNOLOGY:
        feeling += 0.55
    if isinstance(contact, Chat) and contact.first_replied_at is not None:
        feeling += 0.2 - (contact.first_replied_at - contact.started_at) / 150
    elif isinstance(contact, Call):
        feeling += 0.35 - (contact.wait or 0) / 220 - 0.3 * contact.transfers
    elif isinstance(contact, Ticket) and contact.last.first_replied_at is not None:
        feeling -= (contact.last.first_replied_at - contact.started_at) / (16 * HOUR)
    return feeling + 0.9 * dice.normal()


def _after_contact(
    contact: Contact, ended_at: int, world: World, dice: Dice
) -> tuple[int, list[Answer]]:
    """When the survey after a contact was sent, and its answers: none to a few."""
    feeling = feeling_about(contact, dice)
    sent_at = ended_at + dice.integer(120, 3 * HOUR)
    created_at = sent_at + 30 + round(dice.lognormal(9 * HOUR, 1.3))

    def answer(survey_type: Literal["csat", "nps", "ces", "resolved"], version: str) -> Answer:
        return Answer(
            survey_type=survey_type,
            version=version,
            campaign="transactional",
            aspect="overall",
            customer=contact.customer,
            customer_id=contact.customer_id,
            contact=contact,
            sent_at=sent_at,
            created_at=created_at,
            feeling=feeling,
            has_person=contact.customer_id is not None and not dice.chance(ANONYMOUS_SHARE),
        )

    found: list[Answer] = []
    # The content and the angry answer rather than those in between.
    if dice.chance(CSAT_SHARE + (0.06 if abs(feeling) > 1.5 else 0.0)):
        csat = answer("csat", "csat_5")
        if dice.chance(0.35):
            csat.comment = dice.pick(COMMENTS["good" if feeling > 0 else "bad"])
        _mark_unrated_or_edited(csat, dice)
        found.append(csat)
        if dice.chance(KNOWLEDGE_SHARE):
            knowledge = replace(
                csat, aspect="knowledge", edited_at=None, first_score=None, comment=None
            )
            knowledge.score = _level(feeling + 0.5 * dice.normal(), (-2.2, -1.5, -0.9, 0.5))
            found.append(knowledge)
    if dice.chance(CES_SHARE):
        # The newer question replaces the older one in the middle of the calendar.
        middle = world.calendar.begin + world.calendar.days * DAY // 2
        effort = answer("ces", "1.0" if created_at < middle else "2.0")
        _fill_effort(effort, dice)
        found.append(effort)
    if dice.chance(NPS_SHARE):
        nps = answer("nps", "nps_11")
        nps.score = _recommendation(feeling, dice)
        found.append(nps)
    if dice.chance(RESOLVED_SHARE):
        resolved = answer("resolved", "yes_no")
        truthful = contact.happy_end if dice.chance(0.94) else not contact.happy_end
        resolved.score = int((truthful and contact.depth == 0) or dice.chance(0.15))
        found.append(resolved)
    return sent_at, found


def _mark_unrated_or_edited(answer: Answer, dice: Dice) -> None:
    """Some never rate (score None), some change their mind; the final score comes later."""
    if dice.chance(UNRATED_SHARE):
        answer.first_score = 0
        answer.score = None
        if dice.chance(0.2):
            answer.edited_at = answer.created_at + dice.integer(HOUR, 3 * DAY)
    elif dice.chance(EDITED_SHARE):
        answer.first_score = dice.integer(1, 5)
        answer.edited_at = answer.created_at + dice.integer(HOUR, 3 * DAY)


def _fill_effort(answer: Answer, dice: Dice) -> None:
    """The effort score: 1 to 5, low is good (version 1.0), or 1 to 7, high is good (2.0)."""
    felt = answer.feeling + 0.7 * dice.normal()
    if answer.version == "1.0":
        answer.score = 6 - _level(felt, (-1.8, -0.9, 0.0, 1.0))
    else:
        answer.score = _level(felt, (-2.4, -1.7, -1.0, -0.4, 0.4, 1.4))
    if dice.chance(UNRATED_SHARE):
        answer.score = None


def _level(feeling: float, bounds: tuple[float, ...]) -> int:
    """1 below the first bound, one more for every bound reached."""
    return 1 + sum(feeling >= bound for bound in bounds)


def _recommendation(feeling: float, dice: Dice) -> int:
    """0 to 10; the angry at times give the least there is."""
    if feeling < -1.5 and dice.chance(0.3):
        return dice.integer(0, 2)
    return min(10, max(0, round(7.6 + 1.5 * feeling + 0.8 * dice.normal())))


def _relational(customer: Customer, world: World, dice: Dice) -> list[Answer]:
    """At most one answer of a customer about the relation as a whole."""
    if not dice.chance(RELATIONAL_SHARE):
        return []
    calendar = world.calendar
    sent_at = calendar.begin + dice.integer(0, calendar.days * DAY - 1) // DAY * DAY + 10 * HOUR
    day = calendar.day_of(sent_at)
    if customer.signed_up >= day or (customer.churned is not None and customer.churned <= day):
        return []
    return [
        Answer(
            survey_type="nps",
            version="nps_11",
            campaign="relational",
            aspect="overall",
            customer=customer,
            customer_id=customer.customer_id,
            contact=None,
            sent_at=sent_at,
            created_at=sent_at + 60 + round(dice.lognormal(12 * HOUR, 1.2)),
            feeling=customer.mood,
            score=_recommendation(1.1 * customer.mood + 0.4, dice),
        )
    ]
