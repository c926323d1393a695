"""A warehouse with tables by day as the models build them, and ways to change it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.settings import Settings

CONTACTS = "select * from intermediate.contacts"


@dataclass
class Warehouse:
    """A warehouse that is opened for a moment and closed again, as a build does.

    Attributes:
        keeps_files: whether the next table by day that is built is one in files.
    """

    settings: Settings
    keeps_files: bool = False
    generations: int = 0

    def __call__(self, *statements: str) -> None:
        self.settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(self.settings.warehouse)) as connection:
            for statement in statements:
                connection.execute(statement)

    def prepare(self) -> None:
        """Create the schemas and the accounts of tables by day."""
        self(
            *(f"create schema {name}" for name in ("marts", "core", "intermediate")),
            "create table intermediate.day_files (table_schema varchar, table_name varchar, "
            "kind varchar, day date, path varchar, rows_count bigint, bytes bigint)",
            "create table intermediate.day_state (table_schema varchar, table_name varchar, "
            "signature varchar, batch bigint)",
        )

    def keep_files(self, keeps_files: bool) -> None:
        """Build the contacts, and whatever comes, in files from now on or not."""
        self.keeps_files = keeps_files
        self.build_days("core.fct_contacts")

    def build_days(
        self,
        label: str,
        query: str = CONTACTS,
        cut: tuple[str, ...] = ("contact_type", "contact_date"),
        days: tuple[str | None, ...] | None = None,
    ) -> None:
        """Write a table by day anew, or some days of it, as one more generation of files."""
        schema, name = label.split(".")
        self.generations += 1
        self(
            f"delete from intermediate.day_state where table_name = '{name}'",
            "insert into intermediate.day_state "
            f"values ('{schema}', '{name}', 'signature', {self.generations})",
            f"drop {'table' if self._is_table(name) else 'view'} if exists {label}",
        )
        if not self.keeps_files:
            self(
                f"delete from intermediate.day_files where table_name = '{name}'",
                f"create table {label} as {query}",
            )
            return
        generation = f"g{self.generations}"
        root = self.settings.warehouse.parent / "days"
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        texts = ", ".join(f"'{day or 'none'}'" for day in days or ())
        chosen = f"list_contains([{texts}], coalesce(cast({{}} as varchar), 'none'))"
        if days is None:
            chosen = "true"
        with duckdb.connect(str(self.settings.warehouse)) as connection:
            connection.execute("set threads = 1")
            connection.execute(
                f"copy (from ({query}) where {chosen.format(cut[-1])}) to {quoted(folder)} "
                f"(format parquet, partition_by ({', '.join(cut)}), "
                f"write_partition_columns true, overwrite_or_ignore true, "
                f"filename_pattern '{generation}_{{i}}')"
            )
            connection.execute(
                f"delete from intermediate.day_files where table_name = '{name}' "
                f"and {chosen.format('day')}"
            )
            for path in sorted(folder.rglob(f"{generation}_*.parquet")):
                values = dict(part.split("=") for part in path.relative_to(folder).parts[:-1])
                day = values[cut[-1]]
                kind = values[cut[0]] if len(cut) > 1 else None
                ((rows,),) = connection.execute(
                    "select num_rows from parquet_file_metadata(?)", [escaped(path)]
                ).fetchall()
                connection.execute(
                    "insert into intermediate.day_files values (?, ?, ?, ?, ?, ?, ?)",
                    [
                        schema,
                        name,
                        kind,
                        None if day.startswith("__HIVE") else day,
                        path.relative_to(root).as_posix(),
                        rows,
                        path.stat().st_size,
                    ],
                )
            paths = connection.execute(
                "select path from intermediate.day_files where table_name = ? order by path", [name]
            ).fetchall()
            files = ", ".join(quoted(escaped(root / path)) for (path,) in paths)
            source = (
                f"read_parquet([{files}], hive_partitioning = false)"
                if files
                else f"({query}) limit 0"
            )
            connection.execute(f"create or replace view {label} as select * from {source}")

    def _is_table(self, name: str) -> bool:
        query = "select count(*) from duckdb_tables() where table_name = ?"
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as connection:
            return connection.execute(query, [name]).fetchall() == [(1,)]

    def files(self, name: str) -> dict[str, int]:
        """Inode of each current file of a table by day, by the place of its day."""
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as connection:
            rows = connection.execute(
                "select path from intermediate.day_files where table_name = ?", [name]
            ).fetchall()
        root = self.settings.warehouse.parent / "days"
        return {
            "/".join(path.split("/")[1:-1]): (root / path).stat().st_ino for (path,) in sorted(rows)
        }


def quoted(path: Path | str) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def escaped(path: Path) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))
