"""Builds the content of one version aside: the DuckDB file and the Parquet files beside it.

Reads the warehouse through a read-only attachment and the state; writes only into the folder that
it is given. What becomes visible, and when, is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import DataError
from orchestration.publish.day_files import (
    SCHEMA_FILE,
    DayTable,
    LinkedTable,
    Previous,
    days_folder,
    files_query,
    folder_query,
    link_files,
    newest_batch,
    read_day_tables,
    read_record,
    signature,
    table_folder,
    values_of,
    write_record,
)
from orchestration.publish.lineage import DESCRIPTIONS, Lineage, added_columns
from orchestration.publish.macros import MACROS
from orchestration.publish.operations import OPS_TABLES, Operations, write_operations
from orchestration.publish.sql import Fragment, comma, identifier, literal, statement, type_name
from orchestration.publish.tables import (
    TARGET,
    WAREHOUSE,
    Fingerprint,
    Table,
    column_names,
    fingerprint,
    read_tables,
)
from orchestration.publish.versions import DATABASE, refuse_wal
from orchestration.publish.views import View, read_views, views_upon
from orchestration.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Readers since DuckDB 1.0 open it; the default of a newer engine would lock most of them out.
STORAGE_VERSION = "v1.0.0"

# A table by day of at most so many rows is copied like any other table: in the DuckDB file its
# queries are several times faster than over thousands of small files, and so many rows are copied
# in a few seconds however long the history is. Above, its files are linked and nothing is copied.
MOST_COPIED_ROWS = 1_000_000

# Alias of the database of the version before while a version is built.
PREVIOUS = "previous"
WHOLE_FILE = "all.parquet"

Descriptions = Mapping[str, tuple[str, Mapping[str, str]]]


@dataclass(frozen=True)
class Built:
    """What was built, as the verification expects to read it back.

    Attributes:
        tables: each table copied into the DuckDB file with its fingerprint in the warehouse.
        days: the tables by day, copied or linked.
        linked: those whose files are linked.
        views: views upon linked tables with their number of rows.
        batch: how far the warehouse follows its `changed_days`; None when it keeps none.
    """

    tables: Mapping[Table, Fingerprint]
    days: Mapping[Table, DayTable]
    linked: Mapping[Table, LinkedTable]
    views: Mapping[Table, int]
    batch: int | None = None

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
) -> Built:
    """Fill `folder` with `cx.duckdb` and `parquet/`.

    Args:
        lineage: what the tables say of the run that publishes them.
        ops: what the run says of itself.
        previous: the folder of the version before, with which files are shared; None for the first.

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
        before = read_record(previous, days) if previous and _attach(connection, previous) else {}
        linked = {
            table: _link_table(connection, settings, found, folder, before.get(table), lineage)
            for table, found in days.items()
            if found.rows > MOST_COPIED_ROWS
        }
        upon_linked = views_upon(linked, read_views(connection, ("core", "marts")))
        waiting = {t: upon_linked[t.label] for t in tables if t.label in upon_linked}
        copied = {
            table: _copy_day_table(
                connection, settings, days[table], folder, before.get(table), lineage
            )
            if table in days
            else _copy_table(connection, table, table.source, parquet_file(folder, table), lineage)
            for table in tables
            if table not in linked and table not in waiting
        }
        views = _publish_views(connection, waiting, lineage)
        for table in waiting.keys() - views.keys():
            file = parquet_file(folder, table)
            copied[table] = _copy_table(connection, table, table.source, file, lineage)
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
        built = Built(copied, days, linked, views, newest_batch(connection, WAREHOUSE))
        _publish_operations(
            connection, settings, folder, ops, lineage, built, descriptions, previous
        )
    write_record(folder, ((found, table in linked) for table, found in days.items()))
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


def _attach(connection: DuckDBPyConnection, previous: Path) -> bool:
    """Attach the database of the version before; a damaged one is no reason not to publish."""
    import duckdb

    with suppress(DataError, duckdb.Error):
        refuse_wal(previous / DATABASE)
        connection.execute(
            statement(
                "attach {file} as {name} (read_only)",
                file=literal(previous / DATABASE),
                name=identifier(PREVIOUS),
            )
        )
        return True
    return False


def _copy_table(
    connection: DuckDBPyConnection, table: Table, source: Fragment, file: Path, lineage: Lineage
) -> Fingerprint:
    query = statement(
        "select {columns}{lineage} from {source}",
        columns=column_names(table),
        lineage=lineage.columns(table),
        source=source,
    )
    connection.execute(
        statement("create table {target} as {query}", target=table.target, query=query)
    )
    copy_parquet(connection, statement("select * from {target}", target=table.target), file)
    return fingerprint(connection, source, table)


def _copy_day_table(
    connection: DuckDBPyConnection,
    settings: Settings,
    days: DayTable,
    folder: Path,
    previous: Previous | None,
    lineage: Lineage,
) -> Fingerprint:
    """Copy a small table by day, in a folder of its own as it will have one when it has grown.

    What the version before has already is taken from there: a small table of ten years is
    thousands of files, too.
    """
    import duckdb

    table = days.table
    file = table_folder(folder, table) / WHOLE_FILE
    file.parent.mkdir(parents=True)
    if previous is not None:
        # A version before that cannot be read is no reason not to publish: all is copied then,
        # and what is wrong with the table itself is told by that.
        with suppress(duckdb.Error):
            source = _updated(connection, settings, days, previous)
            if source is not None:
                return _copy_table(connection, table, source, file, lineage)
        connection.execute(statement("drop table if exists {target}", target=table.target))
    return _copy_table(connection, table, table.source, file, lineage)


def _updated(
    connection: DuckDBPyConnection, settings: Settings, days: DayTable, previous: Previous
) -> Fragment | None:
    """The rows of the version before with those days replaced whose files are others now.

    None when that would not be the table: another signature, or not the rows that it should have.
    """
    if previous.is_linked or previous.signature != signature(days):
        return None
    paths = {file.path for file in days.files}
    changed = {file.values for file in days.files if not previous.has(file)}
    changed |= {values_of(path) for path in previous.files if path not in paths}
    files = [file for file in days.files if file.values in changed]
    kept = days.rows - sum(file.rows for file in files)
    if not kept:
        return None
    _choose(connection, days, changed)
    unchanged = statement(
        "(select {columns} from {previous} as kept where not exists"
        " (from changed_days as changed where {same}))",
        columns=column_names(days.table),
        previous=identifier(PREVIOUS, days.table.schema, days.table.name),
        same=Fragment(
            " and ".join(
                statement("kept.{name} is not distinct from changed.{name}", name=identifier(name))
                for name in days.columns
            )
        ),
    )
    if kept != _count(connection, unchanged):
        return None
    if not files:
        return unchanged
    return statement(
        "(from {unchanged} union all select {columns} from ({files}))",
        unchanged=unchanged,
        columns=column_names(days.table),
        files=files_query(days, (days_folder(settings) / file.path for file in files)),
    )


def _choose(
    connection: DuckDBPyConnection, days: DayTable, values: set[tuple[str | None, ...]]
) -> None:
    """Put values of the columns by which a table is cut into the temporary table `changed_days`."""
    types = {column.name: type_name(column.data_type) for column in days.table.columns}
    columns = comma(
        statement("cast(unnest(?::varchar[]) as {type}) as {name}", type=types[name], name=quoted)
        for name, quoted in ((name, identifier(name)) for name in days.columns)
    )
    lists = [[row[position] for row in values] for position in range(len(days.columns))]
    connection.execute(
        statement("create or replace temporary table changed_days as select {c}", c=columns), lists
    )


def _link_table(
    connection: DuckDBPyConnection,
    settings: Settings,
    days: DayTable,
    folder: Path,
    previous: Previous | None,
    lineage: Lineage,
) -> LinkedTable:
    place = table_folder(folder, days.table)
    place.mkdir(parents=True)
    linked = link_files(settings, days, place, previous)
    copy_parquet(
        connection,
        statement("select * from {source} limit 0", source=days.table.source),
        place / SCHEMA_FILE,
    )
    connection.execute(
        statement(
            "create view {target} as {query}",
            target=days.table.target,
            # In the view alone: the files are shared with the versions of other runs.
            query=folder_query(days, place, lineage.columns(days.table)),
        )
    )
    return linked


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
    known = previous and parquet_file(previous, Table("ops", "", ())).parent
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
