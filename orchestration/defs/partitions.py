"""Daily partitions by load date, and which load dates a run is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

from orchestration.declarations import Table
from orchestration.ingest import deliveries_in_inbox
from orchestration.settings import Settings

# Which days of a range are meant, when it is not all of them: comma-separated load dates.
LOAD_DATES_TAG = "cx/load_dates"
PURPOSE_TAG = "cx/purpose"


def load_date_partitions(settings: Settings) -> dg.DailyPartitionsDefinition:
    """One partition a load date; today is one already, a delivery of today may be there."""
    return dg.DailyPartitionsDefinition(
        start_date=settings.start_date.isoformat(), timezone="UTC", end_offset=1
    )


def range_tags(load_dates: Sequence[date]) -> dict[str, str]:
    """Tags of one run over several load dates."""
    return {
        ASSET_PARTITION_RANGE_START_TAG: min(load_dates).isoformat(),
        ASSET_PARTITION_RANGE_END_TAG: max(load_dates).isoformat(),
        LOAD_DATES_TAG: ",".join(day.isoformat() for day in sorted(load_dates)),
    }


def load_dates_of_run(
    settings: Settings, tables: Sequence[Table], tags: Mapping[str, str]
) -> tuple[date, ...] | None:
    """The load dates that a run's tags name; of a range those with deliveries.

    None when the run has no partition at all: then it is about everything in the lake.
    """
    if LOAD_DATES_TAG in tags:
        return tuple(date.fromisoformat(day) for day in tags[LOAD_DATES_TAG].split(","))
    if PARTITION_NAME_TAG in tags:
        return (date.fromisoformat(tags[PARTITION_NAME_TAG]),)
    if ASSET_PARTITION_RANGE_START_TAG not in tags:
        return None
    first = date.fromisoformat(tags[ASSET_PARTITION_RANGE_START_TAG])
    last = date.fromisoformat(tags[ASSET_PARTITION_RANGE_END_TAG])
    return delivered_between(settings, tables, first, last)


def delivered_between(
    settings: Settings, tables: Sequence[Table], first: date, last: date
) -> tuple[date, ...]:
    """The load dates from `first` to `last`, both included, for which the inbox has a file."""
    delivered = {day for table in tables for day in deliveries_in_inbox(settings, table)}
    days = ((first + timedelta(days=n)) for n in range((last - first).days + 1))
    return tuple(day for day in days if day in delivered)
