"""Brings the drawn world to the published figures: waits and satisfaction by country.

Chat waits are scaled to the mean of the country. CSAT scores are given by rank: within a
country the answers with the best feeling are the satisfied ones, as many as the target says,
so that the figures hold exactly and satisfaction still follows solution and wait.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from orchestration.demo.dice import Dice
from orchestration.demo.events import Answer, Chat
from orchestration.demo.vocabulary import COUNTRIES

CSAT_TARGET = 0.835
# No other country may pass the two that lead with 89 %.
OTHERS_AT_MOST = 0.875
UNKNOWN_COUNTRY = "unknown"


def counted_chat(chat: Chat) -> bool:
    """Whether the first response of a chat counts in the metric."""
    wanted = not (chat.is_spam or chat.is_outbound or chat.is_test)
    return wanted and chat.first_replied_at is not None


def scale_chat_waits(chats: Iterable[Chat]) -> None:
    """Scale the waits of answered chats so that each country's mean is its own, in place."""
    by_country: dict[str, list[Chat]] = defaultdict(list)
    for chat in chats:
        if chat.first_replied_at is not None:
            by_country[chat.country].append(chat)
    for country, answered in by_country.items():
        waits = {chat.serial: (chat.first_replied_at or 0) - chat.started_at for chat in answered}
        counted = [chat.serial for chat in answered if counted_chat(chat)]
        target = COUNTRIES[country].chat_response
        scaled = waits
        factor = 1.0
        # The floor of four seconds moves the mean a little: a few rounds settle it.
        for _ in range(4):
            if not counted:
                break
            factor *= target * len(counted) / sum(scaled[serial] for serial in counted)
            scaled = {serial: max(4, round(wait * factor)) for serial, wait in waits.items()}
        for chat in answered:
            chat.first_replied_at = chat.started_at + scaled[chat.serial]
            chat.ended_at = chat.first_replied_at + chat.duration


def country_of(answer: Answer) -> str:
    """Country of the customer of an answer; `unknown` when the CRM does not know him."""
    return answer.customer.country if answer.customer else UNKNOWN_COUNTRY


def is_rated_csat(answer: Answer) -> bool:
    """Whether the last version of an overall CSAT answer has a score and counts."""
    if answer.survey_type != "csat" or answer.aspect != "overall" or answer.is_test:
        return False
    return answer.first_score != 0 or answer.edited_at is not None


def satisfied_counts(sizes: dict[str, int], dice: Dice) -> dict[str, int]:
    """How many answers of each country are satisfied: exact in the leaders and overall."""
    wanted = round(CSAT_TARGET * sum(sizes.values()))
    counts: dict[str, int] = {}
    limits: dict[str, int] = {}
    for country in sorted(sizes):
        size = sizes[country]
        target = COUNTRIES[country].csat if country in COUNTRIES else 0.80
        if target is None:
            counts[country] = round((0.79 + 0.07 * dice.uniform()) * size)
        else:
            # Australia is rounded up, the others down: it stays first by a hair.
            counts[country] = int(target * size + (0.999 if country == "AU" else 0.0))
        limits[country] = int(OTHERS_AT_MOST * size)
        if country not in {"AU", "PH"}:
            counts[country] = min(counts[country], limits[country])
    others = [country for country in sorted(sizes) if country not in {"AU", "PH"}]
    others.sort(key=lambda country: -sizes[country])
    missing = wanted - sum(counts.values())
    step = 1 if missing > 0 else -1
    room = True
    while missing and room:
        room = False
        for country in others:
            allowed = counts[country] < limits[country] if step > 0 else counts[country] > 0
            # One answer of a big country moves it least.
            if missing and allowed and sizes[country] * 40 >= sizes[others[0]]:
                counts[country] += step
                missing -= step
                room = True
    return counts


def score_csat(answers: Sequence[Answer], seed: int) -> None:
    """Give every overall CSAT answer its final score, in place."""
    dice = Dice(seed, "scores")
    by_country: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        if is_rated_csat(answer):
            by_country[country_of(answer)].append(answer)
        elif answer.survey_type == "csat" and answer.aspect == "overall" and answer.is_test:
            answer.score = dice.integer(1, 5) if answer.first_score != 0 else None
    sizes = {country: len(rated) for country, rated in by_country.items()}
    counts = satisfied_counts(sizes, dice)
    for country in sorted(by_country):
        ranked = sorted(by_country[country], key=lambda answer: (-answer.feeling, answer.number))
        for place, answer in enumerate(ranked):
            _score(answer, place < counts[country], place / len(ranked), dice)


def _score(answer: Answer, is_satisfied: bool, rank: float, dice: Dice) -> None:
    if is_satisfied:
        answer.score = 5 if dice.chance(0.95 - 0.75 * rank) else 4
    else:
        answer.score = 3 if dice.chance(0.38) else 2 if dice.chance(0.5) else 1
    if answer.edited_at is not None and answer.first_score == answer.score:
        # An edit changes something: the first version was one off.
        answer.first_score = answer.score - 1 if answer.score > 1 else 2
