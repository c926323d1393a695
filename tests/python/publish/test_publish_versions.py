"""Versions: what is shared, kept, switched, and what a failure leaves."""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import DataError, UsageError
from orchestration.publish import current_version, list_versions, publish, rollback
from orchestration.publish.build import Built, build_version
from orchestration.publish.verify import check_header, verify_version
from orchestration.settings import Settings


def test_only_changed_days_are_written_and_the_others_are_shared(
    settings, warehouse, day_files, read
) -> None:
    first_version = publish(settings, "run-1")
    assert (first_version.partitions_written, first_version.partitions_linked) == (4, 0)
    first = day_files()
    warehouse(
        "update core.fct_contacts set team = 'other' where contact_id = 'c1'",
        "delete from core.fct_contacts where contact_date = '2026-11-04'",
        "insert into core.fct_contacts (contact_id, contact_date) values ('new', '2026-11-09')",
    )
    version = publish(settings, "run-2")
    second = day_files()
    shared = {day for day in second if second[day] == first.get(day)}
    assert shared == {"contact_date=2026-11-01", "contact_date=2026-11-03"}
    assert set(second) - shared == {"contact_date=2026-11-02", "contact_date=2026-11-09"}
    assert (version.partitions_written, version.partitions_linked) == (2, 2)
    assert read("select count(*) from core.fct_contacts where team = 'other'") == [(1,)]


def test_values_swapped_between_rows_of_a_day_are_a_change(settings, warehouse, read) -> None:
    warehouse(
        "create table core.fct_chats as select date '2026-11-01' as contact_date, a, b "
        "from (values (1, 2), (3, 4)) as v(a, b)"
    )
    publish(settings, "run-1")
    warehouse("update core.fct_chats set b = 6 - b")
    publish(settings, "run-2")
    assert read("select a, b from core.fct_chats order by a") == [(1, 4), (3, 2)]


def test_another_type_or_order_of_columns_writes_every_day_anew(settings, warehouse) -> None:
    publish(settings, "run-1")
    warehouse("alter table core.fct_contacts alter handle_seconds type decimal(18, 3)")
    assert publish(settings, "run-2").partitions_linked == 0


def test_a_day_file_that_was_cut_or_lost_is_written_anew(
    settings, warehouse, read, day_files
) -> None:
    publish(settings, "run-1")
    folder = settings.published / "current" / "parquet" / "core" / "fct_contacts"
    (folder / "contact_date=2026-11-01" / "part.parquet").unlink()
    os.truncate(folder / "contact_date=2026-11-02" / "part.parquet", 10)
    version = publish(settings, "run-2")
    assert (version.partitions_written, version.partitions_linked) == (2, 2)
    assert read("select count(*) from core.fct_contacts where team is not null") == [(40,)]


def test_the_newest_versions_are_kept_and_an_old_current_one_too(settings, warehouse) -> None:
    names = [publish(settings, f"run-{i}", keep=3).name for i in range(4)]
    assert [v.name for v in list_versions(settings)] == names[:0:-1]
    rollback(settings, names[1])
    newest = publish(settings, "run-5", keep=2).name
    assert [v.name for v in list_versions(settings)] == [newest, names[3]]


def test_a_rollback_switches_database_and_parquet_together(settings, warehouse, read) -> None:
    old = publish(settings, "run-1")
    warehouse("delete from core.fct_contacts", "delete from marts.mart_contacts")
    new = publish(settings, "run-2")
    assert [v.name for v in list_versions(settings) if v.is_current] == [new.name]
    assert rollback(settings, old.name).is_current
    assert read("select count(*) from core.fct_contacts") == [(40,)]
    assert read("select count(*) from marts.mart_contacts") == [(4,)]
    mart = settings.published / "current" / "parquet" / "marts" / "mart_contacts.parquet"
    assert duckdb.execute("select count(*) from read_parquet(?)", [str(mart)]).fetchall() == [(4,)]
    with pytest.raises(UsageError, match=new.name):
        rollback(settings, "nonsense")


def test_a_version_somebody_wrote_to_is_not_rolled_back_to(settings, warehouse) -> None:
    old = publish(settings, "run-1")
    new = publish(settings, "run-2")
    (old.path / "cx.duckdb.wal").write_bytes(b"x")
    with pytest.raises(DataError, match=r"cx\.duckdb\.wal"):
        rollback(settings, old.name)
    assert current_version(settings) == new


def test_the_file_has_the_oldest_storage_version_and_no_log_beside_it(
    settings, warehouse, tmp_path
) -> None:
    version = publish(settings, "run-1")
    head = (version.path / "cx.duckdb").read_bytes()[:20]
    assert (head[8:12], head[12:20]) == (b"DUCK", (64).to_bytes(8, "little"))
    assert not list(settings.published.rglob("*.wal"))
    with duckdb.connect() as connection:
        connection.execute(f"attach '{tmp_path}/newer.duckdb' as newer (storage_version 'v1.4.0')")
        connection.execute("create table newer.t as select 1")
    with pytest.raises(DataError, match="storage version 64"):
        check_header(tmp_path / "newer.duckdb")


def test_a_log_left_by_a_writer_is_never_replayed_into_the_next_version(
    settings, warehouse, read
) -> None:
    publish(settings, "run-1")
    (settings.published / "cx.duckdb.wal").write_bytes(b"left by an old writer")
    publish(settings, "run-2")
    assert not list(settings.published.rglob("*.wal"))
    assert read("select count(*) from marts.mart_contacts") == [(4,)]


@pytest.fixture
def built(settings, warehouse, tmp_path) -> tuple[Path, Built]:
    folder = tmp_path / "version"
    folder.mkdir()
    return folder, build_version(settings, folder, "run-1", [], {}, {})


def test_a_log_beside_a_built_file_is_refused(built) -> None:
    folder, content = built
    verify_version(folder, content)
    (folder / "cx.duckdb.wal").touch()
    with pytest.raises(DataError, match="log"):
        verify_version(folder, content)


@pytest.mark.parametrize(
    "damage",
    [
        "update marts.mart_contacts set contact_count = 0 where contact_date = '2026-11-01'",
        "delete from core.dim_agents",
        "drop view core.fct_contacts; create view core.fct_contacts as select '' as contact_id, "
        "'' as team, 0 as handle_seconds, date '2026-11-01' as contact_date, "
        "timestamp '2026-11-01' as started_at from range(40)",
    ],
)
def test_a_version_that_reads_back_otherwise_is_refused(built, damage) -> None:
    folder, content = built
    with duckdb.connect(str(folder / "cx.duckdb")) as connection:
        connection.execute(damage)
    with pytest.raises(DataError, match="reading it back"):
        verify_version(folder, content)


def test_a_built_version_that_misses_a_day_is_refused(built) -> None:
    folder, content = built
    day = "contact_date=2026-11-03/part.parquet"
    (folder / "parquet" / "core" / "fct_contacts" / day).unlink()
    with pytest.raises(DataError, match=day):
        verify_version(folder, content)


def test_a_full_disk_is_one_sentence_and_leaves_the_current_version(
    settings, warehouse, read
) -> None:
    current = publish(settings, "run-1")
    warehouse("create table marts.mart_big as select i, hash(i) as h from range(300000) as t(i)")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
        with pytest.raises(DataError, match="untouched") as caught:
            publish(settings, "run-2")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(caught.value)
    assert current_version(settings) == current
    assert [p.name for p in (settings.published / "versions").iterdir()] == [current.name]
    assert read("select count(*) from marts.mart_contacts") == [(4,)]


def test_a_warehouse_that_is_missing_empty_or_no_database_is_one_sentence(
    settings, warehouse
) -> None:
    current = publish(settings, "run-1")
    warehouse("drop table marts.mart_contacts")
    with pytest.raises(DataError, match="schema marts"):
        publish(settings, "run-2")
    settings.warehouse.write_bytes(b"no database" * 1000)
    with pytest.raises(DataError, match="untouched"):
        publish(settings, "run-2")
    settings.warehouse.unlink()
    with pytest.raises(DataError, match="found no file"):
        publish(settings, "run-2")
    assert list_versions(settings) == [current]


def _publish_for_ever(settings: Settings, ready: Event) -> None:
    ready.set()
    while True:
        publish(settings, "killed")


def test_a_kill_at_any_moment_leaves_a_whole_version_and_the_next_publish_cleans_up(
    settings, warehouse, read
) -> None:
    publish(settings, "first")
    # Forked: a process that had to import everything first would mostly be killed before it began.
    processes = multiprocessing.get_context("fork")
    left_behind = 0
    for delay in range(12):
        ready = processes.Event()
        process = processes.Process(target=_publish_for_ever, args=(settings, ready))
        process.start()
        assert ready.wait(10)
        time.sleep(0.05 + delay * 0.017)
        process.kill()
        process.join()
        assert read("select count(*), count(started_at) from core.fct_contacts") == [(40, 40)]
        assert read("select sum(contact_count) from marts.mart_contacts") == [(40,)]
        folders = list((settings.published / "versions").iterdir())
        left_behind += len(folders) - len(list_versions(settings))
        publish(settings, "next", keep=2)
        folders = list((settings.published / "versions").iterdir())
        assert {p.name for p in folders} == {v.name for v in list_versions(settings)}
        assert len(folders) <= 2
        entries = {p.name for p in settings.published.iterdir()}
        assert entries == {"cx.duckdb", "current", "versions"}
    assert left_behind > 0
