"""Builds the content of one version aside: the DuckDB file and the Parquet files beside it.

Reads the warehouse through a read-only attachment and the state; writes only into the folder that
it is given. What becomes visible, and when, is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.errors import DataError
from orchestration.publish.facts import (
    FactFiles,
    PreviousFact,
    copy_parquet,
    parquet_view,
    write_fact,
)
from orchestration.publish.macros import MACROS
from orchestration.publish.operations import OPS_TABLES, write_operations
from orchestration.publish.sql import identifier, literal, statement
from orchestration.publish.tables import (
    TARGET,
    WAREHOUSE,
    Fingerprint,
    Table,
    fingerprint,
    read_tables,
    typed_columns,
)
from orchestration.publish.versions import DATABASE
from orchestration.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Readers since DuckDB 1.0 open it; the default of a newer engine would lock most of them out.
STORAGE_VERSION = "v1.0.0"

Descriptions = Mapping[str, tuple[str, Mapping[str, str]]]


@dataclass(frozen=True)
class Built:
    """What was built, as the verification expects to read it back.

    Attributes:
        tables: each table copied into the DuckDB file with its fingerprint in the warehouse.
        facts: each fact with its files.
    """

    tables: Mapping[Table, Fingerprint]
    facts: Mapping[Table, FactFiles]

    @property
    def row_counts(self) -> dict[str, int]:
        """Rows by `<schema>.<table>`."""
        counts = {table.label: found.rows for table, found in self.tables.items()}
        for table, files in self.facts.items():
            counts[table.label] = sum(part.rows for part in files.partitions.values())
        return dict(sorted(counts.items()))


def build_version(
    settings: Settings,
    folder: Path,
    run_id: str,
    deliveries: Sequence[Mapping[str, Any]],
    descriptions: Descriptions,
    previous: Mapping[str, PreviousFact],
) -> Built:
    """Fill `folder` with `cx.duckdb` and `parquet/`; `previous` holds facts by name.

    Raises:
        DataError: there is nothing to publish, or a record that cannot be read.
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
        copied: dict[Table, Fingerprint] = {}
        facts: dict[Table, FactFiles] = {}
        for table in tables:
            if table.is_fact:
                facts[table] = _publish_fact(connection, table, folder, previous.get(table.name))
            else:
                copied[table] = _publish_table(connection, table, folder)
            _describe(connection, table, descriptions)
        for macro in MACROS:
            connection.execute(macro.create)
            connection.execute(
                statement(
                    "comment on macro {name} is {text}",
                    name=identifier(TARGET, "marts", macro.name),
                    text=literal(macro.description),
                )
            )
        built = Built(copied, facts)
        _publish_operations(connection, settings, folder, run_id, deliveries, built, descriptions)
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


def _publish_table(connection: DuckDBPyConnection, table: Table, folder: Path) -> Fingerprint:
    query = statement("select * from {source}", source=table.source)
    connection.execute(
        statement("create table {target} as {query}", target=table.target, query=query)
    )
    copy_parquet(connection, query, parquet_file(folder, table))
    return fingerprint(connection, table.source, table)


def _publish_fact(
    connection: DuckDBPyConnection, table: Table, folder: Path, previous: PreviousFact | None
) -> FactFiles:
    files = write_fact(connection, table, fact_folder(folder, table), previous)
    connection.execute(
        statement(
            "create view {target} as select {columns} from {files}",
            target=table.target,
            columns=typed_columns(table),
            files=parquet_view(fact_folder(folder, table)),
        )
    )
    return files


def _publish_operations(
    connection: DuckDBPyConnection,
    settings: Settings,
    folder: Path,
    run_id: str,
    deliveries: Sequence[Mapping[str, Any]],
    built: Built,
    descriptions: Descriptions,
) -> None:
    published = []
    for label, rows in built.row_counts.items():
        schema, _, name = label.partition(".")
        description, _ = descriptions.get(name, ("", {}))
        published.append(
            {
                "schema_name": schema,
                "table_name": name,
                "description": description or None,
                "row_count": rows,
            }
        )
    write_operations(connection, settings, run_id, folder.name, deliveries, published)
    own = {
        table.name: (table.description, {name: text for name, (_, text) in table.columns.items()})
        for table in OPS_TABLES
    }
    for table in read_tables(connection, "ops", TARGET):
        _describe(connection, table, own)
        query = statement("select * from {target}", target=table.target)
        copy_parquet(connection, query, parquet_file(folder, table))


def _describe(connection: DuckDBPyConnection, table: Table, descriptions: Descriptions) -> None:
    description, columns = descriptions.get(table.name, ("", {}))
    if description:
        connection.execute(
            statement(
                "comment on view {name} is {text}"
                if table.is_fact
                else "comment on table {name} is {text}",
                name=table.target,
                text=literal(description),
            )
        )
    by_name = {name.lower(): text for name, text in columns.items()}
    for column in table.columns:
        if text := by_name.get(column.name.lower()):
            connection.execute(
                statement(
                    "comment on column {name} is {text}",
                    name=identifier(TARGET, table.schema, table.name, column.name),
                    text=literal(text),
                )
            )


def parquet_file(folder: Path, table: Table) -> Path:
    return folder / "parquet" / table.schema / f"{table.file_stem}.parquet"


def fact_folder(folder: Path, table: Table) -> Path:
    return folder / "parquet" / table.schema / table.file_stem
