"""Versions: what is shared, kept, switched, and what a failure leaves."""

from __future__ import annotations

import errno
import multiprocessing
import os
import resource
import shutil
import time
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from orchestration.cli import main
from orchestration.errors import DataError, UsageError
from orchestration.publish import (
    current_version,
    list_versions,
    publish,
    rollback,
    sweep_day_files,
    verify,
)
from orchestration.publish.build import Built, build_version
from orchestration.publish.lineage import Lineage
from orchestration.publish.operations import Operations
from orchestration.publish.verify import check_header, verify_version
from orchestration.settings import Settings

CHANGE = (
    "update intermediate.contacts set team = 'other' where contact_id = 'c1'",
    "delete from intermediate.contacts where contact_date = '2026-11-04'",
    "insert into intermediate.contacts (contact_id, contact_type, contact_date) "
    "values ('new', 'chat', '2026-11-09')",
)
LINEAGE = Lineage("run-1", datetime(2026, 11, 5, 6, tzinfo=UTC))
CHANGED_DAYS = ("2026-11-02", "2026-11-04", "2026-11-09")


def test_only_files_of_changed_days_are_new_and_all_are_links(
    settings, warehouse, day_files, read, linked
) -> None:
    first_version = publish(settings, "run-1")
    assert (first_version.partitions_written, first_version.partitions_linked) == (8, 0)
    first = day_files()
    assert first == warehouse.files("fct_contacts")
    warehouse(*CHANGE)
    warehouse.build_days("core.fct_contacts", days=CHANGED_DAYS)
    version = publish(settings, "run-2")
    second = day_files()
    assert second == warehouse.files("fct_contacts")
    shared = {day[-10:] for day in second if second[day] == first.get(day)}
    assert shared == {"2026-11-01", "2026-11-03"}
    assert {day[-10:] for day in second} - shared == {"2026-11-02", "2026-11-09"}
    assert (version.partitions_written, version.partitions_linked) == (3, 4)
    assert read("select count(*) from core.fct_contacts where team = 'other'") == [(1,)]


def test_only_new_files_are_read_back(settings, warehouse, linked, monkeypatch) -> None:
    read_back: list[str] = []

    def remembered(connection, linked, files) -> None:
        read_back.extend(file.published for file in files)

    monkeypatch.setattr(verify, "_verify_files", remembered)
    publish(settings, "run-1")
    assert len(read_back) == 8
    read_back.clear()
    publish(settings, "run-2")
    assert read_back == []
    warehouse.build_days("core.fct_contacts", days=("2026-11-01",))
    publish(settings, "run-3")
    assert {name.split("/")[1] for name in read_back} == {"contact_date=2026-11-01"}


def test_another_type_of_a_column_makes_every_file_new(settings, warehouse, linked) -> None:
    publish(settings, "run-1")
    warehouse("alter table intermediate.contacts alter handle_seconds type decimal(18, 3)")
    warehouse.build_days("core.fct_contacts")
    assert publish(settings, "run-2").partitions_linked == 0


@pytest.mark.parametrize("damage", ["lost", "cut"])
def test_a_file_that_was_lost_or_cut_stops_the_publish(
    settings, warehouse, read, linked, damage
) -> None:
    publish(settings, "run-1")
    warehouse.build_days("core.fct_contacts", days=("2026-11-01",))
    folder = settings.warehouse.parent / "days" / "fct_contacts"
    (path, *_) = sorted(folder.rglob(f"g{warehouse.generations}_*.parquet"))
    if damage == "lost":
        path.unlink()
    else:
        os.truncate(path, 10)
    with pytest.raises(DataError, match="cx rebuild") as caught:
        publish(settings, "run-2")
    assert str(path) in str(caught.value)
    assert read("select count(*) from core.fct_contacts") == [(40,)]


def test_a_registered_file_outside_of_the_tables_by_day_is_refused(
    settings, warehouse, linked
) -> None:
    warehouse("update intermediate.day_files set path = '../secret/g/a=1/b.parquet'")
    with pytest.raises(DataError, match=r"found \.\./secret"):
        publish(settings, "run-1")


def test_on_another_file_system_a_file_is_copied_once(
    settings, warehouse, day_files, read, linked, monkeypatch
) -> None:
    real = os.link
    days = str(settings.warehouse.parent)

    def refused(source, target) -> None:
        if str(source).startswith(days):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        real(source, target)

    monkeypatch.setattr(os, "link", refused)
    publish(settings, "run-1")
    first = day_files()
    assert not set(first.values()) & set(warehouse.files("fct_contacts").values())
    publish(settings, "run-2")
    assert day_files() == first
    assert read("select count(*) from core.fct_contacts") == [(40,)]


@pytest.mark.parametrize("damage", ["database", "record", "log", "files"])
def test_a_damaged_version_before_is_no_reason_not_to_publish(
    settings, warehouse, read, linked, damage
) -> None:
    database = publish(settings, "run-1").path / "cx.duckdb"
    database.chmod(0o644)
    if damage == "database":
        database.write_bytes(b"no database" * 1000)
    elif damage == "record":
        (database.parent / "day_files.json").write_text("{")
    elif damage == "log":
        database.with_name("cx.duckdb.wal").touch()
    else:
        shutil.rmtree(database.parent / "parquet")
    warehouse.build_days("core.fct_contacts", days=("2026-11-01",))
    publish(settings, "run-2")
    assert read("select count(*), count(started_at) from core.fct_contacts") == [(40, 40)]


def test_a_table_that_moves_into_files_or_back_is_linked_or_copied(
    settings, warehouse, read
) -> None:
    for keeps_files in (False, True, False):
        warehouse.keep_files(keeps_files)
        publish(settings, "run")
        assert read("select count(*), count(started_at) from core.fct_contacts") == [(40, 40)]


def test_obsolete_files_are_deleted_after_the_switch_and_stay_in_older_versions(
    settings, warehouse, read, linked
) -> None:
    folder = settings.warehouse.parent / "days" / "fct_contacts"
    old = publish(settings, "run-1")
    warehouse(*CHANGE)
    warehouse.build_days("core.fct_contacts", days=CHANGED_DAYS)
    left = folder / "contact_type=chat" / "contact_date=1999-01-01"
    left.mkdir(parents=True)
    (left / "half.parquet").write_bytes(b"left by a killed build")
    assert len(list(folder.rglob("*.parquet"))) == 12
    publish(settings, "run-2")
    inodes = {path.stat().st_ino for path in folder.rglob("*.parquet")}
    assert inodes == set(warehouse.files("fct_contacts").values())
    assert all(any(path.iterdir()) for path in folder.rglob("*=*"))
    rollback(settings, old.name)
    assert read("select count(*), count(started_at) from core.fct_contacts") == [(40, 40)]


def test_a_sweep_needs_an_account_of_the_files(settings, warehouse, linked) -> None:
    assert sweep_day_files(settings) == 0
    warehouse("delete from intermediate.day_files where kind = 'chat'")
    assert sweep_day_files(settings) == 4
    warehouse("drop table intermediate.day_files")
    assert sweep_day_files(settings) == 0
    settings.warehouse.unlink()
    assert sweep_day_files(settings) == 0
    assert len(list((settings.warehouse.parent / "days").rglob("*.parquet"))) == 4


def test_a_failed_publish_deletes_no_file(settings, warehouse, linked) -> None:
    publish(settings, "run-1")
    warehouse.build_days("core.fct_contacts")
    warehouse("update intermediate.day_files set rows_count = rows_count + 1")
    with pytest.raises(DataError, match="the rows of"):
        publish(settings, "run-2")
    folder = settings.warehouse.parent / "days" / "fct_contacts"
    assert len(list(folder.rglob("*.parquet"))) == 16


def test_the_newest_versions_are_kept_and_an_old_current_one_too(settings, warehouse) -> None:
    names = [publish(settings, f"run-{i}", keep=3).name for i in range(4)]
    assert [v.name for v in list_versions(settings)] == names[:0:-1]
    rollback(settings, names[1])
    newest = publish(settings, "run-5", keep=2).name
    assert [v.name for v in list_versions(settings)] == [newest, names[3]]


def test_a_rollback_switches_database_and_parquet_together(settings, warehouse, read) -> None:
    old = publish(settings, "run-1")
    warehouse("delete from intermediate.contacts", "delete from marts.mart_contacts")
    warehouse.build_days("core.fct_contacts")
    new = publish(settings, "run-2")
    assert [v.name for v in list_versions(settings) if v.is_current] == [new.name]
    assert rollback(settings, old.name).is_current
    assert read("select count(*) from core.fct_contacts") == [(40,)]
    assert read("select count(*) from marts.mart_contacts") == [(4,)]
    mart = settings.published / "current" / "parquet" / "marts" / "mart_contacts.parquet"
    assert duckdb.execute("select count(*) from read_parquet(?)", [str(mart)]).fetchall() == [(4,)]
    with pytest.raises(UsageError, match=new.name):
        rollback(settings, "nonsense")


def test_a_rollback_from_a_version_that_is_gone_goes_to_the_newest_that_is_there(
    settings, warehouse, read
) -> None:
    old, new = (publish(settings, f"run-{number}") for number in (1, 2))
    shutil.rmtree(new.path)
    done = CliRunner().invoke(main, ["rollback"], obj=settings)
    assert done.exit_code == 0, done.output
    assert current_version(settings).name == old.name
    assert read("select count(*) > 0 from core.fct_contacts") == [(True,)]


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
def built(settings, warehouse, tmp_path, linked) -> tuple[Path, Built]:
    folder = tmp_path / "version"
    folder.mkdir()
    ops = Operations(LINEAGE.run_id, folder.name, LINEAGE.computed_at, [], [])
    return folder, build_version(settings, folder, LINEAGE, ops, {}, None, None)


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
    ],
)
def test_a_version_that_reads_back_otherwise_is_refused(built, damage) -> None:
    folder, content = built
    with duckdb.connect(str(folder / "cx.duckdb")) as connection:
        connection.execute(damage)
    with pytest.raises(DataError, match="reading it back"):
        verify_version(folder, content)


@pytest.mark.parametrize("damage", ["lost", "cut", "overwritten"])
def test_a_built_version_with_a_damaged_day_is_refused(built, damage) -> None:
    folder, content = built
    day = folder / "parquet" / "core" / "fct_contacts" / "contact_type=chat"
    (path,) = (day / "contact_date=2026-11-03").iterdir()
    data = path.read_bytes()
    path.unlink()
    if damage == "cut":
        path.write_bytes(data[:-9])
    elif damage == "overwritten":
        path.write_bytes(data[:4] + bytes(len(data) // 2 - 4) + data[len(data) // 2 :])
    with pytest.raises((DataError, duckdb.Error)):
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


@pytest.mark.parametrize("keeps_files", [True, False])
def test_a_kill_at_any_moment_leaves_a_whole_version_and_the_next_publish_cleans_up(
    settings, warehouse, read, keeps_files
) -> None:
    warehouse.keep_files(keeps_files)
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
