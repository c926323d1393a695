"""What several commands need: the declared sources, the modules that take seconds to import."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from orchestration.cli.group import leave
from orchestration.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestration.declarations import Source
    from orchestration.run_session import Progress
    from orchestration.runs import Finished


def execute(settings: Settings, start: Callable[[Progress], Finished]) -> None:
    """Run with a progress display; leave with what came of it."""
    from orchestration.cli.display import RunDisplay, show_headlines, show_places, show_run

    display = RunDisplay()
    with display.live():
        finished = start(display)
    show_run(finished.session)
    if finished.error is not None:
        leave(finished.error, 1)
    from orchestration.cli.headlines import load_headlines

    show_headlines(load_headlines(settings))
    show_places(settings)


def runs() -> ModuleType:
    """The module `runs`, whose import takes seconds."""
    from orchestration import runs

    return runs


def declared(settings: Settings, name: str | None) -> list[Source]:
    """All declared sources.

    Raises:
        UsageError: a declaration with a problem, or no source of this name.
    """
    from orchestration.declarations import check_sources, load_sources

    if name is not None:
        check_sources(settings.project_dir, name)
    return load_sources(settings.project_dir)


def refuse_second_run(settings: Settings, purpose: str) -> None:
    """Refuse at once what the run itself would refuse after imports of seconds.

    Raises:
        LockedError: a run goes on.
    """
    from uuid import uuid4

    from orchestration.state import lock_holder, run_lock

    if lock_holder(settings) is not None:
        with run_lock(settings, str(uuid4()), purpose):
            pass


def warn_of_unclaimed(settings: Settings, sources: Sequence[Source]) -> None:
    from orchestration.cli.display import warn
    from orchestration.cli.unclaimed import warnings_of

    for sentence in warnings_of(settings, sources):
        warn(sentence)


def counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
