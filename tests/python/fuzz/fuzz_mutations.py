"""What goes wrong with a delivered file, drawn by a seed and a number.

Changes of the grid know how many rows the file has afterwards (`fuzz_of_grid`); those of the bytes
(`fuzz_of_bytes`) and of one format (`fuzz_of_format`) do not.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from fuzz_drawn import Drawn
from fuzz_grids import Base, put_together
from fuzz_of_bytes import OF_BYTES
from fuzz_of_format import OF_FORMAT
from fuzz_of_grid import OF_GRID

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
