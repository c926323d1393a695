"""Builds the content of one version aside: the DuckDB file and the Parquet files beside it.

Reads the warehouse through a read-only attachment and the state; writes only into the folder that
it is given. What becomes visible, and when, is not decided here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import DataError
from orchestration.publish.day_files import (
    SCHEMA_FILE,
    DayTable,
    LinkedTable,
    folder_query,
    link_files,
    newest_batch,
    read_day_tables,
    read_record,
    table_folder,
    write_record,
)
from orchestration.publish.lineage import DESCRIPTIONS, Lineage, added_columns
from orchestration.publish.macros import MACROS
from orchestration.publish.operations import OPS_TABLES, Operations, write_operations
from orchestration.publish.origin import origin_of
from orchestration.publish.parts import week_tables, write_weeks
from orchestration.publish.sql import Fragment, identifier, literal, statement
from orchestration.publish.tables import (
    TARGET,
    WAREHOUSE,
    Fingerprint,
    Table,
    column_names,
    fingerprint,
    read_tables,
)
from orchestration.publish.versions import DATABASE
from orchestration.publish.views import View, read_views, views_upon
from orchestration.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Readers since DuckDB 1.0 open it; the default of a newer engine would lock most of them out.
STORAGE_VERSION = "v1.0.0"

WHOLE_FILE = "all.parquet"

Descriptions = Mapping[str, tuple[str, Mapping[str, str]]]


@dataclass(frozen=True)
class Built:
    """What was built, as the verification expects to read it back.

    Attributes:
        tables: each table copied into the DuckDB file with its fingerprint in the warehouse.
        days: the tables by day, copied or linked.
        linked: those that are published in files, by day or by week.
        views: views upon linked tables with their number of rows.
        batch: how far the warehouse follows its `changed_days`; None when it keeps none.
        origin: which warehouse that is, see `origin`.
    """

    tables: Mapping[Table, Fingerprint]
    days: Mapping[Table, DayTable]
    linked: Mapping[Table, LinkedTable]
    views: Mapping[Table, int]
    batch: int | None = None
    origin: str | None = None

    @property
    def rows(self) -> dict[Table, int]:
        """Rows of every table in the order of their labels."""
        counts = {table: found.rows for table, found in self.tables.items()}
        counts |= {table: found.days.rows for table, found in self.linked.items()}
        counts |= self.views
        return dict(sorted(counts.items(), key=lambda found: found[0].label))


def build_version(
    settings: Settings,
    folder: Path,
    lineage: Lineage,
    ops: Operations,
    descriptions: Descriptions,
    previous: Path | None,
    since: int | None,
) -> Built:
    """Fill `folder` with `cx.duckdb` and `parquet/`.

    Args:
        lineage: what the tables say of the run that publishes them.
        ops: what the run says of itself.
        previous: the folder of the version before, with which files are shared; None for the first.
        since: the batch of `changed_days` that it follows; None when it is of another warehouse.

    Raises:
        DataError: there is nothing to publish, a file of the warehouse that is not as it was
            registered, or a record that cannot be read.
        OSError, duckdb.Error: it could not be read or written.
    """
    with _attached(settings.warehouse, folder) as connection:
        tables = [*read_tables(connection, "marts"), *read_tables(connection, "core")]
        if not any(table.schema == "marts" for table in tables):
            raise DataError(
                f"Expected tables in the schema marts of {settings.warehouse}, found none: build "
                "the warehouse before publishing."
            )
        for schema in ("marts", "core", "ops"):
            connection.execute(
                statement("create schema {schema}", schema=identifier(TARGET, schema))
            )
            (folder / "parquet" / schema).mkdir(parents=True)
        days = read_day_tables(connection, tables)
        before = read_record(previous, days) if previous else {}
        by_week = week_tables(connection, {table.label: found for table, found in days.items()})
        linked = {}
        for table, found in days.items():
            place = table_folder(folder, table)
            if found.files:
                place.mkdir(parents=True)
                linked[table] = link_files(settings, found, place, before.get(table))
            elif table.label in by_week:
                place.mkdir(parents=True)
                linked[table] = write_weeks(
                    connection,
                    by_week[table.label],
                    place,
                    before.get(table),
                    since,
                )
        for files in linked.values():
            _show_files(connection, files, lineage)
        upon_linked = views_upon(linked, read_views(connection, ("core", "marts")))
        waiting = {t: upon_linked[t.label] for t in tables if t.label in upon_linked}
        copied = {
            table: _copy_table(connection, table, copied_file(folder, table, days), lineage)
            for table in tables
            if table not in linked and table not in waiting
        }
        views = _publish_views(connection, waiting, lineage)
        for table in waiting.keys() - views.keys():
            copied[table] = _copy_table(connection, table, parquet_file(folder, table), lineage)
        # In one transaction: alone, each of some thousand comments would be made durable.
        connection.execute("begin transaction")
        for table in tables:
            _describe(connection, table, descriptions, is_view=table in linked or table in views)
        connection.execute("commit")
        for macro in MACROS:
            connection.execute(macro.create)
            connection.execute(
                statement(
                    "comment on macro {name} is {text}",
                    name=identifier(TARGET, "marts", macro.name),
                    text=literal(macro.description),
                )
            )
        batch = newest_batch(connection, WAREHOUSE)
        origin = origin_of(connection, batch) if batch is not None else None
        built = Built(copied, days, linked, views, batch, origin)
        _publish_operations(
            connection, settings, folder, ops, lineage, built, descriptions, previous
        )
    write_record(folder, (found.days for found in linked.values()))
    return built


@contextmanager
def _attached(warehouse: Path, folder: Path) -> Iterator[DuckDBPyConnection]:
    import duckdb

    spill = folder / ".spill"
    with duckdb.connect(":memory:", config={"temp_directory": str(spill)}) as connection:
        connection.execute(
            statement(
                "attach {file} as {name} (read_only)",
                file=literal(warehouse),
                name=identifier(WAREHOUSE),
            )
        )
        connection.execute(
            statement(
                "attach {file} as {name} (storage_version {version})",
                file=literal(folder / DATABASE),
                name=identifier(TARGET),
                version=literal(STORAGE_VERSION),
            )
        )
        yield connection
        connection.execute(statement("checkpoint {name}", name=identifier(TARGET)))
        connection.execute(statement("detach {name}", name=identifier(TARGET)))
    if spill.exists():
        spill.rmdir()


def _copy_table(
    connection: DuckDBPyConnection, table: Table, file: Path, lineage: Lineage
) -> Fingerprint:
    query = statement(
        "select {columns}{lineage} from {source}",
        columns=column_names(table),
        lineage=lineage.columns(table),
        source=table.source,
    )
    connection.execute(
        statement("create table {target} as {query}", target=table.target, query=query)
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    copy_parquet(connection, statement("select * from {target}", target=table.target), file)
    return fingerprint(connection, table.source, table)


def _show_files(connection: DuckDBPyConnection, linked: LinkedTable, lineage: Lineage) -> None:
    days = linked.days
    copy_parquet(
        connection,
        statement("select * from {source} limit 0", source=days.table.source),
        linked.folder / SCHEMA_FILE,
    )
    connection.execute(
        statement(
            "create view {target} as {query}",
            target=days.table.target,
            # In the view alone: the files are shared with the versions of other runs.
            query=folder_query(days, linked.folder, lineage.columns(days.table)),
        )
    )


def _publish_views(
    connection: DuckDBPyConnection, views: Mapping[Table, View], lineage: Lineage
) -> dict[Table, int]:
    """Create views, those that others read first, and count their rows.

    One that also reads what is not published cannot be a view there: it is left to be copied, and
    whatever else is wrong with it is told then.
    """
    import duckdb

    waiting = dict(views)
    published: dict[Table, int] = {}
    while waiting:
        labels = {table.label for table in waiting}
        table = next(table for table, view in waiting.items() if not view.reads & labels)
        view = waiting.pop(table)
        try:
            _create_view(connection, table, view, lineage)
            published[table] = _count(connection, table.target)
        except duckdb.Error:
            connection.execute(statement("drop view if exists {target}", target=table.target))
    return published


def _create_view(
    connection: DuckDBPyConnection, table: Table, view: View, lineage: Lineage
) -> None:
    query = view.query
    if added_columns(table):
        # Its columns by name: it may read all of a table that has lineage columns of its own.
        query = statement(
            "select {columns}{lineage} from ({query})",
            columns=column_names(table),
            lineage=lineage.columns(table),
            query=query,
        )
    connection.execute(statement("use {name}", name=identifier(TARGET)))
    try:
        connection.execute(
            statement("create view {target} as {query}", target=table.target, query=query)
        )
    finally:
        connection.execute("use memory")


def _count(connection: DuckDBPyConnection, relation: Fragment) -> int:
    query = statement("select count(*) from {relation}", relation=relation)
    count: int = connection.execute(query).fetchall()[0][0]
    return count


def copy_parquet(connection: DuckDBPyConnection, query: Fragment, path: Path) -> None:
    """Write the rows of a query to one Parquet file."""
    connection.execute(
        statement(
            "copy ({query}) to {path} (format parquet, compression zstd)",
            query=query,
            path=literal(path),
        )
    )


def _publish_operations(
    connection: DuckDBPyConnection,
    settings: Settings,
    folder: Path,
    ops: Operations,
    lineage: Lineage,
    built: Built,
    descriptions: Descriptions,
    previous: Path | None,
) -> None:
    published = []
    for table, rows in built.rows.items():
        description, _ = descriptions.get(table.name, ("", {}))
        published.append(
            {
                "schema_name": table.schema,
                "table_name": table.name,
                "description": description or None,
                "row_count": rows,
                **lineage.row(table),
            }
        )
    known = parquet_file(previous, Table("ops", "", ())).parent if previous else None
    write_operations(connection, settings, ops, published, known)
    own = {
        table.name: (table.description, {name: text for name, (_, text) in table.columns.items()})
        for table in OPS_TABLES
    }
    for table in read_tables(connection, "ops", TARGET):
        _describe(connection, table, own, is_view=False)
        query = statement("select * from {target}", target=table.target)
        copy_parquet(connection, query, parquet_file(folder, table))


def _describe(
    connection: DuckDBPyConnection, table: Table, descriptions: Descriptions, *, is_view: bool
) -> None:
    description, columns = descriptions.get(table.name, ("", {}))
    if description:
        connection.execute(
            statement(
                "comment on view {name} is {text}"
                if is_view
                else "comment on table {name} is {text}",
                name=table.target,
                text=literal(description),
            )
        )
    by_name = {name.lower(): text for name, text in columns.items()}
    texts = {column.name: by_name.get(column.name.lower()) for column in table.columns}
    for name, text in {
        **texts,
        **{name: DESCRIPTIONS[name] for name in added_columns(table)},
    }.items():
        if text:
            connection.execute(
                statement(
                    "comment on column {name} is {text}",
                    name=identifier(TARGET, table.schema, table.name, name),
                    text=literal(text),
                )
            )


def parquet_file(folder: Path, table: Table) -> Path:
    return folder / "parquet" / table.schema / f"{table.file_stem}.parquet"


def copied_file(folder: Path, table: Table, days: Collection[Table]) -> Path:
    """Where a copied table is in Parquet; one by day has a folder of its own, as when linked."""
    if table in days:
        return table_folder(folder, table) / WHOLE_FILE
    return parquet_file(folder, table)
