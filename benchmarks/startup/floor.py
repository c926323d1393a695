"""The work of one `cx run` without Dagster: one process, one dbt invocation, one context of checks.

What a run of a load date cannot be faster than while it ingests, builds, checks and publishes with
the same functions on the same home. It leaves out what makes a run safe: a layer is not checked
before the next one is built, nothing stops when a check fails, Dagster knows nothing of it.
"""

from __future__ import annotations

import sys
from datetime import date
from uuid import uuid4

from orchestration.dbt_runner import QUIET, project_signature
from orchestration.declarations import load_sources
from orchestration.quality.suites import LAYERS, load_suites
from orchestration.run_session import Progress, RunSession, Silence, open_session
from orchestration.settings import Settings, load_settings

MARTS = "models/marts/"


def run(settings: Settings, day: date, progress: Progress) -> RunSession:
    """Everything that `cx run --date` does for a load date."""
    session = RunSession(
        settings=settings,
        run_id=str(uuid4()),
        purpose="run",
        load_dates=(day,),
        sources=load_sources(settings.project_dir),
        suites=load_suites(settings.project_dir),
        progress=progress,
    )
    with open_session(session):
        with session.step("ingest"):
            ingest(session, day)
        with session.step("build"):
            build(settings)
        with session.step("check"):
            check(session)
        with session.step("publish"):
            publish(session)
    return session


def ingest(session: RunSession, day: date) -> None:
    from orchestration.ingest import deliveries_in_inbox, ingest_partition

    for table in session.tables:
        if day in deliveries_in_inbox(session.settings, table):
            session.deliveries.append(
                ingest_partition(session.settings, table, day, session.run_id)
            )


def build(settings: Settings) -> None:
    """All of the project in one `dbt build`, which parses it too."""
    import os

    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner
    from orchestration.publish import published_batch

    # As a run has them: without, every table is built anew.
    os.environ["DBT_PROJECT_SIGNATURE"] = project_signature(settings)
    os.environ["DBT_PUBLISHED_BATCH"] = str(published_batch(settings) or "")
    done = dbtRunner().invoke(
        [
            *QUIET,
            f"--log-path={settings.home / 'logs'}",
            "build",
            "--no-write-json",
            "--exclude-resource-type=unit_test",
            f"--project-dir={settings.project_dir}",
            f"--profiles-dir={settings.project_dir}",
            f"--target-path={settings.home / 'target'}",
        ]
    )
    DuckDBConnectionManager.close_all_connections()
    if not done.success:
        raise SystemExit(f"dbt build failed: {done.exception or settings.home / 'logs/dbt.log'}")


def check(session: RunSession) -> None:
    from orchestration.ingest import load_deliveries
    from orchestration.quality.balance import (
        allowed_shares,
        check_balance,
        delivery_counts,
        load_verdicts,
    )

    for layer in LAYERS:
        session.add_outcomes(session.quality.validate(layer, session.checked_dates))
    records, outcomes = check_balance(
        delivery_counts(load_deliveries(session.settings)),
        load_verdicts(session.settings, session.sources, None),
        allowed_shares(session.sources),
    )
    session.records += records
    session.add_outcomes(outcomes)


def publish(session: RunSession) -> None:
    from orchestration.dbt_runner import load_manifest
    from orchestration.ingest import load_deliveries
    from orchestration.publish import publish
    from orchestration.quality.balance import delivery_rows

    nodes = load_manifest(session.settings)["nodes"].values()
    descriptions = {
        node["alias"]: (
            node["description"],
            {name: column["description"] for name, column in node["columns"].items()},
        )
        for node in nodes
        if node["original_file_path"].startswith(MARTS)
    }
    rows = delivery_rows(load_deliveries(session.settings), session.records)
    version = publish(session.settings, session.run_id, rows, descriptions=descriptions)
    session.version = version.name


if __name__ == "__main__":
    run(load_settings(), date.fromisoformat(sys.argv[1]), Silence())
