"""What `cx metrics` tells, in well under a second. Never imports dagster or dbt."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from orchestration.cli.display import NONE, say, show_table
from orchestration.errors import UsageError
from orchestration.metrics import (
    Answer,
    Metric,
    Value,
    coverage,
    find,
    lineage_of,
    load_benchmarks,
    load_metrics,
    load_questions,
    values_of,
)
from orchestration.metrics.published import published_file
from orchestration.settings import Settings

NOTHING_PUBLISHED = "nothing is published yet: `cx run --date YYYY-MM-DD`, or `cx demo` to try"


def show_metrics(settings: Settings, words: str) -> None:
    """The metric of this id, else a line for each that has the words.

    Raises:
        UsageError: none has them.
    """
    metrics = load_metrics(settings.project_dir)
    for metric in metrics:
        if metric.metric_id == words:
            _show_metric(settings, metric)
            return
    found = find(metrics, words)
    if not found:
        ids = [metric.metric_id for metric in metrics]
        near = get_close_matches(words, ids, n=3, cutoff=0.5)
        hint = f"perhaps {', '.join(near)}, or " if near else ""
        raise UsageError(
            f"Expected the id of a metric, or words of its name or definition, found {words!r} in "
            f"none of {len(ids)}: {hint}`cx metrics` lists all."
        )
    show_table(
        ("metric", "name", "column", "scale", "direction"),
        [(m.metric_id, m.name, m.place, m.scale, m.direction) for m in found],
    )
    if not words:
        say(f"\n{len(found)} metrics; `cx metrics {found[0].metric_id}` shows all about one")


def _show_metric(settings: Settings, metric: Metric) -> None:
    titles = {each.question_id: each.title for each in load_questions(settings.project_dir)}
    _show("metric", [f"{metric.metric_id}, version {metric.version}"])
    _show("name", [metric.name])
    _show("definition", [metric.definition])
    _show("formula", [metric.formula])
    _show("column", [metric.place])
    if metric.interval:
        _show("interval", [" … ".join(metric.interval)])
    if metric.numerator:
        _show("made of", [f"{metric.numerator}, over {metric.denominator}"])
    _show("scale", [f"{metric.scale}, {metric.direction.replace('_', ' ')}"])
    _show("excluded", [metric.exclusions])
    _show("defaults", [metric.defaults or NONE])
    if metric.needs:
        _show("needs", [metric.needs])
    _show("owner", [metric.owner])
    _show("answers", [f"{each} {titles.get(each, '')}" for each in metric.answers] or [NONE])
    _show(
        "others",
        [
            f"{found.value} {found.unit}{f' in {found.year}' if found.year else ''}: "
            f"{found.population}; {found.source}"
            f"{'' if found.is_comparable else ' (another definition)'}"
            for found in load_benchmarks(settings.project_dir)
            if found.metric_id == metric.metric_id
        ],
    )
    if published_file(settings) is None:
        _show("here", [NOTHING_PUBLISHED])
        return
    _show("here", _here(settings, metric))
    if lineage := lineage_of(settings, metric.mart):
        _show(
            "published",
            [
                f"by run {lineage.run_id}, computed {lineage.computed_at:%Y-%m-%d %H:%M} UTC",
                f"checks {lineage.dq_status}: {lineage.checks_count} made, "
                f"{lineage.checks_warned} with a warning",
            ],
        )


def _here(settings: Settings, metric: Metric) -> list[str]:
    from orchestration.metrics.coverage import missing_places

    values = values_of(settings, metric)
    return [_value(metric, each) for each in values] or [
        missing_places(settings, [metric]).get(metric.place, "no value that could be summed up")
    ]


def _value(metric: Metric, found: Value) -> str:
    part = f"{found.part}: " if found.part else ""
    if found.value is not None:
        factor = f"{metric.factor} * " if metric.factor != 1 else ""
        sums = f"{factor}{_number(found.numerator)} / {_number(found.denominator)}"
        return f"{part}{found.value:,.2f} = {sums}, over all that is published"
    rows = f"{found.rows:,} rows with a value"
    if found.low is not None:
        return f"{part}{rows}, from {_number(found.low)} to {_number(found.high)}"
    return f"{part}{rows}"


def _number(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{float(str(value)):,.2f}".removesuffix(".00")


def _show(label: str, lines: Iterable[str]) -> None:
    for at, line in enumerate(lines):
        say(f"{'' if at else label:<13}{line}")


def show_coverage(settings: Settings) -> None:
    """A line for each question of the documents, and how many of them have data."""
    answers = coverage(settings)
    is_published = published_file(settings) is not None
    show_table(
        ("row", "asked for", "data here", "answered by", "why not"),
        [
            (
                found.question.question_id,
                found.question.title,
                found.data if is_published or found.data == "benchmark" else "not published",
                _places(found),
                _reasons(found) if is_published else "",
            )
            for found in answers
        ],
    )
    answered = sum(found.is_answered for found in answers)
    summary = f"\n{answered} of {len(answers)} answered"
    if is_published:
        say(f"{summary}, {sum(found.data == 'no' for found in answers)} without data here")
    else:
        say(f"{summary}; {NOTHING_PUBLISHED}")


def _places(found: Answer) -> str:
    columns: dict[str, list[str]] = {}
    for metric in found.metrics:
        columns.setdefault(metric.mart, []).append(metric.column)
    places = [f"{mart}.{', '.join(dict.fromkeys(names))}" for mart, names in columns.items()]
    if found.benchmarks:
        places.append(f"benchmarks {', '.join(each.benchmark_id for each in found.benchmarks)}")
    return "; ".join(places) or "nothing"


def _reasons(found: Answer) -> str:
    return "; ".join(dict.fromkeys(found.missing.values()))
