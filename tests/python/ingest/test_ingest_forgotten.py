"""A forgotten person does not get in again, whatever the format of the file."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from ingest_shop import DAY, Shop, assert_nothing_lost
from openpyxl import Workbook

from orchestration.ingest import replay_partition
from orchestration.ingest.forgotten import add_forgotten
from orchestration.ingest.opening import escaped_path

HOSTILE = """who.is"; drop table x; --'s"""
MINE, OTHERS = "jo@example.com", "al@example.com"
ROWS = [("1", OTHERS, "5,0"), ("2", MINE, "said:\nwell; 'thanks'"), ("3", OTHERS, "ünd")]
FEED = {"calls": {"customer_id": {"from": HOSTILE, "personal": True}, "reason": "text"}}


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def as_csv(delimiter: str = ",", end: str = "\n") -> str:
    lines = [("id", HOSTILE, "text"), *ROWS]
    return end.join(delimiter.join(map(quoted, line)) for line in lines) + end


def as_records() -> list[dict[str, str]]:
    return [{"id": number, HOSTILE: who, "text": text} for number, who, text in ROWS]


def as_workbook() -> bytes:
    workbook = Workbook()
    for row in [("id", HOSTILE, "text"), *ROWS]:
        workbook.active.append(row)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def as_parquet(shop: Shop) -> bytes:
    path = shop.settings.home / "made.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("create table t as select unnest(?) as r", [as_records()])
        connection.sql("select unnest(r) from t").write_parquet(str(path))
    content = path.read_bytes()
    path.unlink()
    return content


def lines_of_json(shop: Shop) -> str:
    return "".join(json.dumps(record) + "\n" for record in as_records())


FORMATS: dict[str, tuple[dict[str, Any], str, Callable[[Shop], bytes | str]]] = {
    "csv": ({}, "a.csv", lambda shop: as_csv()),
    "csv of Windows": (
        {"delimiter": ";", "encoding": "cp1252"},
        "a.csv",
        lambda shop: as_csv(";", "\r\n").encode("cp1252"),
    ),
    "csv with a mark": ({}, "a.csv", lambda shop: as_csv().encode("utf-8-sig")),
    "utf-16": ({"encoding": "utf-16"}, "a.csv", lambda shop: as_csv().encode("utf-16")),
    "packed": ({}, "a.csv.gz", lambda shop: gzip.compress(as_csv().encode())),
    "jsonl": ({"format": "jsonl"}, "a.jsonl", lines_of_json),
    "json": ({"format": "json"}, "a.json", lambda shop: json.dumps(as_records())),
    "json pages": (
        {"format": "json", "record_path": "page.rows"},
        "a.json",
        lambda shop: json.dumps({"page": {"rows": as_records()}, "next": 12345678901234567890}),
    ),
    "workbook": ({"format": "xlsx"}, "a.xlsx", lambda shop: as_workbook()),
    "parquet": ({"format": "parquet"}, "a.parquet", as_parquet),
}


def rows_in_lake(shop: Shop) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        [path] = shop.partition().glob("*.parquet")
        names = ", ".join(map(quoted, ("id", HOSTILE, "text")))
        return connection.read_parquet(escaped_path(path)).project(names).order("id").fetchall()


@pytest.mark.parametrize("name", FORMATS)
def test_rows_of_a_forgotten_person_are_cut_out_of_the_delivered_file_and_the_rest_stays(
    shop: Shop, name: str
) -> None:
    meta, file, content = FORMATS[name]
    table = shop.declare(**meta, feeds=FEED)
    path = shop.deliver(file, content(shop))
    path.chmod(0o444)
    shop.ingest(table)
    assert rows_in_lake(shop) == ROWS
    add_forgotten(shop.settings, [f"key|customer|shop:{MINE}"])
    path.unlink()
    path = shop.deliver(file, content(shop))
    path.chmod(0o444)
    shop.partition().joinpath("delivery.json").unlink()
    delivery = shop.ingest(table)
    assert rows_in_lake(shop) == [ROWS[0], ROWS[2]]
    assert (delivery.rows_read, delivery.files[0].rows_erased) == (2, 1)
    # The file is one of its format still, and known: reading it again changes nothing.
    assert shop.ingest(table) == delivery
    shop.partition().joinpath("delivery.json").unlink()
    assert shop.ingest(table).rows_read == 2
    assert rows_in_lake(shop) == [ROWS[0], ROWS[2]]


@pytest.mark.parametrize("name", FORMATS)
def test_what_others_write_of_them_is_blanked_and_the_rest_of_the_text_stays(
    shop: Shop, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = f"ask {MINE}, not b{MINE} nor {MINE}.uk"
    monkeypatch.setattr(sys.modules[__name__], "ROWS", [("1", OTHERS, told)])
    meta, file, content = FORMATS[name]
    table = shop.declare(**meta, feeds=FEED)
    add_forgotten(shop.settings, [f"word|{MINE}"])
    shop.deliver(file, content(shop)).chmod(0o444)
    shop.ingest(table)
    assert rows_in_lake(shop) == [("1", OTHERS, f"ask [erased], not b{MINE} nor {MINE}.uk")]
    shop.partition().joinpath("delivery.json").unlink()
    shop.ingest(table)
    assert rows_in_lake(shop) == [("1", OTHERS, f"ask [erased], not b{MINE} nor {MINE}.uk")]


def test_what_is_not_cut_keeps_every_byte(shop: Shop) -> None:
    table = shop.declare(feeds=FEED)
    add_forgotten(shop.settings, [f"key|customer|shop:{MINE}"])
    text = as_csv(end="\r\n")
    path = shop.deliver("a.csv", text)
    shop.ingest(table)
    cut = ",".join(map(quoted, ROWS[1])) + "\r\n"
    assert path.read_bytes().decode() == text.replace(cut, "")


def test_a_row_that_cannot_be_read_and_names_a_forgotten_person_goes_too(shop: Shop) -> None:
    table = shop.declare(feeds=FEED)
    add_forgotten(shop.settings, [f"word|{MINE}"])
    text = as_csv().replace(quoted(ROWS[1][2]), "too,many,cells") + "9,x\n"
    path = shop.deliver("a.csv", text)
    delivery = shop.ingest(table)
    assert MINE not in path.read_text("utf-8")
    assert [item.text for item in shop.quarantined()] == ["9,x\n"]
    assert delivery.files[0].rows_erased == 1
    assert_nothing_lost(shop, delivery)


def test_a_file_that_cannot_be_read_and_names_a_forgotten_person_is_deleted(shop: Shop) -> None:
    table = shop.declare(feeds=FEED, on_unreadable_file="continue")
    add_forgotten(shop.settings, [f"word|{MINE}"])
    path = shop.deliver("a.csv", f"other;header\n1;{MINE}\n")
    other = shop.deliver("b.csv", f"other;header\n1;{OTHERS}\n")
    shop.ingest(table)
    assert not path.exists() and other.exists()
    assert [item.file for item in shop.quarantined()] == [f"{DAY}/b.csv"]


def test_a_quarantined_row_that_turns_out_to_be_theirs_is_not_replayed_into_the_lake(
    shop: Shop,
) -> None:
    # As text nobody can tell: the id is in two columns.
    keyed = {"calls": {"customer_id": {"from": ["area", "number"]}}}
    table = shop.declare(feeds=keyed, delimiter=";")
    add_forgotten(shop.settings, ["key|customer|shop:030:77"])
    shop.deliver("a.csv", 'id;area;number\n1;030;77;"x"\n2;030;78;"x"\n')
    assert shop.ingest(table).rows_quarantined == 2
    table = shop.declare(feeds=keyed, delimiter=";", ragged_rows="pad")
    path = shop.settings.quarantine / "shop" / "calls" / f"load_date={DAY}" / "rows.parquet"
    with duckdb.connect() as connection:
        fixed = connection.read_parquet(str(path)).project(
            "* replace (replace(text, ';\"x\"', '') as text)"
        )
        fixed.write_parquet(str(path.with_suffix(".new")))
    path.with_suffix(".new").replace(path)
    replayed = replay_partition(shop.settings, table, DAY, "replay")
    assert shop.lake("id, number") == [("2", "78")]
    assert replayed.delivery is not None
    assert replayed.delivery.files[0].rows_erased == 1
    assert_nothing_lost(shop, replayed.delivery)


def test_hostile_names_of_files_columns_and_folders_are_only_names(
    shop: Shop, tmp_path: Path
) -> None:
    home = tmp_path / """it's a "home"; drop [a-z]*?"""
    shop = Shop(replace(shop.settings, home=home))
    table = shop.declare(feeds=FEED)
    add_forgotten(shop.settings, [f"key|customer|shop:{MINE}"])
    shop.deliver("""it's "x"; drop table [a-z]*?.csv""", as_csv() + "too,few\n")
    delivery = shop.ingest(table)
    assert rows_in_lake(shop) == [ROWS[0], ROWS[2]]
    assert len(shop.quarantined()) == delivery.rows_quarantined == 1
