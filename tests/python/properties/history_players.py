"""Plays many histories, two at a time in processes of their own, and shrinks those that fail."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from history_bench import Bench, Played
from history_drawing import draw_history
from history_shapes import History
from history_shrinking import shrink
from history_speed import spare_time
from history_tables import demo_tables

from orchestration.settings import PROJECT_DIR

PROCESSES = min(2, os.cpu_count() or 1)
ENOUGH_BYTES = 1_000_000_000
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


class Players:
    """The processes; a context manager that ends them."""

    def __init__(self, project: Path = PROJECT_DIR) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="histories_", dir=_quick_place()))
        self._tables = demo_tables(project)
        # Spawned: a fork would inherit the threads and connections of whoever plays in here.
        self._pool = ProcessPoolExecutor(
            PROCESSES,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(self._folder, project),
        )
        self._models, self._promised = self._pool.submit(_known).result()

    def __enter__(self) -> Players:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def draw(self, seed: int, number: int) -> History:
        """A history at random; the same one for the same numbers."""
        return draw_history(seed, number, self._tables, self._models)

    def some_tables(self, number: int, parts: int) -> frozenset[str]:
        """The core and one of so many parts of the marts, in turn.

        What a history costs is models: of all marts a third gives twice the histories.
        """
        marts = [table for table in self._promised if not table.startswith("core.")]
        return frozenset({*self._promised} - {*marts} | {*marts[number % parts :: parts]})

    def play_all(
        self, histories: Iterable[History], tables: frozenset[str] | None = None
    ) -> Iterator[tuple[History, Played]]:
        """Play them in their order, as many at a time as there are processes."""
        return self.play_each((history, tables) for history in histories)

    def play_each(
        self, cases: Iterable[tuple[History, frozenset[str] | None]]
    ) -> Iterator[tuple[History, Played]]:
        """The same with tables of their own; None for all."""
        waiting: list[tuple[History, Future[Played]]] = []
        for history, tables in cases:
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
    spare_time()


def _quick_place() -> Path | None:
    """A folder in memory where the machine has one: half of a small commit waits for the disk."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK):
        return memory if shutil.disk_usage(memory).free > ENOUGH_BYTES else None
    return None


def _known() -> tuple[tuple[str, ...], tuple[str, ...]]:
    assert _bench is not None
    return _bench.kept_models, _bench.promised


def _play(history: History, tables: frozenset[str] | None) -> Played:
    assert _bench is not None
    return _bench.play(history, tables)
