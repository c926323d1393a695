"""What happens to a small help desk, as values that print as the code that makes them.

Rows are written as the demo's vendors export them, so that a history goes the way of real
deliveries. Times are texts as people write them, or texts that cannot be typed, or None.

The tables that most rules are about have a shape here, with defaults that tell a plain story; what
a declaration maps beyond a shape, and tables without one, are raw fields and their texts (`more`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import history_tables
from history_tables import Value

from orchestration.declarations import Table

NOON = "2024-03-01 12:00:00"
# Raw fields and what stands in them.
More = tuple[tuple[str, Value], ...]


class Plain:
    """A value whose `repr` names only what differs from the default."""

    def __repr__(self) -> str:
        shown = []
        for place, field in enumerate(fields(self)):
            value = getattr(self, field.name)
            if place == 0:
                shown.append(repr(value))
            elif value != field.default:
                shown.append(f"{field.name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


@dataclass(frozen=True, repr=False)
class Customer(Plain):
    """A state of a customer in the CRM."""

    table: ClassVar = "customers"
    id: int | str | None
    updated: str | None = NOON
    country: str | None = "US"
    industry: str | None = "Retail"
    plan: str | None = "free"
    segment: str | None = "consumer"
    churned: str | None = None
    test: str | None = "f"
    more: More = ()


@dataclass(frozen=True, repr=False)
class Agent(Plain):
    """A state of an agent in the help desk."""

    table: ClassVar = "agents"
    id: int | str | None
    updated: str | None = NOON
    team: str | None = "Billing"
    role: str | None = "agent"
    left: str | None = None
    more: More = ()


@dataclass(frozen=True, repr=False)
class Ticket(Plain):
    """A state of a ticket."""

    table: ClassVar = "tickets"
    id: int | str | None
    created: str | None = NOON
    updated: str | None = NOON
    customer: int | None = 1
    agent: int | None = None
    team: str | None = None
    reason: str | None = "Refund"
    area: str | None = None
    channel: str | None = "email"
    rel: str | None = None
    status: str | None = "open"
    replied: str | None = None
    solved: str | None = None
    solved_again: str | None = None
    reopened: str | None = None
    replies: int | str | None = None
    messages: int | None = None
    solves: int | None = None
    reopens: int | None = None
    agents: int | None = None
    spam: bool | None = None
    bot: bool | None = None
    merged_into: int | None = None
    follows: int | None = None
    more: More = ()


@dataclass(frozen=True, repr=False)
class Chat(Plain):
    """A state of a chat."""

    table: ClassVar = "chats"
    id: int | str | None
    started: str | None = NOON
    updated: str | None = None
    customer: int | None = 1
    agent: int | None = None
    team: str | None = None
    queue: str | None = None
    reason: str | None = "Refund"
    area: str | None = None
    country: str | None = None
    outcome: str | None = "Answered"
    queued: str | None = None
    replied: str | None = None
    ended: str | None = None
    resolved: str | None = None
    messages: int | str | None = None
    spam: str | None = None
    initiated: str | None = "Visitor"
    more: More = ()


@dataclass(frozen=True, repr=False)
class Call(Plain):
    """A state of a call; the export has no version, the later delivery counts."""

    table: ClassVar = "calls"
    id: int | str | None
    started: str | None = NOON
    customer: int | None = 1
    agent: int | None = None
    team: str | None = None
    queue: str | None = None
    reason: str | None = "Refund"
    area: str | None = None
    direction: str | None = "inbound"
    disposition: str | None = "ANSWERED"
    answered: str | None = None
    ended: str | None = None
    wait: str | None = None
    talk: str | None = None
    resolved: str | None = None
    more: More = ()


@dataclass(frozen=True, repr=False)
class Answer(Plain):
    """A state of an answer to a survey question; `contact` is ("ticket", 1) or the like."""

    table: ClassVar = "responses"
    id: int | str | None
    responded: str | None = NOON
    updated: str | int | None = NOON
    survey: str | None = "csat"
    version: str | None = "csat_5"
    score: int | float | str | None = 5
    contact: tuple[str, int] | None = None
    customer: int | None = None
    agent: int | None = None
    campaign: str | None = "transactional"
    aspect: str | None = "overall"
    more: More = ()


@dataclass(frozen=True, repr=False)
class Event(Plain):
    """An entry of the log of a ticket."""

    table: ClassVar = "ticket_events"
    id: int | str | None
    ticket: int | None = 1
    at: str | None = NOON
    sequence: int | str | None = 1
    kind: str | None = "comment"
    actor: str | None = "agent"
    public: str | None = "true"
    agent: int | None = None
    before: str | None = None
    after: str | None = None
    more: More = ()


@dataclass(frozen=True, repr=False)
class Other(Plain):
    """A row of a table that has no shape of its own."""

    table: str
    more: More = ()


Row = Customer | Agent | Ticket | Chat | Call | Answer | Event | Other
SHAPED: tuple[type[Row], ...] = (Ticket, Chat, Call, Answer, Customer, Agent, Event)


def parts_of(row: Row) -> dict[str, Any]:
    """What can be changed in a row: its attributes but the first, and each raw field of `more`."""
    parts = {field.name: getattr(row, field.name) for field in fields(row)[1:]}
    return parts | {f"more.{name}": value for name, value in parts.pop("more")}


def odd_parts_of(row: Row) -> list[str]:
    """Those that are not at their defaults; the default of a raw field is not to be there."""
    defaults = {field.name: field.default for field in fields(row)}
    return [
        name
        for name, value in parts_of(row).items()
        if name.startswith("more.") or value != defaults[name]
    ]


def with_part(row: Row, name: str, value: Any) -> Row:
    """The row with another value of that part."""
    if not name.startswith("more."):
        return replace(row, **{name: value})
    more = dict(row.more)
    more[name.removeprefix("more.")] = value
    return replace(row, more=tuple(more.items()))


def without_part(row: Row, name: str) -> Row:
    """The row with the default of that part."""
    if name.startswith("more."):
        gone = name.removeprefix("more.")
        return replace(row, more=tuple(pair for pair in row.more if pair[0] != gone))
    (default,) = (field.default for field in fields(row) if field.name == name)
    return replace(row, **{name: default})


@dataclass(frozen=True)
class Deliver:
    """A table's files of a load date arrive, in place of what was delivered for it before."""

    table: str
    load_date: str
    rows: tuple[Row, ...]

    def __repr__(self) -> str:
        rows = "".join(f"\n        {row!r}," for row in self.rows)
        ends = ("(", f"{rows}\n    )") if rows else ("(", ")")
        return f"Deliver({self.table!r}, {self.load_date!r}, {ends[0]}{ends[1]})"


@dataclass(frozen=True, repr=False)
class Build:
    """dbt builds what it finds, perhaps not to the end.

    Attributes:
        without: models that are not reached, nor what depends on them, as after a kill between two.
        dies_in: model within which the process dies.
        after: statements of that model that still run.
    """

    without: tuple[str, ...] = ()
    dies_in: str | None = None
    after: int = 0

    def __repr__(self) -> str:
        changed = [
            f"{field.name}={value!r}"
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        ]
        return f"Build({', '.join(changed)})"

    @property
    def is_whole(self) -> bool:
        return self == Build()


@dataclass(frozen=True)
class AsOf:
    """Somebody sets the variable `as_of`; None is the latest load date."""

    day: str | None

    def __repr__(self) -> str:
        return f"AsOf({self.day!r})"


Step = Deliver | Build | AsOf


@dataclass(frozen=True)
class History:
    """Steps, after which a whole build is made and compared with a rebuild.

    Attributes:
        zone: the variable `reporting_zone`.
        chunk_rows: the variable `chunk_rows` of the builds; None leaves the project's.
        rebuild_chunk_rows: the same for the rebuild.
        most_table_rows: the variable `most_table_rows` of the builds: with 0 all tables by day are
            kept in files, with a few rows they move there on the way.
        rebuild_most_table_rows: the same for the rebuild.
        most_late_contacts: the variable `most_late_contacts` of the builds.
    """

    steps: tuple[Step, ...]
    zone: str = "UTC"
    chunk_rows: int | None = None
    rebuild_chunk_rows: int | None = None
    most_table_rows: int | None = None
    rebuild_most_table_rows: int | None = None
    most_late_contacts: int | None = None

    def __repr__(self) -> str:
        steps = "".join(f"\n    {step!r}," for step in self.steps)
        others = "".join(
            f", {field.name}={value!r}"
            for field in fields(self)[1:]
            if (value := getattr(self, field.name)) != field.default
        )
        return f"History(({steps}\n){others})"


def files_of(table: Table, load_date: str, rows: Sequence[Row]) -> dict[str, str]:
    """The delivered files of a table: path below the inbox of its source to content."""
    assert all(row.table == table.name for row in rows), f"not only rows of {table.name}"
    return history_tables.files_of(table, load_date, [record_of(row) for row in rows])


def record_of(row: Row) -> dict[str, Value]:
    """A row as its export has it, by raw field."""
    own: dict[str, Value] = {}
    if isinstance(row, Ticket):
        own = _ticket(row)
    elif isinstance(row, Chat):
        own = _chat(row)
    elif isinstance(row, Call):
        own = _call(row)
    elif isinstance(row, Answer):
        own = _answer(row)
    elif isinstance(row, Customer):
        own = _customer(row)
    elif isinstance(row, Agent):
        own = _agent(row)
    elif isinstance(row, Event):
        own = _event(row)
    return own | dict(row.more)


def told_by_shapes() -> Mapping[str, frozenset[str]]:
    """The raw fields that the shapes fill, by table."""
    return {shape.table: frozenset(record_of(shape(1))) for shape in SHAPED}


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text is not None else None
    except ValueError:
        return None


def _iso(text: str | None) -> str | None:
    moment = _moment(text)
    return text if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _dotted(text: str | None) -> str | None:
    moment = _moment(text)
    return text if moment is None else moment.strftime("%d.%m.%Y %H:%M:%S")


def _epoch(text: str | None) -> str | int | None:
    moment = _moment(text)
    return text if moment is None else int(moment.timestamp())


def _customer(row: Customer) -> dict[str, Value]:
    return {
        "customer_id": row.id,
        "country": row.country,
        "industry": row.industry,
        "plan": row.plan,
        "segment": row.segment,
        "churned": row.churned,
        "test_account": row.test,
        "updated_at": _iso(row.updated),
    }


def _agent(row: Agent) -> dict[str, Value]:
    return {
        "id": row.id,
        "group": row.team,
        "role": row.role,
        "created_at": "2020-01-01T00:00:00Z",
        "deactivated_at": _iso(row.left),
        "updated_at": _iso(row.updated),
    }


def _ticket(row: Ticket) -> dict[str, Value]:
    return {
        "id": row.id,
        "via.channel": row.channel,
        "via.source.rel": row.rel,
        "created_at": _iso(row.created),
        "updated_at": _iso(row.updated),
        "status": row.status,
        "requester_id": row.customer,
        "assignee_id": row.agent,
        "group.name": row.team,
        "custom_fields.reason": row.reason,
        "custom_fields.about": row.area,
        "followup_source_id": row.follows,
        "merged_into_id": row.merged_into,
        "spam": row.spam,
        "resolved_by_bot": row.bot,
        "metrics.replies": row.replies,
        "metrics.customer_messages": row.messages,
        "metrics.reopens": row.reopens,
        "metrics.solves": row.solves,
        "metrics.agents": row.agents,
        "metrics.first_replied_at": _iso(row.replied),
        "metrics.first_solved_at": _iso(row.solved),
        "metrics.solved_at": _iso(row.solved_again or row.solved),
        "metrics.reopened_at": _iso(row.reopened),
    }


def _chat(row: Chat) -> dict[str, Value]:
    return {
        "Chat ID": row.id,
        "Visitor ID": row.customer,
        "Started": _dotted(row.started),
        "Queued": _dotted(row.queued),
        "First agent message": _dotted(row.replied),
        "Ended": _dotted(row.ended),
        "Last change": _dotted(row.updated),
        "Agent": row.agent,
        "Team": row.team,
        "Queue": row.queue,
        "Topic": row.reason,
        "Product area": row.area,
        "Country": row.country,
        "Outcome": row.outcome,
        "Agent messages": row.messages,
        "Resolved": row.resolved,
        "Spam": row.spam,
        "Initiated by": row.initiated,
    }


def _call(row: Call) -> dict[str, Value]:
    return {
        "call_id": row.id,
        "caller_id": row.customer,
        "direction": row.direction,
        "queue": row.queue,
        "started_at": _epoch(row.started),
        "answered_at": _epoch(row.answered),
        "ended_at": _epoch(row.ended),
        "wait": row.wait,
        "talk": row.talk,
        "agent": row.agent,
        "team": row.team,
        "disposition": row.disposition,
        "reason": row.reason,
        "area": row.area,
        "resolved": row.resolved,
    }


def _answer(row: Answer) -> dict[str, Value]:
    updated = row.updated if isinstance(row.updated, int) else _epoch(row.updated)
    return {
        "id": row.id,
        "survey_type": row.survey,
        "version": row.version,
        "campaign": row.campaign,
        "aspect": row.aspect,
        "score": row.score,
        "person.id": row.customer,
        "interaction.type": row.contact[0] if row.contact else None,
        "interaction.id": row.contact[1] if row.contact else None,
        "agent": row.agent,
        "created_at": _epoch(row.responded),
        "updated_at": updated,
    }


def _event(row: Event) -> dict[str, Value]:
    return {
        "event_id": row.id,
        "ticket_id": row.ticket,
        "sequence": row.sequence,
        "event": row.kind,
        "actor": row.actor,
        "public": row.public,
        "agent": row.agent,
        "from": row.before,
        "to": row.after,
        "at": _iso(row.at),
    }
