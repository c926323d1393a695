"""A partition is replaced whole or not at all, and only it."""

from __future__ import annotations

import errno
import json
import os
from datetime import date
from pathlib import Path

import pytest
from ingest_shop import DAY, Shop, assert_nothing_lost

from orchestration.declarations import load_sources
from orchestration.errors import DataError
from orchestration.ingest import (
    deliveries_in_inbox,
    finish_interrupted,
    load_deliveries,
    partition,
    read_delivery,
    unclaimed_files,
    write_schema_file,
)

YESTERDAY = date(2026, 11, 20)
GOOD = "id,agent\n1,a\n2,b\n"
RAGGED = "id,agent\n1,a\n2\n"


def test_a_delivery_is_recorded_with_its_files_and_columns(shop: Shop) -> None:
    shop.deliver("b.csv", "id,extra\n1,x\n")
    shop.deliver("a.csv", RAGGED)
    delivery = shop.ingest(shop.declare(optional_columns=["agent"]), run_id="run_7")
    assert read_delivery(shop.partition()) == delivery
    assert load_deliveries(shop.settings) == [delivery]
    first, second = delivery.files
    assert (first.file, first.rows_read, first.rows_quarantined) == ("2026-11-21/a.csv", 2, 1)
    assert (second.missing_columns, second.added_columns) == (("agent",), ("extra",))
    assert shop.lake("_source, _source_file, _row_number, _load_date, _run_id")[0] == (
        "shop",
        "2026-11-21/a.csv",
        1,
        DAY,
        "run_7",
    )
    assert shop.lake("id, agent, extra") == [("1", "a", None), ("1", None, "x")]


def test_a_redelivery_replaces_exactly_its_partition_and_its_quarantine(shop: Shop) -> None:
    table = shop.declare()
    shop.deliver("a.csv", RAGGED, YESTERDAY)
    shop.deliver("a.csv", RAGGED)
    shop.ingest(table, YESTERDAY)
    shop.ingest(table)
    kept = {path: path.read_bytes() for path in shop.partition(YESTERDAY).iterdir()}
    shop.deliver("a.csv", GOOD)
    delivery = shop.ingest(table)
    assert {path: path.read_bytes() for path in shop.partition(YESTERDAY).iterdir()} == kept
    assert [item.load_date for item in shop.quarantined()] == [YESTERDAY]
    assert shop.lake("id") == [("1",), ("2",)]
    assert delivery.rows_quarantined == 0


def test_ingesting_again_gives_the_same_ids_and_rows(shop: Shop) -> None:
    table = shop.declare()
    shop.deliver("a.csv", RAGGED)
    shop.ingest(table)
    before = (shop.lake(), [item.id for item in shop.quarantined()])
    shop.ingest(table)
    assert (shop.lake(), [item.id for item in shop.quarantined()]) == before


def test_a_day_without_files_leaves_its_partition(shop: Shop) -> None:
    table = shop.declare()
    path = shop.deliver("a.csv", GOOD)
    shop.ingest(table)
    path.unlink()
    assert shop.ingest(table).files == ()
    assert len(shop.lake()) == 2


def test_an_unreadable_file_stops_the_day_and_is_kept_with_its_reason(shop: Shop) -> None:
    table = shop.declare()
    shop.deliver("a.csv", GOOD)
    shop.ingest(table)
    shop.deliver("b.csv", "other,agent\n1,a\n")
    with pytest.raises(DataError, match=r"b\.csv: Expected the key columns 'id'"):
        shop.ingest(table)
    assert len(shop.lake()) == 2
    (item,) = shop.quarantined()
    assert item.path is not None
    assert item.path.read_text() == "other,agent\n1,a\n"
    assert "Expected the key columns 'id'" in item.reason


def test_an_unreadable_file_may_be_left_out_by_declaration(shop: Shop) -> None:
    shop.deliver("a.csv", GOOD)
    shop.deliver("b.csv", "")
    delivery = shop.ingest(shop.declare(on_unreadable_file="continue"))
    assert [file.status for file in delivery.files] == ["read", "unreadable"]
    assert_nothing_lost(shop, delivery)
    assert [item.file for item in shop.quarantined()] == ["2026-11-21/b.csv"]


@pytest.mark.parametrize("kill_at", range(9))
def test_a_kill_at_any_moment_leaves_the_old_or_the_new_partition(
    shop: Shop, kill_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = shop.declare()
    shop.deliver("a.csv", RAGGED)
    shop.ingest(table, run_id="old")
    shop.deliver("a.csv", GOOD + "3\n4\n")
    calls = iter(range(100))

    def killed(path: Path) -> None:
        if next(calls) == kill_at:
            os._exit(9)

    monkeypatch.setattr(partition, "sync", killed)
    child = os.fork()
    if child == 0:
        shop.ingest(table, run_id="new")
        os._exit(0)
    monkeypatch.undo()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    finish_interrupted(shop.settings)
    delivery = read_delivery(shop.partition())
    assert {row[0] for row in shop.lake("_run_id")} == {delivery.run_id}
    assert_nothing_lost(shop, delivery)
    shop.deliver("a.csv", GOOD)
    shop.ingest(table, run_id="third")
    assert read_delivery(shop.partition()).run_id == "third"
    assert list((shop.settings.lake / ".tmp").iterdir()) == []


def test_a_disk_that_refuses_is_told_with_its_path_and_keeps_the_partition(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = shop.declare()
    shop.deliver("a.csv", GOOD)
    shop.ingest(table)

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(partition, "sync", full)
    shop.deliver("a.csv", "id,agent\n9,z\n")
    with pytest.raises(DataError, match=r"no space left on .*part\.parquet: free space and run"):
        shop.ingest(table)
    assert shop.lake("id") == [("1",), ("2",)]


@pytest.mark.parametrize(
    ("code", "place", "words"),
    [
        (errno.EROFS, "lake", r"found no right to write .*/lake \(Read-only file system\)"),
        (errno.EACCES, "inbox", r"found no right to read .*/inbox \(Permission denied\)"),
        (errno.EIO, "lake", r"Expected to write .*/lake, found Input/output error"),
    ],
)
def test_what_the_operating_system_refuses_is_said_in_plain_words(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, code: int, place: str, words: str
) -> None:
    def refused(path: Path) -> str:
        raise OSError(code, os.strerror(code), str(shop.settings.home / place))

    monkeypatch.setattr(partition, "sha256_of", refused)
    shop.deliver("a.csv", GOOD)
    with pytest.raises(DataError, match=words):
        shop.ingest(shop.declare())


def test_a_full_disk_does_not_hide_why_a_file_is_unreadable(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(target))

    monkeypatch.setattr("shutil.copyfile", full)
    shop.deliver("a.csv", "")
    with pytest.raises(DataError, match=r"empty file.*No copy could be kept .*no space left on"):
        shop.ingest(shop.declare())


def test_a_partition_that_cannot_be_finished_holds_up_no_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = shop.declare()
    days = [YESTERDAY, DAY]
    with monkeypatch.context() as patch:
        # Killed after the commit marker, before the move.
        patch.setattr(partition, "_finish", lambda settings, folder: None)
        for day in days:
            shop.deliver("a.csv", GOOD, day)
            shop.ingest(table, day)
    blocked = shop.partition(YESTERDAY)
    blocked.parent.mkdir(parents=True)
    blocked.write_text("a file where the partition should be")
    (sentence,) = finish_interrupted(shop.settings)
    assert str(blocked) in sentence
    assert len(shop.lake()) == 2
    shop.ingest(table)
    with pytest.raises(DataError, match="load_date=2026-11-20"):
        shop.ingest(table, YESTERDAY)
    blocked.unlink()
    assert finish_interrupted(shop.settings) == []
    assert len(shop.lake(day=YESTERDAY)) == 2


@pytest.mark.parametrize(
    "name", ["it's.csv", 'a"b.csv', "a\nb.csv", "[x]*.csv", "--.csv", "%s.csv"]
)
def test_hostile_file_names_are_only_names(shop: Shop, name: str) -> None:
    shop.deliver(name, RAGGED)
    delivery = shop.ingest(shop.declare())
    assert delivery.files[0].file == f"2026-11-21/{name}"
    assert_nothing_lost(shop, delivery)


def test_a_file_name_that_is_no_text_is_spelled_out(shop: Shop) -> None:
    path = shop.deliver("a.csv", GOOD)
    path.rename(path.with_name("\udcff.csv"))
    assert shop.ingest(shop.declare()).files[0].file == "2026-11-21/\\udcff.csv"


def test_files_are_found_by_date_and_strangers_are_named(shop: Shop) -> None:
    table = shop.declare(files="calls_{load_date:%Y%m%d}*.csv")
    folder = shop.settings.inbox / "shop"
    folder.mkdir(parents=True)
    for name in ("calls_20261121.csv", "calls_20261121_2.csv", "calls_20261399.csv", ".hidden"):
        (folder / name).write_text(GOOD)
    found = deliveries_in_inbox(shop.settings, table)
    assert {day: [path.name for path in paths] for day, paths in found.items()} == {
        DAY: ["calls_20261121.csv", "calls_20261121_2.csv"]
    }
    strangers = unclaimed_files(shop.settings, load_sources(shop.settings.project_dir))
    assert [path.name for path in strangers] == ["calls_20261399.csv"]


def test_what_is_named_like_a_delivery_but_is_no_file_is_a_stranger(shop: Shop) -> None:
    table = shop.declare(files="{load_date}/**.csv")
    (shop.deliver("a.csv", GOOD).parent / "folder.csv").mkdir()
    shop.deliver("kept.csv/b.csv", GOOD)
    os.mkfifo(shop.settings.inbox / "shop" / DAY.isoformat() / "pipe.csv")
    (shop.settings.inbox / "shop" / DAY.isoformat() / "link.csv").symlink_to("pipe.csv")
    found = deliveries_in_inbox(shop.settings, table)[DAY]
    assert [path.name for path in found] == ["a.csv", "b.csv"]
    strangers = unclaimed_files(shop.settings, load_sources(shop.settings.project_dir))
    assert [path.name for path in strangers] == ["folder.csv", "link.csv", "pipe.csv"]


def test_a_source_without_an_inbox_folder_has_no_deliveries(shop: Shop) -> None:
    assert deliveries_in_inbox(shop.settings, shop.declare()) == {}


@pytest.mark.parametrize("target", ["../../../../secret.csv", "a.csv"], ids=["out", "round"])
def test_a_link_out_of_the_inbox_or_to_itself_is_refused(
    shop: Shop, tmp_path: Path, target: str
) -> None:
    (tmp_path / "secret.csv").write_text(GOOD)
    path = shop.deliver("a.csv", GOOD)
    path.unlink()
    path.symlink_to(target)
    with pytest.raises(DataError, match="copy the file instead of linking it"):
        shop.ingest(shop.declare())


def test_the_schema_file_has_every_declared_column_and_no_rows(shop: Shop) -> None:
    import duckdb

    table = shop.declare(key=["id", 'odd "name"'])
    write_schema_file(shop.settings, table)
    path = shop.settings.lake / "shop" / "calls" / "_schema.parquet"
    with duckdb.connect() as connection:
        relation = connection.read_parquet(str(path))
        assert relation.columns[:3] == ["id", 'odd "name"', "agent"]
        assert relation.fetchall() == []


def test_a_damaged_delivery_record_is_told(shop: Shop) -> None:
    shop.deliver("a.csv", GOOD)
    shop.ingest(shop.declare())
    (shop.partition() / "delivery.json").write_text(json.dumps({"source": "shop"}))
    with pytest.raises(DataError, match="ingest that load date again"):
        load_deliveries(shop.settings)


def test_the_same_files_again_change_nothing_and_whatever_differs_is_read(shop: Shop) -> None:
    table = shop.declare()
    shop.deliver("a.csv", GOOD)
    first = shop.ingest(table, run_id="first")
    assert shop.ingest(table, run_id="again") == first == read_delivery(shop.partition())
    (shop.partition() / "part.parquet").unlink()
    assert shop.ingest(table, run_id="lost").run_id == "lost"
    other = shop.declare(optional_columns=["agent"])
    assert shop.ingest(other, run_id="declared").run_id == "declared"
    shop.deliver("b.csv", GOOD)
    assert shop.ingest(other, run_id="more").run_id == "more"
    shop.deliver("b.csv", GOOD.replace("1", "7", 1))
    assert shop.ingest(other, run_id="changed").run_id == "changed"
