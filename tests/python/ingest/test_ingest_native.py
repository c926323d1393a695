"""Delivered Parquet enters the lake as it is; what cannot goes the way of the other formats."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from ingest_shop import DAY, Shop

from orchestration.cli.quarantine_view import Item, delivered_row
from orchestration.declarations import Table
from orchestration.errors import DataError
from orchestration.ingest import (
    Delivery,
    finish_interrupted,
    load_deliveries,
    native,
    native_files,
    partition,
    read_delivery,
    replay_partition,
    write_schema_file,
)

YESTERDAY = date(2026, 11, 20)
TOMORROW = date(2026, 11, 22)
CALLS = "select i as id, 'a' || i as agent from range(1, 4) as t(i)"
TEXTS = "select i::varchar as id, 'a' || i as agent from range(1, 4) as t(i)"
EVERY_TYPE = """
    select 1::utinyint as id, 'é' as agent, 1::bigint as big, 2::ubigint as unsigned,
        0.1::float as narrow, 0.1::double as wide, 1.50::decimal(9, 2) as amount, true as flag,
        date '2026-11-21' as day, timestamp '2026-11-21 09:00:00' as moment,
        timestamptz '2026-11-21 09:00:00+01' as instant, timestamp_ns '2026-11-21 09:00:00' as exact
"""


def declare(shop: Shop, **meta: Any) -> Table:
    """Declare the table as Parquet and prepare the lake, as every run does."""
    meta = {"format": "parquet", "optional_columns": ["agent"], **meta}
    table = shop.declare(**{name: value for name, value in meta.items() if value})
    write_schema_file(shop.settings, table)
    return table


def deliver(shop: Shop, query: str = CALLS, name: str = "a.parquet", day: date = DAY) -> Path:
    path = shop.deliver(name, "", day)
    path.unlink()
    duckdb.sql(query).write_parquet(str(path).replace("[", "[[]"))
    return path


def data_files(shop: Shop, day: date = DAY) -> list[str]:
    return sorted(path.name for path in shop.partition(day).glob("*.parquet"))


def rows(shop: Shop, columns: str = "*", where: str = "true") -> list[tuple[Any, ...]]:
    """All rows of the lake with lineage, read as staging reads them."""
    folder = shop.settings.lake / "shop" / "calls"
    records = [folder / "native-types.json", *folder.glob("*/delivery.json")]
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set variable records = ?", [[str(path) for path in records]])
        query = f"""
            with files as (
                select regexp_replace(filename, '[^/]*$', '') || f.native_file as path,
                    f.file, load_date, f.native_run_id
                from (
                    select filename, load_date, unnest(files) as f
                    from read_json(getvariable('records'), hive_partitioning = false,
                        filename = true, columns = {{
                            load_date: 'DATE', files:
                            'STRUCT(file VARCHAR, native_file VARCHAR, native_run_id VARCHAR)[]'
                        }})
                )
            )
            select {columns} from (
                select columns(n.* exclude (filename, file_row_number))::varchar,
                    'shop' as _source, files.file as _source_file,
                    n.file_row_number + 1 as _row_number,
                    files.load_date as _load_date, files.native_run_id as _run_id
                from read_parquet('{folder}/**/native-*.parquet', union_by_name = true,
                    hive_partitioning = false, filename = true, file_row_number = true) as n
                left join files on files.path = n.filename
                union all by name
                from read_parquet('{folder}/**/[_p]*.parquet', union_by_name = true,
                    hive_partitioning = false)
            )
            where {where}
            order by _load_date, _source_file, _row_number
        """
        return connection.execute(query).fetchall()


def native_schema(shop: Shop) -> dict[str, str]:
    path = shop.settings.lake / "shop" / "calls" / "native-schema.parquet"
    relation = duckdb.read_parquet(str(path))
    assert relation.fetchall() == []
    return dict(zip(relation.columns, map(str, relation.types), strict=True))


def assert_balanced(shop: Shop) -> None:
    """As many rows of every file as its record says."""
    found = [row[0] for row in rows(shop, "_load_date::varchar || ' ' || _source_file")]
    expected: list[str] = []
    for delivery in load_deliveries(shop.settings):
        for file in delivery.files:
            expected += [f"{delivery.load_date} {file.file}"] * file.rows_in_lake
    assert sorted(found) == sorted(expected)


def test_a_plain_file_is_the_partition_and_has_lineage(shop: Shop) -> None:
    table = declare(shop)
    assert rows(shop) == []
    path = deliver(shop)
    delivery = shop.ingest(table, run_id="run_7")
    assert data_files(shop) == ["native-000.parquet"]
    stored = shop.partition() / "native-000.parquet"
    assert stored.read_bytes() == path.read_bytes()
    assert rows(shop, "id, agent, _source, _source_file, _row_number, _load_date, _run_id")[1] == (
        ("2", "a2", "shop", "2026-11-21/a.parquet", 2, DAY, "run_7")
    )
    (file,) = delivery.files
    assert (file.rows_read, file.native_file, file.native_run_id) == (
        (3, "native-000.parquet", "run_7")
    )
    assert file.bytes == stored.stat().st_size
    assert native_files(shop.settings, delivery) == [
        native.NativeFile(stored, "2026-11-21/a.parquet", DAY, "run_7", 3)
    ]
    assert read_delivery(shop.partition()) == delivery


def test_the_schema_has_the_types_of_what_was_delivered(shop: Shop) -> None:
    deliver(shop, EVERY_TYPE)
    shop.ingest(declare(shop))
    assert data_files(shop) == ["native-000.parquet"]
    assert native_schema(shop) == {
        "id": "BIGINT",
        "agent": "VARCHAR",
        "big": "BIGINT",
        "unsigned": "UBIGINT",
        "narrow": "FLOAT",
        "wide": "DOUBLE",
        "amount": "DECIMAL(9,2)",
        "flag": "BOOLEAN",
        "day": "DATE",
        "moment": "TIMESTAMP",
        "instant": "TIMESTAMP WITH TIME ZONE",
        "exact": "TIMESTAMP_NS",
    }


def test_a_declared_column_that_was_never_delivered_is_text_until_it_is(shop: Shop) -> None:
    deliver(shop, "select 1 as id")
    shop.ingest(declare(shop))
    table = declare(shop)
    assert native_schema(shop) == {"id": "BIGINT", "agent": "VARCHAR"}
    deliver(shop, "select 2 as id, 7 as Agent", day=TOMORROW)
    shop.ingest(table, TOMORROW)
    assert {name.lower(): kind for name, kind in native_schema(shop).items()} == (
        {"id": "BIGINT", "agent": "BIGINT"}
    )
    assert rows(shop, "id, agent") == [("1", None), ("2", "7")]


OTHERS: dict[str, str] = {
    "nested": "select 1 as id, {'a': [1, 2]} as agent",
    "a list": "select 1 as id, [1] as agent",
    "bytes": "select 1 as id, 'a'::blob as agent",
    "a time": "select 1 as id, time '09:00:00' as agent",
    "a uuid": "select 1 as id, uuid() as agent",
    "a name to be trimmed": 'select 1 as id, 2 as " agent "',
    "a lineage name": "select 1 as id, 'a' as agent, 7 as _run_id",
    "a name that readers need": "select 1 as id, 'a' as agent, 7 as file_row_number",
    "another such name": "select 1 as id, 'a' as agent, 7 as Filename",
    "another type": "select 'x' as id, 'a' as agent",
    "a wider decimal": "select 1 as id, 'a' as agent, 1.5::decimal(18, 3) as amount",
    "a double for a whole number": "select 1.0::double as id, 'a' as agent",
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_that_is_not_plain_or_does_not_agree_is_encoded(shop: Shop, name: str) -> None:
    table = declare(shop)
    deliver(shop, EVERY_TYPE, day=YESTERDAY)
    shop.ingest(table, YESTERDAY)
    types = native_schema(shop)
    deliver(shop, OTHERS[name])
    delivery = shop.ingest(table)
    assert data_files(shop) == ["part.parquet"]
    assert delivery.files[0].native_file is None
    assert native_schema(shop) == types
    (value,) = duckdb.sql(f"select id from ({OTHERS[name]})").fetchall()[0]
    assert rows(shop, "id, _row_number, _run_id", f"_load_date = '{DAY}'") == (
        [(str(value), 1, "run")]
    )
    assert_balanced(shop)


def test_one_partition_may_have_both_kinds(shop: Shop) -> None:
    table = declare(shop)
    deliver(shop, CALLS, "a.parquet")
    deliver(shop, TEXTS, "b.parquet")
    deliver(shop, CALLS, "c.parquet")
    shop.ingest(table)
    assert data_files(shop) == ["native-000.parquet", "native-001.parquet", "part.parquet"]
    assert [row[:2] for row in rows(shop, "id, agent")] == [
        (str(number), f"a{number}") for number in (1, 2, 3)
    ] * 3
    assert_balanced(shop)


def test_text_made_of_plain_values_is_what_their_native_files_say(shop: Shop) -> None:
    table = declare(shop)
    deliver(shop, EVERY_TYPE, "a.parquet")
    deliver(shop, f"select *, time '09:00' as only_text from ({EVERY_TYPE})", "b.parquet")
    shop.ingest(table)
    assert data_files(shop) == ["native-000.parquet", "part.parquet"]
    first, second = rows(shop, "* exclude (only_text, _source_file)")
    assert first == second


def test_a_type_that_only_the_replaced_partition_had_does_not_bind(shop: Shop) -> None:
    table = declare(shop)
    deliver(shop, TEXTS)
    shop.ingest(table)
    deliver(shop, CALLS)
    shop.ingest(table)
    assert data_files(shop) == ["native-000.parquet"]
    assert native_schema(shop)["id"] == "BIGINT"


def test_a_redelivery_replaces_all_files_of_its_partition(shop: Shop) -> None:
    table = declare(shop)
    paths = [deliver(shop, CALLS, name) for name in ("a.parquet", "b.parquet")]
    deliver(shop, OTHERS["nested"], "c.parquet")
    deliver(shop, day=YESTERDAY)
    shop.ingest(table, YESTERDAY)
    shop.ingest(table)
    kept = {path: path.read_bytes() for path in shop.partition(YESTERDAY).iterdir()}
    assert len(data_files(shop)) == 3
    paths[0].unlink()
    (paths[0].parent / "c.parquet").unlink()
    shop.ingest(table)
    assert data_files(shop) == ["native-000.parquet"]
    assert {path: path.read_bytes() for path in shop.partition(YESTERDAY).iterdir()} == kept
    assert_balanced(shop)
    deliver(shop, OTHERS["nested"], "b.parquet")
    shop.ingest(table)
    assert data_files(shop) == ["part.parquet"]
    assert_balanced(shop)


def test_a_file_that_is_overwritten_in_place_does_not_change_the_lake(shop: Shop) -> None:
    path = deliver(shop)
    shop.ingest(declare(shop))
    before = (shop.partition() / "native-000.parquet").read_bytes()
    path.write_bytes(b"something else")
    assert (shop.partition() / "native-000.parquet").read_bytes() == before


def test_a_file_that_nobody_may_write_to_is_linked(shop: Shop) -> None:
    path = deliver(shop)
    path.chmod(0o444)
    shop.ingest(declare(shop))
    assert (shop.partition() / "native-000.parquet").samefile(path)
    shop.ingest(declare(shop))
    assert path.is_file()


@pytest.mark.parametrize("is_read_only", [False, True])
def test_a_file_system_that_refuses_links_and_shared_blocks_gets_a_copy(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, is_read_only: bool
) -> None:
    def refused(*_: object) -> int:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refused)
    monkeypatch.setattr(os, "copy_file_range", refused)
    path = deliver(shop)
    path.chmod(0o444 if is_read_only else 0o644)
    shop.ingest(declare(shop))
    assert (shop.partition() / "native-000.parquet").read_bytes() == path.read_bytes()


def test_a_file_with_a_damaged_value_is_unreadable_at_once(shop: Shop) -> None:
    path = deliver(shop, "select i as id, 'a' || hash(i) as agent from range(5000) as t(i)")
    data = path.read_bytes()
    path.write_bytes(data[:9_000] + bytes(9_000) + data[18_000:])
    with pytest.raises(DataError, match="Expected a Parquet file"):
        shop.ingest(declare(shop))
    assert not shop.partition().exists()


def test_the_declared_columns_must_be_there(shop: Shop) -> None:
    deliver(shop, "select 1 as id")
    with pytest.raises(DataError, match="Expected the declared columns 'agent'"):
        shop.ingest(declare(shop, optional_columns=[]))
    deliver(shop, "select 1 as id, 2 as more")
    delivery = shop.ingest(declare(shop))
    assert (delivery.files[0].missing_columns, delivery.files[0].added_columns) == (
        ("agent",),
        ("more",),
    )


def test_a_file_without_rows_is_native(shop: Shop) -> None:
    deliver(shop, f"{CALLS} limit 0")
    delivery = shop.ingest(declare(shop))
    assert delivery.rows_read == 0
    assert data_files(shop) == ["native-000.parquet"]
    assert rows(shop) == []


def test_only_unreadable_files_leave_an_empty_encoded_part(shop: Shop) -> None:
    shop.deliver("a.parquet", "no parquet")
    shop.ingest(declare(shop, on_unreadable_file="continue"))
    assert data_files(shop) == ["part.parquet"]
    assert rows(shop) == []


def test_a_replay_keeps_native_files_with_their_run(shop: Shop) -> None:
    deliver(shop, CALLS, "a.parquet")
    deliver(shop, OTHERS["nested"], "b.parquet")
    deliver(shop, "select 4 as number, 'd' as agent", "c.parquet")
    shop.ingest(declare(shop, on_unreadable_file="continue"), run_id="first")
    assert data_files(shop) == ["native-000.parquet", "part.parquet"]
    old = (shop.partition() / "native-000.parquet").read_bytes()
    table = declare(shop, key=["number"])
    replay = replay_partition(shop.settings, table, DAY, "second")
    assert (replay.files_restored, replay.files_left) == (1, 0)
    assert shop.quarantined() == []
    found = rows(shop, "_source_file, _run_id, coalesce(id, number)")
    assert found == [
        ("2026-11-21/a.parquet", "first", "1"),
        ("2026-11-21/a.parquet", "first", "2"),
        ("2026-11-21/a.parquet", "first", "3"),
        ("2026-11-21/b.parquet", "first", "1"),
        ("2026-11-21/c.parquet", "second", "4"),
    ]
    assert_balanced(shop)
    (kept,) = [
        file
        for file in native_files(shop.settings, read_delivery(shop.partition()))
        if file.run_id == "first"
    ]
    assert kept.path.read_bytes() == old


def test_what_is_replayed_must_agree_with_what_stays(shop: Shop) -> None:
    deliver(shop, CALLS, "a.parquet")
    deliver(shop, TEXTS.replace(" as id", " as number"), "b.parquet")
    shop.ingest(declare(shop, on_unreadable_file="continue"))
    types = native_schema(shop)
    again = f"select number as id, agent from ({TEXTS.replace(' as id', ' as number')})"
    (item,) = shop.quarantined()
    assert item.path is not None
    duckdb.sql(again).write_parquet(str(item.path))
    replay_partition(shop.settings, declare(shop), DAY, "second")
    assert data_files(shop) == ["native-000.parquet", "part.parquet"]
    assert native_schema(shop) == types
    assert_balanced(shop)


@pytest.mark.parametrize("kill_at", range(12))
def test_a_kill_at_any_moment_leaves_the_old_or_the_new_partition(
    shop: Shop, kill_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = declare(shop)
    deliver(shop, TEXTS, "a.parquet")
    deliver(shop, TEXTS, "b.parquet")
    deliver(shop, OTHERS["nested"], "c.parquet")
    shop.ingest(table, run_id="old")
    (shop.settings.inbox / "shop" / DAY.isoformat() / "b.parquet").unlink()
    (shop.settings.inbox / "shop" / DAY.isoformat() / "c.parquet").unlink()
    deliver(shop, CALLS, "a.parquet")
    calls = iter(range(100))

    def killed(path: Path) -> None:
        if next(calls) == kill_at:
            os._exit(9)

    monkeypatch.setattr(partition, "sync", killed)
    monkeypatch.setattr(native, "sync", killed)
    child = os.fork()
    if child == 0:
        shop.ingest(table, run_id="new")
        os._exit(0)
    monkeypatch.undo()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code == (9 if kill_at < 10 else 0)
    assert finish_interrupted(shop.settings) == []
    delivery = read_delivery(shop.partition())
    assert {row[0] for row in rows(shop, "_run_id")} == {delivery.run_id}
    names = ["native-000.parquet", "native-001.parquet", "part.parquet"]
    assert data_files(shop) == (names if delivery.run_id == "old" else names[:1])
    assert native_schema(shop)["id"] == ("VARCHAR" if delivery.run_id == "old" else "BIGINT")
    assert_balanced(shop)
    deliver(shop, TEXTS, "a.parquet")
    shop.ingest(table, run_id="third")
    assert read_delivery(shop.partition()).run_id == "third"
    assert list((shop.settings.lake / ".tmp").iterdir()) == []


def test_a_record_of_a_delivery_from_before_there_were_native_files_is_read(shop: Shop) -> None:
    shop.deliver("a.csv", "id,agent\n1,a\n")
    delivery = shop.ingest(shop.declare())
    path = shop.partition() / "delivery.json"
    content = json.loads(path.read_text())
    for file in content["files"]:
        del file["native_file"], file["native_run_id"]
    path.write_text(json.dumps(content))
    assert read_delivery(path) == delivery
    assert native_files(shop.settings, delivery) == []


def test_a_table_that_was_parquet_once_keeps_its_native_rows(shop: Shop) -> None:
    deliver(shop, day=YESTERDAY)
    shop.ingest(declare(shop), YESTERDAY)
    table = shop.declare(files="{load_date}/*.csv")
    shop.deliver("a.csv", "id,agent\n9,z\n")
    write_schema_file(shop.settings, table)
    shop.ingest(table)
    assert [row[0] for row in rows(shop, "id")] == ["1", "2", "3", "9"]
    assert_balanced(shop)


def test_damaged_types_are_told(shop: Shop) -> None:
    deliver(shop, day=YESTERDAY)
    shop.ingest(declare(shop), YESTERDAY)
    (shop.settings.lake / "shop" / "calls" / "native-types.json").write_text("[]")
    deliver(shop)
    with pytest.raises(DataError, match="ingest every load date"):
        shop.ingest(declare(shop))


def test_a_row_that_staging_turned_down_is_shown_as_delivered(shop: Shop) -> None:
    deliver(shop, EVERY_TYPE.replace("select", "select 'x' as first,"), "it's.parquet")
    delivery: Delivery = shop.ingest(declare(shop))
    name = delivery.files[0].file
    item = Item("1", "shop", "calls", DAY, name, 1, None, "a reason", True)
    row = delivered_row(shop.settings, item)
    assert (row["id"], row["amount"], row["instant"]) == ("1", "1.50", "2026-11-21 08:00:00+00")
    assert "_run_id" not in row
