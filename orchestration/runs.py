"""Starts the Dagster jobs inside this process, for `cx` and for tests.

The same jobs as on the web page, recorded in the same place; only the log lines go to a file.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg

from orchestration.declarations import Source
from orchestration.defs.jobs import DAILY, REBUILD
from orchestration.defs.partitions import LOAD_DATES_TAG, PURPOSE_TAG, range_tags
from orchestration.defs.session import Watch
from orchestration.errors import CxError, DataError, UsageError
from orchestration.instance import prepare_instance
from orchestration.retention import first_kept_date
from orchestration.run_session import Progress, RunSession, Silence
from orchestration.sentences import sentence_of
from orchestration.settings import Settings

LOG = logging.getLogger("cx")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Finished:
    """A run that is over.

    Attributes:
        error: one sentence, None when the run succeeded.
        session: what came of its steps and checks.
    """

    run_id: str
    error: str | None
    session: RunSession


def run_load_dates(
    settings: Settings,
    load_dates: Sequence[date],
    purpose: str = "run",
    progress: Progress | None = None,
    sources: Sequence[Source] | None = None,
    wait_seconds: float = 0.0,
    accepted: Collection[str] = (),
) -> Finished:
    """Run the daily job for these load dates, several of them in one run.

    Args:
        sources: the declared sources, when they are read already.
        wait_seconds: how long to wait for another run that goes on.
        accepted: tables, as `source.table`, that may be unlike their deliveries before.

    Raises:
        UsageError: a load date outside of the partitions, or a project that cannot be loaded.
        LockedError: another run goes on.
        DataError: there is nothing to run on.
    """
    for day in load_dates:
        check_load_date(settings, day)
    if len(load_dates) == 1:
        days: dict[str, Any] = {"partition_key": load_dates[0].isoformat()}
    else:
        days = {"tags": range_tags(load_dates)}
    watch = Watch(progress or Silence(), wait_seconds, frozenset(accepted))
    return _execute(settings, DAILY, purpose, watch, sources, **days)


def run_rebuild(
    settings: Settings,
    purpose: str = "rebuild",
    load_dates: Sequence[date] | None = None,
    progress: Progress | None = None,
    wait_seconds: float = 0.0,
) -> Finished:
    """Build everything after the lake again; the purpose `rebuild` drops the warehouse first.

    Args:
        load_dates: what lake and staging checks look at; None for everything.
        wait_seconds: how long to wait for another run that goes on.

    Raises:
        UsageError, LockedError, DataError: as `run_load_dates`.
    """
    tags = {LOAD_DATES_TAG: ",".join(map(str, load_dates))} if load_dates is not None else None
    watch = Watch(progress or Silence(), wait_seconds)
    return _execute(settings, REBUILD, purpose, watch, tags=tags)


def check_load_date(settings: Settings, day: date) -> None:
    """Refuse a load date that has no partition, or none that would stay.

    Raises:
        UsageError: before `CX_START_DATE`, in the future, or older than the lake keeps.
    """
    today = datetime.now(UTC).date()
    if day < settings.start_date:
        raise UsageError(
            f"Expected a load date from {settings.start_date} on, found {day}: set CX_START_DATE "
            "to an earlier day to load older deliveries."
        )
    if day > today:
        raise UsageError(
            f"Expected a load date up to today ({today} in UTC), found {day}: correct the date."
        )
    first = first_kept_date(settings)
    if first is not None and day < first:
        raise UsageError(
            f"Expected a load date from {first} on, found {day}, which the lake does not keep: set "
            "CX_KEEP_LAKE_DAYS to more days to load it."
        )


def _execute(
    settings: Settings,
    job_name: str,
    purpose: str,
    watch: Watch,
    sources: Sequence[Source] | None = None,
    *,
    partition_key: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> Finished:
    from orchestration.definitions import build_definitions

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        job = build_definitions(settings, watch, sources).resolve_job_def(job_name)
        with dg.DagsterInstance.from_config(str(prepare_instance(settings))) as instance:
            result = job.execute_in_process(
                run_config=QUIET,
                instance=instance,
                partition_key=partition_key,
                raise_on_error=False,
                tags={**(tags or {}), PURPOSE_TAG: purpose},
            )
    session = watch.session
    if session is None:
        raise _refused(watch.refusal, settings)
    if not result.success and session.error is None:
        session.errors["run"] = (
            f"Expected the run {result.run_id} to succeed, found that it stopped outside of its "
            f"steps: look at it with `cx ui`."
        )
    return Finished(result.run_id, session.error, session)


def _refused(error: BaseException | None, settings: Settings) -> BaseException:
    """Why a run never began, as something to raise."""
    if isinstance(error, CxError) or (error is not None and not isinstance(error, Exception)):
        return error
    if error is None:
        return DataError("Expected the run to begin, found that it did not: look with `cx ui`.")
    return DataError(sentence_of(error, settings))
