"""The survey programme: who was invited, what the agency asked, and what became of feedback.

Adds to the answers that are drawn already and changes none of their scores.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from orchestration.demo.contacts import Contacts
from orchestration.demo.dice import Dice, Weighted
from orchestration.demo.events import (
    Answer,
    Call,
    Chat,
    Contact,
    FeedbackCase,
    Invitation,
    Opinion,
)
from orchestration.demo.surveys import surveyed_at
from orchestration.demo.vocabulary import DAY, HOUR
from orchestration.demo.world import Customer, World

FIRST_INVITATION, FIRST_CASE, FIRST_OPINION = 8_000_001, 8_500_001, 9_000_001
TOUCHPOINTS = {
    "Checkout": "purchase",
    "Shopping cart": "purchase",
    "Delivery": "delivery",
    "Accounts": "onboarding",
    "Payments": "billing",
    "Invoices": "billing",
    "Subscriptions": "billing",
    "Mobile app": "use",
    "Integrations": "use",
    "Reports": "use",
    "Import; export": "use",
}
RELATIONAL_MODES = Weighted({"mail": 60, "site": 20, "letter": 12, "visit": 8})
PROMOTER_REASONS = Weighted({"service": 40, "product": 30, "ease": 20, "price": 10})
DETRACTOR_REASONS = Weighted({"price": 35, "speed": 30, "service": 20, "product": 15})
CATEGORIES = ("billing", "delivery", "product", "staff", "waiting")
OWNERS = ("Complaints desk", "Product", "Quality")


@dataclass(frozen=True)
class Programme:
    """Everything of it, numbered in the order of time."""

    invitations: tuple[Invitation, ...]
    cases: tuple[FeedbackCase, ...]
    opinions: tuple[Opinion, ...]


def draw_programme(
    world: World,
    contacts: Contacts,
    answers: Sequence[Answer],
    asked: list[Invitation],
    seed: int,
) -> Programme:
    """The programme around the answers; marks each answer with its way, in place."""
    dice = Dice(seed, "survey programme")
    kept = {id(answer) for answer in answers}
    for invitation in asked:
        invitation.answers = [answer for answer in invitation.answers if id(answer) in kept]
    invitations = [*asked, *_unanswered(world, contacts, asked, dice)]
    invitations = [found for found in invitations if found.sent_at < world.calendar.end]
    invitations.sort(key=lambda found: (found.sent_at, found.customer_id or 0, _serial(found)))
    for place, invitation in enumerate(invitations):
        invitation.number = FIRST_INVITATION + place
        _describe(invitation, world.calendar.end, dice)
    for answer in answers:
        _give_a_reason(answer, dice)
    cases = _cases(answers, world.calendar.end, dice)
    opinions = _opinions(world, contacts, answers, dice)
    return Programme(tuple(invitations), tuple(cases), tuple(opinions))


def touchpoint_of(contact: Contact | None) -> str:
    """Step of the journey that a contact belongs to; without one it is the relation."""
    if contact is None:
        return "relationship"
    return TOUCHPOINTS.get(contact.area or "", "support")


def _serial(invitation: Invitation) -> int:
    return invitation.contact.serial if invitation.contact else 0


def _unanswered(
    world: World, contacts: Contacts, asked: list[Invitation], dice: Dice
) -> list[Invitation]:
    """Invitations that bring nothing: the more, the more often somebody was asked before."""
    invited: dict[int | None, int] = defaultdict(int)
    done = {found.contact.serial for found in asked if found.contact is not None}
    found: list[Invitation] = []
    happened = sorted(contacts.all(), key=lambda contact: (contact.started_at, contact.serial))
    for contact in happened:
        ended_at = surveyed_at(contact)
        if ended_at is None:
            continue
        if contact.serial not in done:
            if not dice.chance(min(0.9, 0.1 + 0.08 * invited[contact.customer_id])):
                continue
            found.append(
                Invitation(
                    campaign="transactional",
                    customer=contact.customer,
                    customer_id=contact.customer_id,
                    contact=contact,
                    sent_at=ended_at + dice.integer(120, 3 * HOUR),
                    held_back="asked_recently" if dice.chance(0.2) else None,
                    bounced=dice.chance(0.05),
                )
            )
        invited[contact.customer_id] += 1
    related = {invitation.customer_id for invitation in asked if invitation.contact is None}
    for customer in world.customers:
        if customer.customer_id in related or not dice.chance(0.4):
            continue
        day = dice.integer(0, world.calendar.days - 1)
        found.append(
            Invitation(
                campaign="relational",
                customer=customer,
                customer_id=customer.customer_id,
                contact=None,
                sent_at=world.calendar.begin + day * DAY + 10 * HOUR,
                bounced=dice.chance(0.05),
            )
        )
    return found


def _describe(invitation: Invitation, end: int, dice: Dice) -> None:
    """How it went out and came back, in place; its answers came the same way."""
    contact = invitation.contact
    invitation.touchpoint = touchpoint_of(contact)
    if contact is None:
        invitation.sent_by = dice.weighted(RELATIONAL_MODES)
    elif isinstance(contact, Chat):
        invitation.sent_by = "chat" if dice.chance(0.7) else "app"
    elif isinstance(contact, Call):
        invitation.sent_by = "phone" if dice.chance(0.6) else "text"
    else:
        invitation.sent_by = "mail"
    invitation.questions = dice.integer(5, 10) if contact is None else dice.integer(1, 6)
    for answer in invitation.answers:
        answer.invitation = invitation
        answer.touchpoint = invitation.touchpoint
        answer.collected_by = invitation.sent_by
    invitation.bounced = invitation.bounced and invitation.held_back is None
    if invitation.held_back is not None or invitation.bounced:
        return
    invitation.delivered_at = invitation.sent_at + dice.integer(0, 20)
    if invitation.answers:
        invitation.responded_at = min(answer.created_at for answer in invitation.answers)
        invitation.opened_at = invitation.responded_at - dice.integer(0, 9)
        invitation.completed = dice.chance(0.99 - 0.04 * invitation.questions)
    elif dice.chance(0.3):
        opened_at = invitation.sent_at + 60 + round(dice.lognormal(6 * HOUR, 1.0))
        invitation.opened_at = opened_at if opened_at < end else None


def _give_a_reason(answer: Answer, dice: Dice) -> None:
    if answer.survey_type == "nps" and answer.score is not None and dice.chance(0.8):
        if answer.score >= 9:
            answer.reason = dice.weighted(PROMOTER_REASONS)
        elif answer.score <= 6:
            answer.reason = dice.weighted(DETRACTOR_REASONS)
        else:
            answer.reason = dice.pick(("product", "price", "service"))


def _is_hard(answer: Answer) -> bool:
    if answer.survey_type != "ces" or answer.score is None:
        return False
    return answer.score >= 4 if answer.version == "1.0" else answer.score <= 3


def _cases(answers: Sequence[Answer], end: int, dice: Dice) -> list[FeedbackCase]:
    """Complaints of the dissatisfied and of those with much effort, ideas, and thanks."""
    cases: list[FeedbackCase] = []
    for answer in answers:
        kind = _kind_of_case(answer, dice)
        if kind is None:
            continue
        case = FeedbackCase(
            kind=kind,
            category=dice.pick(CATEGORIES),
            owner=dice.pick(OWNERS),
            answer=answer,
            asked_at=answer.created_at,
            number=FIRST_CASE + len(cases),
        )
        moment = case.asked_at
        for step, share, mean in (
            ("categorised_at", 0.93, 8 * HOUR),
            ("acted_at", 0.85, 2 * DAY),
            ("followed_up_at", 0.8, 3 * DAY),
        ):
            moment += 600 + round(dice.lognormal(mean, 0.8))
            if not dice.chance(share) or moment >= end:
                break
            setattr(case, step, moment)
        cases.append(case)
    return cases


def _kind_of_case(answer: Answer, dice: Dice) -> Literal["complaint", "idea", "thanks"] | None:
    is_bad = answer.survey_type == "csat" and answer.score is not None and answer.score <= 2
    if (is_bad and answer.aspect == "overall") or _is_hard(answer):
        return "complaint" if dice.chance(0.6) else None
    if answer.survey_type == "csat" and answer.aspect == "overall":
        if dice.chance(0.03):
            return "idea"
        return "thanks" if answer.score == 5 and dice.chance(0.05) else None
    return None


def _opinions(
    world: World, contacts: Contacts, answers: Sequence[Answer], dice: Dice
) -> list[Opinion]:
    """What the agency asks after effort and after calls, and what it hears elsewhere."""
    opinions: list[Opinion] = []

    def add(question: str, answer: int, moment: int, **rest: object) -> None:
        if moment < world.calendar.end:
            opinions.append(
                Opinion(question=question, answer=answer, answered_at=moment, **rest)  # type: ignore[arg-type]
            )

    for answer in answers:
        contact = answer.contact
        if contact is None:
            continue
        about: dict[str, object] = {
            "method": "questionnaire",
            "collected_by": "site",
            "touchpoint": touchpoint_of(contact),
            "customer": answer.customer,
            "contact": contact,
        }
        moment = answer.created_at + dice.integer(60, 1_800)
        if answer.survey_type == "ces" and answer.score is not None and dice.chance(0.8):
            hard = _is_hard(answer)
            add("buy_again", int(dice.chance(0.3 if hard else 0.9)), moment, **about)
            add("told_others_bad", int(dice.chance(0.75 if hard else 0.06)), moment, **about)
        elif answer.survey_type == "resolved" and dice.chance(0.5):
            unhappy = answer.score == 0
            add("tried_competitor", int(dice.chance(0.3 if unhappy else 0.08)), moment, **about)
            add("waited_long", int(dice.chance(0.55 if unhappy else 0.2)), moment, **about)
            add("greeted_well", int(dice.chance(0.9)), moment, **about)
    for call in contacts.calls:
        if surveyed_at(call) is not None and call.customer is not None and dice.chance(0.03):
            rating = dice.integer(7, 10) if call.happy_end else dice.integer(1, 8)
            add(
                "service_today",
                rating,
                call.ended_at + 15,
                method="questionnaire",
                collected_by="phone",
                touchpoint=touchpoint_of(call),
                customer=call.customer,
                contact=call,
            )
    for day in range(world.calendar.days):
        moment = world.calendar.begin + day * DAY + 15 * HOUR
        if day % 14 == 5:
            for _ in range(8):
                guest: Customer = dice.pick(world.customers)
                add(
                    "group_impression",
                    dice.integer(3, 7),
                    moment,
                    method="group",
                    collected_by="visit",
                    touchpoint="use",
                    customer=guest,
                    contact=None,
                )
        for number in range(dice.integer(0, 3)):
            add(
                "mention",
                int(dice.chance(0.55)),
                moment + number,
                method="listening",
                collected_by="forum",
                touchpoint="discovery",
                customer=None,
                contact=None,
            )
    opinions.sort(key=lambda opinion: opinion.answered_at)
    for place, opinion in enumerate(opinions):
        opinion.number = FIRST_OPINION + place
    return opinions
