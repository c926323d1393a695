"""Finds a person in the lake: what the marts call them, which rows and values are theirs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from orchestration.declarations.shapes import Table
from orchestration.errors import UsageError
from orchestration.ingest.forgotten import (
    Forgotten,
    Identity,
    files_of,
    identities,
    is_on_list,
    text_columns,
    value_in,
    words_in,
)
from orchestration.ingest.native import NATIVE_PATTERN
from orchestration.ingest.partition import PART_FILE, table_folder
from orchestration.publish.sql import Fragment, comma, identifier, literal, statement
from orchestration.settings import Settings

# Digits of the shortest telephone number that is taken for one.
PHONE_DIGITS = 7
SHORTEST_WORD = 6


@dataclass(frozen=True)
class Relation:
    """Lake files of one table that are read together."""

    table: Table
    files: Fragment
    is_native: bool
    columns: tuple[str, ...]
    identities: tuple[Identity, ...]

    @property
    def theirs(self) -> Fragment:
        theirs = " OR ".join(each.is_theirs for each in self.identities)
        return Fragment(f"({theirs or 'false'})")

    @property
    def day(self) -> Fragment:
        """The load date of a row."""
        return Fragment(
            "CAST(regexp_extract(filename, 'load_date=([0-9-]+)/[^/]*$', 1) AS DATE)"
            if self.is_native
            else "_load_date"
        )

    def personal(self) -> Iterator[Fragment]:
        """The declared personal values of a row."""
        present = {name.casefold() for name in self.columns}
        fed = [(name, None) for name in self.table.personal_columns]
        for name, path in [*fed, *map(self.table.split_path, self.table.personal)]:
            if name.casefold() in present:
                yield value_in(Fragment(f"CAST({identifier(name)} AS VARCHAR)"), path)


@dataclass(frozen=True)
class Person:
    """A customer.

    Attributes:
        customers: `<namespace>:<raw id>`.
        ids: what the marts call them.
        values: their names, addresses and numbers that nobody else has.
    """

    customers: frozenset[str]
    ids: frozenset[str]
    values: frozenset[str] = frozenset()

    def texts(self, owned: Collection[str]) -> set[str]:
        """What goes on the list, as `Forgotten.hashes` describes it."""
        raws = {customer.partition(":")[2] for customer in self.customers}
        words = {raw for raw in raws if "@" in raw or _is_code(raw)}
        words |= {value for value in self.values if _is_telling(value)}
        return (
            {f"key|customer|{customer}" for customer in self.customers}
            | {f"key|{own}" for own in owned}
            | {f"cell|{raw}" for raw in raws}
            | {f"word|{word}" for word in words | self.ids | self.customers}
        )


@dataclass
class Holdings:
    """What is a person's in the lake.

    Attributes:
        owned: `<kind>|<namespace>:<raw id>` of their contacts, answers and the like.
        rows: by table (`<source>.<name>`) and load date.
    """

    owned: set[str] = field(default_factory=set)
    rows: dict[tuple[str, str], Counter[date]] = field(default_factory=lambda: defaultdict(Counter))


def find_person(
    connection: duckdb.DuckDBPyConnection, relations: Sequence[Relation], name: str
) -> Person | None:
    """Who is called so: a raw id, an id of the marts, or a declared personal value.

    Raises:
        UsageError: several people are.
    """
    found: dict[str, str] = {}
    for relation in relations:
        for each in relation.identities:
            if each.customer is None:
                continue
            raw = Fragment(f"substr({each.customer}, {len(each.namespace) + 2})")
            key = "getvariable('cx_hash_key')"
            mart = Fragment(
                f"({literal(each.namespace + ':')} || sha256({key} || {raw} || {key}))"
                if each.is_hashed
                else each.customer
            )
            places = comma([each.customer, raw, mart, *relation.personal()])
            query = statement(
                "SELECT DISTINCT {customer}, {mart} FROM {files} "
                "WHERE {customer} IS NOT NULL AND {name} IN ({places})",
                customer=each.customer,
                mart=mart,
                files=relation.files,
                name=literal(name),
                places=places,
            )
            found |= dict(connection.execute(query).fetchall())
    if len(found) > 1:
        raise UsageError(
            f"Expected one customer of that name, found {len(found)}: give the id as the marts "
            f"have it, {' or '.join(sorted(found.values())[:5])}."
        )
    if not found:
        return None
    person = Person(frozenset(found), frozenset(found.values()))
    return Person(person.customers, person.ids, _own_values(connection, relations, person))


def _own_values(
    connection: duckdb.DuckDBPyConnection, relations: Sequence[Relation], person: Person
) -> frozenset[str]:
    """Personal values in rows of theirs and in nobody else's."""
    customers = comma(map(literal, sorted(person.customers)))
    own: set[str] = set()
    for relation, customer, value in _values(relations):
        query = statement(
            "SELECT DISTINCT {value} FROM {files} WHERE {customer} IN ({customers}) "
            "AND {value} IS NOT NULL",
            value=value,
            files=relation.files,
            customer=customer,
            customers=customers,
        )
        own |= {text for (text,) in connection.execute(query).fetchall()}
    for relation, customer, value in _values(relations):
        if not own:
            break
        query = statement(
            "SELECT DISTINCT {value} FROM {files} WHERE {value} IN ({own}) "
            "AND coalesce({customer}, '') NOT IN ({customers})",
            value=value,
            files=relation.files,
            customer=customer,
            customers=customers,
            own=comma(map(literal, sorted(own))),
        )
        own -= {text for (text,) in connection.execute(query).fetchall()}
    return frozenset(own)


def _values(relations: Sequence[Relation]) -> Iterator[tuple[Relation, Fragment, Fragment]]:
    for relation in relations:
        customers = [each.customer for each in relation.identities if each.customer]
        if customers:
            for value in relation.personal():
                yield relation, Fragment(f"coalesce({comma(customers)})"), value


def find_holdings(
    connection: duckdb.DuckDBPyConnection, relations: Sequence[Relation], forgotten: Forgotten
) -> Holdings:
    """All that belongs to the people on the list, also through what their rows refer to."""
    found = Holdings()
    hashes = forgotten.hashes
    while True:
        Forgotten(forgotten.key, hashes).prepare(connection)
        new: set[str] = set()
        for relation in relations:
            new |= _own_ids(connection, relation)
        new -= found.owned
        if not new:
            break
        found.owned |= new
        hashes |= {forgotten.hash_of(f"key|{own}") for own in new}
    for relation in relations:
        place = (relation.table.source, relation.table.name)
        found.rows[place].update(_rows_by_date(connection, relation))
    return found


def _own_ids(connection: duckdb.DuckDBPyConnection, relation: Relation) -> set[str]:
    """The ids of records of theirs, but for those that another version gives to somebody else."""
    own: set[str] = set()
    for each in relation.identities:
        theirs = {
            text
            for (text,) in connection.execute(
                statement(
                    "SELECT DISTINCT {own} FROM {files} WHERE {theirs} AND {own} IS NOT NULL",
                    own=each.own,
                    files=relation.files,
                    theirs=relation.theirs,
                )
            ).fetchall()
        }
        if theirs and each.customer is not None:
            customer = Fragment(f"'customer|' || {each.customer}")
            query = "CREATE OR REPLACE TEMP TABLE own AS SELECT unnest(?) AS id"
            connection.execute(query, [[*theirs]])
            shared = connection.execute(
                statement(
                    "SELECT DISTINCT {own} FROM {files} WHERE {own} IN (SELECT id FROM own) "
                    "AND {customer} IS NOT NULL AND NOT {listed}",
                    own=each.own,
                    files=relation.files,
                    customer=each.customer,
                    listed=is_on_list(customer),
                )
            ).fetchall()
            theirs -= {text for (text,) in shared}
        own |= theirs
    return own


def dates_of_mentions(connection: duckdb.DuckDBPyConnection, relation: Relation) -> set[date]:
    """The load dates in which somebody wrote an address of the people on the list."""
    columns = comma(map(identifier, text_columns(connection, relation.files)))
    if not columns:
        return set()
    cells = statement(
        "SELECT {day} AS day, unnest([{columns}]) AS value FROM {files}",
        day=relation.day,
        columns=columns,
        files=relation.files,
    )
    query = statement(
        "SELECT DISTINCT day FROM ({words}) WHERE {listed}",
        words=words_in(cells),
        listed=is_on_list(Fragment("word"), "word"),
    )
    return {day for (day,) in connection.execute(query).fetchall()}


def _rows_by_date(connection: duckdb.DuckDBPyConnection, relation: Relation) -> Mapping[date, int]:
    rows = connection.execute(
        statement(
            "SELECT {day}, count(*) FROM {files} WHERE {theirs} GROUP BY 1",
            day=relation.day,
            files=relation.files,
            theirs=relation.theirs,
        )
    ).fetchall()
    return dict(rows)


def lake_relations(
    connection: duckdb.DuckDBPyConnection, settings: Settings, tables: Sequence[Table]
) -> list[Relation]:
    """All that the lake has of these tables."""
    found = []
    for table in tables:
        folder = table_folder(settings, table)
        for pattern, is_native in ((PART_FILE, False), (NATIVE_PATTERN, True)):
            paths: list[Path] = sorted(folder.glob(f"load_date=*/{pattern}"))
            if not paths:
                continue
            files = files_of(paths, native=is_native)
            described = connection.execute(statement("FROM {files} LIMIT 0", files=files))
            columns = tuple(name for name, *_ in described.description or ())
            known = tuple(identities(table, columns))
            found.append(Relation(table, files, is_native, columns, known))
    return found


def _is_code(raw: str) -> bool:
    """Whether an id is no mere number, which might be anything's."""
    return len(raw) >= SHORTEST_WORD and not raw.isdigit()


def _is_telling(value: str) -> bool:
    """Whether a value says who it is wherever it stands: an address, a number, a whole name."""
    digits = sum(letter.isdigit() for letter in value)
    return "@" in value or digits >= PHONE_DIGITS or (len(value) >= SHORTEST_WORD and " " in value)
