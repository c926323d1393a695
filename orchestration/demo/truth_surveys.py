"""Survey figures of the clean answers: CSAT, NPS, CES and the customers' own word on FCR."""

from __future__ import annotations

from collections.abc import Callable

from orchestration.demo.events import Answer
from orchestration.demo.simulate import Company
from orchestration.demo.truth_figures import UNKNOWN, Figures, channel_of, grouped, percent


def rated(company: Company, survey_type: str) -> list[Answer]:
    """Answers with a score, without those of test accounts."""
    return [
        answer
        for answer in company.answers
        if answer.survey_type == survey_type and answer.score is not None and not answer.is_test
    ]


def csat_figures(answers: list[Answer]) -> Figures:
    scores = [answer.score for answer in answers if answer.score is not None]
    satisfied = sum(score >= 4 for score in scores)
    return {
        "responses": len(scores),
        "satisfied": satisfied,
        "dissatisfied": sum(score <= 2 for score in scores),
        "score_sum": sum(scores),
        "csat_pct": percent(satisfied, len(scores)),
    }


def csat(company: Company) -> Figures:
    """CSAT overall and by month, channel, country and question."""
    answers = rated(company, "csat")
    overall = [answer for answer in answers if answer.aspect == "overall"]

    def country(answer: Answer) -> str:
        return answer.customer.country if answer.customer else UNKNOWN

    def channel(answer: Answer) -> str:
        return channel_of(answer.contact) if answer.contact else UNKNOWN

    def month(answer: Answer) -> str:
        return company.calendar.day_of(answer.created_at).isoformat()[:7]

    def industry(answer: Answer) -> str:
        return answer.customer.industry if answer.customer else UNKNOWN

    def by(key: Callable[[Answer], str], chosen: list[Answer]) -> Figures:
        return {name: csat_figures(found) for name, found in grouped(chosen, key).items()}

    return {
        "overall": csat_figures(overall),
        "unrated": sum(
            answer.survey_type == "csat" and answer.score is None and not answer.is_test
            for answer in company.answers
        ),
        "by_month": by(month, overall),
        "by_channel": by(channel, overall),
        "by_country": by(country, overall),
        "by_industry": by(industry, overall),
        "by_question": {
            **by(lambda answer: answer.aspect, answers),
            **agency_satisfaction(company),
        },
    }


def nps(company: Company) -> Figures:
    """Promoters 9-10, detractors 0-6, by campaign."""
    figures: Figures = {}
    for campaign, answers in grouped(rated(company, "nps"), lambda a: a.campaign).items():
        promoters = sum(answer.score >= 9 for answer in answers)
        detractors = sum(answer.score <= 6 for answer in answers)
        figures[campaign] = {
            "responses": len(answers),
            "promoters": promoters,
            "passives": len(answers) - promoters - detractors,
            "detractors": detractors,
            "nps": percent(promoters - detractors, len(answers)),
        }
    return figures


def ces(company: Company) -> Figures:
    """Effort by scale; the two are never pooled."""
    figures: Figures = {}
    names = {"1.0": "ces_1", "2.0": "ces_2"}
    for scale, answers in grouped(rated(company, "ces"), lambda a: names[a.version]).items():
        scores = [answer.score for answer in answers]
        easy = sum(score <= 2 if scale == "ces_1" else score >= 5 for score in scores)
        figures[scale] = {
            "responses": len(scores),
            "easy": easy,
            "score_sum": sum(scores),
            "ces_easy_pct": percent(easy, len(scores)),
        }
    return figures


def stated_fcr(company: Company) -> Figures:
    """What customers say about it."""
    answers = rated(company, "resolved")
    yes = sum(answer.score == 1 for answer in answers)
    return {"responses": len(answers), "yes": yes, "fcr_survey_pct": percent(yes, len(answers))}


# Scale of the agency's own questions: satisfied from, dissatisfied up to.
AGENCY_SCALES = {"service_today": (8, 2), "group_impression": (6, 2), "mention": (1, 0)}


def agency_satisfaction(company: Company) -> Figures:
    """Satisfaction as the agency asked for it or heard it, by question."""
    figures: Figures = {}
    found = [opinion for opinion in company.programme.opinions if not opinion.is_test]
    for question, (good_from, bad_to) in AGENCY_SCALES.items():
        scores = [opinion.answer for opinion in found if opinion.question == question]
        if scores:
            satisfied = sum(score >= good_from for score in scores)
            figures[question] = {
                "responses": len(scores),
                "satisfied": satisfied,
                "dissatisfied": sum(score <= bad_to for score in scores),
                "score_sum": sum(scores),
                "csat_pct": percent(satisfied, len(scores)),
            }
    return figures
