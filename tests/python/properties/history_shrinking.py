"""Makes a failing history as small as it gets: fewer steps, fewer rows, fewer odd values.

Hypothesis shrinks by thousands of tries; a try is two builds or more here, so that this knows
what a history is made of and gets along with dozens. Builds nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace

from history_shapes import (
    AsOf,
    Build,
    Deliver,
    History,
    Other,
    Step,
    odd_parts_of,
    without_part,
)

# The first of these histories that fails as well, or None.
FindFailing = Callable[[Iterable[History]], History | None]


def shrink(history: History, find_failing: FindFailing) -> History:
    """A smaller history that fails, down to where no single change makes it smaller.

    Args:
        find_failing: stops giving any when time is up; what was found until then is returned.
    """
    # What makes the next tries quicker comes first.
    passes = (
        _plainer_settings,
        _shorter,
        _fewer_steps,
        _fewer_rows,
        _plainer_builds,
        _plainer_rows,
    )
    while True:
        before = history
        for smaller in passes:
            while (found := find_failing(smaller(history))) is not None:
                history = found
        if history == before:
            return history


def _shorter(history: History) -> Iterator[History]:
    """Only the beginning: half of it, or less than all."""
    count = len(history.steps)
    for kept in sorted({count // 2, count * 3 // 4, count - 1} - {count}):
        if kept > 0:
            yield replace(history, steps=history.steps[:kept])


def _fewer_steps(history: History) -> Iterator[History]:
    for gap in _gaps(len(history.steps), len(history.steps) // 2):
        yield replace(history, steps=_without(history.steps, gap))


def _fewer_rows(history: History) -> Iterator[History]:
    places = [
        (number, place)
        for number, step in enumerate(history.steps)
        if isinstance(step, Deliver)
        for place in range(len(step.rows))
    ]
    for gap in _gaps(len(places), len(places) // 2):
        gone = set(places[gap.start : gap.stop])
        yield replace(
            history,
            steps=tuple(_without_rows(step, number, gone) for number, step in _numbered(history)),
        )


def _plainer_settings(history: History) -> Iterator[History]:
    plain = History(history.steps)
    if history != plain:
        yield plain
    for name in (field.name for field in fields(History)[1:]):
        if getattr(history, name) != getattr(plain, name):
            yield replace(history, **{name: getattr(plain, name)})


def _plainer_builds(history: History) -> Iterator[History]:
    for number, step in _numbered(history):
        if isinstance(step, Build) and not step.is_whole:
            yield _with_step(history, number, Build())
            if step.after > 0:
                for after in sorted({0, step.after // 2, step.after - 1}):
                    yield _with_step(history, number, replace(step, after=after))
        elif isinstance(step, AsOf) and step.day is not None:
            yield _with_step(history, number, AsOf(None))


def _plainer_rows(history: History) -> Iterator[History]:
    """The defaults in place of what is odd in all rows, in a row, or in one column of a row."""
    odd = [
        (number, place, name)
        for number, step in _numbered(history)
        if isinstance(step, Deliver)
        for place, row in enumerate(step.rows)
        for name in odd_parts_of(row)
    ]
    for gap in _gaps(len(odd), len(odd)):
        chosen = odd[gap.start : gap.stop]
        steps = list(history.steps)
        for number, place, name in chosen:
            step = steps[number]
            assert isinstance(step, Deliver)
            rows = list(step.rows)
            rows[place] = without_part(rows[place], name)
            steps[number] = replace(step, rows=tuple(rows))
        # A row of nothing at the end of a file is none.
        if not any(isinstance(step, Deliver) and Other(step.table) in step.rows for step in steps):
            yield replace(history, steps=tuple(steps))


def _numbered(history: History) -> Iterator[tuple[int, Step]]:
    return iter(enumerate(history.steps))


def _with_step(history: History, number: int, step: Step) -> History:
    steps = (*history.steps[:number], step, *history.steps[number + 1 :])
    return replace(history, steps=steps)


def _without(steps: Sequence[Step], gap: range) -> tuple[Step, ...]:
    return (*steps[: gap.start], *steps[gap.stop :])


def _without_rows(step: Step, number: int, gone: set[tuple[int, int]]) -> Step:
    if not isinstance(step, Deliver):
        return step
    kept = tuple(row for place, row in enumerate(step.rows) if (number, place) not in gone)
    return replace(step, rows=kept)


def _gaps(count: int, size: int) -> Iterator[range]:
    """Stretches of this size, then halves of it … down to single places."""
    size = max(size, min(count, 1))
    while size >= 1:
        for start in range(0, count, size):
            yield range(start, min(start + size, count))
        size //= 2
