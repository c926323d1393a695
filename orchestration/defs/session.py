"""The resource `session`: a run holds the lock and keeps its record for as long as it goes.

It is set up before the first step and torn down after the last one, whether a person started the
run with `cx`, a schedule, a sensor or the web page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import dagster as dg

from orchestration.declarations import Source
from orchestration.defs.history import forget_runs
from orchestration.defs.keys import PUBLISHED
from orchestration.defs.partitions import PURPOSE_TAG, load_dates_of_run
from orchestration.notify import report_failure
from orchestration.quality.suites import Suite
from orchestration.run_session import Progress, Running, RunSession, Silence, open_session
from orchestration.settings import Settings

SESSION = "session"


@dataclass
class Watch:
    """For whoever runs a job in its own process: how it goes, and what it left.

    Attributes:
        wait_seconds: how long a run waits for another one that goes on.
        accepted: tables that may be unlike their deliveries before, see `RunSession`.
        session: the session of the run as soon as there is one.
        refusal: why there is none: the run lock is taken, or there is nothing to work on.
    """

    progress: Progress = field(default_factory=Silence)
    wait_seconds: float = 0.0
    accepted: frozenset[str] = frozenset()
    session: RunSession | None = None
    refusal: BaseException | None = None


def session_resource(
    settings: Settings, sources: Sequence[Source], suites: Sequence[Suite], watch: Watch
) -> dg.ResourceDefinition:
    """The resource for these settings; `watch` is told of the session."""
    tables = [table for source in sources for table in source.tables]

    def setup(context: dg.InitResourceContext) -> Iterator[RunSession]:
        run = context.run
        if run is None:
            raise dg.DagsterInvariantViolationError("the resource session exists in a run only")
        purpose = run.tags.get(PURPOSE_TAG)
        load_dates = load_dates_of_run(settings, tables, run.tags)
        session = RunSession(
            settings=settings,
            run_id=run.run_id,
            purpose=purpose or ("backfill" if load_dates and len(load_dates) > 1 else "run"),
            load_dates=load_dates,
            sources=sources,
            suites=suites,
            progress=watch.progress,
            wait_seconds=watch.wait_seconds,
            accepted=watch.accepted,
            # No selection is all of the job.
            publishes=not run.asset_selection or PUBLISHED in run.asset_selection,
        )
        try:
            with open_session(session):
                watch.session = session
                yield session
        except BaseException as error:
            watch.refusal = error
            raise
        finally:
            if session.error:
                report_failure(settings, run.run_id, run.job_name, session.error)
            if context.instance is not None:
                forget_runs(context.instance, settings.keep_log_days)

    return dg.ResourceDefinition(
        resource_fn=setup, description="The run lock, the run record and one dbt and checks session"
    )


@contextmanager
def step(session: RunSession, name: str, *, is_retried: bool = False) -> Iterator[Running]:
    """A step of the session whose error Dagster shows as one sentence.

    With `is_retried` an error of the operating system goes through as it is, so that the retry
    policy of the asset applies; no other error is tried again.
    """
    try:
        with session.step(name) as running:
            yield running
    except Exception as error:
        if is_retried and is_transient(error):
            raise
        raise dg.Failure(description=session.errors[name], allow_retries=False) from error


def is_transient(error: BaseException) -> bool:
    """Whether the operating system refused, which may pass: not for want of rights."""
    reason = error if isinstance(error, OSError) else error.__cause__
    return isinstance(reason, OSError) and not isinstance(reason, PermissionError)
