"""The work of one `cx run` without Dagster: one process, one dbt invocation, one context of checks.

What a run of a load date cannot be faster than while it ingests, builds, checks and publishes with
the same functions on the same home. It leaves out what makes a run safe: a layer is not checked
before the next one is built, nothing stops when a check fails, Dagster knows nothing of it.
"""

from __future__ import annotations

import sys
from datetime import date
from uuid import uuid4

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
    """All of the project in one `dbt build`; what is made of the same is left, as in a run."""
    from orchestration.dbt_runner import DbtRunner, load_manifest

    outcomes = DbtRunner(settings).build(
        [
            node["name"]
            for node in load_manifest(settings)["nodes"].values()
            if node["resource_type"] in ("seed", "model", "test")
        ]
    )
    failed = [outcome.name for outcome in outcomes if not outcome.is_success]
    if failed:
        raise SystemExit(f"dbt build failed: {', '.join(failed)}: {settings.home / 'logs/dbt.log'}")


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
