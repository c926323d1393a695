"""Validation of the layers of a run: suites in, outcomes and Data Docs out.

Opens the warehouse read-only and only while a layer is validated. Whoever wrote it in the same
process must have closed it before (`DuckDBConnectionManager.close_all_connections()` for dbt):
DuckDB refuses a file that is open in another mode. Writes nothing but the Data Docs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import DataError
from orchestration.quality.outcomes import (
    NO_DATA,
    Outcome,
    failed_sentence,
    not_computed_sentence,
    outcome,
)
from orchestration.quality.suites import LAYERS, Layer, Suite
from orchestration.quality.targets import (
    TargetMissingError,
    create_target,
    drop_target,
    open_lake,
    open_warehouse,
)
from orchestration.settings import Settings

if TYPE_CHECKING:
    import duckdb

    from orchestration.quality.engine import Engine, Result, TableSession


class QualitySession:
    """The validations of one run: a call of `validate` a layer, then one site of Data Docs.

    `since_batch` is the batch of `changed_days` that was checked and published before.

    Great Expectations is imported at the first `validate` that has something to compute.
    """

    def __init__(
        self,
        settings: Settings,
        suites: Sequence[Suite],
        run_id: str,
        since_batch: int | None = None,
    ) -> None:
        self._settings = settings
        self._since_batch = since_batch
        self._suites = tuple(suites)
        self._run_id = run_id
        self._started_at = datetime.now(UTC)
        self._engine: Engine | None = None
        self.outcomes: list[Outcome] = []

    def __enter__(self) -> QualitySession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def validate(self, layer: Layer, load_dates: Sequence[date] | None) -> list[Outcome]:
        """Validate the tables of a layer.

        Args:
            layer: lake and staging are looked at in the load dates only, tables that are kept by
                day in the days that were built since `since_batch`, all others whole.
            load_dates: the dates of the run, or None for everything that there is.

        Returns:
            One outcome for every expectation of the layer's suites, in their order. A table
            without data in the run succeeds and says so; a table that is not there, a missing
            column and a check that cannot be computed fail.

        Raises:
            DataError: the warehouse is there but cannot be opened.
        """
        suites = [suite for suite in self._suites if suite.layer == layer]
        if not suites:
            return []
        found: list[Outcome] = []
        with self._connected(layer) as (connection, tables):
            for suite in suites:
                found.extend(self._validate_suite(suite, load_dates, connection, tables))
        self.outcomes.extend(found)
        return found

    def write_data_docs(self) -> Path:
        """Write the site of this run's results, replacing that of the run before.

        Returns:
            The index page in `settings.data_docs`.
        """
        return self._loaded_engine().write_data_docs(self._settings.data_docs)

    def close(self) -> None:
        """Forget the results; connections are closed after every `validate` anyway."""
        self._engine = None

    def _loaded_engine(self) -> Engine:
        if self._engine is None:
            from orchestration.quality.engine import Engine

            self._engine = Engine(self._run_id, self._started_at)
        return self._engine

    @contextmanager
    def _connected(
        self, layer: Layer
    ) -> Iterator[tuple[duckdb.DuckDBPyConnection | None, TableSession]]:
        """Open what the layer is read from; None when there is no warehouse yet."""
        engine = self._loaded_engine()
        if layer != "lake" and self._settings.warehouse.is_file():
            connection, is_there = open_warehouse(self._settings), True
        else:
            connection, is_there = open_lake(self._settings), layer == "lake"
        try:
            tables = engine.session(connection)
            try:
                yield (connection if is_there else None), tables
            finally:
                tables.close()
        finally:
            connection.close()

    def _validate_suite(
        self,
        suite: Suite,
        load_dates: Sequence[date] | None,
        connection: duckdb.DuckDBPyConnection | None,
        tables: TableSession,
    ) -> list[Outcome]:
        try:
            if connection is None:
                raise TargetMissingError("there is no warehouse file; build it first")
            target = create_target(connection, self._settings, suite, load_dates, self._since_batch)
        except TargetMissingError as error:
            # Whatever the suite holds to be a warning: a table that is not there stops the run.
            suite = replace(
                suite,
                expectations=tuple(
                    replace(expectation, severity="critical") for expectation in suite.expectations
                ),
            )
            tables.refuse(suite, str(error))
            message = (
                f"Expected the table {suite.relation} for {suite.path.as_posix()}, found that it "
                f"cannot be read ({error}): build it or remove the suite."
            )
            return [
                outcome(suite, expectation, False, message=message)
                for expectation in suite.expectations
            ]
        if target is None:
            return [
                outcome(suite, expectation, True, message=NO_DATA)
                for expectation in suite.expectations
            ]
        try:
            results = tables.validate(suite, target)
        finally:
            drop_target(connection, self._settings, target)
        return [_outcome(suite, index, result) for index, result in enumerate(results)]


def validate(
    settings: Settings,
    suites: Sequence[Suite],
    load_dates: Sequence[date] | None,
    run_id: str,
) -> list[Outcome]:
    """Validate every layer once and write the Data Docs; see `QualitySession` for single layers.

    Raises:
        DataError: the warehouse cannot be opened, or the Data Docs cannot be written.
    """
    with QualitySession(settings, suites, run_id) as session:
        for layer in LAYERS:
            session.validate(layer, load_dates)
        session.write_data_docs()
        return session.outcomes


def raise_if_blocked(outcomes: Sequence[Outcome]) -> None:
    """Stop the run when a critical check failed.

    Raises:
        DataError: the messages of the failed critical checks, one a line.
    """
    blocking = [found.message for found in outcomes if found.is_blocking]
    if blocking:
        raise DataError("\n".join(blocking))


def _outcome(suite: Suite, index: int, result: Result) -> Outcome:
    expectation = suite.expectations[index]
    message = ""
    if result.reason is not None:
        message = not_computed_sentence(suite, expectation, result.reason)
    elif not result.success:
        message = failed_sentence(
            suite, expectation, result.observed, result.unexpected_count, result.element_count
        )
    return outcome(
        suite,
        expectation,
        result.success,
        observed=result.observed,
        unexpected_count=result.unexpected_count,
        element_count=result.element_count,
        message=message,
    )
