"""A delivered file on its way to go wrong."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from fuzz_grids import Base, Grid

MEBI = 1024 * 1024


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
