"""What a suite looks at: one temporary relation in DuckDB that holds the rows of the run.

Of lake and staging these are the load dates of the run, of tables that are kept by day the days
that changed since the published version was built; everything else is small and looked at whole.

Great Expectations is given the name of the temporary relation only, so no path, date or table
name ever reaches the SQL that it writes. Of a staging view the rows of the run's load dates are
held, in a temporary table or file, so that a dozen queries do not type the same rows a dozen times.
Opens the warehouse read-only, reads the lake, leaves nothing behind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import DataError
from orchestration.lake_files import set_lake_variables
from orchestration.quality.suites import SCHEMAS, Suite
from orchestration.settings import Settings

if TYPE_CHECKING:
    import duckdb

    from orchestration.ingest.native import NativeFile

# Staged rows of so many load dates are held in memory; of more they would fill it.
DATES_AT_ONCE = 31
# Beside the warehouse: what checks spill and hold. A run deletes what a killed one left.
SPILLED, HELD = "validation.tmp", "staged.tmp"
# As profiles.yml gives it to dbt; what needs more spills to disk.
MEMORY_LIMIT = "8GB"
# What asks for the columns of a table without naming them: an expectation, and SQL, but for the
# rows that a query gives back, which are only counted.
COLUMN_SET = "expect_table_columns_to_match_set"
QUERY = "unexpected_rows_query"
ROWS_OF_BATCH = re.compile(
    r"^\s*select\s+\*\s+from\s+\{batch\}(?!.*\b(group|distinct|union|except|intersect)\b)",
    re.IGNORECASE | re.DOTALL,
)
ALL_COLUMNS = re.compile(
    r"(\bselect|\bdistinct|,|\.)\s*\*|\bcolumns\s*\(|\bby\s+all\b|\bnatural\b",
    re.IGNORECASE,
)
WORD = re.compile(r"\w+")


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
    connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    connection.execute("SET preserve_insertion_order = false")
    # The staging views read the key when they hash; what is checked does not depend on it.
    connection.execute("SET VARIABLE cx_hash_key = 'validation'")
    set_lake_variables(connection, settings)
    return connection


def open_lake(settings: Settings) -> duckdb.DuckDBPyConnection:
    """An empty in-memory DuckDB to read the lake with; the warehouse need not exist."""
    import duckdb

    connection = duckdb.connect(":memory:")
    # Before the first build there is no such folder, and DuckDB makes only the last one of a path.
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    spill = settings.warehouse.parent / SPILLED
    connection.execute(f"SET temp_directory = {literal(str(spill))}")
    connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    return connection


def create_target(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    suite: Suite,
    load_dates: Sequence[date] | None,
    since_batch: int | None = None,
) -> str | None:
    """Create the temporary relation of a suite.

    Args:
        load_dates: what is looked at in lake and staging; None = everything, in all layers.
        since_batch: batch of `changed_days` up to which tables kept by day were checked before.

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
        if suite.layer == "staging":
            return _hold_staged(connection, settings, suite, load_dates, relation)
        days = None
        if load_dates is not None and since_batch is not None:
            days = _built_days(connection, suite, since_batch)
        if days is not None and not _has_rows(connection, f"{relation} WHERE {days}"):
            # Nothing changed that is still there. Only an empty table is worth a look at it.
            if _has_rows(connection, relation):
                return None
            days = None
        where = "" if days is None else f" WHERE {days}"
        connection.execute(
            f"CREATE TEMP VIEW {identifier(name)} AS SELECT * FROM {relation}{where}"  # noqa: S608
        )
        return name
    except duckdb.CatalogException as error:
        raise TargetMissingError("there is no such table") from error
    except duckdb.Error as error:
        raise TargetMissingError(safe_reason(error)) from error


def _hold_staged(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    suite: Suite,
    load_dates: Sequence[date] | None,
    relation: str,
) -> str | None:
    """Type the staged rows of the load dates once, and hold the columns that the suite asks for."""
    import duckdb

    name = f"{suite.layer}.{suite.table}"
    rows = f"SELECT {_columns_asked(connection, suite, relation)} FROM {relation}"  # noqa: S608
    if load_dates is not None:
        # The views see these load dates only: to find them in all files costs what history costs.
        set_lake_variables(connection, settings, load_dates)
        rows += f" WHERE _load_date IN ({date_list(load_dates)})"
    if load_dates is not None and len(load_dates) <= DATES_AT_ONCE:
        connection.execute(f"CREATE TEMP TABLE {identifier(name)} AS {rows}")
    else:
        path = _held_file(settings, name)
        path.parent.mkdir(exist_ok=True)
        try:
            connection.execute(f"COPY ({rows}) TO {literal(str(path))} (FORMAT parquet)")
        except duckdb.Error:
            # Perhaps for want of room, which it would keep.
            _delete_held(settings, name)
            raise
        connection.execute(
            f"CREATE TEMP VIEW {identifier(name)} AS "  # noqa: S608
            f"SELECT * FROM read_parquet({path_list([path])}, hive_partitioning = false)"
        )
    if load_dates is None or _has_rows(connection, identifier(name)):
        return name
    drop_target(connection, settings, name)
    return None


def _held_file(settings: Settings, name: str) -> Path:
    return settings.warehouse.parent / HELD / f"{name}.parquet"


def _delete_held(settings: Settings, name: str) -> None:
    held = _held_file(settings, name)
    held.unlink(missing_ok=True)
    if held.parent.is_dir():
        held.parent.rmdir()


def _columns_asked(connection: duckdb.DuckDBPyConnection, suite: Suite, relation: str) -> str:
    """The columns of a table that its suite can ask for: named by a check, or in its query."""
    queries = [found.kwargs.get(QUERY, "") for found in suite.expectations]
    if any(found.type == COLUMN_SET for found in suite.expectations) or any(
        ALL_COLUMNS.search(ROWS_OF_BATCH.sub("", query)) for query in queries
    ):
        return "*"
    names = [name for found in suite.expectations for name in found.columns_read]
    words = set(WORD.findall(" ".join([*names, *queries]).lower()))
    found = connection.execute(f"SELECT * FROM {relation} LIMIT 0").description or ()  # noqa: S608
    columns = [column for column, *_ in found if words.issuperset(WORD.findall(column.lower()))]
    return ", ".join(map(identifier, columns)) or "*"


def drop_target(connection: duckdb.DuckDBPyConnection, settings: Settings, name: str) -> None:
    """Remove a temporary relation, and free the memory or the file that held it."""
    row = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE temporary AND table_name = ?", [name]
    ).fetchone()
    kind = "TABLE" if row and row[0] else "VIEW"
    connection.execute(f"DROP {kind} IF EXISTS {identifier(name)}")
    _delete_held(settings, name)


def _built_days(
    connection: duckdb.DuckDBPyConnection, suite: Suite, since_batch: int
) -> str | None:
    """The condition on rows built since a batch; None for a table that is looked at whole."""
    built = connection.execute(
        "SELECT kind_column, day_column, batch > ?, is_all, kind, "
        "coalesce(day, DATE '0001-01-01') FROM intermediate.built_partitions "
        "WHERE table_schema = ? AND table_name = ?",
        [since_batch, SCHEMAS[suite.layer], suite.table],
    ).fetchall()
    if not built or any(is_new and is_all for _, _, is_new, is_all, _, _ in built):
        return None
    kind_column, day_column = built[0][:2]
    days: dict[str | None, set[date]] = {}
    for _, _, is_new, _, kind, day in built:
        if is_new:
            days.setdefault(kind, set()).add(day)
    conditions = [
        (f"{identifier(kind_column)} = {literal(kind)} AND " if kind else "")
        + f"coalesce({identifier(day_column)}, DATE '0001-01-01') IN ({date_list(sorted(found))})"
        for kind, found in days.items()
    ]
    return f"({' OR '.join(conditions)})" if conditions else "false"


def _has_rows(connection: duckdb.DuckDBPyConnection, rows: str) -> bool:
    return connection.execute(f"SELECT 1 FROM {rows} LIMIT 1").fetchone() is not None  # noqa: S608


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
        partitions = sorted(folder.glob("load_date=*"))
    else:
        partitions = [folder / f"load_date={day.isoformat()}" for day in load_dates]
    parts = [path for part in partitions if (path := part / "part.parquet").is_file()]
    native = [found for part in partitions for found in _native_files(settings, part)]
    if not parts and not native:
        return None
    # The schema file gives every declared column, also when no file of these dates has it.
    schema = folder / "_schema.parquet"
    paths = [*([schema] if schema.is_file() else []), *parts]
    scans = [
        f"SELECT * FROM read_parquet({path_list(paths)}, union_by_name = true, "  # noqa: S608
        "hive_partitioning = false)"
    ]
    if native:
        scans.append(_native_scan(source, native))
    connection.execute(
        f"CREATE TEMP VIEW {identifier(name)} AS {' UNION ALL BY NAME '.join(scans)}"
    )
    return name


def _native_files(settings: Settings, partition: Path) -> list[NativeFile]:
    from orchestration.ingest import native_files, read_delivery

    if not (partition / "delivery.json").is_file():
        return []
    return native_files(settings, read_delivery(partition))


def _native_scan(source: str, files: Sequence[NativeFile]) -> str:
    """Delivered Parquet files as the text that ingest would have made of them, with lineage."""
    lineage = ", ".join(
        f"({literal(str(found.path))}, {literal(found.file)}, "
        f"DATE '{found.load_date.isoformat()}', {literal(found.run_id)})"
        for found in files
    )
    return (
        "SELECT CAST(COLUMNS(rows.* EXCLUDE (filename, file_row_number)) AS VARCHAR), "  # noqa: S608
        f"{literal(source)} AS _source, files.file AS _source_file, "
        "rows.file_row_number + 1 AS _row_number, files.load_date AS _load_date, "
        f"files.run_id AS _run_id FROM read_parquet({path_list([found.path for found in files])}, "
        "union_by_name = true, hive_partitioning = false, filename = true, "
        "file_row_number = true) AS rows "
        f"JOIN (VALUES {lineage}) AS files (path, file, load_date, run_id) "
        "ON rows.filename = files.path"
    )


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
