"""Reads JSON: a list of records, one record, pages of records, or one of these a line.

Numbers keep their text (an id of 20 digits stays whole), nested values become JSON text.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from orchestration.ingest.opening import lines_of
from orchestration.ingest.records import (
    ColumnNames,
    Rejected,
    Row,
    Unreadable,
    cut_off,
    has_no_end,
    is_sayable,
)

# A whole JSON document is held in memory, at 5 times its size and at 25 times at worst.
MAXIMUM_DOCUMENT_CHARACTERS = 64 * 1024 * 1024


class NumberText(str):
    """The digits of a JSON number as they were delivered."""

    __slots__ = ()


class RepeatedName(dict[str, Any]):
    """An object in which a name stands twice: one of the two values would be lost."""


def parse(text: str) -> Any:
    """Parse JSON keeping the text of numbers.

    Raises:
        ValueError: the sentence's part that says what was found and where.
    """
    try:
        # Of json.loads only the refusal of a byte order mark would be missing.
        return json.loads(text) if text.startswith("\ufeff") else DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"{error.msg[:1].lower()}{error.msg[1:]} (line {error.lineno}, column {error.colno})"
        ) from None
    except RecursionError:
        raise ValueError("values nested too deep") from None


def json_text(value: Any) -> str:
    """JSON text of a parsed value, numbers with their digits as delivered."""
    if isinstance(value, NumberText):
        return "null" if value in ("NaN", "Infinity", "-Infinity") else str(value)
    if isinstance(value, dict):
        pairs = (f"{json.dumps(name)}: {json_text(item)}" for name, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(json_text(item) for item in value) + "]"
    if isinstance(value, str) and is_sayable(value):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


class JsonReader:
    """Records of one JSON text (`Reader`).

    Args:
        text: the text without its byte order mark.
        record_path: dotted path to the list of records in each page; None without pages.
        by_line: every line is a document of its own (JSON lines).
    """

    has_header = False
    header_text: str | None = None

    def __init__(self, text: io.TextIOBase, record_path: str | None, by_line: bool) -> None:
        self.text = text
        self.record_path = record_path
        self.by_line = by_line
        self.names = ColumnNames()
        self.columns = self.names.names
        self.positions: dict[str, int] = {}
        self.number = 0
        self.list_names: tuple[str, ...] = ()

    def records(self) -> Iterator[Row | Rejected]:
        return self._of_lines() if self.by_line else self._of_document()

    def _of_lines(self) -> Iterator[Row | Rejected]:
        for line_number, line in enumerate(lines_of(self.text), start=1):
            if not line.strip():
                continue
            try:
                value = parse(line)
            except ValueError as error:
                if has_no_end(line):
                    raise cut_off(self.number, line_number - 1) from None
                yield self._rejected_line(error, line_number, line)
                continue
            try:
                records = self._in_page(value, f"line {line_number}") if self.record_path else None
            except ValueError as error:
                yield self._rejected_line(error, line_number, line)
                continue
            if records is None:
                yield self._record(value, line_number, line)
            else:
                for record in records:
                    yield self._record(record, line_number, None)

    def _rejected_line(self, error: ValueError, line_number: int, line: str) -> Rejected:
        self.number += 1
        found = str(error).replace("(line 1, ", f"(line {line_number}, ")
        reason = f"Expected JSON on the line, found {found}."
        return Rejected(self.number, line_number, reason, line)

    def _of_document(self) -> Iterator[Row | Rejected]:
        content = self.text.read(MAXIMUM_DOCUMENT_CHARACTERS + 1)
        if len(content) > MAXIMUM_DOCUMENT_CHARACTERS:
            raise Unreadable(
                f"Expected a JSON document of at most {MAXIMUM_DOCUMENT_CHARACTERS:,} characters, "
                "found a longer one: have it delivered in pages or as JSON lines."
            )
        try:
            value = parse(content)
        except ValueError as error:
            hint = (
                "declare `format: jsonl` if every line is a record"
                if "extra data" in str(error)
                else "have it delivered again"
            )
            raise Unreadable(f"Expected a JSON document, found {error}: {hint}.") from None
        del content
        for record in self._in_document(value):
            yield self._record(record, None, None)

    def _in_document(self, value: Any) -> Iterator[Any]:
        if self.record_path is None:
            if not isinstance(value, dict | list):
                raise Unreadable(
                    f"Expected a list of records or one record, found {_kind(value)}: have it "
                    "delivered again."
                )
            if isinstance(value, dict):
                self.list_names = tuple(
                    name for name, item in value.items() if isinstance(item, list)
                )
            yield from value if isinstance(value, list) else [value]
            return
        for number, page in enumerate(value if isinstance(value, list) else [value], start=1):
            try:
                yield from self._in_page(page, f"page {number}")
            except ValueError as error:
                raise Unreadable(
                    f"Expected a list of records, found {error}: correct `record_path` or have "
                    "the page delivered again."
                ) from None

    def _in_page(self, page: Any, where: str) -> list[Any]:
        """The records of a page.

        Raises:
            ValueError: what was found instead.
        """
        value = page
        for name in (self.record_path or "").split("."):
            if not isinstance(value, dict) or name not in value:
                names = ", ".join(list(value)[:10]) if isinstance(value, dict) else "no object"
                raise ValueError(f"no {name!r} of `{self.record_path}` in {where} ({names})")
            value = value[name]
        if value is None:
            return []
        return value if isinstance(value, list) else [value]

    def _record(self, value: Any, line_number: int | None, line: str | None) -> Row | Rejected:
        self.number += 1
        reason = self._problem(value)
        values = [] if reason else self._values(value)
        # The text was decoded, so that half a character can only have been spelled out.
        is_whole = line is not None and "\\ud" not in line and "\\uD" not in line
        if not (reason or is_whole or all(text is None or is_sayable(text) for text in values)):
            reason = "Expected text, found half of a character (a lone surrogate) in the record."
        if reason:
            return Rejected(self.number, line_number, reason, line or json_text(value))
        return Row(self.number, line_number, values)

    def _problem(self, value: Any) -> str | None:
        if isinstance(value, RepeatedName):
            return (
                "Expected every name once in a record, found one twice: one of the values "
                "would be lost."
            )
        if not isinstance(value, dict):
            return f"Expected a record (an object), found {_kind(value)}."
        return None

    def _values(self, record: dict[str, Any]) -> list[str | None]:
        for name in record:
            if name not in self.positions:
                self.positions[name] = self.names.add(name)
        values: list[str | None] = [None] * len(self.columns)
        for name, value in record.items():
            if type(value) is str:
                values[self.positions[name]] = value
            elif isinstance(value, str):
                values[self.positions[name]] = str(value)
            elif value is not None:
                values[self.positions[name]] = json_text(value)
        return values


def _kind(value: Any) -> str:
    """What a value is, without the value: it may be personal."""
    if isinstance(value, NumberText):
        return "a number"
    kinds = {str: "a text", bool: "true or false", list: "a list", dict: "an object"}
    return kinds.get(type(value), "null")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else RepeatedName(pairs)


# One for all lines: json.loads makes a new one each time that it is told how to read numbers.
DECODER = json.JSONDecoder(
    parse_float=NumberText,
    parse_int=NumberText,
    parse_constant=NumberText,
    object_pairs_hook=_object,
)
