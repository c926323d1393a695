"""Draws histories: a few people, few ids, few days, so that everything meets everything.

Rules of the metrics break at their borders: the seventh day, midnight, the end of a month, the day
on which a clock is put forward, equal times. Those are drawn as often as plain days.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from history_shapes import (
    Agent,
    Answer,
    AsOf,
    Build,
    Call,
    Chat,
    Customer,
    Deliver,
    Event,
    History,
    Row,
    Step,
    Ticket,
)
from hypothesis import strategies as st

# The last day of a leap February and the beginning of summer time in New York lie within.
FIRST_DAY = date(2024, 2, 20)
DAYS = 25
CLOCKS = ("00:00:00", "00:00:01", "04:59:59", "05:00:00", "12:00:00", "12:00:00", "23:59:59")
FAR = ("2023-02-28 12:00:00", "2024-06-30 12:00:00")
Contact = Ticket | Chat | Call
CONTACTS = (Ticket, Chat, Call)
TABLES = ("tickets", "chats", "calls", "responses", "customers", "agents", "ticket_events")
CHANGES = (
    ("created", "customer", None, None),
    ("created", "agent", None, None),
    ("comment", "customer", None, None),
    ("comment", "agent", None, None),
    ("comment", "agent", None, None),
    ("comment", "bot", None, None),
    ("status", "agent", "new", "solved"),
    ("status", "agent", "open", "pending"),
    ("status", "customer", "solved", "open"),
    ("status", "system", None, "closed"),
    ("assignee", "agent", "1", "2"),
    ("assignee", "agent", None, "1"),
    ("team", "agent", "Orders", "Billing"),
    ("priority", "agent", "normal", "urgent"),
    ("macro", None, None, None),
)
KINDS = (("ticket", 1), ("ticket", 2), ("chat", 1), ("chat", 2), ("call", 1), ("call", 9))
SCALES = (
    ("csat", "csat_5", (5, 4, 2, 1, 0)),
    ("nps", "nps_11", (10, 9, 7, 3, 0)),
    ("ces", "1.0", (1, 2, 4, 5, 0)),
    ("ces", "2.0", (7, 5, 3, 1)),
    ("resolved", "yes_no", (1, 0)),
)
DURATIONS = (None, "0:00:03", "0:00:05", "0:00:20", "0:01:01")
Draw = Callable[[st.SearchStrategy[Any]], Any]


def text_of(day: int) -> str:
    return (FIRST_DAY + timedelta(days=day)).isoformat()


@st.composite
def histories(draw: Draw, models: Sequence[str]) -> History:
    """Rounds of deliveries, the first of all tables, and builds; `models` are those that may die.

    Hypothesis likes small values: what makes a history worth its builds is therefore not drawn.
    """
    # Days of a history lie close together, or a window apart, much more often than by chance.
    first = draw(st.integers(0, DAYS - 16))
    apart = draw(st.lists(st.sampled_from((1, 2, 6, 7, 7, 8, 14)), min_size=2, max_size=4))
    world = _World(draw, sorted({first + offset for offset in (0, *apart)}))
    delivered: dict[tuple[str, str], tuple[Row, ...]] = {}
    steps: list[Step] = []

    def deliver(step: Deliver) -> None:
        delivered[step.table, step.load_date] = step.rows
        steps.append(step)

    # Much at first, then little at a time: what is forgotten after a small change would be made
    # good by a large one.
    for table in TABLES:
        deliver(world.first(table))
    steps += draw(st.one_of(*map(st.just, ([Build()],) * 3), _builds(models)))
    for _ in range(draw(st.sampled_from((1, 2, 2, 3)))):
        for _ in range(draw(st.sampled_from((1, 1, 2, 3)))):
            deliver(world.later(delivered))
        if draw(st.sampled_from(range(8))) == 7:
            steps.append(AsOf(draw(st.none() | st.sampled_from(range(DAYS)).map(text_of))))
        steps += draw(_builds(models))
    return History(
        tuple(steps),
        zone=draw(st.sampled_from(("UTC", "America/New_York"))),
        chunk_rows=draw(st.sampled_from((None, None, 1, 3))),
        rebuild_chunk_rows=draw(st.sampled_from((None, 1, 2))),
    )


def _builds(models: Sequence[str]) -> st.SearchStrategy[list[Build]]:
    """None, a whole one, one that ends early, or both: the second finds what the first left."""
    whole = st.just(Build())
    between = st.sampled_from(models).map(lambda name: Build(without=(name,)))
    within = st.builds(
        Build,
        dies_in=st.sampled_from(models),
        # The later statements are those that put in place what was built.
        after=st.integers(0, 5) | st.integers(0, 40),
    )
    early = st.one_of(between, within, within)
    return st.one_of(
        st.just([]),
        whole.map(lambda build: [build]),
        early.map(lambda build: [build]),
        st.tuples(early, whole | early).map(list),
    )


class _World:
    """Draws deliveries over the days of one history."""

    def __init__(self, draw: Draw, days: Sequence[int]) -> None:
        self._draw = draw
        self._days = days
        # Crowded worlds and empty ones: in the one nearly every contact repeats another, in the
        # other a contact stands alone; some worlds have no odd values at all.
        self._ids = range(1, draw(st.sampled_from((2, 4, 8))) + 1)
        self._people = range(1, draw(st.sampled_from((1, 2, 4, 6))) + 1)
        self._reasons = ("Refund", "Login", "Export", "Order")[: draw(st.sampled_from((1, 2, 4)))]
        self._odd = draw(st.sampled_from((0, 1, 1, 3)))
        self._strategies: dict[str, st.SearchStrategy[Any]] = {}

    def first(self, table: str) -> Deliver:
        """Rows cost nothing, builds do: the more of them meet in a history, the better."""
        return self._new(table, self._pick(*range(2, 9)))

    def later(self, delivered: dict[tuple[str, str], tuple[Row, ...]]) -> Deliver:
        """A load date that was there, changed, a new one, or a contact that repeats another."""
        way = self._pick("changed", "changed", "new", "repeat")
        if way == "changed":
            table, load_date = self._draw(st.sampled_from(sorted(delivered)))
            return Deliver(table, load_date, self._changed(table, delivered[table, load_date]))
        contacts = [row for rows in delivered.values() for row in rows if isinstance(row, CONTACTS)]
        if way == "repeat" and contacts:
            repeat = self._repeat(self._draw(st.sampled_from(contacts)))
            return Deliver(repeat.table, self._load_date(), (repeat,))
        return self._new(self._pick(*TABLES), self._pick(1, 1, 2, 4))

    def _new(self, table: str, count: int) -> Deliver:
        return Deliver(table, self._load_date(), tuple(self._row(table) for _ in range(count)))

    def _load_date(self) -> str:
        return text_of(self._pick(*self._days, *(day + 1 for day in self._days), DAYS))

    def _repeat(self, contact: Contact) -> Contact:
        """The same customer about the same matter, at the borders of the window."""
        known = contact.created if isinstance(contact, Ticket) else contact.started
        try:
            moment = datetime.fromisoformat(known or "")
        except ValueError:
            moment = datetime.combine(FIRST_DAY, time())
        moment += timedelta(
            days=self._pick(-7, -6, -1, 0, 1, 6, 7), seconds=self._pick(0, 0, 1, -1)
        )
        kind = self._pick(*CONTACTS)
        same = {"customer": contact.customer, "reason": contact.reason}
        return kind(self._pick(1, 10, 11), str(moment), **same)

    def _changed(self, table: str, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """Rows as they were, or with some gone, added, twice, corrected or in another order."""
        kept = list(rows)
        for _ in range(self._pick(0, 1, 1, 1, 2)):
            place = self._draw(st.integers(0, len(kept) - 1)) if kept else 0
            change = self._pick("add", "correct", "correct", "remove", "twice", "order", "empty")
            if change == "add" or not kept:
                kept.append(self._row(table))
            elif change == "correct":
                other = self._row(table)
                names = [field.name for field in fields(other)[1:]]
                name = self._draw(st.sampled_from(names))
                kept[place] = replace(kept[place], **{name: getattr(other, name)})
            elif change == "remove":
                del kept[place]
            elif change == "twice":
                kept.append(kept[place])
            elif change == "order":
                kept.reverse()
            else:
                kept.clear()
        return tuple(kept)

    def _row(self, table: str) -> Row:
        make: dict[str, Callable[[], Row]] = {
            "tickets": self._ticket,
            "chats": self._chat,
            "calls": self._call,
            "responses": self._answer,
            "customers": self._customer,
            "agents": self._agent,
            "ticket_events": self._event,
        }
        return make[table]()

    def _pick(self, *choices: Any) -> Any:
        # A strategy costs more to make than to draw from. By text: 1 and True are the same key.
        key = repr(choices)
        if key not in self._strategies:
            self._strategies[key] = st.sampled_from(choices)
        return self._draw(self._strategies[key])

    def _rarely(self, value: Any, *choices: Any) -> Any:
        """The plain value; now and then one of the others, as often as this world is odd."""
        return self._pick(*choices) if self._pick(*range(16)) < self._odd else value

    def _sometimes(self, value: Any, *choices: Any) -> Any:
        return self._pick(*choices) if self._pick(*range(5)) == 4 else value

    def _id(self) -> int | str | None:
        plain = self._pick(*self._ids)
        return self._rarely(plain, plain, plain, plain, None, "1.5E+10")

    def _time(self, *others: str | None) -> str | None:
        day = self._pick(*self._days)
        moment = f"{text_of(day)} {self._pick(*CLOCKS)}"
        return self._rarely(moment, None, "soon", *FAR, *others)

    def _later(self) -> str | None:
        return self._pick(None, self._time())

    def _person(self) -> int | None:
        return self._rarely(self._pick(*self._people), 9, None)

    def _server(self) -> int | None:
        return self._pick(None, 1, 2, 9)

    def _subject(self) -> dict[str, Any]:
        return {
            "customer": self._person(),
            "agent": self._server(),
            "team": self._pick(None, None, "Orders"),
            "reason": self._rarely(self._pick(*self._reasons), None),
            "area": self._pick(None, "Payments", "Search"),
        }

    def _ticket(self) -> Ticket:
        solved = self._later()
        return Ticket(
            self._id(),
            created=self._time(),
            updated=self._time(),
            **self._subject(),
            channel=self._rarely("email", "web", "fax"),
            rel=self._rarely(None, "outbound", "follow_up"),
            status=self._pick("open", "solved", "solved")
            if solved
            else self._pick("new", "deleted"),
            replied=self._later(),
            solved=solved,
            solved_again=self._sometimes(None, self._later()),
            reopened=self._sometimes(None, self._later()),
            replies=self._rarely(self._pick(None, 0, 1, 2), "many"),
            messages=self._pick(None, 1, 2),
            solves=self._pick(None, 1, 2),
            reopens=self._pick(None, 0, 1, 2),
            agents=self._pick(None, 1, 2),
            spam=self._rarely(None, True, False),
            bot=self._rarely(None, True, False),
            merged_into=self._rarely(None, 1, 2, 9),
            follows=self._sometimes(None, 1, 2, 3, 9),
        )

    def _chat(self) -> Chat:
        outcome = self._pick(
            *["Answered"] * 4, "Left queue", "Left queue", "Bot", "Closed hours", None
        )
        return Chat(
            self._id(),
            started=self._time(),
            updated=self._later(),
            **self._subject(),
            queue=self._pick(None, "vip"),
            country=self._pick(None, "DE"),
            outcome=self._rarely(outcome, "?"),
            queued=self._later(),
            replied=self._later(),
            ended=self._later(),
            resolved=self._pick(None, "yes", "no"),
            messages=self._rarely(self._pick(None, 1), "x"),
            spam=self._rarely(None, "yes", "no"),
            initiated=self._rarely("Visitor", "Agent", None),
        )

    def _call(self) -> Call:
        words = (*["ANSWERED"] * 4, "ABANDONED", "ABANDONED", "ABANDONED_IVR", "FAILED")
        return Call(
            self._id(),
            started=self._time(),
            **self._subject(),
            queue=self._pick(None, "vip"),
            direction=self._rarely("inbound", "outbound", None),
            disposition=self._pick(*words),
            answered=self._later(),
            ended=self._later(),
            wait=self._pick(*DURATIONS),
            talk=self._rarely(self._pick(*DURATIONS), "x", "0:00:00"),
            resolved=self._pick(None, "1", "0"),
        )

    def _answer(self) -> Answer:
        survey, version, scores = self._pick(*SCALES)
        return Answer(
            self._id(),
            responded=self._time(),
            updated=self._time(),
            survey=survey,
            version=self._rarely(version, "nps_11", None),
            score=self._rarely(self._pick(*scores), None, 2.5, 11, "good"),
            contact=self._pick(None, *KINDS),
            customer=self._pick(None, 1, 1, 2, 9),
            agent=self._server(),
            campaign=self._pick("transactional", "transactional", "relational"),
            aspect=self._rarely("overall", "knowledge", None),
        )

    def _customer(self) -> Customer:
        return Customer(
            self._id(),
            updated=self._time(),
            country=self._pick("US", "DE", None),
            industry=self._pick("Retail", "Travel", None),
            plan=self._pick("free", "team", None),
            segment=self._pick("consumer", None),
            churned=self._sometimes(None, text_of(self._pick(*self._days)), "soon"),
            test=self._rarely("f", "t", None),
        )

    def _agent(self) -> Agent:
        return Agent(
            self._id(),
            updated=self._time(),
            team=self._pick("Billing", "Accounts", None),
            role=self._rarely("agent", "bot", None),
            left=self._sometimes(None, self._later()),
        )

    def _event(self) -> Event:
        kind, actor, before, after = self._pick(*CHANGES)
        return Event(
            self._rarely(self._pick(*range(1, 17)), None, "1.5E+10"),
            ticket=self._rarely(self._pick(*self._ids), 9, None),
            at=self._time(),
            sequence=self._rarely(self._pick(*range(1, 9)), None, "first"),
            kind=kind,
            actor=actor,
            public=self._pick("true", "true", "false", None),
            agent=self._server(),
            before=before,
            after=self._sometimes(after, None),
        )
