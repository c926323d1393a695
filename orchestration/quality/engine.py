"""Great Expectations on DuckDB: the one module that imports the library (which takes seconds).

The library has no engine of its own for DuckDB and talks to it through SQLAlchemy. What that
needs is gathered here: rows are fetched before the library gives its connection back, every
keyword of DuckDB is quoted (it reserves words that the PostgreSQL dialect does not know), the
probe for column names reads no rows, and the query of `unexpected_rows` is only counted.
Results leave this module without a cell of the data.
"""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import great_expectations as gx
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.registry import get_expectation_impl
from great_expectations.expectations.row_conditions import (
    Column,
    ComparisonCondition,
    Condition,
    Operator,
)
from sqlalchemy.pool import StaticPool

from orchestration.quality.docs import KeptResult, write_site
from orchestration.quality.kinds import UNEXPECTED_ROWS
from orchestration.quality.suites import Expectation, Suite
from orchestration.quality.targets import identifier, safe_reason

if TYPE_CHECKING:
    import duckdb
    from great_expectations.datasource.fluent.interfaces import Batch

# Counts only: no list of unexpected values is ever computed.
RESULT_FORMAT = {
    "result_format": "SUMMARY",
    "partial_unexpected_count": 0,
    "include_unexpected_rows": False,
}
COUNTS = (
    "element_count",
    "unexpected_count",
    "unexpected_percent",
    "unexpected_percent_total",
    "unexpected_percent_nonmissing",
    "missing_count",
    "missing_percent",
)
# What goes without quotes unless it is a keyword.
PLAIN = re.compile(r"[a-z0-9_]+\Z")


class UnexpectedRows(gx.expectations.UnexpectedRowsExpectation):
    """No row comes back from a query; the rows are counted in DuckDB, not fetched."""

    metric_dependencies = ("unexpected_rows_query.row_count",)

    def _validate(
        self,
        metrics: dict,
        runtime_configuration: dict | None = None,
        execution_engine: Any = None,
    ) -> dict:
        rows = metrics["unexpected_rows_query.row_count"]
        return {"success": rows == 0, "result": {"observed_value": rows}}


@dataclass(frozen=True)
class Result:
    """What the library computed for one expectation, free of cells.

    Attributes:
        reason: why it could not be computed, or None.
    """

    success: bool
    observed: float | int | str | None = None
    unexpected_count: int | None = None
    element_count: int | None = None
    reason: str | None = None


class Engine:
    """One ephemeral context of the library: it validates tables and renders what came of it."""

    def __init__(self, run_id: str, run_time: datetime) -> None:
        logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
        self._run = RunIdentifier(run_name=run_id, run_time=run_time)
        self._context = gx.get_context(
            mode="ephemeral",
            project_config=DataContextConfig(
                store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
                progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
                analytics_enabled=False,
            ),
        )
        self._kept: dict[tuple[str, str], KeptResult] = {}
        self._sources = 0

    def session(self, connection: duckdb.DuckDBPyConnection) -> TableSession:
        """Bind the library to an open DuckDB connection; the caller closes both."""
        self._sources += 1
        return TableSession(self, self._context, f"duckdb_{self._sources}", connection)

    def keep(self, suite: Suite, results: Sequence[ExpectationValidationResult]) -> None:
        """Keep the results of a suite for the Data Docs; later ones replace earlier ones."""
        passed = sum(bool(result.success) for result in results)
        total = len(results)
        self._kept[(suite.layer, suite.table)] = KeptResult(
            suite,
            ExpectationSuiteValidationResult(
                results=list(results),
                success=passed == total,
                suite_name=suite.relation,
                statistics={
                    "evaluated_expectations": total,
                    "successful_expectations": passed,
                    "unsuccessful_expectations": total - passed,
                    "success_percent": 100 * passed / total,
                },
                meta={"run_id": self._run, "batch_kwargs": {}},
            ),
        )

    def write_data_docs(self, folder: Path) -> Path:
        """Render every kept result; returns the index page."""
        time = self._run.run_time.isoformat(sep=" ", timespec="seconds")
        return write_site(folder, list(self._kept.values()), str(self._run.run_name), time)


class TableSession:
    """The library bound to one connection: validates temporary relations in it."""

    def __init__(
        self, engine: Engine, context: Any, name: str, connection: duckdb.DuckDBPyConnection
    ) -> None:
        self._engine = engine
        self._context = context
        self._name = name
        self._connection = connection
        self._probes: dict[str, str] = {}
        self._source = context.data_sources.add_sql(
            name,
            connection_string="duckdb:///:memory:",
            create_temp_table=False,
            kwargs={
                "creator": lambda: _Connection(connection, self._probes),
                "poolclass": StaticPool,
            },
        )
        preparer = self._source.get_execution_engine().engine.dialect.identifier_preparer
        preparer.reserved_words = _keywords(connection)
        preparer.legal_characters = PLAIN

    def close(self) -> None:
        """Forget the connection; it stays open and belongs to the caller."""
        self._source.get_execution_engine().close()
        self._context.data_sources.delete(self._name)

    def validate(self, suite: Suite, target: str) -> list[Result]:
        """Compute the expectations of a suite on a temporary relation, in the suite's order."""
        probe = self._connection.execute(f"SELECT * FROM {identifier(target)} LIMIT 0")  # noqa: S608
        columns = [column[0] for column in probe.description or ()]
        query = f"SELECT * FROM {identifier(target)}"  # noqa: S608
        self._probes[query] = query + " LIMIT 0"
        asset = self._source.add_query_asset(suite.relation, query=query)
        # Without a batch definition: with each the library writes all it knows as YAML once more.
        batch = asset.get_batch(asset.build_batch_request())
        found: dict[str, ExpectationValidationResult] = {}
        built: dict[str, Any] = {}
        for expectation in suite.expectations:
            reason = _missing_columns(expectation, columns)
            if reason is None:
                try:
                    built[expectation.check_name] = build(expectation)
                except ValueError as error:
                    reason = _first_mistake(error)
            if reason is not None:
                found[expectation.check_name] = _not_computed(expectation, reason)
        found |= self._compute(batch, target, built)
        ordered = [
            _without_cells(expectation, found[expectation.check_name])
            for expectation in suite.expectations
        ]
        return self._told(suite, ordered)

    def refuse(self, suite: Suite, reason: str) -> list[Result]:
        """Fail every expectation of a suite whose table is not there."""
        refused = [_not_computed(expectation, reason) for expectation in suite.expectations]
        return self._told(suite, refused)

    def _told(self, suite: Suite, results: Sequence[ExpectationValidationResult]) -> list[Result]:
        told = [_result(result) for result in results]
        self._engine.keep(suite, results)
        return told

    def _compute(
        self, batch: Batch, target: str, built: Mapping[str, Any]
    ) -> dict[str, ExpectationValidationResult]:
        if not built:
            return {}
        suite = gx.ExpectationSuite(name=target, expectations=list(built.values()))
        results = batch.validate(suite, result_format=RESULT_FORMAT).results
        by_name = {_check_name(result): result for result in results}
        for name, expectation in built.items():
            # Expectations of a table share one query: one that breaks it must not fail the rest.
            if name not in by_name or _exception(by_name[name]) is not None:
                by_name[name] = batch.validate(expectation, result_format=RESULT_FORMAT)
        return by_name


def build(expectation: Expectation) -> Any:
    """The expectation as an object of the library.

    Raises:
        ValueError: the library refuses an argument.
    """
    arguments = dict(expectation.kwargs)
    if "row_condition" in arguments:
        arguments["row_condition"] = _condition(arguments["row_condition"])
    return get_expectation_impl(expectation.type)(
        **arguments,
        severity=FailureSeverity(expectation.severity),
        description=_in_docs(expectation),
        meta={"check": expectation.check_name},
    )


def _condition(condition: Mapping[str, Any]) -> Condition:
    """A row condition of a suite as the library's object."""
    column, operator = Column(condition["column"]), condition["operator"]
    if operator == "is null":
        return column.is_null()
    if operator == "is not null":
        return column.is_not_null()
    return ComparisonCondition(
        column=column,
        operator=Operator(operator.upper().replace(" ", "_")),
        parameter=condition["value"],
    )


def _in_docs(expectation: Expectation) -> str:
    """How the Data Docs name a check; the library escapes reasons, but no descriptions."""
    return html.escape(
        f"{expectation.check_name} ({expectation.severity}): {expectation.sentence}. "
        f"{expectation.description}"
    )


def mistakes_in(suites: Sequence[Suite]) -> list[str]:
    """What the library would refuse in these suites: `file:line: sentence` each."""
    mistakes = []
    for suite in suites:
        for expectation in suite.expectations:
            try:
                build(expectation)
            except ValueError as error:
                mistakes.append(
                    f"{suite.where(expectation)}: Expected arguments that {expectation.type} "
                    f"accepts, found: {_first_mistake(error)}."
                )
    return mistakes


class _Connection:
    """A DuckDB connection as SQLAlchemy sees it; closing it leaves DuckDB's open."""

    autocommit = None
    notices: tuple[str, ...] = ()

    def __init__(self, connection: duckdb.DuckDBPyConnection, probes: Mapping[str, str]) -> None:
        self._connection = connection
        self._probes = probes
        self.closed = False

    def cursor(self) -> _Cursor:
        return _Cursor(self, self._connection, self._probes)

    def begin(self) -> None:
        """Nothing is written, so there is no transaction to begin or end."""

    commit = rollback = begin

    def close(self) -> None:
        self.closed = True


class _Cursor:
    """A cursor that has fetched its rows when `execute` returns.

    The library closes its connection before it fetches, and DuckDB has one open result a
    connection. The probe of a target's columns is answered without rows.
    """

    arraysize = 1
    rowcount = -1

    def __init__(
        self,
        connection: _Connection,
        raw: duckdb.DuckDBPyConnection,
        probes: Mapping[str, str],
    ) -> None:
        self.connection = connection
        self.description: Any = None
        self._raw = raw
        self._probes = probes
        self._rows: list[tuple[Any, ...]] = []

    def execute(self, statement: str, parameters: Any = None, context: Any = None) -> None:
        statement = self._probes.get(statement.strip(), statement)
        self._raw.execute(statement, parameters or None)
        self.description = self._raw.description
        self._rows = self._raw.fetchall() if self.description else []

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        taken, self._rows = self._rows[: size or 1], self._rows[size or 1 :]
        return taken

    def fetchall(self) -> list[tuple[Any, ...]]:
        taken, self._rows = self._rows, []
        return taken

    def close(self) -> None:
        self._rows = []


def _keywords(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()
    return {name for (name,) in rows}


def _missing_columns(expectation: Expectation, columns: Sequence[str]) -> str | None:
    if expectation.type == "expect_column_to_exist":
        return None
    missing = [name for name in expectation.columns_read if name not in columns]
    if not missing:
        return None
    return f"the table has no column {', '.join(missing)}; it has {', '.join(columns)}"


def _check_name(result: ExpectationValidationResult) -> str:
    configuration = result.expectation_config
    return str((configuration.meta or {}).get("check", "")) if configuration else ""


def _first_mistake(error: ValueError) -> str:
    errors = error.errors() if hasattr(error, "errors") else []
    if errors:
        return f"{'.'.join(map(str, errors[0]['loc']))}: {errors[0]['msg']}"
    return str(error).splitlines()[0]


def _not_computed(expectation: Expectation, reason: str) -> ExpectationValidationResult:
    return ExpectationValidationResult(
        success=False,
        expectation_config=ExpectationConfiguration(
            type=expectation.type,
            kwargs=dict(expectation.kwargs),
            meta={"check": expectation.check_name},
            description=_in_docs(expectation),
            severity=FailureSeverity(expectation.severity),
        ),
        result={},
        exception_info=_exception_info(reason),
    )


def _exception_info(reason: str) -> dict[str, Any]:
    return {
        "raised_exception": True,
        "exception_message": reason,
        "exception_traceback": "",
    }


def _exception(result: ExpectationValidationResult) -> str | None:
    """The reason why the library could not compute a result, without its traceback."""
    info: Any = result.exception_info or {}
    entries = [info] if "raised_exception" in info else list(info.values())
    for entry in entries:
        if isinstance(entry, dict) and entry.get("raised_exception"):
            return safe_reason(Exception(entry.get("exception_message") or "no reason given"))
    return None


def _without_cells(
    expectation: Expectation, result: ExpectationValidationResult
) -> ExpectationValidationResult:
    """The result with counts and numbers only, and a reason in place of a traceback."""
    kept = {key: result.result[key] for key in COUNTS if result.result.get(key) is not None}
    observed = result.result.get("observed_value")
    if "observed_value" in result.result:
        kept["observed_value"] = _number_or_date(expectation, observed)
    if expectation.type == UNEXPECTED_ROWS and observed is not None:
        kept["unexpected_count"] = observed
    if kept.get("element_count") == 0:
        kept.setdefault("unexpected_count", 0)
    result.result = kept
    reason = _exception(result)
    if reason is not None:
        result.exception_info = _exception_info(reason)
    return result


def _number_or_date(expectation: Expectation, observed: Any) -> float | int | str | None:
    if isinstance(observed, bool | int | float):
        return observed
    if isinstance(observed, Decimal):
        return float(observed)
    if isinstance(observed, date):
        return observed.isoformat()
    if isinstance(observed, list) and expectation.type == "expect_table_columns_to_match_set":
        return ", ".join(map(str, observed))
    return None


def _result(result: ExpectationValidationResult) -> Result:
    values = result.result
    return Result(
        success=bool(result.success),
        observed=values.get("observed_value"),
        unexpected_count=values.get("unexpected_count"),
        element_count=values.get("element_count"),
        reason=_exception(result),
    )
