"""Raw rows on their way into files: text as the vendor writes it, plus what we know about it.

The knowledge (`key`, `fate`) never goes into a file; the truth counts rows by it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal

Fate = Literal["valid", "unreadable", "untypable"]


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row of a file.

    Attributes:
        text: the row as written, without the end of line.
        key: the record it is a version of; rows that are no record have none.
        version: order among the versions of the record.
        fate: valid, or why it goes to quarantine: unreadable (is no record at all, found when
            the file is read) or untypable (found when the fields are typed).
    """

    text: str
    key: int | None
    version: int
    fate: Fate = "valid"


@dataclass
class Table:
    """All deliveries of one raw table: rows by load date, in the order of the file."""

    source: str
    name: str
    by_date: dict[date, list[RawRow]] = field(default_factory=lambda: defaultdict(list))
    planted: dict[str, int] = field(default_factory=dict)

    def add(self, day: date, row: RawRow) -> None:
        self.by_date[day].append(row)

    def count(self, kind: str, rows: int = 1) -> None:
        """Note planted dirt."""
        self.planted[kind] = self.planted.get(kind, 0) + rows

    def balance(self) -> dict[str, int]:
        """Rows read and what becomes of them, by their known fate."""
        rows = [row for rows in self.by_date.values() for row in rows]
        valid = [row for row in rows if row.fate == "valid"]
        accepted = len({row.key for row in valid})
        unreadable = sum(row.fate == "unreadable" for row in rows)
        untypable = sum(row.fate == "untypable" for row in rows)
        return {
            "rows_read": len(rows),
            "accepted": accepted,
            "superseded": len(valid) - accepted,
            "quarantined": unreadable + untypable,
            "quarantined_when_read": unreadable,
            "quarantined_when_typed": untypable,
        }


def iso(moment: int | None) -> str | None:
    """2017-10-01T08:12:44Z."""
    return None if moment is None else _utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def dotted(moment: int | None) -> str:
    """01.10.2017 08:12:44, or - for none."""
    return "-" if moment is None else _utc(moment).strftime("%d.%m.%Y %H:%M:%S")


def clock(seconds: int | None) -> str:
    """0:06:40, or nothing for none."""
    if seconds is None:
        return ""
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _utc(moment: int) -> datetime:
    return datetime.fromtimestamp(moment, UTC)
