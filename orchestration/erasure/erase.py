"""Plans an erasure from the lake, and erases partition by partition.

What is planned goes on the list of the forgotten before the first row is touched: whoever is
killed in between begins again and finds the rest by the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.declarations import Source, Table
from orchestration.erasure.people import (
    dates_of_mentions,
    find_holdings,
    find_person,
    lake_relations,
)
from orchestration.errors import DataError
from orchestration.ingest import deliveries_in_inbox, list_quarantined, partition_folder
from orchestration.ingest.delivery import DELIVERY_FILE, read_delivery
from orchestration.ingest.erasing import Erased, erase_partition
from orchestration.ingest.forgotten import Forgotten, add_forgotten, load_forgotten
from orchestration.ingest.inbox import name_in_inbox
from orchestration.ingest.records import is_sayable
from orchestration.secrets_file import hash_key
from orchestration.settings import Settings


@dataclass(frozen=True)
class TableRows:
    """Rows of a table in the lake."""

    table: str
    rows: int


@dataclass(frozen=True)
class Plan:
    """What an erasure takes away.

    Attributes:
        texts: what goes on the list.
        known: names that nobody in the lake has, of people who are on the list already.
    """

    rows: tuple[TableRows, ...]
    texts: frozenset[str]
    known: tuple[str, ...]


def plan_erasure(settings: Settings, sources: Sequence[Source], names: Sequence[str]) -> Plan:
    """Find these people and all that is theirs in the lake.

    Raises:
        UsageError: a name that several people have.
        DataError: a name that nobody has.
    """
    listed = load_forgotten(settings) or Forgotten(hash_key(settings), frozenset())
    tables = [table for source in sources for table in source.tables]
    texts: set[str] = set()
    known = []
    with duckdb.connect(":memory:") as connection:
        listed.prepare(connection)
        relations = lake_relations(connection, settings, tables)
        for name in names:
            # What is no text can be nobody's name.
            person = find_person(connection, relations, name) if is_sayable(name) else None
            if person is not None:
                texts |= person.texts(())
            elif is_sayable(name) and any(
                listed.hash_of(f"{kind}|{name}") in listed.hashes for kind in ("cell", "word")
            ):
                known.append(name)
            else:
                raise DataError(
                    "Expected a customer by raw id, by id of the marts or by a declared personal "
                    f"value, found nobody of that name among {len(relations)} tables of the lake: "
                    "correct it, or ingest first what is in the inbox only."
                )
        hashes = listed.hashes | {listed.hash_of(text) for text in texts}
        holdings = find_holdings(connection, relations, Forgotten(listed.key, hashes))
    texts |= {f"key|{own}" for own in holdings.owned}
    rows = (
        TableRows(".".join(place), found.total())
        for place, found in sorted(holdings.rows.items())
        if found
    )
    return Plan(tuple(rows), frozenset(texts), tuple(known))


def erase(
    settings: Settings, sources: Sequence[Source], texts: frozenset[str], run_id: str
) -> Iterator[tuple[Table, date, Erased]]:
    """Put people on the list and take all that is theirs out of inbox, quarantine and lake.

    Yields:
        Each partition from which something was taken.

    Raises:
        DataError: something cannot be read or written; repeat it then.
    """
    forgotten = add_forgotten(settings, texts)
    tables = [table for source in sources for table in source.tables]
    with duckdb.connect(":memory:") as connection:
        forgotten.prepare(connection)
        relations = lake_relations(connection, settings, tables)
        rows = find_holdings(connection, relations, forgotten).rows
        said = {
            (relation.table.source, relation.table.name, day)
            for relation in relations
            for day in dates_of_mentions(connection, relation)
        }
    held = said | {
        (item.source, item.table, item.load_date)
        for item in list_quarantined(settings)
        if item.path is not None or forgotten.owns_text(item.text or "")
    }
    held |= {(*place, day) for place, found in rows.items() for day in found}
    for table in tables:
        inbox = deliveries_in_inbox(settings, table)
        days = {day for *place, day in held if place == [table.source, table.name]}
        for day in sorted(days.union(inbox)):
            paths = [
                path
                for path in inbox.get(day, ())
                if day in days or not _is_recorded(settings, table, day, path)
            ]
            if day in days or paths:
                erased = erase_partition(settings, table, day, run_id, paths)
                if erased != Erased():
                    yield table, day, erased


def _is_recorded(settings: Settings, table: Table, load_date: date, path: Path) -> bool:
    """Whether the rows of a delivered file are in the lake, by its name and size."""
    folder = partition_folder(settings, table.source, table.name, load_date)
    if not (folder / DELIVERY_FILE).is_file():
        return False
    name, size = name_in_inbox(settings, table.source, path), path.stat().st_size
    return (name, size) in {(file.file, file.bytes) for file in read_delivery(folder).files}
