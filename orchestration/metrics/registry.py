"""The metric registry, the benchmarks and the questions of the documents, as the seeds have them.

Reads text files of the project; no database, nothing that takes time to import.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import DataError

SEEDS = Path("seeds") / "reference"


@dataclass(frozen=True)
class Metric:
    """One line of the registry.

    Attributes:
        columns: column that holds the metric, then those of its interval.
        numerator: an expression of columns; empty where the metric is no ratio of columns.
        needs: what has to be delivered for a value, where rows of the mart alone give none.
        answers: questions of the documents, such as 3.12.
    """

    metric_id: str
    name: str
    definition: str
    formula: str
    numerator: str
    denominator: str
    column: str
    interval: tuple[str, ...]
    mart: str
    scale: str
    direction: str
    version: str
    owner: str
    exclusions: str
    defaults: str
    needs: str
    answers: tuple[str, ...]

    @property
    def place(self) -> str:
        return f"{self.mart}.{self.column}"

    @property
    def factor(self) -> int:
        """What numerator over denominator is multiplied by."""
        return 1 if self.column.endswith(("_avg", "_seconds")) else 100

    @property
    def components(self) -> list[str]:
        """The columns that it is made of."""
        return list(dict.fromkeys(re.findall(r"[a-z_]\w*", f"{self.numerator} {self.denominator}")))


@dataclass(frozen=True)
class Benchmark:
    """One figure of others.

    Attributes:
        metric_id: the metric that it is most like; it need not be one of ours.
        year: empty where the source says none.
        is_comparable: whether its definition is ours.
    """

    benchmark_id: str
    metric_id: str
    value: str
    unit: str
    year: str
    population: str
    source: str
    is_comparable: bool
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One thing that a source document asks for or states."""

    question_id: str
    document: str
    title: str


def load_metrics(project_dir: Path) -> list[Metric]:
    """The registry in the order of its lines.

    Raises:
        DataError: the seed cannot be read.
    """
    return [
        Metric(
            metric_id=row["metric_id"],
            name=row["name"],
            definition=row["definition"],
            formula=row["formula"],
            numerator=row["numerator_column"],
            denominator=row["denominator_column"],
            column=row["rate_column"],
            interval=_parts(row["interval_columns"]),
            mart=row["mart"],
            scale=row["scale"],
            direction=row["direction"],
            version=row["metric_version"],
            owner=row["owner"],
            exclusions=row["exclusions"],
            defaults=row["default_parameters"],
            needs=row["needs"],
            answers=_parts(row["answers"]),
        )
        for row in _rows(project_dir, "metric_registry")
    ]


def load_benchmarks(project_dir: Path) -> list[Benchmark]:
    """The benchmarks in the order of their lines.

    Raises:
        DataError: the seed cannot be read.
    """
    return [
        Benchmark(
            benchmark_id=row["benchmark_id"],
            metric_id=row["metric_id"],
            value=row["value"],
            unit=row["unit"],
            year=row["metric_year"],
            population=row["population"],
            source=row["source"],
            is_comparable=row["definition_matches_ours"] == "true",
            answers=_parts(row["answers"]),
        )
        for row in _rows(project_dir, "benchmarks")
    ]


def load_questions(project_dir: Path) -> list[Question]:
    """The questions of the documents in order.

    Raises:
        DataError: the seed cannot be read.
    """
    return [
        Question(row["question_id"], row["document"], row["title"])
        for row in _rows(project_dir, "document_questions")
    ]


def find(metrics: list[Metric], words: str) -> list[Metric]:
    """The metrics that have each of the words in id, name, definition, place or an answer."""
    wanted = words.lower().split()
    return [
        metric
        for metric in metrics
        if all(word in metric.answers or word in _text(metric) for word in wanted)
    ]


def _text(metric: Metric) -> str:
    return f"{metric.metric_id} {metric.name} {metric.definition} {metric.place}".lower()


def _rows(project_dir: Path, seed: str) -> list[dict[str, str]]:
    path = project_dir / SEEDS / f"{seed}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(
            f"Expected the seed {path}, found that it cannot be read ({error}): restore it."
        ) from error


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(";") if part)
