"""What broken files were found to do, each with the promise that it broke."""

from __future__ import annotations

import tracemalloc
import zipfile
from pathlib import Path

import duckdb
import pytest
from ingest_shop import Shop, assert_nothing_lost
from openpyxl import Workbook

from orchestration.errors import DataError
from orchestration.ingest.records import Row, without_trailing_empty


def write_calls(path: Path) -> None:
    book = Workbook()
    for row in (["id", "agent"], *([f"c{number}", "a"] for number in range(9))):
        book.active.append(row)
    book.save(path)


def test_a_workbook_is_known_by_its_content_not_by_the_ending_of_its_name(shop: Shop) -> None:
    write_calls(shop.deliver("calls.xlsx.0001", ""))
    delivery = shop.ingest(shop.declare(format="xlsx"))
    assert delivery.rows_in_lake == 9
    assert_nothing_lost(shop, delivery)


def test_a_row_number_beyond_the_sheet_does_not_stand_for_billions_of_rows(shop: Shop) -> None:
    path = shop.deliver("a.xlsx", "")
    write_calls(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b'<row r="7"', b'<row r="2000000000"')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(DataError, match="found a row beyond row 1,048,576 of the sheet 'Sheet'"):
        shop.ingest(shop.declare(format="xlsx"))


def test_a_workbook_from_whose_middle_a_part_is_gone_is_unreadable_or_whole(shop: Shop) -> None:
    path = shop.deliver("a.xlsx", "")
    write_calls(path)
    content = path.read_bytes()
    table = shop.declare(format="xlsx", on_unreadable_file="continue")
    for cut in range(40, len(content) - 40, 400):
        path.write_bytes(content[:20] + content[20 + cut :])
        (file,) = shop.ingest(table).files
        said = file.reason or ""
        assert said.startswith("Expected an .xlsx workbook, found") or file.rows_in_lake == 9


def test_empty_rows_that_may_be_the_end_are_not_held_in_memory() -> None:
    def records(last: list[str | None]):
        for number in range(1, 50_000):
            yield Row(number, number + 1, [""] * 20)
        yield Row(50_000, 50_001, last)

    tracemalloc.start()
    assert list(without_trailing_empty(records([""]))) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000
    kept = list(without_trailing_empty(records(["x"])))
    assert [row[:2] for row in kept] == [(n, n + 1) for n in range(1, 50_001)]


def test_a_column_name_of_parquet_that_is_no_text_makes_the_file_unreadable(shop: Shop) -> None:
    path = shop.deliver("a.parquet", "")
    path.unlink()
    duckdb.sql("select 1 as id, 'x' as agent, 2 as others").write_parquet(str(path))
    path.write_bytes(path.read_bytes().replace(b"others", b"o\xff\xfeers"))
    with pytest.raises(DataError, match=r"a\.parquet: Expected a Parquet file, found one"):
        shop.ingest(shop.declare(format="parquet"))


def test_a_line_of_any_length_does_not_become_a_sentence_of_that_length(shop: Shop) -> None:
    shop.deliver("a.csv", f"{'x' * 100_000},agent\n1,a\n")
    with pytest.raises(DataError, match="Expected the key columns 'id'") as error:
        shop.ingest(shop.declare())
    assert len(str(error.value)) < 1_000
