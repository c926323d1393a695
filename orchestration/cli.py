"""The command `cx`: thin over the same jobs and functions that the web page and tests use.

Imports of seconds (dagster, dbt, Great Expectations) happen inside the commands that need them, so
that `cx --help` and `cx status` answer at once. Exit codes: 0 done; 1 data or checks failed, and
nothing was published; 2 wrong usage or configuration.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn

import click

from orchestration.errors import CxError, DataError, UsageError
from orchestration.sentences import NO_SPACE, sentence_of
from orchestration.settings import Settings, load_settings

if TYPE_CHECKING:
    from orchestration.declarations import Source
    from orchestration.run_session import Progress
    from orchestration.runs import Finished
    from orchestration.state import RunRecord

LOG = logging.getLogger("cx")
DAY = click.DateTime(formats=["%Y-%m-%d"])
SHOWN_RUNS = 5
SHOWN_DATES = 10
SHOWN_REASONS = 20
SHOWN_ROWS = 50
RUN_COLUMNS = (
    "started (UTC)",
    "what",
    "load dates",
    "status",
    "s",
    "rows",
    "passed",
    "warned",
    "failed",
)


class LogFile(logging.FileHandler):
    """A log that cannot be written is no reason to fail: the error itself is told anyway."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):
            super().emit(record)


class Commands(click.Group):
    """Tells every error in one sentence and leaves with its exit code."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except CxError as error:
            leave(str(error), error.exit_code)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except KeyboardInterrupt:
            leave("Interrupted: nothing was published; run it again.", 1)
        except Exception as error:
            LOG.exception("cx %s", " ".join(sys.argv[1:]))
            leave(sentence_of(error, _load_settings()), 1)


def leave(sentence: str, exit_code: int) -> NoReturn:
    from orchestration.display import complain

    complain(sentence)
    sys.exit(exit_code)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Customer-service metrics: raw exports in, metrics that people can trust out.

    Everything lives below CX_HOME (default: data/ in the checkout).
    """
    settings = _load_settings()
    context.obj = settings
    _log_to_file(settings)


@main.command()
@click.option("--days", type=int, default=None, help="Load dates to generate (default 92).")
@click.pass_obj
def demo(settings: Settings, days: int | None) -> None:
    """Generate the files of an invented company, then run them."""
    from orchestration.demo import DAYS, generate
    from orchestration.display import say

    _refuse_second_run(settings, "demo")
    truth = settings.home / "demo" / "truth.json"
    made = generate(settings.inbox, truth, days=DAYS if days is None else days)
    say(
        f"Generated {made.files} files for {made.first_load_date} to {made.last_load_date} in "
        f"{settings.inbox}; what is true of them is in {truth}."
    )
    _backfill(settings, made.first_load_date, made.last_load_date, "demo")


@main.command()
@click.option("--date", "day", type=DAY, required=True, help="Load date, YYYY-MM-DD.")
@click.pass_obj
def run(settings: Settings, day: datetime) -> None:
    """Ingest the deliveries of a load date, build, check and publish."""
    _refuse_second_run(settings, "run")
    _warn_of_unclaimed(settings, _declared(settings, None))
    _run(settings, [day.date()], "run")


@main.command()
@click.option("--from", "first", type=DAY, required=True, help="First load date, YYYY-MM-DD.")
@click.option("--to", "last", type=DAY, required=True, help="Last load date, included.")
@click.pass_obj
def backfill(settings: Settings, first: datetime, last: datetime) -> None:
    """Run all load dates of a range that have deliveries, in one pass."""
    if first > last:
        raise click.UsageError(f"--from {first.date()} is after --to {last.date()}: swap them.")
    _refuse_second_run(settings, "backfill")
    _backfill(settings, first.date(), last.date(), "backfill")


@main.command()
@click.pass_obj
def rebuild(settings: Settings) -> None:
    """Drop the warehouse and build all of it from the lake again."""
    _refuse_second_run(settings, "rebuild")
    _execute(settings, lambda progress: _runs().run_rebuild(settings, progress=progress))


@main.command()
@click.pass_obj
def status(settings: Settings) -> None:
    """What is published, what runs, how the last runs went, and what waits for you."""
    from orchestration import status_view
    from orchestration.display import say, show_table
    from orchestration.state import load_runs

    say(f"home         {settings.home}")
    say(f"running      {status_view.running_line(settings)}")
    for at, line in enumerate(status_view.published_lines(settings)):
        say(f"{'' if at else 'published':<13}{line}")
    runs = load_runs(settings, SHOWN_RUNS)
    if runs:
        say()
        show_table(RUN_COLUMNS, [_run_row(record) for record in runs])
    if runs and runs[0].status == "interrupted":
        say(f"\ninterrupted  {status_view.interrupted_sentence(runs[0])}")
    unfinished = status_view.unfinished_rows(settings)
    if unfinished:
        say("\nnot finished: load dates whose rows are not, or not all, in what is published")
        show_table(("load date", "since (UTC)", "step", "next", "error"), unfinished[:SHOWN_DATES])
        if len(unfinished) > SHOWN_DATES:
            say(f"… and {len(unfinished) - SHOWN_DATES} more load dates, to {unfinished[-1][0]}")
    elif runs and runs[0].error:
        say(f"\nlast error   {runs[0].error}")
    sources, problem = status_view.declared_sources(settings)
    if problem is not None:
        say(f"\ndeclared     {problem}")
        return
    lines, problem = status_view.quarantine_lines(settings, sources)
    if lines:
        say()
        show_table(
            ("in quarantine", "rows", "most often"),
            [(found.table, f"{found.rows:,}", found.reason) for found in lines],
        )
    if problem is not None:
        say(f"\nquarantine   {problem}")
    unclaimed = status_view.unclaimed_line(settings, sources)
    if unclaimed is not None:
        say(f"\ninbox        {unclaimed}")


@main.command()
@click.argument("version", required=False)
@click.pass_obj
def rollback(settings: Settings, version: str | None) -> None:
    """Publish an earlier VERSION again (default: the one before); nothing is deleted."""
    from uuid import uuid4

    from orchestration.display import say
    from orchestration.publish.versions import list_versions
    from orchestration.publish.versions import rollback as roll_back
    from orchestration.state import run_lock

    with run_lock(settings, str(uuid4()), "rollback"):
        versions = list_versions(settings)
        at = next((at for at, each in enumerate(versions) if each.is_current), None)
        if version is None:
            if at is None or at + 1 >= len(versions):
                raise DataError(
                    "Expected a version before the published one in "
                    f"{settings.published / 'versions'}, found none: nothing to go back to."
                )
            version = versions[at + 1].name
        chosen = roll_back(settings, version)
    before = None if at is None else versions[at].name
    if before == chosen.name:
        say(f"published  {chosen.name}, as before")
        return
    say(f"published  {chosen.name}, of {chosen.published_at:%Y-%m-%d %H:%M} UTC")
    if before is not None:
        say(f"before     {before}: `cx rollback {before}` goes back to it")
    say("The next run publishes a new version with all that is in the lake.")


@main.group()
def source() -> None:
    """Declare sources: draft one from a file, check what is declared."""


@source.command("draft")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--entity", required=True, help="Canonical entity: tickets, chats, calls, …")
@click.option("--name", default=None, help="Name of the source (default: from the file).")
@click.pass_obj
def draft(settings: Settings, file: Path, entity: str, name: str | None) -> None:
    """Draft the declaration and the staging model of the source that FILE comes from."""
    from orchestration.display import say
    from orchestration.draft import draft_source

    made = draft_source(settings.project_dir, file, entity, name)
    for path in made.written:
        say(f"wrote    {path}")
    for decision in made.decisions:
        say(f"decide   {decision}")
    say(f"then     cx source check {made.name}")


@source.command("check")
@click.argument("name", required=False)
@click.pass_obj
def check(settings: Settings, name: str | None) -> None:
    """Check the declarations, or the one of the source NAME."""
    from orchestration.declarations import check_sources, load_sources
    from orchestration.display import say, show_table

    problems = check_sources(settings.project_dir, name)
    for problem in problems:
        say(str(problem))
    if problems:
        leave(f"{_counted(len(problems), 'problem')} in declarations: correct the lines above.", 2)
    sources = [found for found in load_sources(settings.project_dir) if name in (None, found.name)]
    if name is not None:
        show_table(
            ("table", "files in the inbox", "feeds"),
            [
                (table.name, f"{table.source}/{table.files}", ", ".join(table.feeds))
                for found in sources
                for table in found.tables
            ],
        )
    tables = sum(len(found.tables) for found in sources)
    verb = "is" if len(sources) == 1 else "are"
    say(
        f"{_counted(len(sources), 'source')} with {_counted(tables, 'table')} {verb} declared "
        "without a problem."
    )


@main.group()
def quarantine() -> None:
    """Rows and files that could not be read, or do not fit: list, show, replay."""


@quarantine.command("list")
@click.option("--source", "name", default=None, help="Only of this source.")
@click.option("--all", "is_all", is_flag=True, help=f"All rows, not only the newest {SHOWN_ROWS}.")
@click.pass_obj
def list_quarantine(settings: Settings, name: str | None, is_all: bool) -> None:
    """List what lies in quarantine: the reasons, then the rows, newest load date first."""
    from orchestration.display import say, show_table
    from orchestration.quarantine_view import INCOMPLETE, open_quarantine

    sources = _declared(settings, name)
    with open_quarantine(settings, sources, name) as view:
        if not view.is_complete:
            say(INCOMPLETE)
        total = view.sizes().total
        if not total:
            say("Nothing is in quarantine.")
            return
        reasons = view.reasons()
        shown = reasons if is_all else reasons[:SHOWN_REASONS]
        show_table(("rows", "table", "reason"), [(f"{x.rows:,}", x.table, x.reason) for x in shown])
        if len(shown) < len(reasons):
            say(f"… and {len(reasons) - len(shown):,} more reasons: `--all` shows them")
        say()
        items = view.newest(None if is_all else SHOWN_ROWS)
        show_table(
            ("id", "table", "load date", "file:row", "entity", "reason"),
            [
                (
                    item.id,
                    f"{item.source}.{item.table}",
                    item.load_date,
                    item.file if item.row_number is None else f"{item.file}:{item.row_number}",
                    item.entity or "",
                    item.reason,
                )
                for item in items
            ],
        )
        if len(items) < total:
            say(f"… the newest {len(items):,} of {total:,}: `--all` shows all")


@quarantine.command("show")
@click.argument("id")
@click.pass_obj
def show_quarantine(settings: Settings, id: str) -> None:
    """Show a quarantined row as it was delivered."""
    from orchestration.display import say
    from orchestration.ingest import show_quarantined
    from orchestration.quarantine_view import delivered_row, open_quarantine

    with open_quarantine(settings, _declared(settings, None)) as view:
        item = view.find(id)
    place = f"{item.source}.{item.table} {item.load_date}: {item.file}"
    row = f", row {item.row_number}" if item.row_number else ""
    if item.is_staged:
        part = f" ({item.entity})" if item.entity else ""
        say(f"{place}{row}{part}")
        say(item.reason)
        for name, value in delivered_row(settings, item).items():
            say(f"{name}: {'(absent)' if value is None else value}")
        return
    found = show_quarantined(settings, item.id)
    line = f", line {found.line_number}" if found.line_number else ""
    say(f"{place}{row}{line}")
    say(found.reason)
    if found.path is not None:
        say(f"kept as {found.path}")
    for text in (found.header, found.text):
        if text is not None:
            say(text.rstrip("\n"))


@quarantine.command("replay")
@click.option("--source", "name", default=None, help="Only of this source.")
@click.pass_obj
def replay(settings: Settings, name: str | None) -> None:
    """Read quarantined rows again with the present declarations, then build and publish."""
    from orchestration.display import say, show_table
    from orchestration.quarantine_view import open_quarantine

    sources = _declared(settings, name)
    _refuse_second_run(settings, "replay")
    with open_quarantine(settings, sources, name) as view:
        before, staged_dates, reasons = view.sizes(), view.staged_load_dates(), view.reasons()
    if not before.total:
        say("Nothing is in quarantine.")
        return
    restored_dates = _replay_ingested(settings, sources, name)
    dates = sorted({*staged_dates, *restored_dates})
    if not dates:
        say(
            "Nothing reads that did not read before: correct the declaration first. "
            f"{before.total:,} stay, most often because {reasons[0].table}: {reasons[0].reason}."
        )
        return
    _execute(
        settings,
        lambda progress: _runs().run_rebuild(
            settings, purpose="replay", load_dates=dates, progress=progress
        ),
    )
    with open_quarantine(settings, sources, name) as view:
        after, reasons = view.sizes(), view.reasons()
    say()
    show_table(
        ("in quarantine", "before", "after"),
        [
            ("not readable", f"{before.ingested:,}", f"{after.ingested:,}"),
            ("turned down at staging", f"{before.staged:,}", f"{after.staged:,}"),
        ],
    )
    stay = (
        f"{after.total:,} stay, most often because {reasons[0].table}: {reasons[0].reason}"
        if reasons
        else "none stays"
    )
    left = max(before.total - after.total, 0)
    say(f"{left:,} of {before.total:,} rows and files left quarantine; {stay}.")


def _replay_ingested(settings: Settings, sources: Sequence[Source], name: str | None) -> set[date]:
    """Read again what ingest could not read; the load dates of which something reads now."""
    from uuid import uuid4

    from orchestration.declarations import find_table
    from orchestration.display import say
    from orchestration.ingest import list_quarantined, replay_partition
    from orchestration.state import mark_unfinished, run_lock

    run_id = str(uuid4())
    dates: set[date] = set()
    with run_lock(settings, run_id, "replay"):
        items = list_quarantined(settings, name)
        for key in sorted({(item.source, item.table, item.load_date) for item in items}):
            table = find_table(list(sources), key[0], key[1])
            done = replay_partition(settings, table, key[2], run_id)
            say(
                f"{key[0]}.{key[1]} {key[2]}: {_counted(done.rows_restored, 'row')} and "
                f"{_counted(done.files_restored, 'file')} read now, "
                f"{_counted(done.rows_left, 'row')} and {_counted(done.files_left, 'file')} still "
                "do not"
            )
            if done.rows_restored or done.files_restored:
                dates.add(key[2])
                # In the lake from here on; were we killed, the next run has to check them too.
                mark_unfinished(settings, run_id, [key[2]])
    return dates


@main.command()
@click.option("--port", type=int, default=3000, show_default=True)
@click.pass_obj
def ui(settings: Settings, port: int) -> None:
    """Open the web page of Dagster on 127.0.0.1, with its schedule and sensors at work."""
    import os
    import signal
    import socket

    from orchestration.declarations import load_sources
    from orchestration.display import say
    from orchestration.instance import prepare_instance
    from orchestration.settings import child_environment

    load_sources(settings.project_dir)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"Expected the port {port} of 127.0.0.1 to be free, found that it is not "
                f"({error}): end what listens there, or take another `--port`."
            ) from error
    home = prepare_instance(settings)
    say(f"http://127.0.0.1:{port} — Ctrl-C ends it")
    sys.stdout.flush()
    command = [sys.executable, "-m", "dagster", "dev", "-m", "orchestration.definitions"]
    command += ["-h", "127.0.0.1", "-p", str(port)]
    os.chdir(settings.project_dir)
    # A shell starts what is in the background with SIGINT ignored, and Dagster would then ignore
    # SIGTERM with it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # In place of this process, so that whoever ends `cx ui` ends all of it.
    os.execve(sys.executable, command, child_environment(settings, DAGSTER_HOME=str(home)))


def _run(settings: Settings, load_dates: Sequence[date], purpose: str) -> None:
    _execute(
        settings,
        lambda progress: _runs().run_load_dates(settings, load_dates, purpose, progress),
    )


def _backfill(settings: Settings, first: date, last: date, purpose: str) -> None:
    from orchestration.ingest import deliveries_in_inbox

    sources = _declared(settings, None)
    _warn_of_unclaimed(settings, sources)
    tables = [table for found in sources for table in found.tables]
    delivered = {day for table in tables for day in deliveries_in_inbox(settings, table)}
    dates = sorted(day for day in delivered if first <= day <= last)
    if not dates:
        raise DataError(
            f"Expected deliveries of {first} to {last} in {settings.inbox} (such as "
            f"{tables[0].source}/{tables[0].files}), found none: put files there, or run `cx demo` "
            "to try with generated ones."
        )
    _run(settings, dates, purpose)


def _execute(settings: Settings, start: Callable[[Progress], Finished]) -> None:
    """Run with a progress display; leave with what came of it."""
    from orchestration.display import RunDisplay, show_headlines, show_places, show_run

    display = RunDisplay()
    with display.live():
        finished = start(display)
    show_run(finished.session)
    if finished.error is not None:
        leave(finished.error, 1)
    from orchestration.headlines import load_headlines

    show_headlines(load_headlines(settings))
    show_places(settings)


def _runs() -> ModuleType:
    """The module `runs`, whose import takes seconds."""
    from orchestration import runs

    return runs


def _declared(settings: Settings, name: str | None) -> list[Source]:
    """All declared sources.

    Raises:
        UsageError: a declaration with a problem, or no source of this name.
    """
    from orchestration.declarations import check_sources, load_sources

    if name is not None:
        check_sources(settings.project_dir, name)
    return load_sources(settings.project_dir)


def _refuse_second_run(settings: Settings, purpose: str) -> None:
    """Refuse at once what the run itself would refuse after imports of seconds.

    Raises:
        LockedError: a run goes on.
    """
    from uuid import uuid4

    from orchestration.state import lock_holder, run_lock

    if lock_holder(settings) is not None:
        with run_lock(settings, str(uuid4()), purpose):
            pass


def _warn_of_unclaimed(settings: Settings, sources: Sequence[Source]) -> None:
    from orchestration.display import warn
    from orchestration.unclaimed import warnings_of

    for sentence in warnings_of(settings, sources):
        warn(sentence)


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _run_row(record: RunRecord) -> tuple[object, ...]:
    return (
        f"{record.started_at:%Y-%m-%d %H:%M}",
        record.purpose,
        _dates(record.load_dates),
        record.status,
        "" if record.duration_seconds is None else f"{record.duration_seconds:.0f}",
        f"{record.rows_read:,}",
        record.checks_passed,
        record.checks_warned,
        record.checks_failed,
    )


def _dates(dates: object) -> str:
    first, last = getattr(dates, "first", None), getattr(dates, "last", None)
    if first is None:
        return "all"
    return f"{first}" if first == last else f"{first} … {last}"


def _load_settings() -> Settings:
    """The settings.

    Raises:
        UsageError: one of them cannot be read, or no path can be made of CX_HOME.
    """
    try:
        return load_settings()
    except (OSError, RuntimeError) as error:
        raise UsageError(
            f"Expected a folder in CX_HOME, found one that leads nowhere ({error}): correct it."
        ) from error


def _log_to_file(settings: Settings) -> None:
    """Nothing but our own sentences reaches the terminal; the rest is in logs/cx.log.

    Raises:
        UsageError: the home is no folder, or nothing can be written there.
    """
    path = settings.log_file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in NO_SPACE:
            raise
        raise UsageError(
            f"Expected CX_HOME to be a folder that can be written, found {settings.home} where it "
            f"cannot ({error.strerror}): correct its rights or set CX_HOME to another folder."
        ) from error
    # A full disk is told in one sentence; that the log cannot be written either is no second one.
    logging.raiseExceptions = False
    handler = LogFile(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.captureWarnings(True)


if __name__ == "__main__":
    main()
