"""The schema `ops`: what runs did, took, found and published, as tables.

Turns records into rows; reads the state, never the inbox, the lake or the quarantine.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.freshness import Freshness
from orchestration.publish.sql import comma, glob_literal, identifier, statement, type_name
from orchestration.publish.tables import TARGET
from orchestration.settings import Settings
from orchestration.state import (
    RunRecord,
    load_checks,
    load_figures,
    load_runs,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# A year of daily runs: with all of them, a publish would cost what history costs.
PUBLISHED_RUNS = 400


@dataclass(frozen=True)
class OpsTable:
    """A table of the schema ops: its columns as name → (type, description)."""

    name: str
    description: str
    columns: Mapping[str, tuple[str, str]]


RUNS = OpsTable(
    "runs",
    f"One row per run, the newest {PUBLISHED_RUNS}.",
    {
        "run_id": ("VARCHAR", "The run."),
        "purpose": ("VARCHAR", "run, backfill, rebuild, demo or replay."),
        "status": (
            "VARCHAR",
            "published (the run that made this version), succeeded, failed, running or "
            "interrupted (its process died).",
        ),
        "version": ("VARCHAR", "Version that it published; NULL when it published none."),
        "error": ("VARCHAR", "Why it failed; NULL when it did not."),
        "first_load_date": ("DATE", "First load date of the run."),
        "last_load_date": ("DATE", "Last load date of the run."),
        "load_date_count": ("BIGINT", "Number of load dates."),
        "rows_read": ("BIGINT", "Rows read from deliveries."),
        "rows_quarantined": ("BIGINT", "Rows put into quarantine."),
        "checks_passed": ("BIGINT", "Checks that held."),
        "checks_failed": ("BIGINT", "Critical checks that failed."),
        "checks_warned": ("BIGINT", "Checks of severity warning that failed."),
        "duration_seconds": ("DOUBLE", "Duration; NULL while running."),
        "started_at": ("TIMESTAMP", "Start (UTC)."),
        "finished_at": ("TIMESTAMP", "End (UTC); NULL while running."),
    },
)
STEPS = OpsTable(
    "run_steps",
    "One row per step of a run.",
    {
        "run_id": ("VARCHAR", "The run."),
        "step": ("VARCHAR", "Name of the step."),
        "position": ("BIGINT", "Order within the run, from 1."),
        "duration_seconds": ("DOUBLE", "Duration of the step."),
    },
)
DELIVERIES = OpsTable(
    "deliveries",
    "One row per delivered file.",
    {
        "source": ("VARCHAR", "Source as declared."),
        "table_name": ("VARCHAR", "Raw table of the source."),
        "load_date": ("DATE", "Load date of the delivery."),
        "file": ("VARCHAR", "File, relative to the inbox of the source."),
        "run_id": ("VARCHAR", "Run that read it."),
        "status": ("VARCHAR", "read or unreadable."),
        "reason": (
            "VARCHAR",
            "Why it is unreadable, else the most frequent reason of quarantine, else NULL.",
        ),
        "sha256": ("VARCHAR", "Hash of the file's content."),
        "bytes": ("BIGINT", "Size of the file."),
        "rows_read": (
            "BIGINT",
            "Records found in the file: accepted + superseded + quarantined.",
        ),
        "rows_accepted": ("BIGINT", "Rows that are the latest valid version of their record."),
        "rows_superseded": ("BIGINT", "Rows of which there is a later version."),
        "rows_quarantined": ("BIGINT", "Rows that could not be read or typed."),
        "parts_quarantined": (
            "BIGINT",
            "Parts of rows (a rating on a call, say) that went to quarantine alone.",
        ),
        "rows_erased": (
            "BIGINT",
            "Rows of people who were forgotten, cut out of the file; in no other count.",
        ),
        "is_balanced": ("BOOLEAN", "Whether every row read is accounted for."),
        # Text, not lists: DuckDB 1.0 cannot read a list column that has no values.
        "missing_columns": ("VARCHAR", "Declared columns that the file lacks, as a JSON list."),
        "added_columns": ("VARCHAR", "Columns that are not declared, as a JSON list."),
        "ingested_at": ("TIMESTAMP", "When it was read (UTC)."),
    },
)
CHECKS = OpsTable(
    "check_results",
    f"One row per check and run, of the newest {PUBLISHED_RUNS} runs.",
    {
        "run_id": ("VARCHAR", "Run that made the check."),
        "layer": ("VARCHAR", "lake, staging, core or metrics."),
        "table_name": ("VARCHAR", "Table that was checked."),
        "check_name": ("VARCHAR", "Name of the check."),
        "expectation_type": ("VARCHAR", "Kind of expectation."),
        "column_name": ("VARCHAR", "Column; NULL when the check is about the whole table."),
        "severity": ("VARCHAR", "critical (stops the run) or warning."),
        "observed": ("VARCHAR", "What was found."),
        "message": ("VARCHAR", "The outcome in a sentence."),
        "unexpected_count": ("BIGINT", "Rows against the expectation; NULL where not counted."),
        "element_count": ("BIGINT", "Rows looked at; NULL where not counted."),
        "is_success": ("BOOLEAN", "Whether it held."),
        "checked_at": ("TIMESTAMP", "When it was checked (UTC)."),
    },
)
TABLES = OpsTable(
    "tables",
    "One row per published table of the schemas marts and core.",
    {
        "schema_name": ("VARCHAR", "Schema."),
        "table_name": ("VARCHAR", "Table."),
        "description": ("VARCHAR", "What one row is; NULL when nobody described it."),
        "row_count": ("BIGINT", "Rows in this version."),
        "run_id": ("VARCHAR", "Run that published this version."),
        "dq_status": (
            "VARCHAR",
            "How the checks of the table went in that run: passed, warned (one of severity "
            "warning failed) or unchecked (none looked at it).",
        ),
        "checks_count": ("BIGINT", "Checks of the table in that run."),
        "checks_warned": ("BIGINT", "Those that warned; each is in check_results."),
        "computed_at": ("TIMESTAMP", "When that run had computed it (UTC)."),
    },
)
TABLE_ROWS = OpsTable(
    "table_rows",
    f"One row per published table and run, of the newest {PUBLISHED_RUNS} runs.",
    {
        "run_id": ("VARCHAR", "Run that published the table."),
        "schema_name": ("VARCHAR", "Schema."),
        "table_name": ("VARCHAR", "Table."),
        "row_count": ("BIGINT", "Rows in the version that the run published."),
        "computed_at": ("TIMESTAMP", "When the run had computed it (UTC)."),
    },
)
FRESHNESS = OpsTable(
    "freshness",
    "One row per raw table and run: how far its deliveries had got.",
    {
        "run_id": ("VARCHAR", "The run that looked."),
        "source": ("VARCHAR", "Source as declared."),
        "table_name": ("VARCHAR", "Raw table of the source."),
        "last_load_date": ("DATE", "Newest load date in the lake; NULL when there is none."),
        "rule": ("VARCHAR", "What was expected, in words; NULL when nothing could be."),
        "due_at": ("TIMESTAMP", "When the next load date had to be there (UTC)."),
        "is_late": ("BOOLEAN", "Whether it was not."),
        "checked_at": ("TIMESTAMP", "When the run looked (UTC)."),
    },
)
OPS_TABLES = (RUNS, STEPS, DELIVERIES, CHECKS, TABLES, TABLE_ROWS, FRESHNESS)


@dataclass(frozen=True)
class Operations:
    """What a run says of itself while it publishes.

    Attributes:
        computed_at: UTC, aware.
        deliveries: rows of `ops.deliveries`.
        fresh: how far each declared table has got.
    """

    run_id: str
    version: str
    computed_at: datetime
    deliveries: Sequence[Mapping[str, Any]]
    fresh: Sequence[Freshness]


def write_operations(
    connection: DuckDBPyConnection,
    settings: Settings,
    ops: Operations,
    tables: Sequence[Mapping[str, Any]],
    previous: Path | None = None,
) -> None:
    """Create and fill the tables of the schema ops in the attached target.

    Args:
        tables: rows of `ops.tables`.
        previous: folder of the ops tables of the version before as Parquet: what it knows of
            earlier runs is copied from it, in a hundredth of the time that their records take.

    Raises:
        DataError: a record of a run that cannot be read.
    """
    runs = load_runs(settings, PUBLISHED_RUNS)
    rows = {f"{table['schema_name']}.{table['table_name']}": table["row_count"] for table in tables}
    own = figures_of(ops, rows)
    for table, rows_of_table in (
        (RUNS, [_run_row(run, ops.run_id, ops.version) for run in runs]),
        (STEPS, [row for run in runs for row in _step_rows(run)]),
        (DELIVERIES, list(ops.deliveries)),
        (TABLES, list(tables)),
        (CHECKS, []),
        (TABLE_ROWS, own["table_rows"]),
        (FRESHNESS, own["freshness"]),
    ):
        _write(connection, table, rows_of_table)
    if any(run.run_id == ops.run_id and run.purpose == "forget" for run in runs):
        # The records are cleared of whom was forgotten, the version before is not.
        previous = None
    run_ids = [run.run_id for run in runs]
    earlier = [run_id for run_id in run_ids if run_id != ops.run_id]
    for table, recorded in ((CHECKS, run_ids), (TABLE_ROWS, earlier), (FRESHNESS, earlier)):
        known = _copy_earlier(connection, table, previous, earlier)
        left = [run_id for run_id in recorded if run_id not in known]
        _insert(connection, table, _recorded_rows(settings, table, left))


def _copy_earlier(
    connection: DuckDBPyConnection, table: OpsTable, previous: Path | None, run_ids: Sequence[str]
) -> set[str]:
    """Copy the rows of these runs from the version before; the runs that it knew."""
    import duckdb

    if previous is None:
        return set()
    file = statement("read_parquet({file})", file=glob_literal(previous, f"{table.name}.parquet"))
    wanted = statement("from {file} where run_id in (select unnest(?))", file=file)
    try:
        connection.execute(
            statement(
                "insert into {target} select {columns} {wanted}",
                target=identifier(TARGET, "ops", table.name),
                columns=comma(identifier(name) for name in table.columns),
                wanted=wanted,
            ),
            [list(run_ids)],
        )
        found = connection.execute(
            statement("select distinct run_id {wanted}", wanted=wanted), [list(run_ids)]
        ).fetchall()
    except duckdb.Error:
        # A version of before these columns, or a damaged one: the records have it all.
        return set()
    return {run_id for (run_id,) in found}


def _recorded_rows(
    settings: Settings, table: OpsTable, run_ids: Sequence[str]
) -> list[Mapping[str, Any]]:
    if table is CHECKS:
        return [_check_row(check) for each in run_ids for check in load_checks(settings, each)]
    return [row for each in run_ids for row in load_figures(settings, each).get(table.name, ())]


def figures_of(ops: Operations, rows: Mapping[str, int]) -> dict[str, Any]:
    """What later versions tell of this run: rows of `table_rows` and of `freshness`.

    Args:
        rows: rows of each published table by `<schema>.<table>`.
    """
    return {
        "table_rows": [
            {
                "run_id": ops.run_id,
                "schema_name": label.split(".")[0],
                "table_name": label.split(".")[1],
                "row_count": count,
                "computed_at": ops.computed_at,
            }
            for label, count in rows.items()
        ],
        "freshness": [
            {
                "run_id": ops.run_id,
                "source": found.source,
                "table_name": found.table,
                "last_load_date": found.last_load_date,
                "rule": found.rule,
                "due_at": found.due_at,
                "is_late": found.is_late,
                "checked_at": ops.computed_at,
            }
            for found in ops.fresh
        ],
    }


def _write(
    connection: DuckDBPyConnection, table: OpsTable, rows: Sequence[Mapping[str, Any]]
) -> None:
    target = identifier(TARGET, "ops", table.name)
    types = {name: kind for name, (kind, _) in table.columns.items()}
    columns = comma(
        statement("{name} {type}", name=identifier(name), type=type_name(kind))
        for name, kind in types.items()
    )
    connection.execute(
        statement("create table {target} ({columns})", target=target, columns=columns)
    )
    _insert(connection, table, rows)


def _insert(
    connection: DuckDBPyConnection, table: OpsTable, rows: Sequence[Mapping[str, Any]]
) -> None:
    target = identifier(TARGET, "ops", table.name)
    types = {name: kind for name, (kind, _) in table.columns.items()}
    plain = [{name: _plain(row.get(name), kind) for name, kind in types.items()} for row in rows]
    connection.execute(
        statement(
            "insert into {target} select unnest(from_json(?::json, ?), max_depth := 2)",
            target=target,
        ),
        [json.dumps(plain, default=str, allow_nan=False), json.dumps([types])],
    )


def _run_row(run: RunRecord, run_id: str, version: str) -> dict[str, Any]:
    row = asdict(run)
    if run.load_dates is not None:
        row["first_load_date"] = run.load_dates.first
        row["last_load_date"] = run.load_dates.last
        row["load_date_count"] = run.load_dates.count
    if run.run_id == run_id:
        # It is still at work, but whoever can read this row reads what it published.
        row |= {"status": "published", "version": version}
    return row


def _step_rows(run: RunRecord) -> list[dict[str, Any]]:
    return [
        {
            "run_id": run.run_id,
            "step": step.name,
            "position": position,
            "duration_seconds": step.seconds,
        }
        for position, step in enumerate(run.steps, start=1)
    ]


def _check_row(check: Mapping[str, Any]) -> dict[str, Any]:
    observed = check.get("observed")
    return {
        **check,
        "table_name": check.get("table"),
        "column_name": check.get("column"),
        "is_success": check.get("success"),
        "observed": observed if observed is None else str(observed),
    }


def _plain(value: Any, kind: str) -> Any:
    if kind == "TIMESTAMP" and isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        value = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
