"""Plays many histories, two at a time in processes of their own, and shrinks those that fail."""

from __future__ import annotations

import gc
import multiprocessing
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from history_bench import Bench, Played
from history_drawing import histories
from history_shapes import History
from history_shrinking import shrink
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from orchestration.settings import PROJECT_DIR

PROCESSES = min(2, os.cpu_count() or 1)
_bench: Bench | None = None


@dataclass(frozen=True)
class Failure:
    """A history after which the warehouse is another than a rebuild of the same lake."""

    number: int
    history: History
    played: Played

    def __str__(self) -> str:
        differences = "\n".join(map(str, self.played.differences))
        return f"History {self.number} fails:\n{self.history!r}\n{differences}"


def draw(models: Sequence[str], count: int, seed: int) -> list[History]:
    """As many different histories; the same ones for the same seed."""
    found: dict[str, History] = {}

    @seeded(seed)
    @settings(
        max_examples=2 * count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(histories(models))
    def collect(history: History) -> None:
        found[repr(history)] = history

    collect()
    return list(found.values())[:count]


class Players:
    """The processes; a context manager that ends them."""

    def __init__(self, folder: Path, project: Path = PROJECT_DIR) -> None:
        # Spawned: a fork would inherit the threads and connections of whoever plays in here.
        self._pool = ProcessPoolExecutor(
            PROCESSES,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(folder, project),
        )
        self.models: tuple[str, ...] = self._pool.submit(_models).result()

    def __enter__(self) -> Players:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def play_all(
        self, histories: Iterable[History], tables: frozenset[str] | None = None
    ) -> Iterator[tuple[History, Played]]:
        """Play them in their order, as many at a time as there are processes."""
        waiting: list[tuple[History, Future[Played]]] = []
        for history in histories:
            waiting.append((history, self._pool.submit(_play, history, tables)))
            if len(waiting) == PROCESSES:
                first, future = waiting.pop(0)
                yield first, future.result()
        for history, future in waiting:
            yield history, future.result()

    def shrink(self, failure: Failure, seconds: float) -> Failure:
        """The smallest history found within this time that fails in the same table."""
        until = time.monotonic() + seconds
        tables = frozenset(sorted(failure.played.tables)[:1])
        passed: set[str] = set()
        smallest = failure

        def find_failing(candidates: Iterable[History]) -> History | None:
            nonlocal smallest
            new = (c for c in candidates if repr(c) not in passed and time.monotonic() < until)
            for history, played in self.play_all(new, tables):
                if played.tables & tables:
                    smallest = Failure(failure.number, history, played)
                    return history
                passed.add(repr(history))
            return None

        shrink(failure.history, find_failing)
        return smallest


def _start(folder: Path, project: Path) -> None:
    global _bench
    _bench = Bench(folder / f"bench_{os.getpid()}", project)
    _spare_time()


def _models() -> tuple[str, ...]:
    assert _bench is not None
    return _bench.models


def _play(history: History, tables: frozenset[str] | None) -> Played:
    assert _bench is not None
    return _bench.play(history, tables)


def _spare_time() -> None:
    """A third off every build: no events that nobody reads, no search of the manifest for garbage.

    For processes that do nothing but play histories.
    """
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager

    fire = EventManager.fire_event

    def fire_what_is_read(self: EventManager, e: BaseEvent, level: Any = None, **more: Any) -> None:
        if (level or e.level_tag()) != EventLevel.DEBUG:
            fire(self, e, level=level, **more)

    EventManager.fire_event = fire_what_is_read
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
