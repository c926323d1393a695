"""One run of the warehouse while it goes: its lock, its record, its steps and what came of them.

Never imports dagster: the ops in defs/ report here, and the record, the summary and the progress
display read from here, whichever way the run was started.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from orchestration.dbt_runner import DbtRunner
from orchestration.declarations import Source, Table
from orchestration.errors import CxError, DataError
from orchestration.logs import lines_of_run
from orchestration.quality.outcomes import Outcome
from orchestration.quality.suites import Suite
from orchestration.retention import clear_lake, clear_old, clear_spill
from orchestration.sentences import sentence_of
from orchestration.settings import Settings
from orchestration.state import (
    LockHolder,
    RunRecord,
    Step,
    append_checks,
    clear_unfinished,
    finish_run,
    load_unfinished,
    mark_unfinished,
    run_lock,
    start_run,
)

if TYPE_CHECKING:
    from orchestration.ingest import Delivery
    from orchestration.quality.balance import DeliveryRecord
    from orchestration.quality.run import QualitySession

LOG = logging.getLogger("cx")
# Load dates up to which a run shares the machine with others.
FEW_DAYS = 7


class Progress(Protocol):
    """Whoever wants to know how a run goes."""

    def started(self, step: str) -> None:
        """A step begins."""

    def noted(self, step: str, text: str) -> None:
        """Something happened inside a step."""

    def finished(self, step: str, seconds: float, detail: str) -> None:
        """A step is done; `detail` says what came of it."""

    def failed(self, step: str, seconds: float, detail: str) -> None:
        """A step failed, or will be tried again."""


class Silence:
    """A progress that nobody watches."""

    def started(self, step: str) -> None: ...

    def noted(self, step: str, text: str) -> None: ...

    def finished(self, step: str, seconds: float, detail: str) -> None: ...

    def failed(self, step: str, seconds: float, detail: str) -> None: ...


@dataclass(frozen=True)
class Undisturbed:
    """Tells whoever watches; a terminal that went away or knows no such letter stops no run."""

    watcher: Progress

    def started(self, step: str) -> None:
        with suppress(OSError, ValueError):
            self.watcher.started(step)

    def noted(self, step: str, text: str) -> None:
        with suppress(OSError, ValueError):
            self.watcher.noted(step, text)

    def finished(self, step: str, seconds: float, detail: str) -> None:
        with suppress(OSError, ValueError):
            self.watcher.finished(step, seconds, detail)

    def failed(self, step: str, seconds: float, detail: str) -> None:
        with suppress(OSError, ValueError):
            self.watcher.failed(step, seconds, detail)


@dataclass
class Running:
    """A step that goes on; `detail` ends up beside its name when it is done."""

    name: str
    progress: Progress
    detail: str = ""

    def note(self, text: str) -> None:
        self.progress.noted(self.name, text)


@dataclass
class RunSession:
    """What a run knows of itself.

    Attributes:
        load_dates: the load dates of the run, in order; None for all that the lake has.
        checked_dates: what the checks of lake and staging look at: the load dates of the run, and
            those of earlier runs that failed, whose rows this run would publish too.
        wait_seconds: how long the run waits for another one that goes on.
        accepted: tables, as `source.table`, that may be unlike their deliveries before.
        publishes: whether it is to end in a published version, as all but parts of a job do.
        errors: step → the sentence why it failed, in the order of failing; a step that succeeds
            when it is tried again is taken out.
        outcomes: checks of suites, balances and dbt tests, in the order they were made.
        deliveries: what the run ingested.
        records: the reconciliation of all deliveries in the lake, once it was made.
        version: name of the version that the run published.
    """

    settings: Settings
    run_id: str
    purpose: str
    load_dates: tuple[date, ...] | None
    sources: Sequence[Source]
    suites: Sequence[Suite]
    progress: Progress = field(default_factory=Silence)
    wait_seconds: float = 0.0
    accepted: frozenset[str] = frozenset()
    publishes: bool = False
    steps: list[Step] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    records: list[DeliveryRecord] = field(default_factory=list)
    version: str | None = None

    def __post_init__(self) -> None:
        self.progress = Undisturbed(self.progress)

    @cached_property
    def checked_dates(self) -> tuple[date, ...] | None:
        if self.load_dates is None:
            return None
        left = {found.load_date for found in load_unfinished(self.settings)}
        return tuple(sorted(left.union(self.load_dates)))

    @cached_property
    def dbt(self) -> DbtRunner:
        few_days = self.load_dates is not None and len(self.load_dates) <= FEW_DAYS
        return DbtRunner(self.settings, few_days=few_days)

    @cached_property
    def quality(self) -> QualitySession:
        from orchestration.publish import published_batch
        from orchestration.quality.run import QualitySession

        batch = published_batch(self.settings)
        return QualitySession(self.settings, self.suites, self.run_id, batch)

    @property
    def tables(self) -> Iterator[Table]:
        return (table for source in self.sources for table in source.tables)

    @property
    def own_records(self) -> list[DeliveryRecord]:
        """The reconciliation of the deliveries of the run's load dates."""
        dates = self.load_dates
        return [found for found in self.records if dates is None or found.load_date in dates]

    @property
    def error(self) -> str | None:
        """The sentence of the first step that failed."""
        return next(iter(self.errors.values()), None)

    def tell_waiting(self, holder: LockHolder) -> None:
        """Another run holds the lock."""
        text = (
            f"waiting for {holder.purpose or 'a run'} {holder.run_id or ''} (process {holder.pid}) "
            f"since {holder.since}"
        )
        LOG.info(text)
        self.progress.started("wait")
        self.progress.noted("wait", text)

    @contextmanager
    def step(self, name: str) -> Iterator[Running]:
        """Time a step, tell who watches, and remember the sentence when it fails."""
        running = Running(name, self.progress)
        self.progress.started(name)
        started = time.monotonic()
        try:
            yield running
        except BaseException as error:
            self.errors[name] = sentence_of(error, self.settings)
            LOG.error(
                "step failed: %s",
                self.errors[name],
                exc_info=not isinstance(error, CxError),
                extra={"step": name, "seconds": round(time.monotonic() - started, 3)},
            )
            self.progress.failed(name, time.monotonic() - started, running.detail)
            raise
        else:
            self.errors.pop(name, None)
            LOG.info(
                "step done",
                extra={
                    "step": name,
                    "seconds": round(time.monotonic() - started, 3),
                    "detail": running.detail,
                },
            )
            self.progress.finished(name, time.monotonic() - started, running.detail)
        finally:
            self.steps.append(Step(name, round(time.monotonic() - started, 3)))

    def add_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Keep check outcomes, on disk too: they outlive a run that is killed later."""
        self.outcomes += outcomes
        if outcomes:
            append_checks(self.settings, self.run_id, outcomes)
        for found in outcomes:
            if not found.success:
                LOG.log(
                    logging.ERROR if found.is_blocking else logging.WARNING,
                    "check failed: %s",
                    found.message,
                    extra={"check": found.check_name, "table": found.table, "layer": found.layer},
                )

    def totals(self) -> Mapping[str, Any]:
        """The fields of the run record that are known only by now."""
        failed = [found for found in self.outcomes if not found.success]
        # Until the models are built only ingest has said what it could not read.
        counted = self.own_records or self.deliveries
        return {
            "rows_read": sum(found.rows_read for found in counted),
            "rows_quarantined": sum(found.rows_quarantined for found in counted),
            "checks_passed": len(self.outcomes) - len(failed),
            "checks_failed": sum(found.is_blocking for found in failed),
            "checks_warned": sum(not found.is_blocking for found in failed),
            "version": self.version,
            "error": self.error,
            "steps": tuple(self.steps),
        }


@contextmanager
def open_session(session: RunSession) -> Iterator[RunSession]:
    """Hold the run lock and keep the record of the run for as long as it goes.

    Raises:
        LockedError: another run goes on.
        DataError: there is nothing to work on, neither a delivery of the run's dates nor a lake.
    """
    settings = session.settings
    with (
        lines_of_run(settings, session.run_id),
        run_lock(
            settings, session.run_id, session.purpose, session.wait_seconds, session.tell_waiting
        ),
    ):
        record = start_run(settings, session.run_id, session.purpose, session.load_dates or ())
        LOG.info(
            "run started",
            extra={"purpose": session.purpose, "load_dates": list(session.load_dates or ())},
        )
        try:
            with session.step("prepare"):
                prepare(session)
                mark_unfinished(settings, session.run_id, session.load_dates or ())
            yield session
        except BaseException as error:
            session.errors.setdefault("run", sentence_of(error, settings))
            raise
        finally:
            _close(session, record)
            clear_old(settings)


def prepare(session: RunSession) -> None:
    """Everything that has to be there before the first step.

    Raises:
        DataError: neither a delivery of the run's load dates nor anything of them in the lake.
    """
    from orchestration.ingest import deliveries_in_inbox, finish_interrupted, write_schema_file

    settings = session.settings
    finish_interrupted(settings)
    clear_spill(settings)
    clear_lake(settings)
    if session.purpose in ("rebuild", "forget"):
        for path in (settings.warehouse, settings.warehouse.with_suffix(".duckdb.wal")):
            path.unlink(missing_ok=True)
        # Published versions have links of their own.
        shutil.rmtree(settings.warehouse.parent / "days", ignore_errors=True)
    wanted = session.load_dates
    if wanted is None:
        if not lake_has_rows(settings):
            raise nothing_there(settings, None, ())
    elif not any(lake_has_rows(settings, day) for day in wanted) and not any(
        set(wanted) & set(deliveries_in_inbox(settings, table)) for table in session.tables
    ):
        expected = [f"{table.source}/{table.files}" for table in session.tables]
        raise nothing_there(settings, wanted, expected)
    for table in session.tables:
        write_schema_file(settings, table)


def lake_has_rows(settings: Settings, load_date: date | None = None) -> bool:
    """Whether any partition was ever ingested, of this load date if one is given."""
    return any(settings.lake.glob(f"[!.]*/*/load_date={load_date or '*'}"))


def nothing_there(
    settings: Settings, load_dates: Sequence[date] | None, expected: Sequence[str]
) -> DataError:
    """The sentence for a run that has nothing to do: where was looked, and what was expected."""
    if load_dates is None:
        return DataError(
            f"Expected ingested deliveries in {settings.lake}, found none: run `cx run --date "
            "YYYY-MM-DD` on deliveries first, or `cx demo` to try with generated ones."
        )
    first, last = (min(load_dates), max(load_dates)) if load_dates else (None, None)
    dates = f"{first}" if first == last else f"{first} to {last}"
    return DataError(
        f"Expected deliveries of {dates} in {settings.inbox} (such as "
        f"{', '.join(expected[:3]) or '<source>/<load date>/…'}), found "
        f"{'none' if settings.inbox.is_dir() else 'no such folder'}, and nothing of them in the "
        "lake: put files there, or run `cx demo` to try with generated ones."
    )


def _close(session: RunSession, record: RunRecord) -> None:
    if "quality" in vars(session):
        _write_data_docs(session)
        session.quality.close()
    if session.publishes and session.version is None and not session.error:
        # Whatever broke off between two steps must not pass for a success.
        session.errors["run"] = (
            f"Expected the run {session.run_id} to publish, found that it stopped before, outside "
            "of its steps: look at it with `cx ui`, and run it again."
        )
    if session.error:
        step, error = next(iter(session.errors.items()))
        if step != "prepare":
            mark_unfinished(session.settings, session.run_id, session.load_dates or (), step, error)
    elif session.version is not None:
        clear_unfinished(session.settings, session.load_dates or ())
    finished = finish_run(
        session.settings,
        record,
        "failed" if session.error else "succeeded",
        **session.totals(),
    )
    LOG.log(
        logging.ERROR if session.error else logging.INFO,
        "run %s",
        finished.status,
        extra={
            "seconds": finished.duration_seconds,
            "rows_read": finished.rows_read,
            "rows_quarantined": finished.rows_quarantined,
            "checks_failed": finished.checks_failed,
            "version": finished.version,
            "error": finished.error,
        },
    )


def _write_data_docs(session: RunSession) -> None:
    """The results of the suites as pages, above all of a run that they stopped."""
    try:
        session.quality.write_data_docs()
    except Exception:
        # The run is over and its record says how it went: pages are not worth a second verdict.
        LOG.exception("data docs of run %s", session.run_id)
