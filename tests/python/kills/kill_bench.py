"""A warehouse that is killed in the middle of a run, and what must be true of it afterwards.

Every kill starts from a copy of the same home: two load dates published, a third one delivered.
A process of its own runs the third; it is killed with all its children while a stage goes on. Then

- the version that readers see is whole: that of before the run or that of after it;
- the same run, started again, succeeds, and publishes what an undisturbed run publishes.

Disks are not mounted here: a full one is a limit on the size of files, which every write runs into.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import shutil
import signal
import time
import traceback
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb

from orchestration.demo import generate
from orchestration.runs import run_load_dates
from orchestration.settings import PROJECT_DIR, Settings

DAYS = (date(2017, 10, 1), date(2017, 10, 2), date(2017, 10, 3))
# First word of a step of the run.
STAGES = ("ingest", "build", "check", "publish")
FULL_DISK = "full disk"
LOST_DATABASE = "lost database"
# What says which run made a row, and when.
OF_THE_RUN = ("_run_id", "computed_at", "dq_status")
LONGEST = 300.0

Content = dict[str, list[tuple]]
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "orchestration.definitions",
        "orchestration.runs",
        "orchestration.quality.engine",
        "dbt.cli.main",
        "dbt.adapters.duckdb",
    ]
)


@dataclass
class Pipe:
    """A progress that tells another process what goes on."""

    connection: Connection

    def started(self, step: str) -> None:
        self.connection.send(step)

    def noted(self, step: str, text: str) -> None: ...

    def finished(self, step: str, seconds: float, detail: str) -> None: ...

    def failed(self, step: str, seconds: float, detail: str) -> None: ...


@dataclass(frozen=True)
class Kill:
    """Where a run is killed.

    Attributes:
        stage: one of STAGES, FULL_DISK or LOST_DATABASE.
        step: how many steps of the stage begin before.
        after: seconds into the step; for a full disk the largest file in bytes.
    """

    stage: str
    step: int = 0
    after: float = 0.0


@dataclass
class Report:
    """What came of a kill; `problems` are empty when all promises held."""

    kill: Kill
    reached: bool
    version_seen: str
    seconds: float
    problems: list[str] = field(default_factory=list)


class Bench:
    """The home that every kill starts from, and what its third day has to come to."""

    def __init__(self, folder: Path, project: Path = PROJECT_DIR) -> None:
        self._folder = folder
        self._project = project
        settings = Settings(home=folder / "before", project_dir=project)
        generate(
            settings.inbox,
            settings.home / "demo" / "truth.json",
            days=len(DAYS),
            contacts_per_day=40,
            customers=40,
            agents=8,
        )
        _whole_run(settings, DAYS[:2])
        self.before = published_content(settings)
        undisturbed = self.copy("undisturbed")
        self._seconds = _whole_run(undisturbed, DAYS[2:])
        self.after = published_content(undisturbed)

    def draw(self, dice: random.Random) -> Kill:
        """A kill at random; steps of no time are hit as often as long ones."""
        stage = dice.choice([*STAGES, *STAGES, *STAGES, FULL_DISK, LOST_DATABASE])
        if stage == FULL_DISK:
            return Kill(stage, after=dice.choice([2_000, 20_000, 300_000, 1_500_000]))
        if stage == LOST_DATABASE:
            return Kill(stage)
        steps = {name: seconds for name, seconds in self._seconds.items() if _is(stage, name)}
        step = dice.randrange(len(steps))
        return Kill(stage, step, dice.random() * list(steps.values())[step])

    def play(self, kill: Kill) -> Report:
        """Kill a run, look, run again, and look again."""
        begun = time.monotonic()
        settings = self.copy("killed")
        if kill.stage == LOST_DATABASE:
            settings.warehouse.unlink()
            reached = True
        else:
            reached = _run(settings, DAYS[2:], kill)
        report = Report(kill, reached, "", 0.0)
        try:
            seen = published_content(settings)
            report.version_seen = {True: "before"}.get(
                seen == self.before, "after" if seen == self.after else "neither"
            )
            if report.version_seen == "neither":
                report.problems.append("the published version is neither that of before nor after")
        except (duckdb.Error, OSError) as error:
            report.problems.append(f"the published version cannot be read: {error}")
        try:
            _whole_run(settings, DAYS[2:])
            report.problems += differences(self.after, published_content(settings))
        except AssertionError as error:
            report.problems.append(f"the next run failed: {error}")
        left = sorted(path.name for path in (settings.lake / ".tmp").glob("*"))
        if left:
            report.problems.append(f"left in the lake: {', '.join(left)}")
        report.seconds = time.monotonic() - begun
        return report

    def copy(self, name: str, of: str = "before") -> Settings:
        """A home of its own with what every kill starts from, or `undisturbed` came to."""
        home = self._folder / name
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(self._folder / of, home, symlinks=True)
        return Settings(home=home, project_dir=self._project)


def published_content(settings: Settings) -> Content:
    """Every table of core and marts as sorted rows, without what says which run made them."""
    content = {}
    with duckdb.connect(str(settings.published / "cx.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_schema IN ('core', 'marts') ORDER BY ALL"
        ).fetchall()
        for schema, name in tables:
            left_out = f"c -> c NOT IN {OF_THE_RUN}"
            rows = connection.execute(
                f'SELECT COLUMNS({left_out}) FROM "{schema}"."{name}" ORDER BY ALL'
            ).fetchall()
            content[f"{schema}.{name}"] = rows
    return content


def differences(expected: Content, found: Content) -> list[str]:
    """A sentence for each table that is not as expected."""
    return [
        f"{name}: expected {len(expected.get(name, []))} rows as of an undisturbed run, "
        f"found {len(found.get(name, []))}, {len(_surplus(found, expected, name))} of them others"
        for name in sorted(expected.keys() | found.keys())
        if expected.get(name) != found.get(name)
    ]


def _surplus(one: Content, other: Content, name: str) -> list[tuple]:
    known = {repr(row) for row in other.get(name, [])}
    return [row for row in one.get(name, []) if repr(row) not in known]


def _is(stage: str, step: str) -> bool:
    return step.split()[0] == stage


def _whole_run(settings: Settings, days: tuple[date, ...]) -> dict[str, float]:
    """Run to the end in a process of its own; seconds of the steps by name."""
    ours, theirs = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_child, args=(settings, days, theirs, None))
    process.start()
    theirs.close()
    begun: list[tuple[str, float]] = []
    message = "no answer"
    while True:
        try:
            said = ours.recv()
        except EOFError:
            break
        if isinstance(said, tuple):
            message = said[0]
        else:
            begun.append((said, time.monotonic()))
    process.join()
    begun.append(("", time.monotonic()))
    assert process.exitcode == 0, message
    return {name: after - start for (name, start), (_, after) in pairwise(begun) if name}


def _run(settings: Settings, days: tuple[date, ...], kill: Kill) -> bool:
    """Run until the kill; whether the run got there."""
    ours, theirs = CONTEXT.Pipe(duplex=False)
    limit = int(kill.after) if kill.stage == FULL_DISK else None
    process = CONTEXT.Process(target=_child, args=(settings, days, theirs, limit))
    process.start()
    theirs.close()
    passed = 0
    try:
        while ours.poll(LONGEST):
            said = ours.recv()
            if isinstance(said, str) and _is(kill.stage, said):
                if passed == kill.step:
                    time.sleep(kill.after)
                    return process.is_alive()
                passed += 1
        raise TimeoutError(f"Expected the run to say something within {LONGEST} s, found nothing.")
    except EOFError:
        return kill.stage == FULL_DISK
    finally:
        if process.is_alive() and process.pid is not None:
            # The child is the leader of a session of its own: its children die with it.
            os.killpg(process.pid, signal.SIGKILL)
        process.join()


def _child(
    settings: Settings, days: tuple[date, ...], connection: Connection, limit: int | None
) -> None:
    os.setsid()
    if limit is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        finished = run_load_dates(settings, days, progress=Pipe(connection))
    except BaseException:
        connection.send((traceback.format_exc(limit=-3),))
        connection.close()
        os._exit(2)
    if finished.error:
        connection.send((finished.error,))
    connection.close()
    os._exit(1 if finished.error else 0)
