"""Self-service of the demo: conversations with the bot, visits to the help centre, its answers.

Draws clean events beside the contacts and changes none of them: some contacts have a session
before them, many sessions have no contact after them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from orchestration.demo.contacts import Contacts
from orchestration.demo.dice import Dice, Weighted
from orchestration.demo.events import Chat, Contact
from orchestration.demo.vocabulary import COUNTRY_WEIGHTS, DAY, HOUR, LOCAL_HOURS, TOPICS
from orchestration.demo.world import Customer, World

FIRST_CONVERSATION, FIRST_VISIT = 3_000_001, 6_000_001
AREAS = tuple(sorted({area for topic in TOPICS.values() for area in topic.areas}))
PROMISED_HOURS = {"urgent": 8, "high": 24, "normal": 48, "low": 72}
S = TypeVar("S", bound="Session")
ITEM_KINDS = ("article", "bot", "no answer")
ITEMS_PER_KIND = {"article": 33, "bot": 22, "no answer": 11}


@dataclass(slots=True, kw_only=True)
class Session:
    """What conversations and visits have in common."""

    started_at: int
    ended_at: int
    customer_id: int | None
    customer: Customer | None
    area: str | None
    is_abandoned: bool
    number: int = 0

    @property
    def is_test(self) -> bool:
        return self.customer is not None and self.customer.is_test


@dataclass(slots=True, kw_only=True)
class Conversation(Session):
    """A conversation with the bot; `contact` is the chat that it was handed to.

    Attributes:
        helped: the customer's word; None when he said nothing.
        said_at: when he said so, if it was after the export of the week.
    """

    mode: str
    country: str
    turns: int
    unanswered: int
    is_servable: bool
    contact: Contact | None = None
    helped: bool | None = None
    said_at: int | None = None


@dataclass(slots=True, kw_only=True)
class Visit(Session):
    """A visit to the help centre."""

    searches: int
    articles: int


@dataclass(frozen=True, slots=True)
class AnswerUse:
    """Uses of one answer on one day."""

    item: int
    kind: str
    title: str
    area: str
    day: date
    uses: int
    likes: int | None
    dislikes: int | None
    like_item: int | None


@dataclass(frozen=True)
class SelfService:
    conversations: tuple[Conversation, ...]
    visits: tuple[Visit, ...]
    answers: tuple[AnswerUse, ...]


def draw_self_service(
    world: World, contacts: Contacts, contacts_per_day: int, seed: int
) -> SelfService:
    """All sessions that end within the calendar, and the uses of answers."""
    conversations = _conversations(world, contacts, contacts_per_day, Dice(seed, "conversations"))
    visits = _visits(world, contacts, contacts_per_day, Dice(seed, "help centre visits"))
    answers = _answer_uses(world, contacts_per_day, Dice(seed, "answers"))
    return SelfService(tuple(conversations), tuple(visits), tuple(answers))


def draw_promises(contacts: Contacts, seed: int) -> None:
    """Promise a time of solution in most tickets, in place."""
    dice = Dice(seed, "promises")
    for ticket in contacts.tickets:
        if dice.chance(0.6) and not ticket.is_spam and not ticket.is_outbound:
            hours = PROMISED_HOURS[ticket.priority or "normal"]
            ticket.due_at = ticket.started_at + hours * HOUR


def _asks(contact: Contact) -> bool:
    return not (contact.is_spam or contact.is_outbound)


def _seekers(world: World) -> Weighted:
    """Who seldom makes contact helps himself more often."""
    return Weighted(
        {str(place): 1 / customer.activity for place, customer in enumerate(world.customers)}
    )


def _visitor(world: World, weights: Weighted, moment: int, dice: Dice) -> Customer | None:
    """Somebody who is a customer at this moment."""
    customer = world.customers[int(dice.weighted(weights))]
    day = world.calendar.day_of(moment)
    is_active = customer.signed_up <= day and (customer.churned is None or day < customer.churned)
    return customer if is_active else None


def _conversations(
    world: World, contacts: Contacts, contacts_per_day: int, dice: Dice
) -> list[Conversation]:
    calendar = world.calendar
    found: list[Conversation] = []

    def converse(
        started_at: int, ended_at: int, person: Contact | Customer | None, chat: Chat | None
    ) -> None:
        customer = person.customer if isinstance(person, Contact) else person
        country = chat.country if chat else customer.country if customer else None
        turns = 1 + int(dice.exponential(3))
        unanswered = sum(
            dice.chance(0.45 if chat and chat.agent_id else 0.12) for _ in range(turns)
        )
        handed = chat if chat is not None and chat.outcome == "Answered" else None
        said = dice.chance(0.45) and handed is None
        is_abandoned = handed is None and not said and dice.chance(0.25)
        session = Conversation(
            started_at=started_at,
            ended_at=ended_at,
            customer_id=person.customer_id if person else None,
            customer=customer,
            area=(chat.area if chat else None) or dice.pick(AREAS),
            is_abandoned=is_abandoned,
            mode="bot_first" if dice.chance(0.8) else "human_first",
            country=country or dice.weighted(COUNTRY_WEIGHTS),
            turns=turns,
            unanswered=unanswered,
            is_servable=dice.chance(0.93 if handed is None else 0.7),
            contact=handed,
            helped=dice.chance(0.82) if said else None,
        )
        later = ended_at + dice.integer(8 * DAY, 10 * DAY)
        if session.helped is not None and dice.chance(0.03) and later < calendar.end:
            session.said_at = later
        if calendar.begin <= started_at and ended_at < calendar.end:
            found.append(session)

    for chat in contacts.chats:
        if not _asks(chat):
            continue
        if chat.outcome == "Bot":
            converse(chat.started_at, chat.ended_at, chat, chat)
        elif chat.outcome == "Answered" and dice.chance(0.3):
            converse(chat.started_at - dice.integer(30, 240), chat.started_at, chat, chat)
    weights = _seekers(world)
    for midnight in _midnights(world):
        for _ in range(dice.poisson(0.1 * contacts_per_day)):
            at = _moment(midnight, dice)
            person = None if dice.chance(0.3) else _visitor(world, weights, at, dice)
            converse(at, at + dice.integer(20, 600), person, None)
    return _numbered(found, FIRST_CONVERSATION)


def _visits(world: World, contacts: Contacts, contacts_per_day: int, dice: Dice) -> list[Visit]:
    calendar = world.calendar
    found: list[Visit] = []

    def visit(at: int, customer: Customer | None, customer_id: int | None, area: str) -> None:
        gave_up = dice.chance(0.2)
        session = Visit(
            started_at=at,
            ended_at=at + dice.integer(15, 500),
            customer_id=customer_id,
            customer=customer,
            area=area,
            is_abandoned=gave_up,
            searches=dice.integer(1 if gave_up else 0, 4),
            articles=0 if gave_up else 1 + int(dice.exponential(1.5)),
        )
        if calendar.begin <= at and session.ended_at < calendar.end:
            found.append(session)

    for contact in contacts.all():
        if _asks(contact) and contact.customer_id is not None and dice.chance(0.22):
            # A few searched longer before than anybody would count.
            before = dice.integer(600, 30 * HOUR)
            area = contact.area or dice.pick(AREAS)
            visit(contact.started_at - before, contact.customer, contact.customer_id, area)
    weights = _seekers(world)
    for midnight in _midnights(world):
        for _ in range(dice.poisson(0.3 * contacts_per_day)):
            at = _moment(midnight, dice)
            person = None if dice.chance(0.6) else _visitor(world, weights, at, dice)
            visit(at, person, person.customer_id if person else None, dice.pick(AREAS))
    return _numbered(found, FIRST_VISIT)


def _answer_uses(world: World, contacts_per_day: int, dice: Dice) -> list[AnswerUse]:
    """Popular answers far more often than others; questions without an answer get no votes."""
    found = []
    item = 0
    for kind in ITEM_KINDS:
        for place in range(ITEMS_PER_KIND[kind]):
            item += 1
            area = AREAS[place % len(AREAS)]
            mean = contacts_per_day * 0.12 / (place + 2)
            liked = 0.55 + 0.4 * dice.uniform()
            is_like = kind == "no answer" and place % 2 == 0
            for day in world.calendar.dates:
                uses = dice.poisson(mean)
                votes = sum(dice.chance(0.15) for _ in range(uses))
                likes = sum(dice.chance(liked) for _ in range(votes))
                if uses:
                    found.append(
                        AnswerUse(
                            item=item,
                            kind=kind,
                            title=f"{kind}: {area} {place + 1}",
                            area=area,
                            day=day,
                            uses=uses,
                            likes=None if kind == "no answer" else likes,
                            dislikes=None if kind == "no answer" else votes - likes,
                            like_item=ITEMS_PER_KIND["article"] + place + 1 if is_like else None,
                        )
                    )
    return found


def _midnights(world: World) -> list[int]:
    return [world.calendar.begin + day * DAY for day in range(world.calendar.days)]


def _moment(midnight: int, dice: Dice) -> int:
    return midnight + int(dice.weighted(LOCAL_HOURS)) * HOUR + dice.integer(0, HOUR - 1)


def _numbered(sessions: list[S], first: int) -> list[S]:
    sessions.sort(key=lambda session: (session.started_at, session.ended_at))
    for place, session in enumerate(sessions):
        session.number = first + place
    return sessions


def week_ends(start: date, days: int) -> list[date]:
    """Load dates of a weekly export: every seventh day, and the last day whatever it is."""
    ends = {start + timedelta(days=day) for day in range(6, days, 7)}
    return sorted(ends | {start + timedelta(days=days - 1)})
