"""The metrics as the registry has them, and what of them this installation has.

Pure: reads seeds, the text of models, names in the lake, and the published version read-only;
never imports dagster or dbt.
"""

from orchestration.metrics.coverage import Answer, coverage
from orchestration.metrics.registry import (
    Benchmark,
    Metric,
    Question,
    find,
    load_benchmarks,
    load_metrics,
    load_questions,
)
from orchestration.metrics.values import Lineage, Value, lineage_of, values_of

__all__ = [
    "Answer",
    "Benchmark",
    "Lineage",
    "Metric",
    "Question",
    "Value",
    "coverage",
    "find",
    "lineage_of",
    "load_benchmarks",
    "load_metrics",
    "load_questions",
    "values_of",
]
