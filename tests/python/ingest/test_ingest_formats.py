"""JSON, Parquet and workbooks: values keep what was delivered, and what is broken says where."""

from __future__ import annotations

import json
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from ingest_shop import DAY, Shop, assert_nothing_lost

from orchestration.errors import DataError
from orchestration.quality.drift import check_shapes

LATER = DAY + timedelta(days=1)
JSON_FILES: dict[str, tuple[str, dict[str, Any], int, int]] = {
    "a list": ('[{"id": 1}, {"id": 2}]', {"format": "json"}, 2, 0),
    "one record": ('{"id": 1}', {"format": "json"}, 1, 0),
    "an empty list": ("[]", {"format": "json"}, 0, 0),
    "no records but scalars": ('[{"id": 1}, 7, null]', {"format": "json"}, 1, 2),
    "a name twice": ('[{"id": 1, "id": 2}, {"id": 3}]', {"format": "json"}, 1, 1),
    "half a character": ('[{"id": "\\ud800"}, {"id": 3}]', {"format": "json"}, 1, 1),
    "a page": ('{"t": [{"id": 1}], "next": null}', {"format": "json", "record_path": "t"}, 1, 0),
    "pages": (
        '[{"d": {"t": [{"id": 1}]}}, {"d": {"t": [{"id": 1}, {"id": 2}]}}]',
        {"format": "json", "record_path": "d.t"},
        3,
        0,
    ),
    "a page without records": ('{"t": null}', {"format": "json", "record_path": "t"}, 0, 0),
    "lines": ('{"id": 1}\n\n{"id": 2}', {"format": "jsonl"}, 2, 0),
    "a broken line": ('{"id": 1}\n{"id": 2, "ag\n', {"format": "jsonl"}, 1, 1),
    "end-of-file mark of DOS": ('{"id": 1}\n\x1a', {"format": "jsonl"}, 1, 1),
    "a line with a list": ('{"id": 1}\n[2]\n', {"format": "jsonl"}, 1, 1),
    "a page a line": (
        '{"t": [{"id": 1}]}\n{"error": "busy"}\n{"t": [{"id": 2}, 5]}\n',
        {"format": "jsonl", "record_path": "t"},
        2,
        2,
    ),
}


@pytest.mark.parametrize("name", JSON_FILES)
def test_nothing_is_lost_of_a_json_file(shop: Shop, name: str) -> None:
    content, dialect, good, bad = JSON_FILES[name]
    shop.deliver("a.json", content)
    delivery = shop.ingest(shop.declare(**dialect))
    assert (delivery.rows_in_lake, delivery.rows_quarantined) == (good, bad)
    assert_nothing_lost(shop, delivery)


def test_json_values_keep_their_text(shop: Shop) -> None:
    record = '{"id": 12345678901234567890, "x": 1.50, "n": null, "e": "", "t": true'
    nested = ', "o": {"a": [1.0, "é", null]}}'
    shop.deliver("a.jsonl", record + nested + "\n" + '{"id": 2, "later": "7"}\n')
    shop.ingest(shop.declare(format="jsonl"))
    assert shop.lake("id, x, n, e, t, o, later") == [
        ("12345678901234567890", "1.50", None, "", "true", '{"a": [1.0, "é", null]}', None),
        ("2", None, None, None, None, None, "7"),
    ]


@pytest.mark.parametrize(
    ("form", "first", "second"),
    [
        (
            "jsonl",
            '{"id": 1, "who": {"agent": {"id": 7}, "a.b": 1, "kim@example.org": 1}}\n',
            '{"id": 2, "who": {"worker": {"id": 7}}}\n{"id": 3, "who": "nobody"}\n',
        ),
        (
            "csv",
            'id,who\n1,"{""agent"": {""id"": 7}}"\n',
            'id,who\n2,"{""worker"": 7}"\n3,nobody\n',
        ),
    ],
)
def test_a_name_inside_a_value_that_is_read_is_known_and_missed_once_it_is_renamed(
    shop: Shop, form: str, first: str, second: str
) -> None:
    feeds = {"calls": {"agent_id": {"from": "Who", "path": "agent.id"}}}
    table = shop.declare(format=form, feeds=feeds)
    shop.deliver("a", first)
    shop.deliver("a", second, LATER)
    before, after = shop.ingest(table), shop.ingest(table, LATER)
    assert before.files[0].nested == ("Who.agent", "Who.agent.id")
    assert before.files[0].missing_columns == ()
    assert after.files[0].missing_columns == ("Who.agent",)
    _, found = check_shapes([table], [before, after], [LATER])
    assert "new 'Who.worker' and gone 'Who.agent' in" in found.message
    assert found.severity == "warning"


def test_a_quarantined_line_is_the_line(shop: Shop) -> None:
    shop.deliver("a.jsonl", '{"id": 1}\n  {"id": 2,}\n')
    shop.ingest(shop.declare(format="jsonl"))
    (item,) = shop.quarantined()
    assert (item.text, item.line_number) == ('  {"id": 2,}\n', 2)
    assert "(line 2, column 12)" in item.reason


@pytest.mark.parametrize(
    ("content", "dialect", "words"),
    [
        ('[{"id": 1},\n {"id": }]', {}, "(line 2, column 9)"),
        ('{"id": 1}\n{"id": 2}\n', {}, "declare `format: jsonl`"),
        ("[" * 100_000, {}, "nested too deep"),
        ("7", {}, "a list of records or one record, found a number"),
        ('{"error": "busy"}', {"record_path": "tickets"}, "no 'tickets'"),
        ('{"tickets": [{"id": 1}]}', {}, 'the list "tickets" (record_path)'),
        (
            '{"id": 1}\n{"id": 2, "ag',
            {"format": "jsonl"},
            "it is cut off after record 1, line 1: have it delivered again",
        ),
        (json.dumps([{"id": 1, **{f"c{n}": n for n in range(2001)}}]), {}, "at most 2,000 columns"),
    ],
)
def test_an_unreadable_json_file_says_where(
    shop: Shop, content: str, dialect: dict[str, str], words: str
) -> None:
    shop.deliver("a.json", content)
    with pytest.raises(DataError) as error:
        shop.ingest(shop.declare(**{"format": "json", **dialect}))
    assert words in str(error.value)


def write_workbook(path: Path, rows: list[list[Any]], sheet: str = "Data") -> None:
    from openpyxl import Workbook

    workbook = Workbook()
    workbook.active.title = sheet
    for row in rows:
        workbook.active.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    workbook.save(path)


def test_cells_become_plain_text(shop: Shop) -> None:
    path = shop.deliver("a.xlsx", "")
    values = [
        7.0,
        1.5,
        True,
        date(2026, 11, 21),
        datetime(2026, 11, 21, 9, 12, 58),
        time(0, 2, 23),
        timedelta(hours=30, minutes=1),
        None,
        "é",
        10300600000000.0,
    ]
    write_workbook(path, [["id", *"bcdefghij"], values, [None, "only b"], [None], [""]])
    delivery = shop.ingest(shop.declare(format="xlsx", optional_columns=["agent"]))
    assert shop.lake("id, b, c, d, e, f, g, h, i, j")[0] == (
        "7",
        "1.5",
        "TRUE",
        "2026-11-21",
        "2026-11-21 09:12:58",
        "00:02:23",
        "30:01:00",
        None,
        "é",
        "10300600000000",
    )
    assert delivery.rows_read == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"id,agent\n", "a file that is none or is cut off"),
        (b"", "empty file"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 600, "old .xls or a password-protected one"),
    ],
)
def test_a_file_that_is_no_workbook_says_so(shop: Shop, content: bytes, words: str) -> None:
    shop.deliver("a.xlsx", content)
    with pytest.raises(DataError) as error:
        shop.ingest(shop.declare(format="xlsx"))
    assert words in str(error.value)


def test_a_workbook_that_unpacks_out_of_proportion_is_refused(shop: Shop) -> None:
    path = shop.deliver("a.xlsx", "")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 20 * 1024 * 1024)
    with pytest.raises(DataError, match="unpacks to at most 100 times"):
        shop.ingest(shop.declare(format="xlsx"))


def test_a_workbook_with_a_damaged_sheet_is_unreadable(shop: Shop) -> None:
    path = shop.deliver("a.xlsx", "")
    write_workbook(path, [["id", "agent"], *([number, "a"] for number in range(2_000))])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content[: len(content) // 2] if name == sheet else content)
    with pytest.raises(DataError, match="found a damaged sheet 'Data'"):
        shop.ingest(shop.declare(format="xlsx"))


def test_a_missing_sheet_names_the_sheets_there_are(shop: Shop) -> None:
    write_workbook(shop.deliver("a.xlsx", ""), [["id", "agent"], [1, "a"]], sheet="Calls")
    with pytest.raises(DataError, match="Expected the sheet 'calls', found 'Calls'"):
        shop.ingest(shop.declare(format="xlsx", sheet="calls"))


def test_parquet_values_become_text(shop: Shop) -> None:
    path = shop.deliver("it's [1].parquet", "")
    path.unlink()
    duckdb.sql(
        "select 1 as id, timestamp '2026-11-21 09:00:00' as moment, {'a': [1, 2]} as nested, "
        "1.50::decimal(9, 2) as amount, true as flag, null as nothing"
    ).write_parquet(str(path))
    delivery = shop.ingest(shop.declare(format="parquet", optional_columns=["agent"]))
    assert shop.lake("id, moment, nested, amount, flag, nothing") == [
        ("1", "2026-11-21 09:00:00", '{"a": [1, 2]}', "1.50", "true", None)
    ]
    assert_nothing_lost(shop, delivery)


def test_a_declared_column_must_be_there_in_every_format_with_a_header(shop: Shop) -> None:
    write_workbook(shop.deliver("a.xlsx", ""), [["id", "operator"], [1, "a"]])
    with pytest.raises(DataError, match="Expected the declared columns 'agent'"):
        shop.ingest(shop.declare(files="{load_date}/*.xlsx", format="xlsx"))
    path = shop.deliver("a.parquet", "")
    path.unlink()
    duckdb.sql("select 1 as id").write_parquet(str(path))
    with pytest.raises(DataError, match="Expected the declared columns 'agent'"):
        shop.ingest(shop.declare(files="{load_date}/*.parquet", format="parquet"))


def test_a_name_that_no_json_record_has_is_recorded_but_allowed(shop: Shop) -> None:
    shop.deliver("a.jsonl", '{"id": 1}\n')
    version = {"from": "changes", "type": "integer"}
    delivery = shop.ingest(shop.declare(format="jsonl", version_by=version))
    assert delivery.files[0].missing_columns == ("changes", "agent")


def test_a_cut_off_parquet_file_is_unreadable(shop: Shop) -> None:
    path = shop.deliver("a.parquet", "")
    path.unlink()
    duckdb.sql("select range as id, 'x' as agent from range(10)").write_parquet(str(path))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="Expected a Parquet file"):
        shop.ingest(shop.declare(format="parquet"))
