"""The asset `published`: what BI reads, switched in as a whole after every check held."""

# No postponed annotations: Dagster wants the type of `context` itself.
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from orchestration.defs.keys import (
    DEFAULT_OWNER,
    PUBLISHED,
    assets_of,
    node_key,
    place_of,
)
from orchestration.defs.session import SESSION, step
from orchestration.freshness import freshness_of
from orchestration.ingest import load_deliveries
from orchestration.publish import publish
from orchestration.quality.balance import delivery_rows
from orchestration.run_session import RunSession
from orchestration.settings import Settings


def published_asset(manifest: Mapping[str, Any], settings: Settings) -> dg.AssetsDefinition:
    """The published version, after everything of core and metrics and their checks."""
    marts = [node for node in assets_of(manifest) if place_of(node)[0] in ("core", "metrics")]
    spec = dg.AssetSpec(
        PUBLISHED,
        deps=[node_key(node) for node in marts],
        description="What BI reads: published/cx.duckdb and Parquet, switched in as a whole.",
        group_name="published",
        owners=[DEFAULT_OWNER],
        kinds={"duckdb", "parquet"},
        freshness_policy=dg.FreshnessPolicy.time_window(
            warn_window=timedelta(hours=settings.alarm_hours),
            fail_window=timedelta(hours=settings.alarm_hours + 24),
        ),
    )
    # Seeds are published, too, where their schema says so.
    seeds = [node for node in assets_of(manifest) if node["resource_type"] == "seed"]
    descriptions = describe([*marts, *(seed for seed in seeds if seed["schema"] == "marts")])

    @dg.multi_asset(name="publish", specs=[spec], required_resource_keys={SESSION})
    def publish_version(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        session: RunSession = context.resources.session
        with step(session, "publish") as running:
            fresh = freshness_of(session.settings, session.sources, datetime.now(UTC))
            version = publish(
                session.settings,
                session.run_id,
                delivery_rows(load_deliveries(session.settings), session.records),
                fresh,
                descriptions=descriptions,
                keep=session.settings.keep_versions,
            )
            session.version = version.name
            running.detail = f"{len(version.row_counts)} tables as {version.name}"
        yield dg.MaterializeResult(
            asset_key=PUBLISHED,
            metadata={
                "version": version.name,
                "path": dg.MetadataValue.path(version.path),
                "rows": dg.MetadataValue.json(dict(version.row_counts)),
            },
        )

    return publish_version


def describe(nodes: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, dict[str, str]]]:
    """Table → (description, {column: description}), for the comments that BI tools show."""
    return {
        str(node["alias"]): (
            str(node.get("description") or ""),
            {
                name: str(column.get("description") or "")
                for name, column in node["columns"].items()
            },
        )
        for node in nodes
    }
