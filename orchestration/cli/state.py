"""Commands about what is published and how the last runs went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orchestration.cli.group import leave, main
from orchestration.errors import DataError
from orchestration.settings import Settings

if TYPE_CHECKING:
    from datetime import datetime

    from orchestration.state import RunRecord

SHOWN_RUNS = 5
SHOWN_DATES = 10
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


@main.command()
@click.option("--check", is_flag=True, help="One sentence for monitoring; 1 if something is wrong.")
@click.option("--alert", is_flag=True, help="With --check: send that sentence, too.")
@click.pass_obj
def status(settings: Settings, check: bool, alert: bool) -> None:
    """What is published, what runs, how the last runs went, and what waits for you."""
    from datetime import UTC, datetime

    from orchestration.cli import status_view
    from orchestration.cli.display import say, show_table
    from orchestration.state import load_runs

    now = datetime.now(UTC)
    if alert and not check:
        raise click.UsageError("--alert goes with --check: give both.")
    if check:
        _check(settings, now, alert)
        return
    say(f"home         {settings.home}")
    say(f"running      {status_view.running_line(settings)}")
    for at, line in enumerate(status_view.published_lines(settings)):
        say(f"{'' if at else 'published':<13}{line}")
    runs = load_runs(settings, SHOWN_RUNS)
    if runs:
        say()
        show_table(RUN_COLUMNS, [_run_row(record) for record in runs])
    sources, declaration_problem = status_view.declared_sources(settings)
    attention = status_view.attention_rows(settings, sources, now)
    if attention:
        say()
        show_table(("needs you", "since (UTC)", "next", "why"), attention)
    else:
        say("\nNothing needs you.")
    unfinished = status_view.unfinished_rows(settings)
    if unfinished:
        say("\nnot finished: load dates whose rows are not, or not all, in what is published")
        show_table(("load date", "since (UTC)", "step", "next", "error"), unfinished[:SHOWN_DATES])
        if len(unfinished) > SHOWN_DATES:
            say(f"… and {len(unfinished) - SHOWN_DATES} more load dates, to {unfinished[-1][0]}")
    if declaration_problem is not None:
        say(f"\ndeclared     {declaration_problem}")
        return
    lines, problem = status_view.quarantine_lines(settings, sources)
    if lines:
        say()
        show_table(
            ("in quarantine", "rows", "files", "most often"),
            [(line.table, f"{line.rows:,}", line.files or "", line.reason) for line in lines],
        )
        say("`cx quarantine list` shows each; mend the declaration, then `cx quarantine replay`")
    if problem is not None:
        say(f"\nquarantine   {problem}")
    unclaimed = status_view.unclaimed_line(settings, sources)
    if unclaimed is not None:
        say(f"\ninbox        {unclaimed}")


@main.command()
@click.pass_obj
def doctor(settings: Settings) -> None:
    """Look the installation over; exits with 1 if something has to be mended."""
    from datetime import UTC, datetime

    from orchestration.cli.display import say
    from orchestration.doctor import FAIL, examine

    settings.home.mkdir(parents=True, exist_ok=True)
    failed = 0
    for line in examine(settings, datetime.now(UTC)):
        say(f"{line.status:<5} {line.name:<13} {line.text}")
        if line.todo:
            say(f"{'':<19} → {line.todo}")
        failed += line.status == FAIL
    if failed:
        leave(f"{failed} of these have to be mended.", 1)


@main.command()
@click.argument("version", required=False)
@click.pass_obj
def rollback(settings: Settings, version: str | None) -> None:
    """Publish an earlier VERSION again (default: the one before); nothing is deleted."""
    from uuid import uuid4

    from orchestration.cli.display import say
    from orchestration.publish.versions import list_versions
    from orchestration.publish.versions import rollback as roll_back
    from orchestration.state import run_lock

    with run_lock(settings, str(uuid4()), "rollback"):
        versions = list_versions(settings)
        at = next((at for at, each in enumerate(versions) if each.is_current), None)
        if version is None:
            # Where the link leads to a version that is gone, the newest one that is there.
            before_it = 0 if at is None else at + 1
            if before_it >= len(versions):
                raise DataError(
                    "Expected a version before the published one in "
                    f"{settings.published / 'versions'}, found none: nothing to go back to."
                )
            version = versions[before_it].name
        chosen = roll_back(settings, version)
    before = None if at is None else versions[at].name
    if before == chosen.name:
        say(f"published  {chosen.name}, as before")
        return
    say(f"published  {chosen.name}, of {chosen.published_at:%Y-%m-%d %H:%M} UTC")
    if before is not None:
        say(f"before     {before}: `cx rollback {before}` goes back to it")
    say("The next run publishes a new version with all that is in the lake.")


def _check(settings: Settings, now: datetime, alert: bool) -> None:
    from orchestration.cli import status_view
    from orchestration.cli.display import say

    is_well, sentence = status_view.verdict(settings, now)
    if is_well:
        say(f"ok: {sentence}")
        return
    if alert:
        from orchestration.notify import send_alert

        send_alert(settings, "status", sentence)
    leave(sentence, 1)


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
