"""Truth of the survey programme: who was asked how often, what came of it, and of feedback."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise

from orchestration.demo.events import Answer, FeedbackCase, Invitation
from orchestration.demo.programme import touchpoint_of
from orchestration.demo.simulate import Company
from orchestration.demo.truth_figures import Figures, channel_of, grouped, percent
from orchestration.demo.truth_surveys import csat_figures, rated
from orchestration.demo.vocabulary import DAY

MOST_IN_7_DAYS, MOST_IN_90_DAYS = 1, 3
FEEDBACK_DAYS = 14
MODES = {
    "phone": "ivr",
    "mail": "email",
    "site": "online",
    "app": "in_app",
    "chat": "chat",
    "text": "sms",
    "letter": "paper",
    "visit": "face_to_face",
}


def programme(company: Company) -> Figures:
    """All of it as one JSON-ready dictionary."""
    return {
        "invitations": invitations(company),
        "contactability": contactability(company),
        "statements": statements(company),
        "loyalty": loyalty(company),
        "nps_reasons": nps_reasons(company),
        "recovery": recovery(company),
        "feedback": feedback(company),
        "csat_by_touchpoint": _csat_by(company, lambda a: touchpoint_of(a.contact)),
        "csat_by_mode": _csat_by(company, lambda a: MODES[a.collected_by]),
        "csat_by_vulnerability": _csat_by(company, _vulnerability),
        "csat_by_reason_and_channel": _csat_by(
            company,
            lambda a: (
                f"{(a.contact and a.contact.reason) or 'unknown'}"
                f"|{channel_of(a.contact) if a.contact else 'unknown'}"
            ),
        ),
    }


def _vulnerability(answer: Answer) -> str:
    if answer.customer is None:
        return "unknown"
    return "yes" if answer.customer.needs_care else "no"


def _csat_by(company: Company, key: Callable[[Answer], str]) -> Figures:
    found = [answer for answer in rated(company, "csat") if answer.aspect == "overall"]
    return {name: csat_figures(answers) for name, answers in grouped(found, key).items()}


def is_delivered(invitation: Invitation) -> bool:
    return invitation.held_back is None and not invitation.bounced


def _earlier(company: Company) -> dict[int, tuple[int, int]]:
    """By number: delivered invitations of the same customer in the 7 and 90 days before."""
    sent: dict[int, list[Invitation]] = defaultdict(list)
    counts: dict[int, tuple[int, int]] = {}
    for found in sorted(company.programme.invitations, key=lambda i: (i.sent_at, i.number)):
        if found.customer_id is None:
            continue
        ages = [found.sent_at - other.sent_at for other in sent[found.customer_id]]
        counts[found.number] = (
            sum(age < 7 * DAY for age in ages),
            sum(age < 90 * DAY for age in ages),
        )
        if is_delivered(found):
            sent[found.customer_id].append(found)
    return counts


def _band(earlier: tuple[int, int] | None) -> str:
    if earlier is None:
        return "unknown"
    for most, name in ((0, "0"), (1, "1"), (3, "2-3"), (6, "4-6")):
        if earlier[1] <= most:
            return name
    return "7 or more"


def invitations(company: Company) -> Figures:
    """By mode and by how many came before; test accounts are out, but count as asked."""
    earlier = _earlier(company)
    counted = [found for found in company.programme.invitations if not found.is_test]

    def figures(chosen: list[Invitation]) -> Figures:
        delivered = [found for found in chosen if is_delivered(found)]
        responded = [found for found in delivered if found.responded_at is not None]
        known = [earlier[found.number] for found in delivered if found.number in earlier]
        return {
            "invitations": len(chosen),
            "held_back": sum(found.held_back is not None for found in chosen),
            "bounced": sum(found.bounced for found in chosen),
            "delivered": len(delivered),
            "responses": len(responded),
            "completed": sum(found.completed for found in responded),
            "over_surveyed": sum(
                week >= MOST_IN_7_DAYS or quarter >= MOST_IN_90_DAYS for week, quarter in known
            ),
            "questions": sum(found.questions for found in delivered),
            "response_seconds": sum((f.responded_at or 0) - f.sent_at for f in responded),
            "response_rate_pct": percent(len(responded), len(delivered)),
        }

    return {
        "overall": figures(counted),
        "by_mode": {
            name: figures(found)
            for name, found in grouped(counted, lambda found: MODES[found.sent_by]).items()
        },
        "by_earlier": {
            name: figures(found)
            for name, found in grouped(
                counted, lambda found: _band(earlier.get(found.number))
            ).items()
        },
    }


def contactability(company: Company) -> Figures:
    """Customers asked in the last 90 days, and how many of them may not be asked tomorrow."""
    ages: dict[int, list[int]] = defaultdict(list)
    for found in company.programme.invitations:
        if found.customer_id is None or found.is_test or not is_delivered(found):
            continue
        days = (company.calendar.as_of - company.calendar.day_of(found.sent_at)).days
        if days < 90:
            ages[found.customer_id].append(days)
    blocked = sum(
        sum(age + 1 <= 7 for age in found) >= MOST_IN_7_DAYS
        or sum(age + 1 <= 90 for age in found) >= MOST_IN_90_DAYS
        for found in ages.values()
    )
    return {"customers": len(ages), "do_not_survey": blocked}


def statements(company: Company) -> Figures:
    """Yes and no to the agency's questions."""
    found = [opinion for opinion in company.programme.opinions if not opinion.is_test]
    return {
        question: {"base": len(opinions), "yes": sum(o.answer == 1 for o in opinions)}
        for question, opinions in grouped(found, lambda opinion: opinion.question).items()
        if question
        in {"buy_again", "told_others_bad", "tried_competitor", "waited_long", "greeted_well"}
    }


def _effort(answer: Answer) -> str:
    score = answer.score or 0
    if answer.version == "1.0":
        band = "low" if score <= 2 else "high" if score >= 4 else "neutral"
        return f"ces_1|{band}"
    band = "low" if score >= 5 else "high" if score <= 3 else "neutral"
    return f"ces_2|{band}"


def loyalty(company: Company) -> Figures:
    """Repurchase and bad word of mouth by the effort stated about the same contact."""
    efforts: dict[int, str] = {}
    for answer in sorted(rated(company, "ces"), key=lambda a: (a.created_at, a.number)):
        if answer.contact is not None:
            efforts[answer.contact.serial] = _effort(answer)
    asked = [
        opinion
        for opinion in company.programme.opinions
        if opinion.question in {"buy_again", "told_others_bad"}
        and opinion.contact is not None
        and not opinion.is_test
    ]
    return {
        name: {
            question: {
                "base": sum(o.question == question for o in found),
                "yes": sum(o.question == question and o.answer == 1 for o in found),
            }
            for question in ("buy_again", "told_others_bad")
        }
        for name, found in grouped(
            asked, lambda o: efforts[o.contact.serial] if o.contact else "none"
        ).items()
    }


def nps_reasons(company: Company) -> Figures:
    """Answers by scope, group of the score and reason."""

    def group(answer: Answer) -> str:
        score = answer.score or 0
        name = "promoter" if score >= 9 else "detractor" if score <= 6 else "passive"
        return f"{answer.campaign}|{name}|{answer.reason or 'unknown'}"

    return {name: len(found) for name, found in grouped(rated(company, "nps"), group).items()}


def recovery(company: Company) -> Figures:
    """Dissatisfied answers, those followed by another of the customer, and by a satisfied one."""
    overall = [answer for answer in rated(company, "csat") if answer.aspect == "overall"]
    by_customer = grouped(
        [answer for answer in overall if answer.customer_id is not None],
        lambda answer: str(answer.customer_id),
    )
    dissatisfied = again = recovered = 0
    for answers in by_customer.values():
        scores = [a.score or 0 for a in sorted(answers, key=lambda a: (a.created_at, a.number))]
        dissatisfied += sum(score <= 2 for score in scores)
        pairs = [(one, two) for one, two in pairwise(scores) if one <= 2]
        again += len(pairs)
        recovered += sum(two >= 4 for _, two in pairs)
    return {"dissatisfied": dissatisfied, "answered_again": again, "recovered": recovered}


def feedback(company: Company) -> Figures:
    """Cases by kind; an anonymous one cannot be known to be of a test account."""
    end = company.calendar.end
    counted = [
        case
        for case in company.programme.cases
        if not (case.answer.has_person and case.answer.is_test)
    ]

    def figures(cases: list[FeedbackCase]) -> Figures:
        due = [case for case in cases if case.asked_at + FEEDBACK_DAYS * DAY <= end]
        acted = [case.acted_at - case.asked_at for case in cases if case.acted_at is not None]
        return {
            "cases": len(cases),
            "categorised": sum(case.categorised_at is not None for case in cases),
            "acted": len(acted),
            "acted_seconds": sum(acted),
            "followed_up": sum(case.followed_up_at is not None for case in cases),
            "due": len(due),
            "fell_through": sum(
                case.followed_up_at is None
                or case.followed_up_at > case.asked_at + FEEDBACK_DAYS * DAY
                for case in due
            ),
            "high_effort_open": sum(
                case.answer.survey_type == "ces" and case.followed_up_at is None for case in cases
            ),
        }

    kinds = {"complaint": "complaint", "idea": "suggestion", "thanks": "praise"}
    return {
        kinds[name]: figures(found)
        for name, found in grouped(counted, lambda case: case.kind).items()
    }
