"""What a corrected declaration can read leaves quarantine, and the counts balance again."""

from __future__ import annotations

import pytest
from ingest_shop import DAY, Shop, assert_nothing_lost

from orchestration.errors import UsageError
from orchestration.ingest import read_delivery, replay_partition, show_quarantined


def test_rows_that_now_read_move_to_the_lake(shop: Shop) -> None:
    shop.deliver("a.csv", "id,agent\n1,a\n2\n3,c,extra\n")
    shop.ingest(shop.declare())
    replay = replay_partition(shop.settings, shop.declare(ragged_rows="pad"), DAY, "replay")
    assert (replay.rows_restored, replay.rows_left) == (1, 1)
    assert sorted(shop.lake("id, agent, _row_number, _run_id"), key=lambda row: row[2]) == [
        ("1", "a", 1, "run"),
        ("2", None, 2, "replay"),
    ]
    assert [item.text for item in shop.quarantined()] == ["3,c,extra\n"]
    assert_nothing_lost(shop, read_delivery(shop.partition()))


def test_a_replay_that_reads_nothing_changes_nothing(shop: Shop) -> None:
    shop.deliver("a.csv", "id,agent\n1,a\n2\n")
    table = shop.declare()
    shop.ingest(table)
    before = {path: path.read_bytes() for path in shop.partition().iterdir()}
    assert replay_partition(shop.settings, table, DAY, "replay").rows_left == 1
    assert {path: path.read_bytes() for path in shop.partition().iterdir()} == before


def test_a_file_that_now_reads_moves_to_the_lake(shop: Shop) -> None:
    shop.deliver("a.csv", "id,agent\n1,a\n")
    shop.deliver("b.csv", "number,agent\n2,b\n3\n")
    shop.ingest(shop.declare(on_unreadable_file="continue"))
    table = shop.declare(key=["number"], on_unreadable_file="continue")
    replay = replay_partition(shop.settings, table, DAY, "replay")
    assert (replay.files_restored, replay.files_left, replay.rows_left) == (1, 0, 1)
    assert [row[0] for row in shop.lake("number")] == [None, "2"]
    assert [item.text for item in shop.quarantined()] == ["3\n"]
    assert_nothing_lost(shop, read_delivery(shop.partition()))


def test_a_file_that_stopped_its_day_is_replayed_into_a_first_partition(shop: Shop) -> None:
    shop.deliver("a.csv", "number,agent\n2,b\n")
    with pytest.raises(Exception, match="key columns"):
        shop.ingest(shop.declare())
    replay = replay_partition(shop.settings, shop.declare(key=["number"]), DAY, "replay")
    assert replay.files_restored == 1
    assert shop.quarantined() == []
    assert_nothing_lost(shop, read_delivery(shop.partition()))


def test_json_pages_are_replayed_with_columns_of_their_own(shop: Shop) -> None:
    pages = '{"old": [{"id": 1, "agent": "a"}]}\n{"new": [{"id": 2, "more": 1.50}]}\n'
    shop.deliver("a.jsonl", pages)
    shop.ingest(shop.declare(format="jsonl", record_path="old"))
    table = shop.declare(format="jsonl", record_path="new")
    assert replay_partition(shop.settings, table, DAY, "replay").rows_restored == 1
    assert shop.lake("id, agent, more") == [("1", "a", None), ("2", None, "1.50")]
    delivery = read_delivery(shop.partition())
    assert delivery.files[0].columns == ("id", "agent", "more")
    assert_nothing_lost(shop, delivery)


def test_a_quarantined_row_is_shown_by_its_id(shop: Shop) -> None:
    shop.deliver("a.csv", "id,agent\n2\n")
    shop.ingest(shop.declare())
    (item,) = shop.quarantined()
    assert show_quarantined(shop.settings, item.id[:6]) == item
    with pytest.raises(UsageError, match="cx quarantine list"):
        show_quarantined(shop.settings, "no such id")
