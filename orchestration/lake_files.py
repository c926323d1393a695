"""Which files of the lake the staging views read: a session variable for each source table.

A run that needs a few partitions lets the views see only these (macros/increments/lake_files.sql);
every other connection sees all of the lake, by what is set here. Reads the lake's folders.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.publish.sql import identifier, statement
from orchestration.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def set_lake_variables(
    connection: DuckDBPyConnection,
    settings: Settings,
    load_dates: Collection[date] | None = None,
) -> None:
    """Let the staging views of this connection see these load dates of the lake, or all of it."""
    for name, files in lake_variables(settings, load_dates):
        connection.execute(statement("SET VARIABLE {name} = ?", name=identifier(name)), [files])


def lake_variables(
    settings: Settings, load_dates: Collection[date] | None = None
) -> list[tuple[str, list[str]]]:
    """The variables and the paths that they hold, for these load dates or all."""
    return [
        (f"lake_{folder.parent.name}__{folder.name}{suffix}", [str(file) for file in files])
        for folder in sorted(settings.lake.glob("[!.]*/[!.]*"))
        for suffix, files in _files(folder, load_dates)
    ]


def _files(folder: Path, load_dates: Collection[date] | None) -> Iterator[tuple[str, list[Path]]]:
    if load_dates is None:
        partitions = sorted(folder.glob("load_date=*"))
    else:
        partitions = [folder / f"load_date={day.isoformat()}" for day in sorted(load_dates)]
    text = [folder / "_schema.parquet", *(part / "part.parquet" for part in partitions)]
    yield "", [file for file in text if file.is_file()]
    if (native_schema := folder / "native-schema.parquet").is_file():
        native = (file for part in partitions for file in sorted(part.glob("native-*.parquet")))
        yield "_native", [native_schema, *native]
        records = [folder / "native-types.json", *(part / "delivery.json" for part in partitions)]
        yield "_deliveries", [file for file in records if file.is_file()]
