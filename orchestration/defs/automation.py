"""When runs start by themselves, and who is told when one fails."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import dagster as dg

from orchestration.declarations import Table
from orchestration.defs.partitions import range_tags
from orchestration.errors import CxError
from orchestration.ingest import deliveries_in_inbox
from orchestration.notify import report_failure
from orchestration.retention import first_kept_date
from orchestration.settings import Settings
from orchestration.state import load_runs

# A file that changed just now may still be being copied.
SETTLED_AFTER_SECONDS = 60
SENSOR_SECONDS = 60


def daily_schedule(job: dg.UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """Every day at 05:00 UTC the load date before: a delivery is complete when its day is over."""

    @dg.schedule(
        name="daily_schedule",
        job=job,
        cron_schedule="0 5 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Every day at 05:00 UTC: the deliveries of the day before.",
    )
    def daily_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        day = context.scheduled_execution_time.astimezone(UTC).date() - timedelta(days=1)
        return dg.RunRequest(run_key=day.isoformat(), partition_key=day.isoformat())

    return daily_schedule


def inbox_sensor(
    settings: Settings, tables: Sequence[Table], job: dg.UnresolvedAssetJobDefinition
) -> dg.SensorDefinition:
    """A run when files came or changed since they were ingested; one run for all such dates."""

    @dg.sensor(
        name="inbox_sensor",
        job=job,
        minimum_interval_seconds=SENSOR_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="New or changed files in the inbox start a run for their load dates.",
    )
    def inbox_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            due = due_dates(settings, tables, datetime.now(UTC))
        except CxError as error:
            return dg.SkipReason(str(error))
        if not due:
            return dg.SkipReason(f"no new or changed files in {settings.inbox}")
        return dg.SensorResult(run_requests=[run_request(due)])

    return inbox_sensor


def due_dates(settings: Settings, tables: Sequence[Table], now: datetime) -> dict[date, str]:
    """The load dates whose files are not those that the lake was made from.

    Returns:
        Load date → signature of its files (names, sizes, times of change), for files that have
        been left alone for a minute.
    """
    found: dict[date, list[Path]] = {}
    stale: set[date] = set()
    for table in tables:
        for load_date, paths in deliveries_in_inbox(settings, table).items():
            found.setdefault(load_date, []).extend(paths)
            if not _is_ingested(settings, table, load_date, paths):
                stale.add(load_date)
    today = now.date()
    first = max(first_kept_date(settings) or settings.start_date, settings.start_date)
    return {
        load_date: _signature(settings, found[load_date])
        for load_date in sorted(stale)
        if first <= load_date <= today and _is_settled(found[load_date], now)
    }


def run_request(due: dict[date, str]) -> dg.RunRequest:
    """One run for the dates; asked for again only when their files changed once more."""
    dates = list(due)
    run_key = sha256(json.dumps({str(day): due[day] for day in dates}).encode()).hexdigest()
    if len(dates) == 1:
        return dg.RunRequest(run_key=run_key, partition_key=dates[0].isoformat())
    return dg.RunRequest(run_key=run_key, tags=range_tags(dates))


def failure_sensor(settings: Settings) -> dg.SensorDefinition:
    """Tells of runs that died without a word; all others tell of themselves."""

    @dg.run_failure_sensor(
        name="failure_sensor",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells CX_WEBHOOK_URL and CX_ALERT_EMAIL of a run whose process died.",
    )
    def failure_sensor(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        records = {record.run_id: record for record in load_runs(settings)}
        record = records.get(run.run_id)
        if record is None or record.status != "failed":
            message = " ".join((context.failure_event.message or "died").split())
            report_failure(settings, run.run_id, run.job_name, message)

    return failure_sensor


def _is_ingested(settings: Settings, table: Table, load_date: date, paths: Sequence[Path]) -> bool:
    from orchestration.ingest import partition_folder, read_delivery
    from orchestration.ingest.delivery import DELIVERY_FILE

    folder = partition_folder(settings, table.source, table.name, load_date)
    if not (folder / DELIVERY_FILE).is_file():
        return False
    delivery = read_delivery(folder)
    ingested_at = datetime.fromisoformat(delivery.ingested_at)
    inbox = settings.inbox / table.source
    present = {path.relative_to(inbox).as_posix(): path.stat() for path in paths}
    return {file.file: file.bytes for file in delivery.files} == {
        name: facts.st_size for name, facts in present.items()
    } and all(
        datetime.fromtimestamp(facts.st_mtime, UTC) <= ingested_at for facts in present.values()
    )


def _is_settled(paths: Sequence[Path], now: datetime) -> bool:
    newest = max(path.stat().st_mtime for path in paths)
    return now.timestamp() - newest >= SETTLED_AFTER_SECONDS


def _signature(settings: Settings, paths: Sequence[Path]) -> str:
    return sha256("\n".join(_facts(settings, paths)).encode()).hexdigest()


def _facts(settings: Settings, paths: Sequence[Path]) -> Iterator[str]:
    for path in sorted(paths):
        facts = path.stat()
        name = path.relative_to(settings.inbox).as_posix()
        yield f"{name} {facts.st_size} {facts.st_mtime_ns}"
