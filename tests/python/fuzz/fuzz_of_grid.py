"""What can be wrong with the columns, rows and cells of a file; its number of rows stays known."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fuzz_drawn import MEBI, Drawn
from fuzz_grids import Grid, with_rows

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
Cell = Callable[[random.Random, Any], Any]


def _column(drawn: Drawn) -> int:
    return drawn.dice.randrange(drawn.grid.width)


def _names(drawn: Drawn) -> list[str]:
    return drawn.grid.names(drawn.table)


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
