"""Names inside the JSON values of a delivered file, where the declaration reads them by `path`.

A column that is renamed is missed by its header; a name inside a value would become NULL quietly.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import duckdb

from orchestration.declarations.shapes import Table
from orchestration.ingest.forgotten import files_of, place_in_json
from orchestration.publish.sql import Fragment, comma, identifier, literal, statement

# An object may be keyed by anything, people's addresses included: beside the declared names only
# those are kept that look like the name of a field, and no more than can be told.
FIELD_NAME = r"[A-Za-z_]\w{0,79}"
MOST_NAMES = 200


def nested_names(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    columns: Sequence[str],
    paths: Collection[Path],
    *,
    native: bool,
) -> tuple[str, ...]:
    """The names beside the declared ones in the rows of these files, as `column.name`, in order.

    Args:
        columns: of the files, as delivered.
        paths: Parquet files of the lake.
    """
    delivered = {name.casefold() for name in columns}
    found: set[str] = set()
    for (column, *keys), own in _by_object(table).items():
        if not paths or column.casefold() not in delivered:
            continue
        rows = connection.execute(
            statement(
                "SELECT DISTINCT name FROM (SELECT unnest(CASE WHEN json_valid({text}) THEN "
                "json_keys({text}, {place}) END) AS name FROM {files}) "
                "WHERE name IN ({own}) OR regexp_full_match(name, {field}) "
                "ORDER BY name IN ({own}) DESC, name LIMIT {most}",
                text=Fragment(f"CAST({identifier(column)} AS VARCHAR)"),
                place=place_in_json(keys),
                files=files_of(paths, native=native),
                own=comma(map(literal, own)),
                field=literal(FIELD_NAME),
                most=Fragment(str(MOST_NAMES)),
            )
        ).fetchall()
        found.update(".".join([column, *keys, name]) for (name,) in rows)
    return tuple(sorted(found))


def missing_names(table: Table, columns: Sequence[str], nested: Sequence[str]) -> tuple[str, ...]:
    """Declared names that no row has, though what they should be in is there."""
    present = {name.casefold() for name in columns}
    return tuple(
        name
        for (column, *keys), own in _by_object(table).items()
        if (".".join([column, *keys]) in nested if keys else column.casefold() in present)
        for name in (".".join([column, *keys, key]) for key in own)
        if name not in nested
    )


def _by_object(table: Table) -> dict[tuple[str, ...], list[str]]:
    """The declared names by the object that they stand in: a column, then the names on the way.

    What is on the way to a declared name is declared with it; places in lists have no name.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    for column, path in table.paths:
        place: tuple[str, ...] = (column,)
        for key in path.split("."):
            if not key.isdigit() and key not in found.setdefault(place, []):
                found[place].append(key)
            place = (*place, key)
    return found
