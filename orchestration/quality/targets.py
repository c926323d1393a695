"""What a suite looks at: one temporary relation in DuckDB that holds the rows of the run.

Great Expectations is given the name of the temporary relation only, so no path, date or table
name ever reaches the SQL that it writes. Of a staging view the rows of the run's load dates are
copied into a temporary table, so that a dozen queries do not type the same rows a dozen times.
Opens the warehouse read-only, reads the lake, writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import DataError
from orchestration.quality.suites import SCHEMAS, Suite
from orchestration.settings import Settings

if TYPE_CHECKING:
    import duckdb


class TargetMissingError(DataError):
    """The table of a suite is not there or cannot be read; the text is the reason."""


def open_warehouse(settings: Settings) -> duckdb.DuckDBPyConnection:
    """Open the warehouse read-only, ready for the staging views.

    Raises:
        DataError: the file is missing or cannot be opened.
    """
    import duckdb

    if not settings.warehouse.is_file():
        raise DataError(
            f"Expected the warehouse at {settings.warehouse}, found no file: build it first."
        )
    try:
        connection = duckdb.connect(str(settings.warehouse), read_only=True)
    except duckdb.Error as error:
        raise DataError(
            f"Expected to open {settings.warehouse} for reading, found: "
            f"{str(error).splitlines()[0]}; close every writer of it (in this process dbt's "
            "connections too) and try again."
        ) from error
    # The staging views read the key when they hash; what is checked does not depend on it.
    connection.execute("SET VARIABLE cx_hash_key = 'validation'")
    return connection


def open_lake(settings: Settings) -> duckdb.DuckDBPyConnection:
    """An empty in-memory DuckDB to read the lake with; the warehouse need not exist."""
    import duckdb

    connection = duckdb.connect(":memory:")
    spill = settings.warehouse.parent / "validation.tmp"
    connection.execute(f"SET temp_directory = {literal(str(spill))}")
    return connection


def create_target(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    suite: Suite,
    load_dates: Sequence[date] | None,
) -> str | None:
    """Create the temporary relation of a suite.

    Returns:
        Its name, or None when the run has no data for the suite.

    Raises:
        TargetMissingError: the table of the suite is missing or cannot be read.
    """
    import duckdb

    name = f"{suite.layer}.{suite.table}"
    try:
        if suite.layer == "lake":
            return _create_lake_target(connection, settings, suite, load_dates, name)
        relation = f"{identifier(SCHEMAS[suite.layer])}.{identifier(suite.table)}"
        if suite.layer != "staging" or load_dates is None:
            connection.execute(
                f"CREATE TEMP VIEW {identifier(name)} AS SELECT * FROM {relation}"  # noqa: S608
            )
            return name
        rows = connection.execute(
            f"CREATE TEMP TABLE {identifier(name)} AS SELECT * FROM {relation} "  # noqa: S608
            f"WHERE _load_date IN ({date_list(load_dates)})"
        ).fetchone()
        if rows and rows[0]:
            return name
        connection.execute(f"DROP TABLE {identifier(name)}")
        return None
    except duckdb.CatalogException as error:
        raise TargetMissingError("there is no such table") from error
    except duckdb.Error as error:
        raise TargetMissingError(safe_reason(error)) from error


def drop_target(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Remove a temporary relation and free its memory."""
    row = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE temporary AND table_name = ?", [name]
    ).fetchone()
    kind = "TABLE" if row and row[0] else "VIEW"
    connection.execute(f"DROP {kind} IF EXISTS {identifier(name)}")


def _create_lake_target(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    suite: Suite,
    load_dates: Sequence[date] | None,
    name: str,
) -> str | None:
    source, table = suite.lake_table
    folder = settings.lake / source / table
    if load_dates is None:
        parts = sorted(folder.glob("load_date=*/part.parquet"))
    else:
        wanted = (folder / f"load_date={day.isoformat()}" / "part.parquet" for day in load_dates)
        parts = [path for path in wanted if path.is_file()]
    if not parts:
        return None
    # The schema file gives every declared column, also when no file of these dates has it.
    schema = folder / "_schema.parquet"
    paths = [*([schema] if schema.is_file() else []), *parts]
    connection.execute(
        f"CREATE TEMP VIEW {identifier(name)} AS SELECT * FROM read_parquet("  # noqa: S608
        f"{path_list(paths)}, union_by_name = true, hive_partitioning = false)"
    )
    return name


def safe_reason(error: Exception) -> str:
    """The first line of a database error, or only its kind when it could quote a value."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    text = text[text.index(")") + 1 :].strip() if text.startswith("(_duckdb.") else text
    known = ("Binder Error", "Catalog Error", "Parser Error", "Not implemented Error")
    if "Error" not in text.split(":")[0] or text.startswith(known):
        return text.rstrip(".")
    return f"{text.split(':')[0]}; the text is withheld because it may quote a value"


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A quoted SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def path_list(paths: Sequence[Path]) -> str:
    """A SQL list of paths; brackets and stars in a path stand for themselves."""
    escaped = (without_wildcards(str(path)) for path in paths)
    return "[" + ", ".join(literal(path) for path in escaped) + "]"


def without_wildcards(path: str) -> str:
    """A path in which no character is a wildcard."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path)


def date_list(days: Sequence[date]) -> str:
    """SQL dates, at least one: an empty list matches nothing."""
    return ", ".join(f"DATE '{day.isoformat()}'" for day in days) or "NULL"
