"""Keeps Dagster's own records from growing for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg

# What a daily run adds is one; more than that at a time would be felt.
MOST_AT_ONCE = 50
OVER = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def forget_runs(instance: dg.DagsterInstance, days: int) -> int:
    """Delete the oldest runs that are over for so many days, with their events.

    Returns:
        How many were deleted; the rest waits for the next run.
    """
    old = instance.get_run_records(
        dg.RunsFilter(statuses=OVER, updated_before=datetime.now(UTC) - timedelta(days)),
        limit=MOST_AT_ONCE,
        ascending=True,
    )
    for record in old:
        instance.delete_run(record.dagster_run.run_id)
    return len(old)
