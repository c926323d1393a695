"""Plants the dirt of real exports, counts it, and never replaces a good row.

Bad rows stay so few that no partition reaches its quarantine limit; a small demo may therefore
hold fewer kinds of dirt. What was planted stands in `Table.planted`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

from orchestration.demo.dice import Dice
from orchestration.demo.exports import quoted
from orchestration.demo.rows import RawRow, Table, iso
from orchestration.demo.simulate import Company
from orchestration.demo.world import Calendar

LARGEST_BAD_SHARE = 0.02
Spoil = Callable[[RawRow, int], RawRow]
UNUSABLE_ID = "1.03006E+13"


def plant(tables: dict[str, Table], company: Company, seed: int) -> None:
    """Add duplicates, older versions that come late, and bad rows to all tables, in place."""
    calendar = company.calendar
    corrected = {call.number for call in company.contacts.calls if call.corrected_at is not None}
    weeks = max(1, calendar.days // 7)
    for name, table in tables.items():
        dice = Dice(seed, f"dirt in {name}")
        if name not in SPOILERS or not table.by_date:
            continue
        # A call has no version column, so its older version would win if it came late.
        if name != "calls":
            _older_versions_late(table, 2 * weeks, calendar, dice)
        _duplicates(table, 3 * weeks, corrected if name == "calls" else set(), dice)
        first_day_only = name == "customers"
        for kind, spoil, times in SPOILERS[name]:
            wanted = times if first_day_only else times * weeks
            _bad_rows(table, kind, spoil, wanted, first_day_only, dice)
        if name == "responses":
            _off_scale_edits(table, weeks, calendar, dice)
        if name != "tickets":
            for day in sorted(table.by_date):
                dice.shuffle(table.by_date[day])


def _older_versions_late(table: Table, times: int, calendar: Calendar, dice: Dice) -> None:
    """Deliver an older version once more, after the newest one."""
    versions: dict[int, list[tuple[date, RawRow]]] = {}
    for day in sorted(table.by_date):
        for row in table.by_date[day]:
            if row.key is not None:
                versions.setdefault(row.key, []).append((day, row))
    candidates = [
        found
        for key, found in sorted(versions.items())
        if len({row.version for _, row in found}) > 1 and found[-1][0] < calendar.as_of
    ]
    dates = sorted(table.by_date)
    for _ in range(min(times, len(candidates))):
        found = candidates.pop(dice.integer(0, len(candidates) - 1))
        oldest = min(found, key=lambda item: item[1].version)[1]
        later = [day for day in dates if day > found[-1][0]]
        if later:
            table.add(later[min(len(later) - 1, dice.integer(0, 2))], oldest)
            table.count("older_version_after_newer")


def _duplicates(table: Table, times: int, never: set[int], dice: Dice) -> None:
    """Repeat rows exactly, in the same file."""
    days = sorted(table.by_date)
    for _ in range(times):
        rows = table.by_date[dice.pick(days)]
        if not rows:
            continue
        row = dice.pick(rows)
        if row.key not in never:
            rows.append(row)
            table.count("exact_duplicates")


def _bad_rows(
    table: Table, kind: str, spoil: Spoil, times: int, first_day_only: bool, dice: Dice
) -> None:
    days = sorted(table.by_date)
    if first_day_only:
        days = days[:1]
    for number in range(times):
        for _ in range(10):
            rows = table.by_date[dice.pick(days)]
            if _has_room(rows):
                good = [row for row in rows if row.fate == "valid"]
                rows.append(spoil(dice.pick(good), number))
                table.count(kind)
                break


def _has_room(rows: list[RawRow]) -> bool:
    bad = sum(row.fate != "valid" for row in rows)
    return bad + 1 <= LARGEST_BAD_SHARE * len(rows)


def _off_scale_edits(table: Table, times: int, calendar: Calendar, dice: Dice) -> None:
    """A newer version off its scale: quarantined, while the valid older one stays accepted."""
    days = [day for day in sorted(table.by_date) if day < calendar.as_of]
    for _ in range(times if days else 0):
        day = dice.pick(days)
        rated = [
            row
            for row in table.by_date[day]
            if row.fate == "valid" and '"version": "csat_5"' in row.text
        ]
        later = [other for other in sorted(table.by_date) if other > day]
        if not rated or not later or not _has_room(table.by_date[later[0]]):
            continue
        record = json.loads(dice.pick(rated).text)
        record["score"] = 7
        record["updated_at"] += 86_400
        text = json.dumps(record, ensure_ascii=False)
        table.add(later[0], RawRow(text, int(record["id"]), record["updated_at"], "untypable"))
        table.count("off_scale_edit")


def _json_change(
    kind: str, column: str, value: object, new_id: int | None = None
) -> tuple[str, Spoil]:
    """A spoiler that sets one field of a JSON record, under a new id or the old one."""

    def spoil(row: RawRow, number: int) -> RawRow:
        record = json.loads(row.text)
        if new_id is not None:
            record["id"] = (
                str(new_id + number) if isinstance(record["id"], str) else new_id + number
            )
        record[column] = value
        return RawRow(json.dumps(record, ensure_ascii=False), None, row.version, "untypable")

    return kind, spoil


def _answer_off_scale(row: RawRow, number: int) -> RawRow:
    record = json.loads(row.text)
    version, score, survey_type = (
        ("csat_5", 7, "csat"),
        ("nps_11", 11, "nps"),
        ("2.0", 9, "ces"),
    )[number % 3]
    record |= {"id": str(7_900_001 + number), "survey_type": survey_type, "version": version}
    record |= {"score": score, "aspect": "overall", "campaign": "transactional"}
    return RawRow(json.dumps(record, ensure_ascii=False), None, row.version, "untypable")


def _cut_line(row: RawRow, number: int) -> RawRow:
    del number
    return RawRow(row.text[: len(row.text) // 2], None, row.version, "unreadable")


def _field_change(place: int, value: str, delimiter: str, is_quoted: bool) -> Spoil:
    """A spoiler that sets one field of a delimited row."""

    def spoil(row: RawRow, number: int) -> RawRow:
        del number
        fields = _split(row.text, delimiter, is_quoted)
        fields[place] = value
        text = quoted(fields, delimiter) if is_quoted else delimiter.join(fields)
        return RawRow(text, None, row.version, "untypable")

    return spoil


def _split(text: str, delimiter: str, is_quoted: bool) -> list[str]:
    return text[1:-1].split(f'"{delimiter}"') if is_quoted else text.split(delimiter)


def _ragged(delimiter: str, is_quoted: bool) -> Spoil:
    """Every other time two fields too few, else two too many."""

    def spoil(row: RawRow, number: int) -> RawRow:
        fields = _split(row.text, delimiter, is_quoted)
        fields = fields[:-2] if number % 2 == 0 else [*fields, "left", "over"]
        text = quoted(fields, delimiter) if is_quoted else delimiter.join(fields)
        return RawRow(text, None, row.version, "unreadable")

    return spoil


def _untouched_update(row: RawRow, number: int) -> RawRow:
    """A newer version of an existing ticket in a status that no map knows."""
    del number
    record = json.loads(row.text)
    record |= {"status": "awaiting_vendor", "updated_at": iso(row.version + 5)}
    return RawRow(json.dumps(record, ensure_ascii=False), row.key, row.version + 5, "untypable")


# Per table: kind, spoiler, and how many a week (customers: in all, on the first day).
SPOILERS: dict[str, list[tuple[str, Spoil, int]]] = {
    "tickets": [
        ("status_not_in_map", _untouched_update, 2),
        (*_json_change("date_that_is_none", "created_at", "2017-13-45T00:00:00Z", 1_900_001), 1),
        (*_json_change("id_missing", "id", None), 1),
    ],
    "chats": [
        ("ragged", _ragged(";", True), 2),
        ("unusable_id", _field_change(0, UNUSABLE_ID, ";", True), 1),
        ("outcome_not_in_map", _field_change(13, "Transferred out", ";", True), 1),
        ("date_that_is_none", _field_change(2, "31.02.2017 10:00:00", ";", True), 1),
    ],
    "calls": [
        ("ragged", _ragged("\t", False), 2),
        ("unusable_id", _field_change(0, UNUSABLE_ID, "\t", False), 1),
        ("disposition_not_in_map", _field_change(14, "UNKNOWN_99", "\t", False), 1),
        ("date_that_is_none", _field_change(4, "n/a", "\t", False), 1),
    ],
    "responses": [
        ("broken_json", _cut_line, 1),
        ("off_scale", _answer_off_scale, 2),
        (*_json_change("date_that_is_none", "created_at", "yesterday", 7_950_001), 1),
        (*_json_change("survey_type_not_in_map", "survey_type", "emoji", 7_970_001), 1),
    ],
    "customers": [
        ("ragged", _ragged(",", False), 2),
        ("unusable_id", _field_change(0, UNUSABLE_ID, ",", False), 1),
        ("date_that_is_none", _field_change(8, "2017-02-30", ",", False), 1),
        ("flag_that_is_none", _field_change(10, "maybe", ",", False), 1),
    ],
    "ticket_events": [
        ("ragged", _ragged(",", False), 2),
        ("event_not_in_map", _field_change(3, "macro_ran", ",", False), 1),
        ("date_that_is_none", _field_change(9, "yesterday", ",", False), 1),
    ],
}
