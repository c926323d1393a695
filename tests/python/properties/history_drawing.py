"""Draws histories: a few people, few ids, few days, so that everything meets everything.

Rules of the metrics break at their borders: the seventh day, midnight, the end of a month, the day
on which a clock is put forward, equal times. Those are drawn as often as plain days. Drawn with
`random` rather than Hypothesis, which likes small values and shrinks by thousands of tries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from history_shapes import (
    SHAPED,
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
    More,
    Other,
    Row,
    Step,
    Ticket,
    parts_of,
    told_by_shapes,
    with_part,
)
from history_tables import DrawnTable, Field, Value

# The last day of a leap February and the beginning of summer time in New York lie within.
FIRST_DAY = date(2024, 2, 20)
DAYS = 30
APART = (1, 2, 6, 7, 7, 8, 14, 20)
CLOCKS = ("00:00:00", "00:00:01", "04:59:59", "05:00:00", "12:00:00", "12:00:00", "23:59:59")
FAR = ("2023-02-28 12:00:00", "2024-06-30 12:00:00")
Contact = Ticket | Chat | Call
CONTACTS = (Ticket, Chat, Call)
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
REASONS = ("Refund", "Login", "Export", "Order")
# Texts of raw fields by the canonical column that they become; where they meet the shapes' texts,
# rows of all tables are about the same.
TEXTS = {
    "reason": REASONS,
    "product_area": ("Payments", "Search"),
    "team": ("Billing", "Orders"),
    "owner_team": ("Billing", "Orders"),
    "queue": ("vip", "main"),
    "country_code": ("US", "DE"),
    "currency": ("USD", "EUR"),
}
# Steps from one moment of a row to the next, in seconds.
GAPS = (0, 5, 60, 3600, 86_400, 604_800)


def text_of(day: int) -> str:
    return (FIRST_DAY + timedelta(days=day)).isoformat()


def draw_history(
    seed: int, number: int, tables: Mapping[str, DrawnTable], models: Sequence[str]
) -> History:
    """Rounds of deliveries and builds; the same ones for the same numbers.

    Args:
        models: those that a build may die in or not reach.
    """
    random = Random(seed * 1_000_000 + number)
    # Days of a history lie close together, or a window apart, much more often than by chance.
    apart = random.choices(APART, k=random.choice((1, 2, 2, 3, 4)))
    first = random.randrange(DAYS - max(apart))
    world = _World(random, sorted({first + offset for offset in (0, *apart)}), tables)
    delivered: dict[tuple[str, str], tuple[Row, ...]] = {}
    steps: list[Step] = []

    def deliver(step: Deliver) -> None:
        delivered[step.table, step.load_date] = step.rows
        steps.append(step)

    # Much at first, then little at a time: what is forgotten after a small change would be made
    # good by a large one.
    for table in world.tables:
        deliver(world.first(table))
    steps += random.choice(([Build()],) * 4 + (_builds(random, models),))
    for _ in range(random.choice((1, 2, 2, 3))):
        world.pass_time()
        for _ in range(random.choice((1, 1, 2, 3))):
            deliver(world.later(delivered))
        if random.randrange(10) == 0:
            steps.append(AsOf(random.choice((None, *map(text_of, range(DAYS))))))
        steps += _builds(random, models)
    # Every history ends with a whole build, which is not one of its steps.
    while steps and steps[-1] == Build():
        steps.pop()
    return History(
        tuple(steps),
        zone=random.choice(("UTC", "America/New_York")),
        chunk_rows=random.choice((None, None, 1, 3)),
        rebuild_chunk_rows=random.choice((None, 1, 2)),
        most_table_rows=random.choice((None, 0, 2, 6)),
        rebuild_most_table_rows=random.choice((None, None, 0)),
        most_late_contacts=random.choice((None, None, 0, 1)),
    )


def draw_rows(
    seed: int, table: str, count: int, tables: Mapping[str, DrawnTable]
) -> tuple[Row, ...]:
    """Rows of a table of a crowded world without odd values."""
    world = _World(Random(seed), range(DAYS), tables, odd=0)
    return tuple(world.row(table) for _ in range(count))


def _builds(random: Random, models: Sequence[str]) -> list[Build]:
    """None, a whole one, one that ends early, or both: the second finds what the first left."""

    def early() -> Build:
        if random.randrange(3) == 0:
            return Build(without=(random.choice(models),))
        # The later statements are those that put in place what was built.
        after = random.randrange(random.choice((6, 41)))
        return Build(dies_in=random.choice(models), after=after)

    return random.choice(
        ([], [Build()], [Build()], [early()], [early(), random.choice((early(), Build()))])
    )


class _World:
    """Draws deliveries over the days of one history."""

    def __init__(
        self,
        random: Random,
        days: Sequence[int],
        tables: Mapping[str, DrawnTable],
        odd: int | None = None,
    ) -> None:
        self._random = random
        # In some worlds days go by: what is delivered is of today or before, and windows elapse.
        # In the others anything comes at any time, and the last day is over from the beginning.
        self._days = list(days)
        self._to_come = list(days[1:]) if self._pick(True, True, False) else []
        del self._days[len(days) - len(self._to_come) :]
        self._is_in_order = bool(self._to_come)
        # Crowded worlds and empty ones: in the one nearly every contact repeats another, in the
        # other a contact stands alone; some worlds have no odd values at all.
        self._ids = range(1, self._pick(2, 3, 4, 8) + 1)
        self._people = range(1, self._pick(1, 1, 2, 4) + 1)
        self._reasons = REASONS[: self._pick(1, 1, 2, 4)]
        self._odd = self._pick(0, 1, 1, 3) if odd is None else odd
        self._many = self._pick(1, 3, 8)
        self._fields = _fields_to_draw(tables)
        shaped = [shape.table for shape in SHAPED]
        others = [name for name in sorted(tables) if name not in shaped]
        # A source that never delivers is as good as one that does, and what it feeds is no work.
        self.tables = (
            *(name for name in shaped if self._pick(*[True] * 5, False)),
            *(name for name in others if self._pick(True, False, False)),
        )

    def pass_time(self) -> None:
        for _ in range(self._pick(1, 1, 2)):
            self._days += self._to_come[:1]
            del self._to_come[:1]

    def first(self, table: str) -> Deliver:
        """Rows cost nothing, builds do: the more of them meet in a history, the better."""
        return self._new(table, self._pick(1, self._many, self._many))

    def later(self, delivered: dict[tuple[str, str], tuple[Row, ...]]) -> Deliver:
        """A load date that was there, changed; a known row in another state; or new rows."""
        way = self._pick("changed", "changed", "again", "again", "new", "repeat")
        if way == "changed":
            table, load_date = self._pick(*sorted(delivered))
            return Deliver(table, load_date, self._changed(table, delivered[table, load_date]))
        known = [row for rows in delivered.values() for row in rows]
        if way == "again" and known:
            row = self._corrected(self._pick(*known))
            return Deliver(row.table, self._load_date(), (row,))
        contacts = [row for row in known if isinstance(row, CONTACTS)]
        if way == "repeat" and contacts:
            repeat = self._repeat(self._pick(*contacts))
            return Deliver(repeat.table, self._load_date(), (repeat,))
        return self._new(self._pick(*self.tables), self._pick(1, 1, 2, 4))

    def _new(self, table: str, count: int) -> Deliver:
        return Deliver(table, self._load_date(), tuple(self.row(table) for _ in range(count)))

    def _load_date(self) -> str:
        if self._is_in_order:
            return text_of(self._days[-1] + self._pick(0, 0, 1))
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
            place = self._random.randrange(len(kept)) if kept else 0
            change = self._pick("add", "correct", "correct", "remove", "twice", "order", "empty")
            if change == "add" or not kept:
                kept.append(self.row(table))
            elif change == "correct":
                kept[place] = self._corrected(kept[place])
            elif change == "remove":
                del kept[place]
            elif change == "twice":
                kept.append(kept[place])
            elif change == "order":
                kept.reverse()
            else:
                kept.clear()
        return tuple(kept)

    def _corrected(self, row: Row) -> Row:
        """The row with one or two of its parts drawn anew."""
        for _ in range(self._pick(1, 1, 2)):
            parts = parts_of(self.row(row.table))
            if parts:
                name = self._pick(*parts)
                row = with_part(row, name, parts[name])
        return row

    def row(self, table: str) -> Row:
        make: dict[str, Callable[[], Row]] = {
            "tickets": self._ticket,
            "chats": self._chat,
            "calls": self._call,
            "responses": self._answer,
            "customers": self._customer,
            "agents": self._agent,
            "ticket_events": self._event,
        }
        more = self._more(self._fields[table])
        return replace(make[table](), more=more) if table in make else Other(table, more)

    def _more(self, fields: Sequence[Field]) -> More:
        """Raw fields as their declaration has them; one that is not there is as good as empty."""
        found = []
        # Times of a row lie one after another more often than by chance.
        moment = self._moment()
        for field in fields:
            if field.form is not None and self._pick(*range(4)):
                moment += timedelta(seconds=self._pick(*GAPS))
            value = self._value(field, moment)
            if value is not None:
                found.append((field.name, value))
        return tuple(found)

    def _moment(self) -> datetime:
        day = FIRST_DAY + timedelta(days=self._pick(*self._days))
        return datetime.combine(day, time.fromisoformat(self._pick(*CLOCKS)), UTC)

    def _value(self, field: Field, moment: datetime) -> Value:
        column = field.column
        if field.is_key:
            return self._id()
        if field.is_version:
            return self._pick(1, 1, 2, 3) if field.form is None else _written(moment, field.form)
        assert column is not None
        if field.form is not None:
            plain = _written(moment, field.form)
            # When it happened is known; what came of it is often open.
            return self._rarely(self._pick(plain, plain, plain, None), None, "soon")
        if field.words:
            return self._rarely(self._pick(*field.words, None), "?", *field.words)
        if column.kind == "id":
            return self._reference(column.name)
        if column.data_type == "date":
            return self._rarely(moment.date().isoformat(), None, "soon")
        if field.unit is not None:
            plain = self._pick(
                *(DURATIONS if field.unit == "clock" else (0, 5, 20, 60, 3600, None))
            )
            return self._rarely(plain, "x", -1)
        if column.data_type == "bigint":
            return self._rarely(self._pick(None, 0, 1, 1, 2, 5), "many", 1.5)
        if column.data_type == "double":
            return self._rarely(self._pick(None, 0, 1, 2, 5, 10, 2.5, 99.1), "good", -1)
        return self._pick(*TEXTS.get(column.name, ("a", "b")), None)

    def _reference(self, column: str) -> Value:
        """An id that other tables know as well."""
        if column == "customer_id":
            return self._person()
        if column == "agent_id":
            return self._server()
        return self._pick(*self._ids, 1, 1, 9, None)

    def _pick(self, *choices: Any) -> Any:
        return self._random.choice(choices)

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


def _fields_to_draw(tables: Mapping[str, DrawnTable]) -> dict[str, list[Field]]:
    """The raw fields of each table that no shape fills."""
    told = told_by_shapes()
    return {
        name: [field for field in table.fields if field.name not in told.get(name, ())]
        for name, table in tables.items()
    }


def _written(moment: datetime, form: str) -> Value:
    """A time as the declaration says that it is written."""
    if form == "iso":
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    if form in ("epoch_seconds", "epoch_milliseconds"):
        return int(moment.timestamp()) * (1 if form == "epoch_seconds" else 1000)
    if form == "excel_serial":
        return (moment - datetime(1899, 12, 30, tzinfo=UTC)) / timedelta(days=1)
    return moment.strftime(form.replace("%g", "%f"))
