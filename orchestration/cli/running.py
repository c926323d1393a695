"""Commands that run the warehouse: demo, run, backfill, rebuild, and the web page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from orchestration.cli.group import main
from orchestration.cli.shared import declared, execute, refuse_second_run, runs, warn_of_unclaimed
from orchestration.errors import DataError, UsageError
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.declarations import Source

WAIT = click.option(
    "--wait",
    "wait_minutes",
    type=click.IntRange(min=0),
    default=0,
    help="Minutes to wait for another run that goes on (default: none).",
)
ACCEPT = click.option(
    "--accept",
    "accepted",
    multiple=True,
    metavar="SOURCE.TABLE",
    help="Let this table be unlike its deliveries before, this once; it is kept who said so.",
)
LOOPBACK = "127.0.0.1"
DAY = click.DateTime(formats=["%Y-%m-%d"])


@main.command()
@click.option("--days", type=int, default=None, help="Load dates to generate (default 92).")
@click.pass_obj
def demo(settings: Settings, days: int | None) -> None:
    """Generate the files of an invented company, then run them."""
    from orchestration.cli.display import say
    from orchestration.demo import DAYS, generate

    refuse_second_run(settings, "demo")
    say("Generating the files of an invented company (about ten seconds) …")
    truth = settings.home / "demo" / "truth.json"
    made = generate(settings.inbox, truth, days=DAYS if days is None else days)
    say(
        f"Generated {made.files} files for {made.first_load_date} to {made.last_load_date} in "
        f"{settings.inbox}; what is true of them is in {truth}."
    )
    _backfill(settings, made.first_load_date, made.last_load_date, "demo")


@main.command()
@click.option("--date", "day", type=DAY, required=True, help="Load date, YYYY-MM-DD.")
@ACCEPT
@WAIT
@click.pass_obj
def run(settings: Settings, day: datetime, accepted: tuple[str, ...], wait_minutes: int) -> None:
    """Ingest the deliveries of a load date, build, check and publish."""
    if not wait_minutes:
        refuse_second_run(settings, "run")
    sources = declared(settings, None)
    warn_of_unclaimed(settings, sources)
    _run(settings, [day.date()], "run", sources, wait_minutes, accepted)


@main.command()
@click.option("--from", "first", type=DAY, required=True, help="First load date, YYYY-MM-DD.")
@click.option("--to", "last", type=DAY, required=True, help="Last load date, included.")
@ACCEPT
@WAIT
@click.pass_obj
def backfill(
    settings: Settings,
    first: datetime,
    last: datetime,
    accepted: tuple[str, ...],
    wait_minutes: int,
) -> None:
    """Run all load dates of a range that have deliveries, in one pass."""
    if first > last:
        raise click.UsageError(f"--from {first.date()} is after --to {last.date()}: swap them.")
    if not wait_minutes:
        refuse_second_run(settings, "backfill")
    _backfill(settings, first.date(), last.date(), "backfill", wait_minutes, accepted)


@main.command()
@WAIT
@click.pass_obj
def rebuild(settings: Settings, wait_minutes: int) -> None:
    """Drop the warehouse and build all of it from the lake again."""
    if not wait_minutes:
        refuse_second_run(settings, "rebuild")
    wait = 60.0 * wait_minutes
    execute(
        settings,
        lambda progress: runs().run_rebuild(settings, progress=progress, wait_seconds=wait),
    )


@main.command()
@click.option("--port", type=int, default=3000, show_default=True)
@click.option("--host", default=LOOPBACK, show_default=True, help="Address to listen on.")
@click.pass_obj
def ui(settings: Settings, port: int, host: str) -> None:
    """Open the web page of Dagster, with its schedule and sensors at work.

    Only this machine reaches it unless `--host` says otherwise: it has no login.
    """
    import os
    import signal
    import socket

    from orchestration.cli.display import say, warn
    from orchestration.declarations import load_sources
    from orchestration.instance import prepare_instance
    from orchestration.settings import child_environment

    load_sources(settings.project_dir)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"Expected the port {port} of {host} to be free, found that it is not "
                f"({error}): end what listens there, or take another `--port` or `--host`."
            ) from error
    home = prepare_instance(settings)
    if host not in (LOOPBACK, "localhost"):
        warn(
            f"Whoever reaches {host}:{port} can start runs and read what they tell: the page has "
            "no login; put a proxy with one before it."
        )
    say(f"http://{host}:{port} — Ctrl-C ends it")
    sys.stdout.flush()
    command = [sys.executable, "-m", "dagster", "dev", "-m", "orchestration.definitions"]
    command += ["-h", host, "-p", str(port)]
    os.chdir(settings.project_dir)
    # A shell starts what is in the background with SIGINT ignored, and Dagster would then ignore
    # SIGTERM with it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # In place of this process, so that whoever ends `cx ui` ends all of it.
    os.execve(sys.executable, command, child_environment(settings, DAGSTER_HOME=str(home)))


def _run(
    settings: Settings,
    load_dates: Sequence[date],
    purpose: str,
    sources: Sequence[Source],
    wait_minutes: int,
    accepted: Sequence[str],
) -> None:
    known = {f"{table.source}.{table.name}" for found in sources for table in found.tables}
    for name in accepted:
        if name not in known:
            raise UsageError(
                f"Expected --accept to name a declared table as SOURCE.TABLE, found {name!r}: "
                f"take one of {', '.join(sorted(known))}."
            )
    execute(
        settings,
        lambda progress: runs().run_load_dates(
            settings, load_dates, purpose, progress, sources, 60.0 * wait_minutes, accepted
        ),
    )


def _backfill(
    settings: Settings,
    first: date,
    last: date,
    purpose: str,
    wait_minutes: int = 0,
    accepted: Sequence[str] = (),
) -> None:
    from orchestration.ingest import deliveries_in_inbox

    sources = declared(settings, None)
    warn_of_unclaimed(settings, sources)
    tables = [table for found in sources for table in found.tables]
    delivered = {day for table in tables for day in deliveries_in_inbox(settings, table)}
    dates = sorted(day for day in delivered if first <= day <= last)
    if not dates:
        raise DataError(
            f"Expected deliveries of {first} to {last} in {settings.inbox} (such as "
            f"{tables[0].source}/{tables[0].files}), found none: put files there, or run `cx demo` "
            "to try with generated ones."
        )
    _run(settings, dates, purpose, sources, wait_minutes, accepted)
