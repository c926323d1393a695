"""What can be wrong with a file of one format only: bombs, broken parts, strange nesting."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from fuzz_drawn import MEBI, Drawn
from fuzz_grids import csv_text, json_bytes, workbook


def bomb_of_gzip(drawn: Drawn) -> None:
    row = csv_text(drawn.table, [drawn.grid.rows[0]]).encode(drawn.table.dialect.encoding)
    noise, size = drawn.dice.choice(
        [
            (row * 20, MEBI // 4),
            (b"\n" * 4096, MEBI // 4),
            (b"\x00" * 65536, 100 * MEBI),
            (b"a" * 65536, 100 * MEBI),
            (b'"' + b"a" * 65536, 100 * MEBI),
        ]
    )
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1, mtime=0) as file:
        file.write(drawn.content)
        for _ in range(size // len(noise)):
            file.write(noise)
    drawn.content = buffer.getvalue()


def deep_json(drawn: Drawn) -> None:
    depth = drawn.dice.choice([50, 900, 100_000, 3_000_000])
    opened, closed = drawn.dice.choice([("[", "]"), ('{"a":', "}")])
    value = opened * depth + drawn.dice.choice(["1", ""]) + closed * drawn.dice.choice([depth, 0])
    text = drawn.content.decode()
    at = text.find(": ", drawn.dice.randrange(len(text)))
    drawn.content = (text[: at + 2] + value + ", " + text[at + 2 :] if at > 0 else value).encode()


def wrong_json(drawn: Drawn) -> None:
    wrong = drawn.dice.choice(
        [
            "null",
            "1",
            '"text"',
            "[]",
            "{}",
            "[[]]",
            "[null, 1, {}]",
            "[[{}]]",
            "NaN",
            "-Infinity",
            "1" * 5_000,
            "-0.0e-0",
            '"\\ud800"',
            '{"id": "\\udfff"}',
            '{"id": 1, "id": 2}',
            '{"": ""}',
            '{"id": 1,}',
            "{'id': 1}",
            "// comment",
            '{"\\u0000": 1}',
            '{"_source": 1, "_SOURCE": 2}',
        ]
    )
    text = drawn.content.decode()
    drawn.content = drawn.dice.choice(
        [wrong, text + wrong, wrong + "\n" + text, text.replace("null", wrong), f"[{wrong}]"]
    ).encode()


def records_of_all_shapes(drawn: Drawn) -> None:
    dice = drawn.dice
    records: list[Any] = [
        dict(zip(drawn.grid.heads[0], row, strict=True)) for row in drawn.grid.rows
    ]
    others: list[Any] = [None, 1, "x", [], [1], {}, True, {"other": 1}, [{"id": 1}]]
    for _ in range(dice.randrange(1, 8)):
        records.insert(dice.randrange(len(records) + 1), dice.choice(others))
    if dice.random() < 0.3:
        records += [{f"key {n}": 1} for n in range(2_100)]
    drawn.content = json_bytes(drawn.table, records)


def record_path_gone(drawn: Drawn) -> None:
    path = drawn.table.dialect.record_path
    last = (path or "id").split(".")[-1]
    drawn.content = drawn.content.replace(
        json.dumps(last).encode(), drawn.dice.choice([b'"records"', b'"Data"', b'""'])
    )


SHEET = "xl/worksheets/sheet1.xml"
TYPES = "[Content_Types].xml"
SHARED = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/'
    b'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)


def _parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _archive(parts: dict[str, bytes], level: int = 1) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def broken_part(drawn: Drawn) -> None:
    parts = _parts(drawn.content)
    name = drawn.dice.choice(sorted(parts))
    data = bytearray(parts[name])
    way = drawn.dice.randrange(4)
    if way == 0:
        del parts[name]
    elif way == 1:
        parts[name] = bytes(data[: drawn.dice.randrange(len(data))])
    else:
        for _ in range(drawn.dice.choice([1, 10])):
            data[drawn.dice.randrange(len(data))] = drawn.dice.randrange(256)
        parts[name] = bytes(data)
    drawn.content = _archive(parts)


def strange_rows_in_a_sheet(drawn: Drawn) -> None:
    parts = _parts(drawn.content)
    old, new = drawn.dice.choice(
        [
            (b'<row r="7"', b'<row r="1048576"'),
            (b'<row r="7"', b'<row r="2000000000"'),
            (b'<row r="7"', b'<row r="-7"'),
            (b'<row r="7"', b'<row r="x"'),
            (b'<row r="7"', b"<row"),
            (b'r="A7"', b'r="XFD7"'),
            (b'r="A7"', b'r="ZZZ7"'),
            (b'r="A7"', b'r="ZZZZZZZZ7"'),
            (b'r="A7"', b'r="A99999999"'),
            (b'r="B7"', b'r="A7"'),
            (b't="n"', b't="s"'),
            (b't="inlineStr"', b't="s"'),
            (b't="inlineStr"', b't="d"'),
            (b't="inlineStr"', b't="b"'),
            (b"<sheetData>", b"<sheetData><row/><row r='1'><c/></row>"),
            (b'<row r="7"', b'<row hidden="1" r="7"'),
            (b"<v>", b"<v>1e999"),
            (b"<v>", b"<v>-"),
        ]
    )
    parts[SHEET] = parts[SHEET].replace(old, new)
    drawn.content = _archive(parts)


def bomb_of_a_workbook(drawn: Drawn) -> None:
    parts = _parts(drawn.content)
    sheet = parts[SHEET]
    way = drawn.dice.randrange(6)
    if way == 0:
        parts["xl/media/zeros.bin"] = bytes(300 * MEBI)
    elif way == 1:
        count = drawn.dice.choice([100_000, 8_000_000])
        parts[SHEET] = sheet.replace(b"</sheetData>", b"<row/>" * count + b"</sheetData>")
    elif way == 2:
        cell = b'<row><c t="inlineStr"><is><t>' + b"a" * 10 * MEBI + b"</t></is></c></row>"
        parts[SHEET] = sheet.replace(b"</sheetData>", cell + b"</sheetData>")
    elif way == 3:
        strings = b"<si><t/></si>" * drawn.dice.choice([100_000, 8_000_000])
        place = b"openxmlformats.org/spreadsheetml/2006/main"
        parts["xl/sharedStrings.xml"] = b'<sst xmlns="http://schemas.%s">%s</sst>' % (
            place,
            strings,
        )
        parts[TYPES] = parts[TYPES].replace(b"</Types>", SHARED + b"</Types>")
    elif way == 4:
        entities = b"".join(
            b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10)
        )
        laugh = b'<!DOCTYPE x [<!ENTITY l0 "lol">' + entities + b"]>"
        parts[SHEET] = laugh + sheet[sheet.find(b"<worksheet") :].replace(b"<v>", b"<v>&l9;", 1)
        parts[SHEET] = parts[SHEET].replace(b"<t>", b"<t>&l9;", 1)
    else:
        parts[SHEET] = sheet.replace(b"<sheetData>", b"<sheetData>" + b"<row>" * 500_000)
    drawn.content = _archive(parts)


def other_sheets(drawn: Drawn) -> None:
    drawn.content = workbook([("Cover",), *drawn.grid.heads])


def bytes_of_a_page(drawn: Drawn) -> None:
    """Flips within the values: the footer stays as it was."""
    data = bytearray(drawn.content)
    footer = int.from_bytes(data[-8:-4], "little")
    for _ in range(drawn.dice.choice([1, 5, 50])):
        data[drawn.dice.randrange(4, len(data) - footer - 8)] = drawn.dice.randrange(256)
    drawn.content = bytes(data)


def bytes_of_the_footer(drawn: Drawn) -> None:
    data = bytearray(drawn.content)
    footer = int.from_bytes(data[-8:-4], "little")
    for _ in range(drawn.dice.choice([1, 1, 3])):
        data[drawn.dice.randrange(len(data) - footer - 8, len(data))] = drawn.dice.randrange(256)
    drawn.content = bytes(data)


OF_FORMAT: dict[str, tuple[Callable[[Drawn], None], ...]] = {
    "csv": (bomb_of_gzip,),
    "json": (deep_json, wrong_json, records_of_all_shapes, record_path_gone),
    "jsonl": (deep_json, wrong_json, records_of_all_shapes, record_path_gone),
    "xlsx": (broken_part, strange_rows_in_a_sheet, bomb_of_a_workbook, other_sheets),
    "parquet": (bytes_of_a_page, bytes_of_the_footer),
}
