"""What needs a person, and what he does about it: for `cx status` and for monitoring.

Looks at the records of runs, never at the scheduler: a schedule that did not fire shows as work
that nobody did. Reads the home, changes nothing; never imports dagster, never opens a database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from orchestration.declarations import Source
from orchestration.errors import DataError
from orchestration.freshness import Freshness, freshness_of, load_dates_in_lake
from orchestration.retention import first_kept_date
from orchestration.settings import Settings
from orchestration.state import (
    LoadDates,
    LockHolder,
    RunRecord,
    Unfinished,
    load_runs,
    load_unfinished,
    lock_holder,
)

# Between the machine that ran and the one that looks.
CLOCKS_DIFFER = timedelta(minutes=5)
# Runs that take deliveries in: a rebuild or a replay does not stand for a schedule that fired.
TAKING_IN = ("run", "backfill", "demo")


@dataclass(frozen=True)
class Finding:
    """Something that a person has to know.

    Attributes:
        what: a word or two.
        since: UTC, aware; None when it was always so.
        why: one sentence.
        todo: the command that helps, or what to do.
        is_alarm: whether `cx status --check` fails for it.
    """

    what: str
    since: datetime | None
    why: str
    todo: str
    is_alarm: bool = True


def find(settings: Settings, sources: Sequence[Source], now: datetime) -> list[Finding]:
    """Alarms first, in the order in which they are best worked on.

    Args:
        sources: the declared ones; without them nothing is said about deliveries.
        now: the present time (aware).

    Raises:
        DataError: a record that cannot be read.
    """
    recorded = load_runs(settings)
    # A run that a wrong clock dated ahead would hide all that comes after it.
    runs = [run for run in recorded if run.started_at <= now + CLOCKS_DIFFER]
    holder = lock_holder(settings)
    told = {runs[0].run_id} if runs and runs[0].status != "succeeded" else set()
    left = [f for f in load_unfinished(settings) if f.run_id not in told]
    found = [
        *_of_clock(recorded, runs, now),
        *_of_running(settings, holder, now),
        *_of_last_run(runs),
        *_of_unfinished(left),
        *_of_silence(settings, runs, now),
        *_of_publishing(settings, runs),
        *_of_freshness(freshness_of(settings, sources, now), sources),
    ]
    if holder is None:
        found += _of_inbox(settings, sources)
    return sorted(found, key=lambda finding: not finding.is_alarm)


def last_success(runs: Sequence[RunRecord]) -> RunRecord | None:
    """The newest run that took deliveries in and published."""
    return next(
        (r for r in runs if r.status == "succeeded" and r.version and r.purpose in TAKING_IN), None
    )


def command_for(purpose: str, dates: LoadDates | None) -> str:
    """What starts such a run again."""
    if purpose == "replay":
        return "cx quarantine replay"
    if purpose == "forget":
        return "cx forget CUSTOMER"
    if purpose == "rebuild" or dates is None:
        return "cx rebuild"
    if dates.first == dates.last:
        return f"cx run --date {dates.first}"
    return f"cx backfill --from {dates.first} --to {dates.last}"


def _of_clock(
    recorded: Sequence[RunRecord], runs: Sequence[RunRecord], now: datetime
) -> Iterator[Finding]:
    if len(recorded) > len(runs):
        newest = recorded[0]
        yield Finding(
            "clock",
            None,
            f"Expected no run to have begun after now ({now:%Y-%m-%d %H:%M} UTC), found "
            f"{newest.run_id} of {newest.started_at:%Y-%m-%d %H:%M}: the clock is wrong, or was.",
            f"set the clock; if it is right now, move state/runs/{newest.run_id}.json away",
        )


def _of_running(settings: Settings, holder: LockHolder | None, now: datetime) -> Iterator[Finding]:
    if holder is None or holder.since is None:
        return
    since = datetime.fromisoformat(holder.since)
    if now - since > timedelta(hours=settings.alarm_hours):
        yield Finding(
            "run hangs",
            since,
            f"Expected a run to end within {settings.alarm_hours} hours, found {holder.purpose} "
            f"{holder.run_id} still going on.",
            f"if it does nothing any more: kill {holder.pid}",
        )


def _of_last_run(runs: Sequence[RunRecord]) -> Iterator[Finding]:
    ended = [record for record in runs if record.status != "running"]
    bad = list(takewhile(lambda record: record.status != "succeeded", ended))
    if not bad:
        return
    last = bad[0]
    again = command_for(last.purpose, last.load_dates)
    if last.status == "interrupted":
        yield Finding(
            "interrupted",
            bad[-1].started_at,
            f"Expected the run {last.run_id} ({last.purpose}) to end, found that its process died "
            "before: nothing of it was published.",
            again,
        )
    else:
        times = f"; {len(bad)} runs failed since" if len(bad) > 1 else ""
        yield Finding(
            "run failed",
            bad[-1].started_at,
            f"{last.error or 'No reason was recorded.'}{times}",
            f"mend it, then {again}",
        )


def _of_unfinished(left: Sequence[Unfinished]) -> Iterator[Finding]:
    """Load dates that failed once and that the runs since then have not published."""
    if not left:
        return
    first = min(left, key=lambda found: found.since)
    dates = LoadDates(left[0].load_date, left[-1].load_date, len(left))
    days = "1 load date is" if len(left) == 1 else f"{len(left)} load dates are"
    yield Finding(
        "not finished",
        datetime.fromisoformat(first.since),
        f"{days} not, or not wholly, in what is published: "
        f"{first.error or 'its run was interrupted'}",
        command_for("run", dates),
    )


def _of_silence(settings: Settings, runs: Sequence[RunRecord], now: datetime) -> Iterator[Finding]:
    """The dead man's check."""
    success = last_success(runs)
    if success is None:
        yield Finding(
            "no success",
            runs[-1].started_at if runs else None,
            "No run has succeeded yet.",
            "cx run --date YYYY-MM-DD, or cx demo to try",
        )
        return
    ended = success.finished_at or success.started_at
    hours = int((now - ended).total_seconds() // 3600)
    if now - ended > timedelta(hours=settings.alarm_hours):
        yield Finding(
            "no success",
            ended,
            f"No run has succeeded for {hours} hours, which is more than {settings.alarm_hours} "
            "(CX_ALARM_HOURS).",
            f"look whether cron or the schedule of cx ui is on, then "
            f"cx run --date {(now - timedelta(days=1)).date()}",
        )


def _of_publishing(settings: Settings, runs: Sequence[RunRecord]) -> Iterator[Finding]:
    from orchestration.publish.versions import list_versions

    versions = list_versions(settings)
    current = next((version for version in versions if version.is_current), None)
    if current is None:
        if last_success(runs):
            yield Finding(
                "not published",
                None,
                f"Expected a published version below {settings.published}, found none.",
                "cx rebuild",
            )
        return
    if versions[0].name != current.name:
        yield Finding(
            "rolled back",
            current.published_at,
            f"Readers see {current.name}, which is not the newest version.",
            f"cx rollback {versions[0].name} to go forward again; the next run does, too",
            is_alarm=False,
        )


def _of_freshness(found: Sequence[Freshness], sources: Sequence[Source]) -> Iterator[Finding]:
    owners = {source.name: source.owner for source in sources}
    for fresh in found:
        if not fresh.is_late:
            continue
        last = f"none after {fresh.last_load_date}" if fresh.last_load_date else "none at all"
        yield Finding(
            "late",
            fresh.due_at,
            f"Expected load dates of {fresh.label} ({fresh.rule}), found {last}.",
            f"ask {owners[fresh.source] or 'its owner'} for the files of {fresh.source}",
            is_alarm=fresh.is_declared,
        )


def _of_inbox(settings: Settings, sources: Sequence[Source]) -> Iterator[Finding]:
    """Delivered, and no run took it in."""
    from orchestration.ingest import deliveries_in_inbox

    first = first_kept_date(settings) or settings.start_date
    waiting = set()
    refused = set()
    for table in (table for source in sources for table in source.tables):
        try:
            delivered = deliveries_in_inbox(settings, table).keys()
        except DataError as error:
            # The tables of a source share its folder.
            refused.add(str(error))
            continue
        waiting |= delivered - set(load_dates_in_lake(settings, table))
    for sentence in sorted(refused):
        yield Finding("inbox", None, sentence, "as it says")
    known = {found.load_date for found in load_unfinished(settings)}
    dates = sorted(day for day in waiting - known if day >= max(first, settings.start_date))
    if dates:
        which = f"{dates[0]}" if len(dates) == 1 else f"{len(dates)} load dates"
        yield Finding(
            "waiting",
            None,
            f"Files of {which} lie in the inbox, and no run has taken them in.",
            command_for("run", LoadDates(dates[0], dates[-1], len(dates))),
            is_alarm=False,
        )
