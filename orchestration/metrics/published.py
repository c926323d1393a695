"""The published version, opened to look at metrics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import DataError
from orchestration.publish.sql import comma, literal, statement
from orchestration.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Where the table of a metric may lie.
SCHEMAS = ("marts", "core", "ops")


def published_file(settings: Settings) -> Path | None:
    """The file that readers open; None before the first version."""
    path = settings.published / "cx.duckdb"
    return path.resolve() if path.is_file() else None


@contextmanager
def opened(path: Path) -> Iterator[DuckDBPyConnection]:
    """A connection that can change nothing.

    Raises:
        DataError: the file cannot be read.
    """
    import duckdb

    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            yield connection
    except duckdb.Error as error:
        raise DataError(
            f"Expected the marts in {path}, found: {str(error).splitlines()[0]} — publish again "
            "with `cx rebuild`."
        ) from error


def columns_of(connection: DuckDBPyConnection) -> dict[str, tuple[str, dict[str, str]]]:
    """Schema and columns (name → type) of every published table by its name."""
    # No parameters: with one, the driver imports pandas first, which takes longer than all else.
    rows = connection.execute(
        statement(
            """
            select table_name, schema_name, column_name, data_type from duckdb_columns()
            where schema_name in ({schemas}) order by column_index
            """,
            schemas=comma(literal(schema) for schema in SCHEMAS),
        )
    ).fetchall()
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for table, schema, column, data_type in rows:
        found.setdefault(table, (schema, {}))[1][column] = data_type
    return found
