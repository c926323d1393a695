"""What can be wrong with a delivered file, each as a function; drawn by a seed and a number.

Mutations of the grid know how many rows the file has; those of the bytes do not.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from fuzz_grids import Base, Grid, csv_text, json_bytes, put_together, with_rows, workbook

MEBI = 1024 * 1024
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "latin-1", "cp037")
TEXTS = (
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x.example")',
    "@SUM(1+1)*cmd",
    "+1-2",
    "-2+3",
    "\t=1+1",
    "'; drop table lake; --",
    '{"a": 1}',
    "[]",
    "$(id)",
    "../../etc/passwd",
    "\\",
    '"',
    '""',
    "'",
    "\u202etxet",
    "👩‍👩‍👧‍👦",
    "e\u0301",
    "ẞ",
    "\x0b\x0c\x1c\x85\u2028",
    "\x1a",
    "\x07\x1b[31m",
    "line\nbreak",
    "line\r\nbreak",
    "null",
    "NULL",
    "N/A",
    "#REF!",
    "None",
    "true",
)
NUMBERS = (
    "0",
    "-0",
    "-1",
    "1e3",
    "1e300",
    "-1e300",
    "1e999",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999999",
    "1.03006E+13",
    "1,5",
    "1.234,56",
    "1 000",
    "١٢٣",
    "nan",
    "inf",
    "-Infinity",
    "0x10",
    "1_000",
    "4.9e-324",
    "12%",
    "0." + "3" * 400,
    "9" * 400,
)
TIMES = (
    "2023-02-30",
    "2023-13-01 00:00:00",
    "0000-00-00 00:00:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "10000-01-01T00:00:00",
    "294247-01-10T04:00:55Z",
    "-0044-03-15T12:00:00Z",
    "2023-03-26 02:30:00",
    "2023-10-29T02:30:00+02:00",
    "2023-10-29T02:30:00+99:99",
    "2023-10-29T02:30:00 Europe/Berlin",
    "2023-10-29T02:30:00 Nowhere/Land",
    "2023-10-29 02:30:00 PM",
    "31/12/2023 23:59",
    "12/31/2023 23:59",
    "03/04/05",
    "24:00:00",
    "2023-06-30 23:59:60",
    "2016-12-31T23:59:60Z",
    "infinity",
    "-infinity",
    "epoch",
    "now",
    "today",
    "1e18",
    "-62135596801",
    "253402300800",
    "1700000000",
    "1700000000000",
    "45000.5",
    "2958466",
    "-1",
    "25:61:61",
    "0:00:00",
    "99999999999999999999:00:00",
    "-0:00:01",
    "31.12.9999 23:59:59",
    "01.01.0001 00:00:00",
    "29.02.2023 10:00:00",
)
ORDERS = ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%Y/%d/%m", "%d.%m.%y", "%b %d, %Y %I:%M %p", "%s")
FILE_NAMES = (
    "..%2f..%2fpasswd{ext}",
    "..\\..\\evil{ext}",
    "C:\\calls{ext}",
    "...{ext}",
    " {ext}",
    "-rf{ext}",
    "a'b\"c{ext}",
    "[a-z]*?{ext}",
    "load_date=2020-01-01{ext}",
    "part.parquet{ext}",
    "new\nline{ext}",
    "tab\t{ext}",
    "%s%n{ext}",
    "${HOME}{ext}",
    "{{ref}}{ext}",
    "ünï👍{ext}",
    "e\u0301{ext}",
    "x" * 200 + "{ext}",
    "deep/er/deliv er{ext}",
    "_schema.parquet{ext}",
    "delivery.json{ext}",
)
Cell = Callable[[random.Random, Any], Any]


@dataclass
class Drawn:
    """A file that goes wrong step by step.

    Attributes:
        rows: records in the file if it can be read; None when nobody knows.
        gone, new: columns that it lacks and has besides, by name; None when nobody knows.
        renamed: (old, new) of a column whose name still looks like the old one.
    """

    dice: random.Random
    base: Base
    grid: Grid
    file_name: str
    kinds: tuple[str, ...] = ()
    content: bytes = b""
    rows: int | None = None
    gone: tuple[str, ...] | None = ()
    new: tuple[str, ...] | None = ()
    renamed: tuple[tuple[str, str], ...] = ()

    @property
    def table(self) -> Any:
        return self.base.table


def draw(seed: int, number: int, bases: Sequence[Base]) -> Drawn:
    """The same file for the same numbers."""
    dice = random.Random(f"{seed}/{number}")
    base = bases[number % len(bases)]
    drawn = Drawn(dice, base, base.grid, base.file_name)
    way = dice.random()
    own = OF_FORMAT[base.table.format]
    # A bomb costs a second to make, and text files have nothing else of their own.
    if way < (0.55 if base.table.format != "csv" else 0.68):
        for change in dice.sample(OF_GRID, 1 if dice.random() < 0.75 else 2):
            drawn.kinds += (change.__name__,)
            change(drawn)
        drawn.content = put_together(drawn.table, drawn.grid)
        if drawn.rows is None:
            drawn.rows = (
                drawn.grid.counted
                if drawn.table.format in ("csv", "xlsx")
                else len(drawn.grid.rows)
            )
    elif way < 0.7:
        change = dice.choice(own)
        drawn.content = put_together(drawn.table, drawn.grid)
        drawn.kinds += (change.__name__,)
        _forget(drawn)
        change(drawn)
    else:
        drawn.content = put_together(drawn.table, drawn.grid)
    if way >= 0.7 or dice.random() < 0.1:
        _forget(drawn)
        for change in dice.sample(OF_BYTES, 1 if dice.random() < 0.7 else 2):
            drawn.kinds += (change.__name__,)
            change(drawn)
    if dice.random() < 0.1:
        drawn.kinds += ("name_like_a_path",)
        extension = base.file_name[base.file_name.rindex(".") :]
        drawn.file_name = dice.choice(FILE_NAMES).replace("{ext}", extension)
    return drawn


def _forget(drawn: Drawn) -> None:
    drawn.rows = drawn.gone = drawn.new = None
    drawn.renamed = ()


def _column(drawn: Drawn) -> int:
    return drawn.dice.randrange(drawn.grid.width)


def _names(drawn: Drawn) -> list[str]:
    return drawn.grid.names(drawn.table)


# Changes of the grid


def drop_column(drawn: Drawn) -> None:
    if drawn.grid.width < 2:
        return
    at = _column(drawn)
    _tell(drawn, gone=[_names(drawn)[at]])
    _take_columns(drawn, [n for n in range(drawn.grid.width) if n != at])


def rename_column(drawn: Drawn) -> None:
    at = _column(drawn)
    old = _names(drawn)[at]
    head = drawn.grid.heads[0][at] or "x"
    new = drawn.dice.choice(
        [
            head.upper(),
            head.replace(" ", "_") + "_",
            f"{head} (new)",
            head[1:] + "x",
            "Überraschung",
            f'{head}"; drop table x; --',
            "",
        ]
    )
    _set_head(drawn, at, new)
    after = _names(drawn)[at]
    if drawn.table.format == "parquet" and not new:
        _set_head(drawn, at, "unnamed")
        after = "unnamed"
    if after.strip().casefold() == old.casefold():
        return
    # Nobody can tell which of two columns of one name is the new one.
    if [n.casefold() for n in _names(drawn)].count(after.casefold()) > 1:
        _set_head(drawn, at, head)
        return
    if not after:
        _tell(drawn, gone=[old])
        drawn.new = None
        return
    looks = after in (f"{old} (new)", old.replace(" ", "_") + "_")
    _tell(drawn, gone=[old], new=[after.strip()], renamed=[(old, after.strip())] if looks else [])


def swap_columns(drawn: Drawn) -> None:
    order = list(range(drawn.grid.width))
    a, b = _column(drawn), _column(drawn)
    order[a], order[b] = order[b], order[a]
    _take_columns(drawn, order)


def swap_names(drawn: Drawn) -> None:
    a, b = _column(drawn), _column(drawn)
    heads = []
    for head in drawn.grid.heads:
        cells = list(head)
        cells[a], cells[b] = cells[b], cells[a]
        heads.append(tuple(cells))
    drawn.grid = replace(drawn.grid, heads=tuple(heads))


def add_columns(drawn: Drawn) -> None:
    count = drawn.dice.choice([1, 1, 1, 2, 5])
    names = [f"Added column {n}" for n in range(count)]
    for name in names:
        at = drawn.dice.randrange(drawn.grid.width + 1)
        _insert(drawn, at, name, [drawn.dice.choice(TEXTS) for _ in drawn.grid.rows])
    _tell(drawn, new=names)


def add_column_of_a_name_that_is_taken(drawn: Drawn) -> None:
    name = drawn.dice.choice([*drawn.grid.heads[0], "_source", "_row_number", "_load_date"])
    if drawn.table.format in ("json", "jsonl", "parquet") and name in drawn.grid.heads[0]:
        name = name.swapcase()
    if drawn.table.format == "parquet":
        name = "_source"
    _insert(drawn, drawn.dice.randrange(drawn.grid.width + 1), name, ["x"] * len(drawn.grid.rows))
    drawn.gone = drawn.new = None


def add_thousands_of_columns(drawn: Drawn) -> None:
    grid = drawn.grid
    more = 2_100
    heads = tuple(head + tuple(f"more {n}" for n in range(more)) for head in grid.heads)
    rows = tuple(row + ("1",) * more for row in grid.rows[:5])
    above = tuple(row + ("",) * more for row in grid.above)
    drawn.grid = Grid(above, heads, rows)
    drawn.gone = drawn.new = None


def no_rows(drawn: Drawn) -> None:
    drawn.grid = with_rows(drawn.grid, [])
    if drawn.table.format in ("json", "jsonl"):
        drawn.gone = drawn.new = None


def repeat_rows(drawn: Drawn) -> None:
    rows = list(drawn.grid.rows)
    for _ in range(drawn.dice.choice([1, 3, 200])):
        rows.insert(drawn.dice.randrange(len(rows) + 1), drawn.dice.choice(rows or [()]))
    drawn.grid = with_rows(drawn.grid, [row for row in rows if row])


def shuffle_rows(drawn: Drawn) -> None:
    rows = list(drawn.grid.rows)
    drawn.dice.shuffle(rows)
    drawn.grid = with_rows(drawn.grid, rows)


def empty_rows(drawn: Drawn) -> None:
    rows = list(drawn.grid.rows)
    blank = drawn.dice.choice(["", None]) if drawn.table.format != "csv" else ""
    for _ in range(drawn.dice.randrange(1, 5)):
        at = drawn.dice.choice([len(rows), drawn.dice.randrange(len(rows) + 1)])
        rows.insert(at, (blank,) * drawn.grid.width)
    drawn.grid = with_rows(drawn.grid, rows)


def repeat_header(drawn: Drawn) -> None:
    if drawn.table.format == "parquet":
        return
    rows = list(drawn.grid.rows)
    rows.insert(drawn.dice.randrange(len(rows) + 1), drawn.grid.heads[0])
    drawn.grid = with_rows(drawn.grid, rows)


def total_row(drawn: Drawn) -> None:
    if drawn.table.format == "parquet":
        return
    total = ("Total", *[""] * (drawn.grid.width - 1))
    drawn.grid = with_rows(drawn.grid, [*drawn.grid.rows, total])


def ragged_rows(drawn: Drawn) -> None:
    if drawn.table.format != "csv" or drawn.grid.width < 3:
        return
    rows = []
    for row in drawn.grid.rows:
        way = drawn.dice.random()
        if way < 0.2:
            row = row[: drawn.dice.randrange(1, len(row))]
        elif way < 0.4:
            row = (*row, *["surplus"] * drawn.dice.randrange(1, 4))
        rows.append(row)
    drawn.grid = with_rows(drawn.grid, rows)
    # A short last row could be cut off, and then nobody knows what else is missing.
    drawn.gone = drawn.new = None


def strange_texts(drawn: Drawn) -> None:
    _replace_cells(drawn, lambda dice, _: dice.choice(TEXTS))


def strange_numbers(drawn: Drawn) -> None:
    _replace_cells(drawn, lambda dice, _: dice.choice(NUMBERS))


def strange_times(drawn: Drawn) -> None:
    _replace_cells(drawn, lambda dice, _: dice.choice(TIMES))


def other_date_order(drawn: Drawn) -> None:
    order = drawn.dice.choice(ORDERS)
    start = datetime(2023, 1, 1)
    _replace_cells(
        drawn,
        lambda dice, _: (start + timedelta(minutes=dice.randrange(900_000))).strftime(order),
    )


def other_zone(drawn: Drawn) -> None:
    zone = drawn.dice.choice(["Z", "+00:00", "-11:30", "+14:00", " CET", "+25:00", "[UTC]"])
    _replace_cells(drawn, lambda _, cell: f"{cell}{zone}")


def other_types(drawn: Drawn) -> None:
    values = [1, 1.5, True, None, "text", [1, [2]], {"a": {"b": None}}, -0.0, 10**25]
    if drawn.table.format in ("csv", "xlsx"):
        values = [1, 1.5, True, "text", 10**15, -0.0]
    _replace_cells(drawn, lambda dice, _: dice.choice(values))


def huge_cell(drawn: Drawn) -> None:
    if not drawn.grid.rows or drawn.table.format == "xlsx":
        return
    rows = [list(row) for row in drawn.grid.rows]
    size = drawn.dice.choice([MEBI, MEBI + 1, 3 * MEBI])
    row = drawn.dice.choice(rows)
    row[drawn.dice.randrange(len(row))] = drawn.dice.choice(["x", "é", '"', "a,\n"]) * size
    drawn.grid = with_rows(drawn.grid, [tuple(row) for row in rows])


def nul_characters(drawn: Drawn) -> None:
    _replace_cells(drawn, lambda _, cell: f"{cell}\x00")


def _replace_cells(drawn: Drawn, new: Cell) -> None:
    """In a column, or here and there."""
    dice = drawn.dice
    rows = [list(row) for row in drawn.grid.rows]
    if dice.random() < 0.6 and rows:
        at = _column(drawn)
        share = dice.choice([0.1, 1.0])
        for row in rows:
            if at < len(row) and dice.random() < share:
                row[at] = new(dice, row[at])
    else:
        for row in rows:
            for at in range(len(row)):
                if dice.random() < 0.1:
                    row[at] = new(dice, row[at])
    drawn.grid = with_rows(drawn.grid, [tuple(row) for row in rows])


def _take_columns(drawn: Drawn, order: Sequence[int]) -> None:
    grid = drawn.grid

    def taken(row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(row[at] for at in order if at < len(row))

    drawn.grid = Grid(grid.above, tuple(map(taken, grid.heads)), tuple(map(taken, grid.rows)))


def _set_head(drawn: Drawn, at: int, name: str) -> None:
    heads = [list(head) for head in drawn.grid.heads]
    heads[0][at] = name
    if drawn.table.format in ("csv", "xlsx"):
        chosen = drawn.table.dialect.header_from[0] - 1
        heads[0][at], heads[chosen][at] = drawn.grid.heads[0][at], name
        if chosen == 0:
            heads[0][at] = name
    drawn.grid = replace(drawn.grid, heads=tuple(map(tuple, heads)))


def _insert(drawn: Drawn, at: int, name: str, cells: Sequence[Any]) -> None:
    grid = drawn.grid
    heads = tuple((*head[:at], name, *head[at:]) for head in grid.heads)
    rows = ((*row[:at], cell, *row[at:]) for row, cell in zip(grid.rows, cells, strict=True))
    drawn.grid = Grid(grid.above, heads, tuple(rows))


def _tell(
    drawn: Drawn,
    gone: Sequence[str] = (),
    new: Sequence[str] = (),
    renamed: Sequence[tuple[str, str]] = (),
) -> None:
    if drawn.gone is None or drawn.new is None or len(drawn.kinds) > 1:
        # A second change may undo or hide what the first one did.
        drawn.gone = drawn.new = None
        drawn.renamed = ()
        return
    if len(drawn.grid.heads) > 1:
        drawn.gone = drawn.new = None
        return
    drawn.gone += tuple(gone)
    drawn.new += tuple(new)
    drawn.renamed += tuple(renamed)


OF_GRID = (
    drop_column,
    rename_column,
    swap_columns,
    swap_names,
    add_columns,
    add_column_of_a_name_that_is_taken,
    add_thousands_of_columns,
    no_rows,
    repeat_rows,
    shuffle_rows,
    empty_rows,
    repeat_header,
    total_row,
    ragged_rows,
    strange_texts,
    strange_numbers,
    strange_times,
    other_date_order,
    other_zone,
    other_types,
    huge_cell,
    nul_characters,
)

# Changes of the bytes


def flip_bytes(drawn: Drawn) -> None:
    data = bytearray(drawn.content)
    for _ in range(drawn.dice.choice([1, 1, 3, 30]) if data else 0):
        data[drawn.dice.randrange(len(data))] = drawn.dice.randrange(256)
    drawn.content = bytes(data)


def cut_off(drawn: Drawn) -> None:
    drawn.content = drawn.content[: drawn.dice.randrange(len(drawn.content) + 1)]


def cut_out(drawn: Drawn) -> None:
    a, b = sorted(drawn.dice.randrange(len(drawn.content) + 1) for _ in range(2))
    drawn.content = drawn.content[:a] + drawn.content[b:]


def repeat_a_part(drawn: Drawn) -> None:
    a, b = sorted(drawn.dice.randrange(len(drawn.content) + 1) for _ in range(2))
    drawn.content = drawn.content[:b] + drawn.content[a:]


def insert_noise(drawn: Drawn) -> None:
    at = drawn.dice.randrange(len(drawn.content) + 1)
    noise = drawn.dice.choice(
        [
            b"\x00",
            b"\x00" * 4096,
            b"\xff\xfe",
            b"\xef\xbb\xbf",
            b'"',
            b"\r",
            b"\n",
            b"\n\n\n",
            b"\x1a",
            drawn.dice.randbytes(40),
        ]
    )
    drawn.content = drawn.content[:at] + noise + drawn.content[at:]


def zeros_at_the_end(drawn: Drawn) -> None:
    at = drawn.dice.randrange(len(drawn.content) + 1)
    drawn.content = drawn.content[:at] + bytes(len(drawn.content) - at)


def other_encoding(drawn: Drawn) -> None:
    text = _text(drawn)
    drawn.content = text.encode(drawn.dice.choice(ENCODINGS), "replace")


def other_line_ends(drawn: Drawn) -> None:
    end = drawn.dice.choice(["\r\n", "\r", "\n\r", "\n\n", " \n", "\x85", "\u2028"])
    drawn.content = _text(drawn).replace("\n", end).encode(_encoding(drawn), "replace")


def other_delimiter(drawn: Drawn) -> None:
    if drawn.table.format == "csv":
        delimiter = drawn.dice.choice(",;\t|:~ ")
        text = _text(drawn).replace(drawn.table.dialect.delimiter, delimiter)
        drawn.content = text.encode(_encoding(drawn), "replace")


def quotes_gone_wrong(drawn: Drawn) -> None:
    parts = list(_text(drawn))
    for _ in range(drawn.dice.randrange(1, 4)):
        parts.insert(
            drawn.dice.randrange(len(parts) + 1), drawn.dice.choice(["'", '"', '""', '"x"'])
        )
    drawn.content = "".join(parts).encode(_encoding(drawn), "replace")


def packed(drawn: Drawn) -> None:
    data = gzip.compress(drawn.content, 1, mtime=0)
    drawn.content = drawn.dice.choice(
        [
            data,
            data,
            data + data,
            data[: len(data) // 2],
            data + b"rest",
            gzip.compress(data, mtime=0),
        ]
    )


def zipped(drawn: Drawn) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../" + drawn.file_name, drawn.content)
    drawn.content = buffer.getvalue()


def nothing(drawn: Drawn) -> None:
    drawn.content = drawn.dice.choice(
        [b"", b"\n", b" \n\n", b"\x00", b"\xef\xbb\xbf", bytes(50_000)]
    )


def another_thing(drawn: Drawn) -> None:
    drawn.content = drawn.dice.choice(
        [
            b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>\n",
            b'{"error": {"code": 429, "message": "Too many requests"}}\n',
            b"Your export could not be created.\n",
            b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
            b"PAR1" + bytes(20) + b"PAR1",
            b"PK\x05\x06" + bytes(18),
            b"\xd0\xcf\x11\xe0" + bytes(600),
            b"SQLite format 3\x00" + bytes(200),
            b"\x1f\x8b\x08\x00",
        ]
    )


def twice(drawn: Drawn) -> None:
    drawn.content += drawn.content


def _encoding(drawn: Drawn) -> str:
    return drawn.table.dialect.encoding if drawn.table.format == "csv" else "utf-8"


def _text(drawn: Drawn) -> str:
    return drawn.content.decode(_encoding(drawn), "replace")


OF_BYTES = (
    flip_bytes,
    flip_bytes,
    cut_off,
    cut_out,
    repeat_a_part,
    insert_noise,
    zeros_at_the_end,
    other_encoding,
    other_line_ends,
    other_delimiter,
    quotes_gone_wrong,
    packed,
    zipped,
    nothing,
    another_thing,
    twice,
)

# Changes that only one format has


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
