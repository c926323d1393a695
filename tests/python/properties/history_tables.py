"""What the demo's sources declare: the raw fields of every table, and how its files are written.

A table that is declared later is drawn and delivered from its declaration alone.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.declarations import (
    EntityColumn,
    FieldSpec,
    Source,
    Table,
    load_entities,
    load_sources,
)

SOURCES = "demo_"
Value = str | int | float | bool | None


@dataclass(frozen=True)
class Field:
    """A raw field of a table: a column, or what a path finds within one.

    Attributes:
        name: the column and the path: `metrics.replies`.
        column: the canonical column that it becomes; None for keys and versions.
        words: the texts that the declaration knows, where it names them.
        form: how a time is written; None for other values.
        unit: of a duration, None for other values.
    """

    name: str
    column: EntityColumn | None = None
    is_key: bool = False
    is_version: bool = False
    words: tuple[str, ...] = ()
    form: str | None = None
    unit: str | None = None


@dataclass(frozen=True)
class DrawnTable:
    """A declared table with the fields of its rows, the key first."""

    declared: Table
    fields: tuple[Field, ...]

    @property
    def name(self) -> str:
        return self.declared.name


def demo_tables(project: Path) -> dict[str, DrawnTable]:
    """The tables of the demo's sources by name."""
    entities = load_entities(project)
    columns = {entity.name: {c.name: c for c in entity.columns} for entity in entities.values()}
    found: dict[str, DrawnTable] = {}
    for source in _demo_sources(project):
        for table in source.tables:
            if table.name in found:
                raise ValueError(f"two tables of the demo are called {table.name}: rename one")
            found[table.name] = DrawnTable(table, tuple(_fields(table, columns)))
    return found


def _demo_sources(project: Path) -> list[Source]:
    return [source for source in load_sources(project) if source.name.startswith(SOURCES)]


def _fields(table: Table, columns: Mapping[str, Mapping[str, EntityColumn]]) -> list[Field]:
    found = {name: Field(name, is_key=True) for name in table.key}
    for feed in table.feeds.values():
        for column_name, spec in feed.fields.items():
            for raw in spec.raw:
                name = f"{raw}.{spec.path}" if spec.path else raw
                known = found.get(name)
                # The first column that names words decides: "cheap" may be a plan and a flag.
                if known is None or not (known.is_key or known.words):
                    found[name] = _field(name, columns[feed.entity][column_name], spec)
    version = table.version_by
    for name in version.raw if version is not None else ():
        assert version is not None
        form = version.formats[0] if version.formats else None
        found.setdefault(name, Field(name, is_version=True, form=form))
    return list(found.values())


def _field(name: str, column: EntityColumn, spec: FieldSpec) -> Field:
    words = tuple(spec.map) or column.values
    if column.data_type == "boolean" and not words:
        words = ("true", "false")
    return Field(
        name,
        column,
        words=words,
        form=spec.formats[0] if column.data_type == "timestamp" and spec.formats else None,
        unit=(spec.unit or "seconds") if column.kind == "seconds" else None,
    )


def files_of(
    table: Table, load_date: str, records: Sequence[Mapping[str, Value]]
) -> dict[str, str]:
    """The delivered files of a load date, as the table is declared: path to content.

    Records are written by raw field. Two or more of a table in pages come as two pages, so that
    the order of files counts too.
    """
    pages = [list(records)]
    if "*" in table.files and len(records) > 1:
        pages = [list(records[: len(records) // 2]), list(records[len(records) // 2 :])]
    return {
        table.files.replace("{load_date}", load_date).replace("*", str(number)): _page(table, page)
        for number, page in enumerate(pages, start=1)
    }


def _page(table: Table, records: Sequence[Mapping[str, Value]]) -> str:
    if table.format == "csv":
        header = list(table.raw_columns)
        header += sorted({name for record in records for name in record} - set(header))
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=table.dialect.delimiter, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([_cell(record.get(name)) for name in header] for record in records)
        return text.getvalue()
    objects = [_nested(record) for record in records]
    if table.format == "jsonl":
        # A file of no bytes is refused; one of a line end is a delivery without rows.
        return "\n".join(map(json.dumps, objects)) + "\n"
    assert table.format == "json", f"{table.name}: teach this to write {table.format}"
    page: Any = objects
    for name in reversed((table.dialect.record_path or "").split(".")):
        page = {name: page} if name else page
    return json.dumps(page)


def _cell(value: Value) -> Value:
    return "" if value is None else value


def _nested(record: Mapping[str, Value]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in record.items():
        *folders, last = name.split(".")
        place = found
        for folder in folders:
            place = place.setdefault(folder, {})
        place[last] = value
    return found
