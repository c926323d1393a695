"""Everything that Dagster knows, loaded and bound: no logic here, and no work at import."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from orchestration.dbt_runner import load_manifest
from orchestration.declarations import Source, load_sources
from orchestration.defs.automation import daily_schedule, failure_sensor, inbox_sensor
from orchestration.defs.ingest import ingest_assets
from orchestration.defs.jobs import daily_job, rebuild_job
from orchestration.defs.keys import known_keys
from orchestration.defs.partitions import load_date_partitions
from orchestration.defs.publish import published_asset
from orchestration.defs.quality import layer_checks
from orchestration.defs.session import SESSION, Watch, session_resource
from orchestration.defs.transform import transform_assets
from orchestration.quality.suites import load_suites
from orchestration.settings import Settings, load_settings
from orchestration.state import PATIENCE_SECONDS


def build_definitions(
    settings: Settings, watch: Watch | None = None, sources: Sequence[Source] | None = None
) -> dg.Definitions:
    """The definitions for these settings.

    Args:
        watch: is told of the run in this process; without one a run, which a schedule or the web
            page started then, waits for one that somebody else started.
        sources: the declared sources, when they are read already.
    """
    sources = load_sources(settings.project_dir) if sources is None else sources
    suites = load_suites(settings.project_dir)
    manifest = load_manifest(settings)
    partitions = load_date_partitions(settings)
    tables = [table for source in sources for table in source.tables]
    checks = layer_checks(sources, suites, known_keys(sources, manifest))
    daily = daily_job()
    return dg.Definitions(
        assets=[
            *ingest_assets(sources, partitions),
            *transform_assets(manifest),
            published_asset(manifest, settings),
        ],
        asset_checks=checks,
        jobs=[daily, rebuild_job(checks)],
        schedules=[daily_schedule(daily)],
        sensors=[inbox_sensor(settings, tables, daily), failure_sensor(settings)],
        resources={
            SESSION: session_resource(
                settings, sources, suites, watch or Watch(wait_seconds=PATIENCE_SECONDS)
            )
        },
        # DuckDB has one writer: one process does a run.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev -m orchestration.definitions` loads."""
    return build_definitions(load_settings())
