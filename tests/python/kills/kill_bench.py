"""A warehouse that is killed in the middle of a run, and what must be true of it afterwards.

Every kill starts from the same home: two load dates published, a third one delivered. `cx run` of
the third, in a process of its own, is killed with all its children at a moment of one of its steps.
Then

- the version that readers see is whole: that of before the run or that of after it;
- the same command, given again, succeeds, and publishes what an undisturbed run publishes;
- nothing is left half-written, and nobody was shown a traceback.

The home is put back at its own path each time: at another one dbt would parse and build everything
anew, which is most of what a kill costs. Processes are forked from one that has the imports done.

Disks are not mounted here: a full one is a limit on the size of files, which every write runs into.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import duckdb
from published_tables import differences, published_content

from orchestration.cli import main
from orchestration.demo import generate
from orchestration.settings import PROJECT_DIR, Settings
from orchestration.state import load_runs, load_unfinished

DAYS = ("2017-10-01", "2017-10-02", "2017-10-03")
BEFORE = ("backfill", "--from", DAYS[0], "--to", DAYS[1])
THIRD = ("run", "--date", DAYS[2])
# First word of a step of the run, as `cx run` prints it; `close` is what comes after the last one:
# records, pages of the checks, old versions that go.
STAGES = ("prepare", "ingest", "build", "check", "publish", "close")
FULL_DISK = "full disk"
LOST_DATABASE = "lost database"
LONGEST = 600.0
DONE = "\N{CHECK MARK} "

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "kill_bench",
        "orchestration.cli.display",
        "orchestration.definitions",
        "orchestration.runs",
        "orchestration.quality.engine",
        "dbt.cli.main",
        "dbt.adapters.duckdb",
    ]
)


@dataclass(frozen=True)
class Kill:
    """Where a run is killed.

    Attributes:
        stage: one of STAGES, FULL_DISK or LOST_DATABASE: killed in a build and the warehouse lost.
        step: how many steps of the stage (of `build`, when the warehouse is lost) end before.
        after: seconds into the step; for a full disk the largest file in bytes.
    """

    stage: str
    step: int = 0
    after: float = 0.0

    @property
    def steps_of(self) -> str:
        return "build" if self.stage == LOST_DATABASE else self.stage


@dataclass(frozen=True)
class Limits:
    """What a run is not allowed.

    Attributes:
        steps: after so many it is killed, unless `is_killed` is false: then nobody reads on.
        seconds: how long it lives after them.
        file_bytes: the largest file that it may write.
        interrupted_in: a model; once dbt is at it, the run gets the signal `interrupted_by`.
    """

    steps: int | None = None
    seconds: float = 0.0
    file_bytes: int | None = None
    is_killed: bool = True
    interrupted_in: str | None = None
    interrupted_by: signal.Signals = signal.SIGINT


NO_LIMITS = Limits()


@dataclass
class Report:
    """What came of a kill; `problems` are empty when all promises held."""

    reached: bool
    version_seen: str = ""
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Ran:
    """What a run printed, line by line with the seconds since its begin, and how it ended."""

    lines: tuple[tuple[str, float], ...]
    exit_code: int

    @property
    def steps(self) -> list[tuple[str, float]]:
        """The steps that were done, and what came after the last one, with their seconds."""
        done = [(line.split()[1], at) for line, at in self.lines if line.startswith(DONE)]
        ends = [*done, ("close", self.lines[-1][1])]
        begins = [0.0, *(at for _, at in done)]
        return [(name, end - begin) for (name, end), begin in zip(ends, begins, strict=True)]

    @property
    def message(self) -> str:
        """What was printed on an error."""
        return next((line for line, _ in self.lines if line.startswith("error: ")), "no answer")


class Bench:
    """The home that every kill starts from, and what its third day has to come to."""

    def __init__(self, folder: Path, project: Path = PROJECT_DIR) -> None:
        self._folder = folder
        self.settings = Settings(home=folder / "home", project_dir=project)
        generate(
            self.settings.inbox,
            self.settings.home / "demo" / "truth.json",
            days=len(DAYS),
            contacts_per_day=40,
            customers=40,
            agents=8,
        )
        whole_run(self.settings, BEFORE)
        self.before = published_content(self.settings)
        self._keep("before")
        self._steps = whole_run(self.settings, THIRD).steps
        self.after = published_content(self.settings)
        self._keep("after")

    def draw(self, dice: random.Random) -> Kill:
        """A kill at random; steps of no time are hit as often as long ones."""
        stage = dice.choice([*STAGES, *STAGES, FULL_DISK, LOST_DATABASE])
        if stage == FULL_DISK:
            return Kill(stage, after=int(10 ** dice.uniform(0, 6.5)))
        steps = self._steps_of(Kill(stage))
        step = dice.randrange(len(steps))
        return Kill(stage, step, dice.random() * self._steps[steps[step]][1])

    def play(self, *kills: Kill) -> Report:
        """Kill a run, and the next one for each further kill; look, run again, and look again."""
        begun = time.monotonic()
        settings = self.restore("before")
        report = Report(reached=True)
        for kill in kills:
            ran = run_cx(settings, THIRD, self._limits(kill))
            report.reached &= ran.exit_code != 0
            if any("Traceback" in line for line, _ in ran.lines):
                report.problems.append("the killed run showed a traceback")
            if kill.stage == LOST_DATABASE:
                settings.warehouse.unlink(missing_ok=True)
        try:
            seen = published_content(settings)
            report.version_seen = {True: "before"}.get(
                seen == self.before, "after" if seen == self.after else "neither"
            )
            if report.version_seen == "neither":
                report.problems.append("the published version is neither that of before nor after")
        except (duckdb.Error, OSError) as error:
            report.problems.append(f"the published version cannot be read: {error}")
        ran = run_cx(settings, THIRD)
        if ran.exit_code:
            report.problems.append(f"the next run failed: {ran.message}")
        else:
            report.problems += differences(self.after, published_content(settings))
        if any(run.status == "succeeded" and run.version is None for run in load_runs(settings)):
            report.problems.append("a run that published nothing is recorded as a success")
        left = [str(found.load_date) for found in load_unfinished(settings)]
        left += sorted(path.name for path in (settings.lake / ".tmp").glob("*"))
        if left:
            report.problems.append(f"left unfinished: {', '.join(left)}")
        report.seconds = time.monotonic() - begun
        return report

    def restore(self, name: str) -> Settings:
        """Put the home back to what it was `before` the third day, or `after` it."""
        shutil.rmtree(self.settings.home)
        shutil.copytree(self._folder / name, self.settings.home, symlinks=True)
        return self.settings

    def _keep(self, name: str) -> None:
        shutil.copytree(self.settings.home, self._folder / name, symlinks=True)

    def _steps_of(self, kill: Kill) -> list[int]:
        return [at for at, (name, _) in enumerate(self._steps) if name == kill.steps_of]

    def _limits(self, kill: Kill) -> Limits:
        if kill.stage == FULL_DISK:
            return Limits(file_bytes=int(kill.after))
        return Limits(steps=self._steps_of(kill)[kill.step], seconds=kill.after)


def whole_run(settings: Settings, arguments: Sequence[str], limits: Limits = NO_LIMITS) -> Ran:
    """A command of `cx` to its end, in a process that has the imports done already."""
    ran = run_cx(settings, arguments, limits)
    assert ran.exit_code == 0, ran.lines
    return ran


def run_cx(settings: Settings, arguments: Sequence[str], limits: Limits = NO_LIMITS) -> Ran:
    """A command of `cx` in a process of its own, to its end or to where it is killed."""
    ours, theirs = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_cx, args=(settings, arguments, theirs, limits))
    begun = time.monotonic()
    process.start()
    theirs.close()
    # A run that hangs is killed, and has failed.
    watchdog = threading.Timer(LONGEST, _kill, [process])
    watchdog.start()
    is_over = threading.Event()
    if limits.interrupted_in is not None:
        threading.Thread(target=_interrupt, args=(process, settings, limits, is_over)).start()
    lines: list[tuple[str, float]] = []
    passed = 0
    with os.fdopen(os.dup(ours.fileno()), encoding="utf-8") as printed:
        ours.close()
        while limits.steps != passed and (line := printed.readline()):
            lines.append((line.rstrip(), time.monotonic() - begun))
            passed += line.startswith(DONE)
        if limits.steps is not None and limits.is_killed:
            time.sleep(limits.seconds)
            _kill(process)
    is_over.set()
    process.join()
    watchdog.cancel()
    lines.append(("", time.monotonic() - begun))
    return Ran(tuple(lines), process.exitcode or 0)


def _cx(settings: Settings, arguments: Sequence[str], printed: Connection, limits: Limits) -> None:
    # The leader of a session of its own: its children die with it.
    os.setsid()
    for descriptor in (1, 2):
        os.dup2(printed.fileno(), descriptor)
    printed.close()
    # Those of the server know what its own output was, a file perhaps.
    sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8") for number in (1, 2))  # noqa: SIM115, PTH123
    if limits.file_bytes is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_bytes, resource.RLIM_INFINITY))
    main(arguments, obj=settings)


def _interrupt(
    process: BaseProcess, settings: Settings, limits: Limits, is_over: threading.Event
) -> None:
    log = settings.home / "logs" / "dbt.log"
    begun = f" model intermediate.{limits.interrupted_in} "
    while not is_over.wait(0.05):
        if process.pid is not None and begun in log.read_text(encoding="utf-8"):
            os.kill(process.pid, limits.interrupted_by)
            return


def _kill(process: BaseProcess) -> None:
    if process.is_alive() and process.pid is not None:
        os.killpg(process.pid, signal.SIGKILL)
