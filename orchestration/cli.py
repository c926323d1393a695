"""The command `cx`: thin over the same jobs and functions that the web page and tests use.

Imports of seconds (dagster, dbt, Great Expectations) happen inside the commands that need them, so
that `cx --help` and `cx status` answer at once. Exit codes: 0 done; 1 data or checks failed, and
nothing was published; 2 wrong usage or configuration.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn

import click

from orchestration.errors import CxError, DataError, UsageError
from orchestration.settings import Settings, load_settings

if TYPE_CHECKING:
    from orchestration.run_session import Progress
    from orchestration.runs import Finished

LOG = logging.getLogger("cx")
DAY = click.DateTime(formats=["%Y-%m-%d"])
SHOWN_RUNS = 5
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
            from orchestration.sentences import sentence_of

            LOG.exception("cx %s", " ".join(sys.argv[1:]))
            leave(sentence_of(error, load_settings()), 1)


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
    settings = load_settings()
    context.obj = settings
    _log_to_file(settings)


@main.command()
@click.option("--days", type=int, default=None, help="Load dates to generate (default 92).")
@click.pass_obj
def demo(settings: Settings, days: int | None) -> None:
    """Generate the files of an invented company, then run them."""
    from orchestration.demo import DAYS, generate
    from orchestration.display import say

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
    _run(settings, [day.date()], "run")


@main.command()
@click.option("--from", "first", type=DAY, required=True, help="First load date, YYYY-MM-DD.")
@click.option("--to", "last", type=DAY, required=True, help="Last load date, included.")
@click.pass_obj
def backfill(settings: Settings, first: datetime, last: datetime) -> None:
    """Run all load dates of a range that have deliveries, in one pass."""
    if first > last:
        raise click.UsageError(f"--from {first.date()} is after --to {last.date()}: swap them.")
    _backfill(settings, first.date(), last.date(), "backfill")


@main.command()
@click.pass_obj
def rebuild(settings: Settings) -> None:
    """Drop the warehouse and build all of it from the lake again."""
    _execute(settings, lambda progress: _runs().run_rebuild(settings, progress=progress))


@main.command()
@click.pass_obj
def status(settings: Settings) -> None:
    """What is published, what runs, and how the last runs went."""
    from orchestration.display import say, show_table
    from orchestration.publish.versions import current_version
    from orchestration.state import load_runs, lock_holder

    holder = lock_holder(settings)
    version = current_version(settings)
    say(f"home       {settings.home}")
    say(f"running    {holder.run_id if holder else 'nothing'}")
    if version is None:
        say("published  nothing yet: `cx run --date YYYY-MM-DD`, or `cx demo` to try")
    else:
        say(f"published  {version.name}, {sum(version.row_counts.values()):,} rows")
        say(f"           {settings.published / 'cx.duckdb'}")
    runs = load_runs(settings, SHOWN_RUNS)
    if runs:
        say()
        show_table(
            RUN_COLUMNS,
            [
                (
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
                for record in runs
            ],
        )
    if runs and runs[0].error:
        say(f"\nlast error  {runs[0].error}")


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
        if version is None:
            versions = list_versions(settings)
            current = next((at for at, each in enumerate(versions) if each.is_current), None)
            if current is None or current + 1 >= len(versions):
                raise DataError(
                    "Expected a version before the published one, found "
                    f"{len(versions)} in {settings.published / 'versions'}: nothing to go back to."
                )
            version = versions[current + 1].name
        say(f"published  {roll_back(settings, version).name}")


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
    from orchestration.display import say

    problems = check_sources(settings.project_dir, name)
    for problem in problems:
        say(str(problem))
    if problems:
        leave(f"{len(problems)} problem{'s' if len(problems) > 1 else ''} in declarations.", 2)
    sources = [s for s in load_sources(settings.project_dir) if name in (None, s.name)]
    tables = sum(len(found.tables) for found in sources)
    say(f"{len(sources)} sources with {tables} tables are declared without a problem.")


@main.group()
def quarantine() -> None:
    """Rows and files that could not be read: list, show, replay."""


@quarantine.command("list")
@click.option("--source", "name", default=None, help="Only of this source.")
@click.pass_obj
def list_quarantine(settings: Settings, name: str | None) -> None:
    """List what lies in quarantine, with the reason."""
    from orchestration.display import say, show_table
    from orchestration.ingest import list_quarantined

    _known_source(settings, name)
    found = list_quarantined(settings, name)
    if not found:
        say("Nothing is in quarantine.")
        return
    show_table(
        ("id", "source", "table", "load date", "file", "row", "reason"),
        [
            (i.id, i.source, i.table, i.load_date, i.file, i.row_number or "", i.reason)
            for i in found
        ],
    )


@quarantine.command("show")
@click.argument("id")
@click.pass_obj
def show_quarantine(settings: Settings, id: str) -> None:
    """Show a quarantined row as it was delivered."""
    from orchestration.display import say
    from orchestration.ingest import show_quarantined

    found = show_quarantined(settings, id)
    row = f", row {found.row_number}" if found.row_number else ""
    line = f", line {found.line_number}" if found.line_number else ""
    say(f"{found.source}.{found.table} {found.load_date}: {found.file}{row}{line}")
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
    from uuid import uuid4

    from orchestration.declarations import find_table, load_sources
    from orchestration.display import say
    from orchestration.ingest import list_quarantined, replay_partition
    from orchestration.state import run_lock

    _known_source(settings, name)
    sources = load_sources(settings.project_dir)
    run_id = str(uuid4())
    dates: set[date] = set()
    with run_lock(settings, run_id, "replay"):
        items = list_quarantined(settings, name)
        for key in sorted({(item.source, item.table, item.load_date) for item in items}):
            table = find_table(sources, key[0], key[1])
            done = replay_partition(settings, table, key[2], run_id)
            say(
                f"{key[0]}.{key[1]} {key[2]}: {done.rows_restored} rows and {done.files_restored} "
                f"files read now, {done.rows_left} rows and {done.files_left} files still do not"
            )
            if done.rows_restored or done.files_restored:
                dates.add(key[2])
    if not dates:
        say("Nothing reads that did not read before: correct the declaration first.")
        return
    _execute(
        settings,
        lambda progress: _runs().run_rebuild(
            settings, purpose="replay", load_dates=sorted(dates), progress=progress
        ),
    )


@main.command()
@click.option("--port", type=int, default=3000, show_default=True)
@click.pass_obj
def ui(settings: Settings, port: int) -> None:
    """Open the web page of Dagster on 127.0.0.1, with its schedule and sensors at work."""
    import os
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
    # In place of this process, so that whoever ends `cx ui` ends all of it.
    os.execve(sys.executable, command, child_environment(settings, DAGSTER_HOME=str(home)))


def _run(settings: Settings, load_dates: Sequence[date], purpose: str) -> None:
    _execute(
        settings,
        lambda progress: _runs().run_load_dates(settings, load_dates, purpose, progress),
    )


def _backfill(settings: Settings, first: date, last: date, purpose: str) -> None:
    from orchestration.declarations import load_sources
    from orchestration.ingest import deliveries_in_inbox

    tables = [table for found in load_sources(settings.project_dir) for table in found.tables]
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


def _known_source(settings: Settings, name: str | None) -> None:
    if name is not None:
        from orchestration.declarations import check_sources

        check_sources(settings.project_dir, name)


def _dates(dates: object) -> str:
    first, last = getattr(dates, "first", None), getattr(dates, "last", None)
    if first is None:
        return "all"
    return f"{first}" if first == last else f"{first} … {last}"


def _log_to_file(settings: Settings) -> None:
    """Nothing but our own sentences reaches the terminal; the rest is in logs/cx.log."""
    path = settings.log_file
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.captureWarnings(True)


if __name__ == "__main__":
    main()
