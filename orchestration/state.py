"""What the warehouse remembers about its own work: the run lock, run records, check outcomes.

Pure: JSON files under the home and one kernel lock; never imports dagster, never opens a database.
The clock is read here on purpose: these are facts about operations, no metric depends on them.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

from orchestration.errors import CxError, DataError, UsageError
from orchestration.settings import Settings

PURPOSES = ("run", "backfill", "rebuild", "demo", "replay", "forget")
FINAL_STATUSES = ("succeeded", "failed")
UNFINISHED_FILE = "unfinished.json"
# One folder each below state/, with a file per run.
RECORD_FOLDERS = ("runs", "checks", "figures")
# A status request holds the lock for an instant; one refusal is not yet another run.
LOCK_SECONDS = 0.25
LOCK_PAUSE_SECONDS = 0.05
WAITING_PAUSE_SECONDS = 1.0
# Of whoever cannot be asked again; longer than a rebuild takes, shorter than to the next daily run.
PATIENCE_SECONDS = 6 * 3600.0


class LockedError(CxError):
    """Another process holds the run lock (exit code 1): nothing was tried."""

    exit_code = 1


@dataclass(frozen=True)
class LockHolder:
    """Who holds the run lock; `run_id` is None while the holder has not written its name yet."""

    run_id: str | None
    pid: int | None
    since: str | None
    purpose: str | None


@dataclass(frozen=True)
class LoadDates:
    """The load dates of a run: the first, the last (both inclusive) and how many."""

    first: date
    last: date
    count: int


@dataclass(frozen=True)
class Step:
    """One step of a run and its duration in seconds."""

    name: str
    seconds: float


@dataclass(frozen=True)
class RunRecord:
    """One run, as kept in `state/runs/<run_id>.json`.

    Attributes:
        status: running, succeeded, failed, or interrupted (only when read: the record says
            running, but no living process holds the lock for it).
        started_at, finished_at: UTC, aware; `finished_at` is None until the run ended.
        rows_read, rows_quarantined, checks_*: totals of the run; 0 until it ended.
        version: name of the published version, None when nothing was published.
        error: the sentence that the operator saw, None when there was none.
    """

    run_id: str
    purpose: str
    status: str
    load_dates: LoadDates | None
    started_at: datetime
    finished_at: datetime | None = None
    duration_seconds: float | None = None
    rows_read: int = 0
    rows_quarantined: int = 0
    checks_passed: int = 0
    checks_failed: int = 0
    checks_warned: int = 0
    version: str | None = None
    error: str | None = None
    steps: tuple[Step, ...] = ()


@contextmanager
def run_lock(
    settings: Settings,
    run_id: str,
    purpose: str,
    wait_seconds: float = 0.0,
    on_wait: Callable[[LockHolder], None] | None = None,
) -> Iterator[LockHolder]:
    """Hold the only right to change lake, warehouse and published versions.

    The kernel releases it when the process dies, so that a killed run never needs a repair.

    Args:
        wait_seconds: how long to wait for whoever holds it.
        on_wait: is told once who that is.

    Raises:
        LockedError: another run holds it, in this process or another, and went on holding it.
    """
    settings.lock_file.parent.mkdir(parents=True, exist_ok=True)
    with settings.lock_file.open("a+", encoding="utf-8") as file:
        _acquire(settings, file, wait_seconds, on_wait)
        holder = LockHolder(run_id, os.getpid(), _now().isoformat(timespec="seconds"), purpose)
        try:
            file.truncate(0)
            file.write(json.dumps(asdict(holder)))
            file.flush()
            yield holder
        finally:
            # Emptied but never deleted: a second file of the same name would be a second lock.
            file.truncate(0)
            fcntl.flock(file, fcntl.LOCK_UN)


def lock_holder(settings: Settings) -> LockHolder | None:
    """Who holds the run lock now; None when it is free."""
    try:
        file = settings.lock_file.open("r", encoding="utf-8")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read_holder(file)
    return None


def start_run(
    settings: Settings, run_id: str, purpose: str, load_dates: Sequence[date] = ()
) -> RunRecord:
    """Write the record of a run that begins; call it while holding the run lock.

    Raises:
        UsageError: a purpose that is not known, or a run id that cannot be a file name.
    """
    if purpose not in PURPOSES:
        raise UsageError(
            f"Expected a purpose among {', '.join(PURPOSES)}, found {purpose!r}: correct the call."
        )
    span = LoadDates(min(load_dates), max(load_dates), len(load_dates)) if load_dates else None
    record = RunRecord(run_id, purpose, "running", span, _now())
    _write_record(settings, record)
    return record


def finish_run(settings: Settings, record: RunRecord, status: str, **totals: Any) -> RunRecord:
    """Close the record that `start_run` returned, with any other field of `RunRecord` as `totals`.

    Raises:
        UsageError: a status that is not final.
    """
    if status not in FINAL_STATUSES:
        raise UsageError(
            f"Expected a final status among {', '.join(FINAL_STATUSES)}, found {status!r} for run "
            f"{record.run_id}: correct the call."
        )
    finished_at = _now()
    duration = round((finished_at - record.started_at).total_seconds(), 3)
    finished = replace(
        record, **totals, status=status, finished_at=finished_at, duration_seconds=duration
    )
    _write_record(settings, finished)
    return finished


def load_runs(settings: Settings, limit: int | None = None) -> list[RunRecord]:
    """The run records, newest first; `limit` keeps that many.

    Raises:
        DataError: a record that cannot be read, with its file.
    """
    records = [_read_record(path) for path in (settings.state / "runs").glob("*.json")]
    records.sort(key=lambda record: (record.started_at, record.run_id), reverse=True)
    if any(record.status == "running" for record in records):
        holder = lock_holder(settings)
        records = [_seen_with(record, holder) for record in records]
    return records[:limit]


@dataclass(frozen=True)
class Unfinished:
    """A load date whose last run did not end in a published version.

    Attributes:
        since: start of the first of the runs that failed on it (UTC, ISO).
        run_id: the last of them.
        step: where that run failed; None when its process died.
        error: its sentence; None when its process died.
    """

    load_date: date
    since: str
    run_id: str
    step: str | None = None
    error: str | None = None

    @property
    def is_in_lake(self) -> bool:
        """Whether its deliveries were taken in, so that any later run publishes them."""
        return self.step is not None and not self.step.startswith(("ingest", "prepare", "run"))


def load_unfinished(settings: Settings) -> list[Unfinished]:
    """The unfinished load dates in order.

    Raises:
        DataError: the record of them cannot be read.
    """
    path = settings.state / UNFINISHED_FILE
    rows = read_json(path) if path.exists() else []
    found = [
        Unfinished(**{**row, "load_date": date.fromisoformat(row["load_date"])}) for row in rows
    ]
    return sorted(found, key=lambda unfinished: unfinished.load_date)


def mark_unfinished(
    settings: Settings,
    run_id: str,
    load_dates: Sequence[date],
    step: str | None = None,
    error: str | None = None,
) -> None:
    """Note that a run touches these load dates, before it does, or that it failed on them."""
    known = {found.load_date: found for found in load_unfinished(settings)}
    now = _now().isoformat(timespec="seconds")
    for day in load_dates:
        since = known[day].since if day in known else now
        known[day] = Unfinished(day, since, run_id, step, error)
    _write_unfinished(settings, known.values())


def clear_unfinished(settings: Settings, load_dates: Sequence[date]) -> None:
    """A version was published by a run of these load dates, with all that was in the lake."""
    left = [
        found
        for found in load_unfinished(settings)
        if found.load_date not in load_dates and not found.is_in_lake
    ]
    _write_unfinished(settings, left)


def _write_unfinished(settings: Settings, found: Iterable[Unfinished]) -> None:
    rows = [{**asdict(one), "load_date": one.load_date.isoformat()} for one in found]
    write_json(settings.state / UNFINISHED_FILE, rows)


def append_checks(settings: Settings, run_id: str, outcomes: Sequence[Any]) -> None:
    """Add check outcomes (dataclasses) to those that the run already has."""
    checked_at = _now().isoformat(timespec="seconds")
    path = _state_file(settings, "checks", run_id)
    rows = read_json(path) if path.exists() else []
    rows += [{"run_id": run_id, "checked_at": checked_at, **_as_row(o)} for o in outcomes]
    write_json(path, rows)


def load_checks(settings: Settings, run_id: str) -> list[dict[str, Any]]:
    """The check outcomes of a run in the order they were made; empty when it has none.

    Each is the outcome's own fields plus `run_id` and `checked_at` (UTC, ISO).

    Raises:
        DataError: a file that cannot be read.
    """
    path = _state_file(settings, "checks", run_id)
    rows: list[dict[str, Any]] = read_json(path) if path.exists() else []
    return rows


def write_figures(settings: Settings, run_id: str, figures: Mapping[str, Any]) -> None:
    """Keep what a run published: rows of its tables and how fresh its sources were."""
    write_json(_state_file(settings, "figures", run_id), figures)


def load_figures(settings: Settings, run_id: str) -> dict[str, Any]:
    """What `write_figures` kept; empty when the run kept nothing.

    Raises:
        DataError: a file that cannot be read.
    """
    path = _state_file(settings, "figures", run_id)
    figures: dict[str, Any] = read_json(path) if path.exists() else {}
    return figures


def _now() -> datetime:
    return datetime.now(UTC)


def _acquire(
    settings: Settings,
    file: IO[str],
    wait_seconds: float,
    on_wait: Callable[[LockHolder], None] | None,
) -> None:
    started = time.monotonic()
    is_told = False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            waited = time.monotonic() - started
        if waited >= max(wait_seconds, LOCK_SECONDS):
            break
        if waited < LOCK_SECONDS:
            time.sleep(LOCK_PAUSE_SECONDS)
            continue
        if on_wait is not None and not is_told:
            is_told = True
            on_wait(_read_holder(file))
        time.sleep(min(WAITING_PAUSE_SECONDS, wait_seconds - waited))
    holder = _read_holder(file)
    who = (
        f"found it held by run {holder.run_id} (process {holder.pid}, {holder.purpose}) since "
        f"{holder.since}"
        if holder.run_id
        else "found it held by a process that has not given its name yet"
    )
    raise LockedError(
        f"Expected the run lock {settings.lock_file} to be free, {who}: wait until it has "
        "finished, or stop that process and try again."
    )


def _read_holder(file: IO[str]) -> LockHolder:
    file.seek(0)
    try:
        content = json.loads(file.read())
        return LockHolder(**{f.name: content[f.name] for f in fields(LockHolder)})
    except (ValueError, KeyError, TypeError):
        return LockHolder(None, None, None, None)


def _seen_with(record: RunRecord, holder: LockHolder | None) -> RunRecord:
    is_alive = holder is not None and holder.run_id in (record.run_id, None)
    if record.status != "running" or is_alive:
        return record
    return replace(record, status="interrupted")


def _state_file(settings: Settings, kind: str, run_id: str) -> Path:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", run_id):
        raise UsageError(
            "Expected a run id of at most 128 letters, digits, dots, dashes and underscores, found "
            f"{run_id!r}: choose another."
        )
    return settings.state / kind / f"{run_id}.json"


def _as_row(outcome: Any) -> dict[str, Any]:
    if not is_dataclass(outcome) or isinstance(outcome, type):
        raise TypeError(f"expected a dataclass as check outcome, found {type(outcome).__name__}")
    return asdict(outcome)


def _write_record(settings: Settings, record: RunRecord) -> None:
    write_json(_state_file(settings, "runs", record.run_id), asdict(record))


def _read_record(path: Path) -> RunRecord:
    try:
        content = read_json(path)
        known = {f.name: content[f.name] for f in fields(RunRecord) if f.name in content}
        dates = known.get("load_dates")
        return RunRecord(
            **known
            | {
                "load_dates": dates
                and LoadDates(
                    date.fromisoformat(dates["first"]),
                    date.fromisoformat(dates["last"]),
                    dates["count"],
                ),
                "started_at": datetime.fromisoformat(known["started_at"]),
                "finished_at": known.get("finished_at")
                and datetime.fromisoformat(known["finished_at"]),
                "steps": tuple(Step(**step) for step in known.get("steps", ())),
            }
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"Expected the record of a run in {path}, found one that cannot be read "
            f"({type(error).__name__}: {error}): move the file away."
        ) from error


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        DataError: it is none.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(
            f"Expected JSON in {path}, found text that is not ({error}): move the file away."
        ) from error


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=".", suffix=".tmp", delete=False
    ) as file:
        try:
            json.dump(content, file, default=_plain, indent=1)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else str(value)
