"""Truth about agents, reviews, payments, churn and changes, from the clean events.

Plain loops, and a regression by normal equations; shares no code with the models.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from orchestration.demo.billing import draw_payments
from orchestration.demo.events import Answer, Call, Chat, Contact, Ticket
from orchestration.demo.quality import ITEMS, Review, credited_agent, draw_reviews, planned_changes
from orchestration.demo.simulate import Company
from orchestration.demo.ticket_events import TicketEvent, draw_logs
from orchestration.demo.truth import abandonment
from orchestration.demo.truth_fcr import WINDOW, contact_id, is_handled, is_measured_first_contact
from orchestration.demo.truth_figures import Figures, channel_of
from orchestration.demo.truth_surveys import rated

CHANGE_WINDOW_DAYS = 28
DAY = 86_400
Matrix = list[list[float]]
Logs = dict[int, list[TicketEvent]]

ABOUT_PEOPLE = {
    "agents": "By raw id, over all time: contacts that the agent served, answers about them, and "
    "satisfied_expected: what the average reaches on the same channels and reasons.",
    "quality": "Reviews, each once; drivers is the regression of the score (0-100) on the points "
    "of all items (0-100), over contacts that were reviewed and rated.",
    "payments": "Whole currency units; refunds are negative.",
    "churn": "By month: customers there at its beginning, and those who left in it.",
    "changes": "Numerator and base in the 28 days before and after, by change and metric.",
}


def people_truth(company: Company, seed: int) -> Figures:
    """The figures of ABOUT_PEOPLE, and their documentation."""
    reviews = draw_reviews(company, seed)
    return {
        "documentation_people": ABOUT_PEOPLE,
        "agents": agents(company, draw_logs(company, seed)),
        "quality": quality(company, reviews),
        "payments": payments(company, seed),
        "churn": churn(company),
        "changes": changes(company),
    }


def _credit(contact: Contact) -> int | None:
    """Who gets the credit of a contact."""
    return credited_agent(contact) if is_handled(contact) else None


def _is_done_within_a_day(contact: Contact) -> bool:
    """Whether whoever comes next knows who served: not of a ticket that is open for days."""
    if not isinstance(contact, Ticket):
        return True
    solved_at = contact.last.first_solved_at or contact.last.closed_at
    return contact.has_metrics and solved_at is not None and solved_at <= contact.started_at + DAY


def _credit_of_answer(answer: Answer, contact: Contact, logs: Logs) -> int | None:
    """Who wrote last before the survey was sent, else who has the contact."""
    log = logs.get(contact.number, []) if isinstance(contact, Ticket) else []
    wrote = [
        event.agent_id
        for event in log
        if event.kind == "message"
        and event.actor == "agent"
        and event.is_public is not False
        and event.agent_id is not None
        and event.at <= answer.sent_at
    ]
    if wrote:
        return wrote[-1]
    return _credit(contact) or contact.agent_id


def agents(company: Company, logs: Logs) -> Figures:
    found: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(int))
    served = [c for c in company.contacts.all() if is_handled(c) and _credit(c) is not None]
    served.sort(key=lambda contact: (contact.started_at, contact_id(contact)))
    measured = is_measured_first_contact(company.contacts.all(), company.calendar)
    last: dict[int, tuple[int, int]] = {}
    for contact in served:
        agent_id = _credit(contact)
        assert agent_id is not None
        own = found[agent_id]
        own["contacts"] += 1
        seconds = _handle_seconds(contact)
        if seconds is not None:
            own["handle_count"] += 1
            own["handle_seconds"] += seconds
        if contact.serial in measured:
            own["fcr_base"] += 1
            own["fcr"] += measured[contact.serial]
        if contact.customer_id is None:
            continue
        before = last.get(contact.customer_id)
        if before is not None and before[0] >= contact.started_at - WINDOW:
            own["returning"] += 1
            own["same_agent"] += before[1] == agent_id
        if _is_done_within_a_day(contact):
            last[contact.customer_id] = (contact.started_at, agent_id)
    _add_satisfaction(company, logs, found)
    keys = (
        "contacts", "handle_count", "handle_seconds", "fcr_base", "fcr", "returning",
        "same_agent", "responses", "satisfied", "satisfied_expected",
    )  # fmt: skip
    return {str(agent): {key: own[key] for key in keys} for agent, own in sorted(found.items())}


def _add_satisfaction(company: Company, logs: Logs, found: dict[int, dict[str, float]]) -> None:
    strata: dict[tuple[str, str], list[tuple[int, bool]]] = defaultdict(list)
    for answer in _satisfaction(company):
        contact = answer.contact
        agent_id = _credit_of_answer(answer, contact, logs) if contact else None
        if contact is None or agent_id is None:
            continue
        strata[channel_of(contact), contact.reason or ""].append((agent_id, _is_good(answer)))
    for answers in strata.values():
        rate = sum(good for _, good in answers) / len(answers)
        for agent_id, good in answers:
            found[agent_id]["responses"] += 1
            found[agent_id]["satisfied"] += good
            found[agent_id]["satisfied_expected"] += rate


def _satisfaction(company: Company) -> list[Answer]:
    return [answer for answer in rated(company, "csat") if answer.aspect == "overall"]


def _is_good(answer: Answer) -> bool:
    return answer.score is not None and answer.score >= 4


def _handle_seconds(contact: Contact) -> int | None:
    if isinstance(contact, Call):
        return contact.talk + (contact.hold or 0) + (contact.wrap_up or 0)
    if isinstance(contact, Chat) and contact.first_replied_at is not None:
        return contact.ended_at - contact.first_replied_at
    return None


def quality(company: Company, reviews: tuple[Review, ...]) -> Figures:
    followup = [item.key for item in ITEMS].index("post_solve_followup")
    by_agent: dict[str, list[Review]] = defaultdict(list)
    for review in reviews:
        by_agent[str(review.agent_id)].append(review)
    return {
        "by_agent": {
            agent: {
                "reviews": len(own),
                "wow": sum(review.is_wow for review in own),
                "followed_up": sum(review.scores[followup] for review in own),
            }
            for agent, own in sorted(by_agent.items())
        },
        "drivers": _drivers(company, reviews),
    }


def _drivers(company: Company, reviews: tuple[Review, ...]) -> Figures:
    scores = {
        answer.contact.serial: 25.0 * (answer.score - 1)
        for answer in _satisfaction(company)
        if answer.contact is not None and answer.score is not None
    }
    latest = {review.contact.serial: review for review in reviews}
    rows, outcomes = [], []
    for serial, review in latest.items():
        if serial in scores:
            points = zip(review.scores, ITEMS, strict=True)
            rows.append([1.0, *(100.0 * score / item.maximum for score, item in points)])
            outcomes.append(scores[serial])
    if len(rows) < len(ITEMS) + 2:
        return {"n": len(rows)}
    names = ["intercept", *(item.key for item in ITEMS)]
    places = range(len(names))
    squares = [[sum(row[i] * row[j] for row in rows) for j in places] for i in places]
    inverse = _inverse(squares)
    products = [sum(r[i] * y for r, y in zip(rows, outcomes, strict=True)) for i in places]
    coefficients = [sum(inverse[i][j] * products[j] for j in places) for i in places]
    fitted = [sum(c * x for c, x in zip(coefficients, row, strict=True)) for row in rows]
    left = sum((y - f) ** 2 for y, f in zip(outcomes, fitted, strict=True))
    mean = sum(outcomes) / len(outcomes)
    variance = left / (len(rows) - len(names))
    return {
        "n": len(rows),
        "r2": round(1 - left / sum((y - mean) ** 2 for y in outcomes), 9),
        "coef": {name: round(coefficients[i], 9) for i, name in enumerate(names)},
        "std_error": {
            name: round((variance * inverse[i][i]) ** 0.5, 9) for i, name in enumerate(names)
        },
    }


def _inverse(matrix: Matrix) -> Matrix:
    """Gauss and Jordan, with the largest pivot."""
    size = len(matrix)
    rows = [[*row, *(float(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda place: abs(rows[place][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        scale = rows[column][column]
        rows[column] = [value / scale for value in rows[column]]
        for other in range(size):
            if other != column:
                factor = rows[other][column]
                pairs = zip(rows[other], rows[column], strict=True)
                rows[other] = [value - factor * above for value, above in pairs]
    return [row[size:] for row in rows]


def payments(company: Company, seed: int) -> Figures:
    found = draw_payments(company, seed)
    return {
        "count": len(found),
        "customers": len({payment.customer.customer_id for payment in found}),
        "revenue": sum(payment.cents for payment in found) / 100,
    }


def churn(company: Company) -> Figures:
    """Of customers in the CRM."""
    figures: Figures = {}
    for month in [day for day in company.calendar.dates if day.day == 1]:
        following = (month + timedelta(days=32)).replace(day=1)
        there = [
            customer
            for customer in company.world.customers
            if not customer.is_test
            and customer.signed_up < month
            and (customer.churned is None or customer.churned >= month)
        ]
        figures[month.isoformat()] = {
            "customers": len(there),
            "churned": sum(c.churned is not None and c.churned < following for c in there),
        }
    return figures


def changes(company: Company) -> Figures:
    """The change of voice by abandonment, the change of chat by satisfaction."""
    voice, chat, _ = planned_changes(company)
    calendar = company.calendar
    figures: Figures = {}
    for name, changed_on in (("before", voice.changed_on), ("after", voice.changed_on)):
        days = _window(changed_on, name)
        found = [c for c in company.contacts.all() if calendar.day_of(c.started_at) in days]
        counts = abandonment(found)["voice"]
        figures[f"{voice.change_id}.{name}"] = {
            "count": counts["abandoned"] - counts["short_abandoned"],
            "base": counts["offered"] - counts["short_abandoned"],
        }
        days = _window(chat.changed_on, name)
        answers = [
            answer
            for answer in _satisfaction(company)
            if isinstance(answer.contact, Chat) and calendar.day_of(answer.created_at) in days
        ]
        figures[f"{chat.change_id}.{name}"] = {
            "count": sum(map(_is_good, answers)),
            "base": len(answers),
        }
    return figures


def _window(changed_on: date, name: str) -> set[date]:
    first = changed_on - timedelta(days=CHANGE_WINDOW_DAYS if name == "before" else 0)
    return {first + timedelta(days=day) for day in range(CHANGE_WINDOW_DAYS)}
