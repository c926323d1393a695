"""Whatever happened before, the warehouse is what a rebuild makes of the same lake.

Every table and view of the core and the marts is compared row for row, so that those added later
are covered. More histories: `make histories N=500`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import duckdb
import pytest
from history_bench import Difference, Played, compare
from history_drawing import draw_rows
from history_players import Failure, Players
from history_shapes import (
    Agent,
    Answer,
    Build,
    Call,
    Chat,
    Customer,
    Deliver,
    Event,
    History,
    Step,
    Ticket,
    record_of,
    told_by_shapes,
)
from history_shrinking import shrink
from history_tables import demo_tables, files_of
from named_histories import NAMED

from orchestration.settings import PROJECT_DIR

SECONDS = 200
AT_LEAST = 20
MOST = 80
# Every history looks at the core and at one of these parts of the marts.
PARTS = 8
SEED = 20240229


@pytest.fixture(scope="module")
def named(players: Players) -> dict[str, Played]:
    """All at once, so that no process waits for the other."""
    cases = [(case.history, frozenset(case.tables)) for case in NAMED.values()]
    return dict(zip(NAMED, (played for _, played in players.play_each(cases)), strict=True))


@pytest.mark.parametrize("name", NAMED)
def test_a_named_history_holds(named: dict[str, Played], name: str) -> None:
    assert not named[name].differences, Failure(0, NAMED[name].history, named[name])
    # Tables without a row, or not there, would be equal whatever became of them.
    assert {table for table in NAMED[name].tables if not named[name].rows.get(table)} == set()


def test_random_histories_end_in_what_a_rebuild_makes(players: Players) -> None:
    """As many as fit into the time, and never fewer than are worth calling a test."""
    until = time.monotonic() + SECONDS
    number = 0

    def in_time() -> Iterator[tuple[History, frozenset[str]]]:
        for place in range(1, MOST + 1):
            if place <= AT_LEAST or time.monotonic() < until:
                yield players.draw(SEED, place), players.some_tables(place, PARTS)

    for number, (history, played) in enumerate(players.play_each(in_time()), start=1):
        if played.differences:
            failure = Failure(number, history, played)
            pytest.fail(str(players.shrink(failure, SECONDS)), pytrace=False)
    assert number >= AT_LEAST


def test_a_history_can_fill_every_table(players: Players) -> None:
    """Tables without a row would be equal whatever became of them."""
    day = "2024-03-01"
    evening = f"{day} 18:00:00"
    tables = demo_tables(PROJECT_DIR)
    plain = {
        "customers": (Customer(1),),
        "agents": (Agent(1),),
        "tickets": (Ticket(1, agent=1, status="solved", solved=evening),),
        "ticket_events": (
            Event(1, kind="created", actor="customer"),
            Event(2, sequence=2, at=evening),
            Event(3, sequence=3, at=evening, kind="status", before="new", after="solved"),
        ),
        "chats": (Chat(1, replied=evening, ended=evening),),
        "calls": (Call(1, wait="0:00:20", talk="0:01:00"),),
        "responses": (
            Answer(1, contact=("ticket", 1)),
            Answer(2, survey="nps", version="nps_11", score=9, customer=1),
            Answer(3, survey="ces", version="2.0", score=7, contact=("chat", 1)),
        ),
    }
    steps: tuple[Step, ...] = (
        *(
            Deliver(name, day, (*draw_rows(1, name, 40, tables), *plain.get(name, ())))
            for name in tables
        ),
        Build(),
        Deliver("customers", "2024-03-25", (Customer(1, updated="2024-03-02 09:00:00"),)),
        # All windows are over.
        Deliver("chats", "2024-04-25", (Chat(9, started="2024-04-25 12:00:00"),)),
    )
    ((_, played),) = players.play_all([History(steps)])
    assert not played.differences, Failure(0, History(steps), played)
    empty = {table for table, count in played.rows.items() if count == 0}
    assert {table for table in empty if table.startswith("core.")} == set()
    assert {"core.fct_contacts", "marts.mart_fcr"} <= played.rows.keys()


def test_a_history_that_dies_in_a_model_goes_on_afterwards(players: Players) -> None:
    day = "2024-03-01"
    steps = (
        Deliver("chats", day, (Chat(1),)),
        *(Build(dies_in="fct_contacts", after=after) for after in (0, 2)),
        Build(without=("fct_contacts",)),
    )
    ((_, played),) = players.play_all([History(steps)])
    assert not played.differences, played.differences
    assert played.rows["core.fct_contacts"] == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("update increments.t set score = score + 1e-13 where id = 'b'", "score"),
        ("insert into increments.t from rebuild.t where id = 'b'", "only after increments"),
        ("delete from increments.t where id = 'b'", "only after a rebuild"),
        ("update increments.t set score = null where id = 'b'", "score None instead of 0.3"),
        ("alter table increments.t alter score type decimal(3, 1)", "columns"),
        ("drop table increments.t", "columns"),
    ],
)
def test_the_comparison_notices(change: str, told: str) -> None:
    with duckdb.connect() as both:
        for side in ("increments", "rebuild"):
            both.execute(f"create schema {side}")
            both.execute(
                f"create table {side}.t as select * "
                "from (values ('a', 'x', null), ('b', 'y', 0.3::double)) as rows(id, kind, score)"
            )
        assert compare(both) == []
        both.execute(change)
        (difference,) = compare(both)
    assert difference.table == "t"
    assert told in str(difference)


def test_a_failing_history_becomes_small_and_plain() -> None:
    """Stands in for the warehouse: a second state of chat 1 on another day fails."""
    noise = Deliver("tickets", "2024-03-01", (Ticket(1, team="Orders"), Ticket(2)))
    first = Chat(1, started="2024-03-01 12:00:00", agent=1, reason="Login")
    second = Chat(1, started="2024-03-02 12:00:00", agent=2, reason=None)
    steps = (
        noise,
        Deliver("chats", "2024-03-01", (Chat(2), first)),
        Build(without=("dim_agents",)),
        noise,
        Deliver("chats", "2024-03-02", (second, Chat(3))),
        Build(dies_in="dim_agents", after=7),
    )

    def fails(history: History) -> bool:
        chats = [
            (step.load_date, row)
            for step in history.steps
            if isinstance(step, Deliver)
            for row in step.rows
            if isinstance(row, Chat) and row.id == 1
        ]
        return len({load_date for load_date, _ in chats}) == 2

    found = shrink(
        History(steps, zone="America/New_York", chunk_rows=1),
        lambda candidates: next(filter(fails, candidates), None),
    )
    assert found == History(
        (Deliver("chats", "2024-03-01", (Chat(1),)), Deliver("chats", "2024-03-02", (Chat(1),)))
    )
    assert repr(found) == (
        "History((\n"
        "    Deliver('chats', '2024-03-01', (\n        Chat(1),\n    )),\n"
        "    Deliver('chats', '2024-03-02', (\n        Chat(1),\n    )),\n"
        "))"
    )


def test_a_difference_is_told_with_its_table() -> None:
    assert str(Difference("core.t", ("1 rows",))) == "core.t\n  1 rows"


def test_a_table_is_drawn_from_its_declaration() -> None:
    """What a shape does not fill, and tables without one, have fields of every kind."""
    tables = demo_tables(PROJECT_DIR)
    for name, table in tables.items():
        records = [record_of(row) for row in draw_rows(1, name, 60, tables)]
        filled = {field for record in records for field, value in record.items() if value}
        missing = {field.name for field in table.fields} - filled
        assert missing <= told_by_shapes().get(name, set()), name


def test_a_delivery_is_written_as_its_table_is_declared() -> None:
    tables = {name: table.declared for name, table in demo_tables(PROJECT_DIR).items()}
    day = "2024-03-01"
    chats = files_of(tables["chats"], day, [{"Chat ID": 1, "Topic": "a;b", "Spam": None}])
    header, line = chats[f"{day}/chats.csv"].splitlines()
    assert header.startswith("Chat ID;") and "Visitor messages" in header
    assert line.startswith("1;") and '"a;b"' in line
    tickets = files_of(tables["tickets"], day, [{"id": 1, "via.source.rel": "x"}, {"id": 2}])
    assert tickets == {
        f"{day}/tickets-1.json": '{"tickets": [{"id": 1, "via": {"source": {"rel": "x"}}}]}',
        f"{day}/tickets-2.json": '{"tickets": [{"id": 2}]}',
    }
    answers = files_of(tables["responses"], day, [])
    assert answers == {f"{day}/responses.jsonl": "\n"}
