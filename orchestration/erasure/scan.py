"""Looks at every file below the home for people who were forgotten.

Parquet and DuckDB files are read a column at a time, delivered files by their declarations, all
others word by word. Knows the people by the keyed hashes of the list alone.
"""

from __future__ import annotations

import gzip
import sqlite3
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import duckdb

from orchestration.declarations import Source, Table
from orchestration.erasure.people import lake_relations
from orchestration.erasure.texts import (
    DUCKDB_MAGIC,
    PARQUET_MAGIC,
    SQLITE_MAGIC,
    columns_of,
    files_below,
    magic_of,
    their_words,
)
from orchestration.ingest import deliveries_in_inbox, list_quarantined, partition_folder
from orchestration.ingest.delivery import DELIVERY_FILE, read_delivery
from orchestration.ingest.forgotten import Forgotten, forgotten_file, is_on_list, words_in
from orchestration.ingest.inbox import name_in_inbox
from orchestration.ingest.opening import GZIP_MAGIC, escaped_path
from orchestration.ingest.partition import open_draft, sha256_of
from orchestration.publish.sql import Fragment, comma, identifier, literal, statement
from orchestration.settings import Settings

ZIP_MAGIC = b"PK\x03\x04"
CHUNK = 4 * 1024 * 1024


@dataclass
class Place:
    """What the scan saw in a folder of the home.

    Attributes:
        found: where something of theirs is left; never what.
    """

    name: str
    files: int
    found: list[str]


def scan(settings: Settings, sources: Sequence[Source], forgotten: Forgotten) -> list[Place]:
    """Look for the people on the list in everything below the home.

    Raises:
        DataError, OSError, duckdb.Error, sqlite3.Error: something cannot be read.
    """
    places: dict[str, Place] = {}
    parquet: dict[Path, list[Path]] = defaultdict(list)

    def place_of(path: Path) -> Place:
        name = path.relative_to(settings.home).parts[0]
        return places.setdefault(name, Place(name, 0, []))

    with duckdb.connect(":memory:") as connection:
        forgotten.prepare(connection)
        for path in files_below(settings.home):
            place_of(path).files += 1
            if path == forgotten_file(settings) or path == settings.hash_key_file:
                continue
            kind = magic_of(path)
            if kind.startswith(PARQUET_MAGIC):
                parquet[path.parent].append(path)
            elif kind == DUCKDB_MAGIC:
                place_of(path).found += _in_database(connection, path)
            elif any(their_words(text, forgotten) for text in _texts_in(path, kind)):
                place_of(path).found.append(str(path))
        for folder, paths in sorted(parquet.items()):
            place_of(folder).found += _in_parquet(connection, paths)
        tables = [table for source in sources for table in source.tables]
        for relation in lake_relations(connection, settings, tables):
            [(rows,)] = connection.execute(
                statement(
                    "SELECT count(*) FROM {files} WHERE {theirs}",
                    files=relation.files,
                    theirs=relation.theirs,
                )
            ).fetchall()
            if rows:
                name = f"{relation.table.source}.{relation.table.name}"
                place_of(settings.lake / "table").found.append(f"{name}: {rows} rows")
    for item in list_quarantined(settings):
        if item.text is not None and forgotten.owns_text(item.text):
            place_of(settings.quarantine / "item").found.append(f"{item.file}: {item.id}")
    for table in tables:
        for name in _in_inbox(settings, table):
            place_of(settings.inbox / "file").found.append(name)
    return [places[name] for name in sorted(places)]


def _texts_in(path: Path, kind: bytes) -> Iterator[str]:
    """The texts of a file that is no table: as it is, unpacked, or the values of an event log."""
    if kind == SQLITE_MAGIC:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            for table, column in columns_of(connection):
                query = statement(
                    "SELECT {column} FROM {table} WHERE typeof({column}) = 'text'",
                    column=identifier(column),
                    table=identifier(table),
                )
                yield from (text for (text,) in connection.execute(query))
    elif kind.startswith(ZIP_MAGIC):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    yield from _chunks(member)
    opened = gzip.open if kind.startswith(GZIP_MAGIC) else open
    with opened(path, "rb") as file:
        yield from _chunks(file)


def _chunks(file: IO[bytes] | gzip.GzipFile) -> Iterator[str]:
    """The text of a file in parts of whole lines, where it has lines."""
    while content := file.read(CHUNK):
        yield (content + file.readline()).decode("utf-8", "replace")


def _in_database(connection: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """The columns of a DuckDB file that hold one of their words."""
    connection.execute(statement("ATTACH {path} AS scanned (READ_ONLY)", path=literal(path)))
    try:
        columns = connection.execute(
            "SELECT schema_name, table_name, list(column_name) FROM duckdb_columns() "
            "JOIN duckdb_tables() USING (database_name, schema_name, table_name) "
            "WHERE database_name = 'scanned' AND data_type = 'VARCHAR' GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        return [
            f"{path}: {schema}.{table}.{column}"
            for schema, table, names in columns
            for column in _columns_with_them(
                connection, identifier("scanned", schema, table), names
            )
        ]
    finally:
        connection.execute("DETACH scanned")


def _in_parquet(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> list[str]:
    """The columns of the Parquet files of a folder that hold one of their words."""
    files = statement(
        "read_parquet([{paths}], union_by_name = true, hive_partitioning = false)",
        paths=comma(literal(escaped_path(path)) for path in paths),
    )
    described = connection.execute(statement("DESCRIBE FROM {files}", files=files)).fetchall()
    names = [name for name, kind, *_ in described if kind == "VARCHAR"]
    return [
        f"{paths[0].parent}: {column}" for column in _columns_with_them(connection, files, names)
    ]


def _columns_with_them(
    connection: duckdb.DuckDBPyConnection, relation: Fragment, names: Collection[str]
) -> list[str]:
    if not names:
        return []
    # Most columns have few values: hashing each of them once is most of the cost.
    cells = statement(
        "SELECT DISTINCT unnest([{names}]) AS name, unnest([{columns}]) AS value FROM {relation}",
        names=comma(map(literal, names)),
        columns=comma(map(identifier, names)),
        relation=relation,
    )
    query = statement(
        "WITH cells AS ({cells}) SELECT DISTINCT name FROM "
        "(SELECT name, value AS word FROM cells UNION ALL {words}) WHERE {listed} ORDER BY name",
        cells=cells,
        words=words_in(Fragment("FROM cells")),
        listed=is_on_list(Fragment("word"), "word"),
    )
    return [name for (name,) in connection.execute(query).fetchall()]


def _in_inbox(settings: Settings, table: Table) -> Iterator[str]:
    """Delivered files with rows of theirs; one whose rows are in the lake was looked at there."""
    for day, paths in deliveries_in_inbox(settings, table).items():
        folder = partition_folder(settings, table.source, table.name, day)
        known = set()
        if (folder / DELIVERY_FILE).is_file():
            files = read_delivery(folder).files
            known = {(file.file, file.sha256) for file in files if file.status == "read"}
        unknown = [
            path
            for path in paths
            if (name_in_inbox(settings, table.source, path), sha256_of(path)) not in known
        ]
        if not unknown:
            continue
        with open_draft(settings, table, day, "scan") as draft:
            for path in unknown:
                draft.read(path, name_in_inbox(settings, table.source, path))
            yield from (f"{table.source}/{name}" for name in {*draft.theirs, *draft.said})
            yield from map(str, draft.lost)
