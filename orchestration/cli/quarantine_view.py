"""All that lies in quarantine as one list: what ingest could not read, what staging turned down.

Ingest keeps the text of what is no row below quarantine/. A row that does not fit its declaration
stays in the lake and has the verdict `quarantined` in `intermediate.int_<entity>_verdicts` (or
`_versioned`).
Reads both, the warehouse read-only; writes nothing. Never imports dagster.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import duckdb

from orchestration.declarations import Source
from orchestration.errors import DataError, UsageError
from orchestration.ingest import native_files, partition_folder, read_delivery
from orchestration.ingest.delivery import DELIVERY_FILE
from orchestration.ingest.opening import escaped_path
from orchestration.ingest.quarantine import REASONS_FILE, ROWS_FILE, quarantined_in
from orchestration.publish.sql import Fragment, comma, identifier, literal, statement
from orchestration.settings import Settings
from orchestration.state import lock_holder

INCOMPLETE = "A run goes on: rows that staging turned down are not counted until it has ended."
LINEAGE = ("_source", "_source_file", "_row_number", "_load_date", "_run_id")


@dataclass(frozen=True)
class Item:
    """One row or file in quarantine.

    Attributes:
        id: short and stable; for what ingest keeps it is the id that ingest gives it.
        row_number: None for a file.
        entity: the part of the row that was turned down; None for all of it.
        is_staged: turned down at staging, so that the row is in the lake.
    """

    id: str
    source: str
    table: str
    load_date: date
    file: str
    row_number: int | None
    entity: str | None
    reason: str
    is_staged: bool


@dataclass(frozen=True)
class ReasonCount:
    """How many rows and files of a table (`<source>.<table>`) share a reason, without its value.

    Attributes:
        rows: rows and files.
        files: how many of them are files.
    """

    table: str
    reason: str
    rows: int
    files: int


@dataclass(frozen=True)
class Sizes:
    """How many rows and files are in quarantine; `staged` counts a part of a row as a row."""

    ingested: int
    staged: int

    @property
    def total(self) -> int:
        return self.ingested + self.staged


class QuarantineView:
    """Answers about one look at the quarantine; see `open_quarantine`.

    Attributes:
        is_complete: False while a run goes on: what staging turned down cannot be read then.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, is_complete: bool) -> None:
        self._connection = connection
        self.is_complete = is_complete

    def sizes(self) -> Sizes:
        [(staged, total)] = self._connection.execute(
            "SELECT count(*) FILTER (WHERE is_staged), count(*) FROM quarantined"
        ).fetchall()
        return Sizes(total - staged, staged)

    def reasons(self) -> list[ReasonCount]:
        """By table and reason, the most frequent first."""
        rows = self._connection.execute(
            "SELECT source || '.' || table_name AS name, split_part(reason, ', found ', 1) AS rule,"
            " count(*) AS n, count(*) FILTER (WHERE row_number IS NULL) FROM quarantined "
            "GROUP BY name, rule ORDER BY n DESC, name, rule"
        ).fetchall()
        return [ReasonCount(*row) for row in rows]

    def newest(self, limit: int | None = None) -> list[Item]:
        """The items, those of the latest load date first."""
        rows = self._connection.execute(
            "FROM quarantined "
            "ORDER BY load_date DESC, source, table_name, file, row_number, entity LIMIT ?",
            [limit],
        ).fetchall()
        return [Item(*row) for row in rows]

    def staged_load_dates(self) -> list[date]:
        """The load dates of rows that staging turned down."""
        rows = self._connection.execute(
            "SELECT DISTINCT load_date FROM quarantined WHERE is_staged ORDER BY load_date"
        ).fetchall()
        return [row[0] for row in rows]

    def find(self, wanted: str) -> Item:
        """The item whose id is, or begins with, `wanted`.

        Raises:
            UsageError: none or several.
        """
        rows = self._connection.execute(
            "FROM quarantined WHERE starts_with(id, ?)", [wanted]
        ).fetchall()
        if len(rows) != 1 or not wanted:
            raise UsageError(
                f"Expected the id of one quarantined row or file, found {len(rows)} for {wanted!r}"
                ": take an id from `cx quarantine list`."
            )
        return Item(*rows[0])


@contextmanager
def open_quarantine(
    settings: Settings, sources: Sequence[Source], source: str | None = None
) -> Iterator[QuarantineView]:
    """Look at the quarantine of all sources, or of one.

    Raises:
        DataError: the warehouse or a file of the quarantine cannot be read.
    """
    # A reader of the warehouse would keep a run from opening it.
    is_complete = lock_holder(settings) is None
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            "CREATE TABLE found (source VARCHAR, table_name VARCHAR, load_date DATE, file VARCHAR, "
            "row_number BIGINT, fed_entity VARCHAR, reason VARCHAR, is_staged BOOLEAN)"
        )
        _add_ingested(connection, settings, source)
        if is_complete and settings.warehouse.is_file():
            _add_staged(connection, settings, source)
        _number(connection, sources)
        yield QuarantineView(connection, is_complete)


def delivered_row(settings: Settings, item: Item) -> dict[str, str | None]:
    """The raw columns of a row that staging turned down, as they were delivered.

    Raises:
        DataError: the row is not in the lake any more, or the lake cannot be read.
    """
    folder = partition_folder(settings, item.source, item.table, item.load_date)
    path = folder / "part.parquet"
    query = (
        "SELECT * FROM read_parquet(?, hive_partitioning = false) "
        "WHERE _source_file = ? AND _row_number = ?"
    )
    parameters: list[object] = [item.file, item.row_number]
    if (folder / DELIVERY_FILE).is_file():
        for native in native_files(settings, read_delivery(folder)):
            if native.file == item.file:
                path = native.path
                query = (
                    "SELECT COLUMNS(*)::VARCHAR FROM read_parquet(?, hive_partitioning = false) "
                    "WHERE file_row_number + 1 = ?"
                )
                parameters = [item.row_number]
    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute("SET TimeZone = 'UTC'")
            result = connection.execute(query, [escaped_path(path), *parameters])
            names = [column[0] for column in result.description or ()]
            row = result.fetchone()
    except duckdb.Error as error:
        raise DataError(
            f"Expected the rows of {item.load_date} in {path}, found {str(error).splitlines()[0]}: "
            f"run that load date again with `cx run --date {item.load_date}`."
        ) from error
    if row is None:
        raise DataError(
            f"Expected row {item.row_number} of {item.file} in {path}, found none, so that the "
            "load date was ingested again since: `cx rebuild` brings the warehouse up to date."
        )
    values = zip(names, row, strict=True)
    return {name: value for name, value in values if name not in LINEAGE}


def _add_ingested(
    connection: duckdb.DuckDBPyConnection, settings: Settings, source: str | None
) -> None:
    folders = sorted(settings.quarantine.glob(f"{source or '[!.]*'}/*/load_date=*"))
    files = [
        item
        for folder in folders
        if (folder / REASONS_FILE).is_file()
        for item in quarantined_in(folder)
        if item.row_number is None
    ]
    # Literals, not parameters: to bind a value DuckDB imports pandas, and `cx status` is fast.
    for item in files:
        connection.execute(
            statement(
                "INSERT INTO found VALUES "
                "({source}, {table}, CAST({day} AS DATE), {file}, NULL, NULL, {reason}, false)",
                source=literal(item.source),
                table=literal(item.table),
                day=literal(item.load_date.isoformat()),
                file=literal(item.file),
                reason=literal(item.reason),
            )
        )
    paths = [folder / ROWS_FILE for folder in folders if (folder / ROWS_FILE).is_file()]
    if not paths:
        return
    try:
        connection.execute(
            statement(
                'INSERT INTO found SELECT source, "table", load_date, file, row_number, NULL, '
                "reason, false FROM read_parquet([{paths}], hive_partitioning = false)",
                paths=comma(literal(escaped_path(path)) for path in paths),
            )
        )
    except duckdb.Error as error:
        raise DataError(
            f"Expected quarantined rows in {settings.quarantine}, found "
            f"{str(error).splitlines()[0]}: run that load date again."
        ) from error


def _add_staged(
    connection: duckdb.DuckDBPyConnection, settings: Settings, source: str | None
) -> None:
    try:
        connection.execute(
            statement("ATTACH {path} AS warehouse (READ_ONLY)", path=literal(settings.warehouse))
        )
        tables = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'warehouse' AND "
            "schema_name = 'intermediate' "
            "AND regexp_matches(table_name, '^int_.+_(verdicts|versioned)$')"
        ).fetchall()
        for (table,) in tables:
            connection.execute(
                statement(
                    "INSERT INTO found SELECT _source, _source_table, _load_date, _source_file, "
                    "_row_number, {entity}, _reject_reason, true FROM {relation} "
                    "WHERE _disposition = 'quarantined' AND _source = coalesce({source}, _source)",
                    entity=literal(table.removeprefix("int_").rpartition("_")[0]),
                    relation=identifier("warehouse", "intermediate", table),
                    source=literal(source) if source is not None else Fragment("NULL"),
                )
            )
        connection.execute("DETACH warehouse")
    except duckdb.Error as error:
        raise DataError(
            f"Expected the verdicts of rows in {settings.warehouse}, found "
            f"{str(error).splitlines()[0]}: `cx rebuild` makes it again from the lake."
        ) from error


def _number(connection: duckdb.DuckDBPyConnection, sources: Sequence[Source]) -> None:
    """Give every item its id, by the scheme of ingest, and name the parts of rows."""
    own = [
        Fragment(f"({literal(table.source)}, {literal(table.name)}, {literal(table.entity)})")
        for source in sources
        for table in source.tables
    ]
    connection.execute(
        statement(
            """
            CREATE TABLE quarantined AS
            SELECT
                substr(sha256(concat(
                    source, '|', table_name, '|', load_date, '|', file, '|', row_number,
                    '|' || entity
                )), 1, 10) AS id,
                source, table_name, load_date, file, row_number, entity, reason, is_staged
            FROM (
                SELECT
                    * EXCLUDE (fed_entity),
                    CASE WHEN (source, table_name, fed_entity) NOT IN ({own}) THEN fed_entity END
                        AS entity
                FROM found
            )
            """,
            own=comma(own) if own else Fragment("(NULL, NULL, NULL)"),
        )
    )
