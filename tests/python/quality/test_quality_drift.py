"""A delivery whose columns differ from those before it is named, and so is a file left out."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest

from orchestration.declarations import Source, find_table, load_sources
from orchestration.ingest import Delivery
from orchestration.ingest.delivery import FileDelivery
from orchestration.quality.drift import check_shapes
from orchestration.settings import PROJECT_DIR

FIRST, SECOND, THIRD = date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3)
KNOWN = ("call_id", "caller_id", "Number of holds")


@cache
def sources() -> list[Source]:
    return load_sources(PROJECT_DIR)


def delivered(
    table: str,
    day: date,
    *columns: str,
    reason: str | None = None,
    nested: tuple[str, ...] = (),
) -> Delivery:
    status = "read" if reason is None else "unreadable"
    file = FileDelivery(f"{day}/x", 9, "0", 1, 0, columns, (), (), status, reason, nested=nested)
    source, _, name = table.partition(".")
    return Delivery(source, name, day, "run", "2024-01-01T00:00:00", (file,))


def messages(
    deliveries: list[Delivery], day: date | None = SECOND, table: str = "demo_phone.calls"
) -> list[str]:
    declared = find_table(sources(), *table.split("."))
    outcomes = check_shapes([declared], deliveries, None if day is None else [day])
    assert [o.check_name for o in outcomes] == ["files_readable", "columns_unchanged"]
    assert not any(outcome.is_blocking for outcome in outcomes)
    return [outcome.message for outcome in outcomes if not outcome.success]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ((*KNOWN, "mood"), "found new 'mood' in 2024-01-02/x: declare"),
        (KNOWN[:2], "found gone 'Number of holds' in 2024-01-02/x: declare"),
        (
            (*KNOWN[:2], "number_of_holds"),
            "new 'number_of_holds' and gone 'Number of holds' in 2024-01-02/x: "
            "'Number of holds' is perhaps 'number_of_holds' now",
        ),
        ((*KNOWN[:2], "x" * 5_000), "new 'xxx"),
    ],
)
def test_columns_that_come_go_or_look_renamed_are_named(
    columns: tuple[str, ...], words: str
) -> None:
    before = delivered("demo_phone.calls", FIRST, *KNOWN)
    (message,) = messages([before, delivered("demo_phone.calls", SECOND, *columns)])
    assert words in message
    assert len(message) < 1_000


def test_nothing_is_said_of_a_first_delivery_other_orders_or_what_an_earlier_one_had() -> None:
    calls = "demo_phone.calls"
    first = delivered(calls, FIRST, *KNOWN, "Mood")
    assert messages([first], FIRST) == []
    second = delivered(calls, SECOND, *reversed(KNOWN))
    third = delivered(calls, THIRD, *KNOWN, "MOOD")
    assert messages([third, first, second], THIRD) == []
    assert messages([third, first, second], None) == []
    assert len(messages([third, first, second], SECOND)) == 1


def test_records_of_json_may_leave_out_what_is_not_declared() -> None:
    tickets = "demo_helpdesk.tickets"
    before = delivered(tickets, FIRST, "id", "assignee_id", "unread")
    assert messages([before, delivered(tickets, SECOND, "id", "assignee_id")], table=tickets) == []
    (message,) = messages([before, delivered(tickets, SECOND, "id", "assignee")], table=tickets)
    assert "'assignee_id' is perhaps 'assignee' now" in message


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (
            ("via.channel", "metrics.replies_count"),
            "found new 'metrics.replies_count' and gone 'metrics.replies' in 2024-01-02/x: "
            "'metrics.replies' is perhaps 'metrics.replies_count' now",
        ),
        (("via.channel",), "found gone 'metrics.replies' in 2024-01-02/x: declare"),
    ],
)
def test_a_name_inside_a_value_that_is_read_by_path_is_missed_like_a_column(
    names: tuple[str, ...], words: str
) -> None:
    tickets, columns = "demo_helpdesk.tickets", ("id", "via", "metrics")
    before = delivered(tickets, FIRST, *columns, nested=("metrics.replies", "via.channel"))
    (message,) = messages(
        [before, delivered(tickets, SECOND, *columns, nested=names)], table=tickets
    )
    assert words in message


def test_nothing_is_said_of_what_was_never_inside_a_value_or_is_not_read() -> None:
    tickets, columns = "demo_helpdesk.tickets", ("id", "via", "metrics")
    before = delivered(tickets, FIRST, *columns, nested=("metrics.replies", "metrics.mood"))
    now = delivered(tickets, SECOND, *columns, nested=("metrics.replies", "metrics.weather"))
    assert messages([before, now], table=tickets) == []
    old = delivered(tickets, FIRST, *columns)
    assert messages([old, now], table=tickets) == []


def test_a_file_that_was_left_out_is_named_with_its_reason() -> None:
    left_out = delivered("demo_phone.calls", SECOND, reason="Expected a header, found none.")
    assert messages([left_out]) == ["2024-01-02/x: Expected a header, found none."]
    assert messages([left_out], FIRST) == []
