"""Blanks the words of forgotten people in texts of our own making: logs, records, pages, events.

Data is not touched here: rows of the inbox, quarantine and lake are erased, warehouse and published
versions are built anew.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from orchestration.ingest.forgotten import (
    Forgotten,
    forgotten_file,
    without_words,
    words_of,
)
from orchestration.publish.sql import identifier, statement
from orchestration.settings import Settings

SQLITE_MAGIC = b"SQLite format 3\x00"
DUCKDB_MAGIC = b"DUCK"
PARQUET_MAGIC = b"PAR1"


def scrub_texts(settings: Settings, forgotten: Forgotten) -> int:
    """Replace their words by `[erased]` in every text and event log below the home.

    Returns:
        How many files were changed.

    Raises:
        OSError, sqlite3.Error: a file cannot be read or written.
    """
    data = (
        *(settings.inbox, settings.lake, settings.quarantine),
        *(settings.warehouse.parent, settings.published, settings.hash_key_file.parent),
    )
    changed = 0
    for path in files_below(settings.home):
        if any(path.is_relative_to(folder) for folder in data) or path == forgotten_file(settings):
            continue
        kind = magic_of(path)
        if kind == SQLITE_MAGIC:
            changed += _scrub_events(path, forgotten)
        elif not kind.startswith((DUCKDB_MAGIC, PARQUET_MAGIC)):
            changed += _scrub_text(path, forgotten)
    return changed


def files_below(folder: Path) -> Iterator[Path]:
    """Every file, in order; links are left out, what they lead to is not."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent) / name
            if path.is_file() and not path.is_symlink():
                yield path


def magic_of(path: Path) -> bytes:
    """Which of the formats with a magic number a file has; else its first bytes."""
    with path.open("rb") as file:
        start = file.read(len(SQLITE_MAGIC))
    return DUCKDB_MAGIC if start[8:12] == DUCKDB_MAGIC else start


def their_words(text: str, forgotten: Forgotten) -> set[str]:
    """The words of forgotten people in a text."""
    return {word for word in words_of(text) if forgotten.is_word(word)}


def _scrub_text(path: Path, forgotten: Forgotten) -> bool:
    # One byte, one character, so that whatever is no text stays as it is.
    text = path.read_bytes().decode("latin-1")
    words = their_words(text, forgotten)
    if words:
        mode = path.stat().st_mode
        path.chmod(mode | 0o200)
        path.write_bytes(without_words(text, words).encode("latin-1"))
        path.chmod(mode)
    return bool(words)


def _scrub_events(path: Path, forgotten: Forgotten) -> bool:
    is_changed = False
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        for table, column in columns_of(connection):
            said = connection.execute(
                statement(
                    "SELECT rowid, {column} FROM {table} WHERE typeof({column}) = 'text'",
                    column=identifier(column),
                    table=identifier(table),
                )
            )
            for number, text in said.fetchall():
                if words := their_words(text, forgotten):
                    is_changed = True
                    connection.execute(
                        statement(
                            "UPDATE {table} SET {column} = ? WHERE rowid = ?",
                            column=identifier(column),
                            table=identifier(table),
                        ),
                        [without_words(text, words), number],
                    )
        connection.commit()
        if is_changed:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("VACUUM")
    return is_changed


def columns_of(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Table and column of everything in an SQLite file."""
    return connection.execute(
        "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c "
        "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
    ).fetchall()
