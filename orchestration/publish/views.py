"""Views of the warehouse upon tables that are published as views themselves.

Such a view (all chats among all contacts, say) is published as the same view: copied, it would
cost what history costs. Pure text apart from the engine's own parser.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.publish.sql import Fragment, identifier
from orchestration.publish.tables import WAREHOUSE, Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class View:
    """A view of the warehouse: its query for the published file, and the labels that it reads."""

    query: Fragment
    reads: frozenset[str]


def read_views(connection: DuckDBPyConnection, schemas: tuple[str, ...]) -> dict[str, View]:
    """The views of the warehouse's schemas by label; one that cannot be parsed is left out."""
    rows = connection.execute(
        """
        select schema_name, view_name, sql from duckdb_views()
        where database_name = ? and list_contains(?, schema_name) and not internal
        """,
        [WAREHOUSE, list(schemas)],
    ).fetchall()
    found = {
        f"{schema}.{name}": _parsed(connection, schema, name, text) for schema, name, text in rows
    }
    return {label: view for label, view in found.items() if view is not None}


def views_upon(tables: Iterable[Table], views: Mapping[str, View]) -> dict[str, View]:
    """The views that read one of the tables, directly or through another view."""
    reached = {table.label for table in tables}
    found: dict[str, View] = {}
    while True:
        more = {
            label: view
            for label, view in views.items()
            if label not in reached and view.reads & reached
        }
        if not more:
            return found
        found |= more
        reached |= more.keys()


def _parsed(connection: DuckDBPyConnection, schema: str, name: str, text: str) -> View | None:
    # `create view <schema>.<name> [(<columns>)] as <query>;`, as the engine itself writes it.
    head = text.removeprefix(f"CREATE VIEW {schema}.{name} ")
    if head == text:
        head = text.removeprefix(f"CREATE VIEW {schema}.{identifier(name)} ")
    before, _, query = head.partition("AS ")
    if before:
        return None
    ((parsed,),) = connection.execute(
        "select json_serialize_sql(?::varchar)", [query.strip().rstrip(";")]
    ).fetchall()
    tree = json.loads(parsed)
    if tree["error"]:
        return None
    reads = set()
    for table in _tables_in(tree):
        if table["catalog_name"] == WAREHOUSE:
            # The published file has another name, and may be moved or attached under any.
            table["catalog_name"] = ""
        reads.add(f"{table['schema_name']}.{table['table_name']}")
    ((rewritten,),) = connection.execute(
        "select json_deserialize_sql(?::json)", [json.dumps(tree)]
    ).fetchall()
    return View(Fragment(rewritten), frozenset(reads))


def _tables_in(tree: Any) -> Iterator[dict[str, Any]]:
    """Every named table of a parsed query."""
    if isinstance(tree, dict):
        if tree.get("type") == "BASE_TABLE":
            yield tree
        for value in tree.values():
            yield from _tables_in(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _tables_in(value)
