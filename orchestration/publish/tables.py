"""What there is to publish: the tables of the warehouse, their columns and their fingerprints.

Only reads through a connection that somebody else opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from orchestration.publish.sql import Fragment, comma, identifier, statement, type_name

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Aliases of the two attached databases while a version is built.
WAREHOUSE = "warehouse"
TARGET = "published"


@dataclass(frozen=True)
class Column:
    name: str
    data_type: str


@dataclass(frozen=True)
class Table:
    """A table (or view) of the warehouse that is published."""

    schema: str
    name: str
    columns: tuple[Column, ...]

    @property
    def label(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def file_stem(self) -> str:
        """The name as a file name; the same for every name that dbt allows."""
        return quote(self.name, safe="")

    @property
    def source(self) -> Fragment:
        return identifier(WAREHOUSE, self.schema, self.name)

    @property
    def target(self) -> Fragment:
        return identifier(TARGET, self.schema, self.name)


@dataclass(frozen=True)
class Fingerprint:
    """Number of rows and an order-independent hash of all their values."""

    rows: int
    digest: str


def read_tables(
    connection: DuckDBPyConnection, schema: str, database: str = WAREHOUSE
) -> list[Table]:
    """The tables and views of a schema in the order of their names."""
    rows = connection.execute(
        """
        select c.table_name, c.column_name, c.data_type
        from duckdb_columns() as c
        where c.database_name = ? and c.schema_name = ?
            -- what a killed dbt leaves behind
            and not contains(c.table_name, '__dbt_')
        order by c.table_name, c.column_index
        """,
        [database, schema],
    ).fetchall()
    columns: dict[str, list[Column]] = {}
    for table, column, data_type in rows:
        columns.setdefault(table, []).append(Column(column, data_type))
    return [Table(schema, name, tuple(found)) for name, found in columns.items()]


def fingerprint(connection: DuckDBPyConnection, relation: Fragment, table: Table) -> Fingerprint:
    """The fingerprint of a relation that has the columns of `table`."""
    # Two aggregates, as changes that cancel out in the sum do not in the exclusive or of a
    # second hash.
    ((count, digest),) = connection.execute(
        statement(
            """
            select
                count(*),
                concat_ws('-', coalesce(sum(row_hash), 0), coalesce(bit_xor(hash(row_hash)), 0))
            from (select hash({columns}) as row_hash from {relation})
            """,
            columns=column_names(table),
            relation=relation,
        )
    ).fetchall()
    return Fingerprint(count, digest)


def column_names(table: Table) -> Fragment:
    return comma(identifier(column.name) for column in table.columns)


def typed_columns(table: Table) -> Fragment:
    """The columns cast to the warehouse's types, where Parquet has other ones."""
    return comma(
        statement(
            "cast({name} as {type}) as {name}",
            name=identifier(column.name),
            type=type_name(column.data_type),
        )
        for column in table.columns
    )
