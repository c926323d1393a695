"""The two jobs: a load date (or a range of them) from inbox to published, and a full rebuild."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from orchestration.defs.partitions import PURPOSE_TAG

DAILY = "daily"
REBUILD = "rebuild"


def daily_job() -> dg.UnresolvedAssetJobDefinition:
    """Everything: ingest the load date, then build and check each layer, then publish."""
    return dg.define_asset_job(
        DAILY,
        selection=dg.AssetSelection.all(),
        description="The deliveries of a load date, from the inbox to the published version.",
    )


def rebuild_job(checks: Sequence[dg.AssetChecksDefinition]) -> dg.UnresolvedAssetJobDefinition:
    """Everything after the lake, from an empty warehouse; the lake is checked but not touched."""
    lake = dg.AssetSelection.groups("lake")
    lake_checks = [
        key
        for definition in checks
        for key in definition.check_keys
        if key.asset_key.path[0] == "lake"
    ]
    return dg.define_asset_job(
        REBUILD,
        selection=(dg.AssetSelection.all() - lake) | dg.AssetSelection.checks(*lake_checks),
        tags={PURPOSE_TAG: "rebuild"},
        description="Drop the warehouse and build it from the lake again.",
    )
