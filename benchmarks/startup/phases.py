"""Where the seconds of one `cx run`, or of its floor, go: prints them by phase as JSON.

    python phases.py run 2017-10-04
    python phases.py floor 2017-10-04

Each phase is counted without those inside it: an import inside a step counts as the import. Times
are those of the main thread's clock, and processor seconds of the whole process.
"""

from __future__ import annotations

import builtins
import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import partial, wraps
from typing import Any

PACKAGES = ("dagster", "dagster_dbt", "dbt", "great_expectations", "duckdb", "sqlalchemy")


class Phases:
    """A stack of phases and what was spent in each."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {}
        self._stack = ["other"]
        self._since = self._now()
        self._thread = threading.get_ident()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        if threading.get_ident() != self._thread:
            yield
            return
        self._charge()
        self._stack.append(name)
        try:
            yield
        finally:
            self._charge()
            self._stack.pop()

    @property
    def current(self) -> str:
        return self._stack[-1]

    def result(self) -> dict[str, list[float]]:
        self._charge()
        return {name: [round(value, 3) for value in spent] for name, spent in self.spent.items()}

    def _charge(self) -> None:
        now = self._now()
        spent = self.spent.setdefault(self.current, [0.0, 0.0])
        for at, (before, after) in enumerate(zip(self._since, now, strict=True)):
            spent[at] += after - before
        self._since = now

    @staticmethod
    def _now() -> tuple[float, float]:
        return time.perf_counter(), time.process_time()


def watch(phases: Phases) -> None:
    """Count imports, steps and the few calls that start-up consists of."""
    original_import, original_module = builtins.__import__, importlib.import_module
    patched: set[str] = set()

    def label(name: str) -> str | None:
        root = name.partition(".")[0]
        if root in PACKAGES:
            return f"import {root}"
        return None if phases.current.startswith("import ") else "import others"

    def counted(name: str, load: Callable[[], Any]) -> Any:
        found = None if name in sys.modules else label(name)
        if found is None or found == phases.current:
            loaded = load()
        else:
            with phases.phase(found):
                loaded = load()
        for module in WATCHED.keys() - patched:
            if module in sys.modules and phases.current == "other":
                patched.add(module)
                for owner, function, phase in WATCHED[module](sys.modules[module]):
                    setattr(owner, function, timed(getattr(owner, function), phase))
        return loaded

    def timed(function: Callable[..., Any], phase: str) -> Callable[..., Any]:
        @wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            with phases.phase(phase):
                return function(*arguments, **options)

        return call

    def import_(name: str, *arguments: Any, **options: Any) -> Any:
        level = options.get("level", arguments[3] if len(arguments) > 3 else 0)
        load = partial(original_import, name, *arguments, **options)
        return load() if level else counted(name, load)

    def import_module(name: str, package: str | None = None) -> Any:
        return counted(name, lambda: original_module(name, package))

    builtins.__import__ = import_
    importlib.import_module = import_module

    from orchestration.run_session import RunSession

    step = RunSession.step

    @contextmanager
    def counted_step(session: RunSession, name: str) -> Iterator[Any]:
        with phases.phase(name.partition(" ")[0]), step(session, name) as running:
            yield running

    RunSession.step = counted_step  # type: ignore[method-assign]


WATCHED: dict[str, Callable[[Any], list[tuple[Any, str, str]]]] = {
    "orchestration.definitions": lambda module: [(module, "build_definitions", "definitions")],
    "dagster": lambda module: [
        (module.Definitions, "resolve_job_def", "definitions"),
        (module.DagsterInstance, "from_config", "instance"),
        (module.JobDefinition, "execute_in_process", "steps and events of Dagster"),
    ],
    "orchestration.dbt_runner": lambda module: [(module.DbtRunner, "parse", "parse")],
}


def main() -> None:
    what, day = sys.argv[1:]
    phases = Phases()
    watch(phases)
    # What an import of seconds or a progress display writes is no part of the result.
    with redirect_stdout(sys.stderr):
        if what == "run":
            from orchestration.cli import main as cx

            try:
                cx(["run", "--date", day], standalone_mode=False)
            except SystemExit as end:
                if end.code:
                    raise
        else:
            from datetime import date

            from floor import run  # type: ignore[import-not-found]
            from orchestration.run_session import Silence
            from orchestration.settings import load_settings

            run(load_settings(), date.fromisoformat(day), Silence())
    sys.stdout.write(json.dumps(phases.result()) + "\n")
    sys.stdout.flush()
    # As `cx` itself ends, without tearing down what the system frees anyway.
    os._exit(0)


if __name__ == "__main__":
    main()
