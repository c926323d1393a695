"""Which questions of the documents are answered, and which of the answers have a value here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.metrics.inputs import Inputs
from orchestration.metrics.published import columns_of, opened, published_file
from orchestration.metrics.registry import (
    Benchmark,
    Metric,
    Question,
    load_benchmarks,
    load_metrics,
    load_questions,
)
from orchestration.publish.sql import comma, identifier, statement
from orchestration.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Answer:
    """What answers one question of the documents.

    Attributes:
        missing: why a metric has no value here, by its place; empty for every metric that has one.
    """

    question: Question
    metrics: tuple[Metric, ...]
    benchmarks: tuple[Benchmark, ...]
    missing: Mapping[str, str]

    @property
    def is_answered(self) -> bool:
        return bool(self.metrics or self.benchmarks)

    @property
    def data(self) -> str:
        """yes, partly (some of the metrics have a value), no, or benchmark (of others only)."""
        if not self.metrics:
            return "benchmark" if self.benchmarks else "no"
        if not self.missing:
            return "yes"
        return "partly" if any(m.place not in self.missing for m in self.metrics) else "no"


def coverage(settings: Settings) -> list[Answer]:
    """Each question of the documents with what answers it, in order.

    Raises:
        DataError: a seed or the published version cannot be read.
    """
    metrics = load_metrics(settings.project_dir)
    benchmarks = load_benchmarks(settings.project_dir)
    missing = missing_places(settings, metrics)
    answers = []
    for question in load_questions(settings.project_dir):
        found = tuple(metric for metric in metrics if question.question_id in metric.answers)
        others = tuple(each for each in benchmarks if question.question_id in each.answers)
        lacking = {m.place: missing[m.place] for m in found if m.place in missing}
        answers.append(Answer(question, found, others, lacking))
    return answers


def missing_places(settings: Settings, metrics: Iterable[Metric]) -> dict[str, str]:
    """Why a metric has no value in the published version, by `<mart>.<column>`.

    Raises:
        DataError: the published version cannot be read.
    """
    # By mart and column, with what the column needs.
    places: dict[str, dict[str, str]] = {}
    for metric in metrics:
        places.setdefault(metric.mart, {})[metric.column] = metric.needs
    path = published_file(settings)
    if path is None:
        return {f"{mart}.{name}": "not published" for mart in places for name in places[mart]}
    inputs = Inputs(settings)
    missing = {}
    with opened(path) as connection:
        published = columns_of(connection)
        for mart, names in places.items():
            schema, columns = published.get(mart, ("", {}))
            known = [name for name in names if name in columns]
            for name in names:
                if name not in columns:
                    what = f"column {name}" if columns else f"table {mart}"
                    missing[f"{mart}.{name}"] = f"no {what} in the published version"
            if not known:
                continue
            has_rows, *has_values = _looked_up(connection, schema, mart, known)
            for name, has_value in zip(known, has_values, strict=True):
                if has_value:
                    continue
                what = f"{name} is NULL in all rows" if has_rows else f"no rows in {mart}"
                needs = names[name]
                # Where a mart has rows, what feeds it is there: the column asks for more.
                why = f"needs {needs}" if has_rows and needs else inputs.why_nothing(mart, needs)
                missing[f"{mart}.{name}"] = f"{what}: {why}" if why else what
    return missing


def _looked_up(
    connection: DuckDBPyConnection, schema: str, mart: str, names: list[str]
) -> tuple[bool, ...]:
    """Whether the mart has any row, and whether each of the columns has any value."""
    relation = identifier(schema, mart)
    # Only as far as the first value: a mart of ten years need not be read to its end.
    tests = [
        statement(
            "exists(select 1 from {relation} where {name} is not null)",
            relation=relation,
            name=identifier(name),
        )
        for name in names
    ]
    rows = statement("exists(select 1 from {relation})", relation=relation)
    query = statement("select {tests}", tests=comma([rows, *tests]))
    found: tuple[bool, ...] = connection.execute(query).fetchall()[0]
    return found
