"""Commands about rows and files that could not be read: list, show, replay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import click

from orchestration.cli.group import main
from orchestration.cli.shared import counted, declared, execute, refuse_second_run, runs
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.declarations import Source

SHOWN_REASONS = 20
SHOWN_ROWS = 50
HIDDEN = "(personal: `--personal` shows it)"


@main.group()
def quarantine() -> None:
    """Rows and files that could not be read, or do not fit: list, show, replay."""


@quarantine.command("list")
@click.option("--source", "name", default=None, help="Only of this source.")
@click.option("--all", "is_all", is_flag=True, help=f"All rows, not only the newest {SHOWN_ROWS}.")
@click.pass_obj
def list_quarantine(settings: Settings, name: str | None, is_all: bool) -> None:
    """List what lies in quarantine: the reasons, then the rows, newest load date first."""
    from orchestration.cli.display import say, show_table
    from orchestration.cli.quarantine_view import INCOMPLETE, open_quarantine

    sources = declared(settings, name)
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
@click.option("--personal", is_flag=True, help="Names, addresses and texts of people, too.")
@click.pass_obj
def show_quarantine(settings: Settings, id: str, personal: bool) -> None:
    """Show a quarantined row as it was delivered, without what is declared personal."""
    from orchestration.cli.display import say
    from orchestration.cli.quarantine_view import delivered_row, open_quarantine
    from orchestration.declarations import find_table
    from orchestration.ingest import show_quarantined

    sources = declared(settings, None)
    with open_quarantine(settings, sources) as view:
        item = view.find(id)
    hidden = () if personal else find_table(sources, item.source, item.table).personal_columns
    place = f"{item.source}.{item.table} {item.load_date}: {item.file}"
    row = f", row {item.row_number}" if item.row_number else ""
    if item.is_staged:
        part = f" ({item.entity})" if item.entity else ""
        say(f"{place}{row}{part}")
        say(item.reason)
        for name, value in delivered_row(settings, item).items():
            if value is not None and name in hidden:
                value = HIDDEN
            say(f"{name}: {'(absent)' if value is None else value}")
        return
    found = show_quarantined(settings, item.id)
    line = f", line {found.line_number}" if found.line_number else ""
    say(f"{place}{row}{line}")
    say(found.reason)
    if found.path is not None:
        say(f"kept as {found.path}")
    for text in (found.header, HIDDEN if found.text and hidden else found.text):
        if text is not None:
            say(text.rstrip("\n"))


@quarantine.command("replay")
@click.option("--source", "name", default=None, help="Only of this source.")
@click.pass_obj
def replay(settings: Settings, name: str | None) -> None:
    """Read quarantined rows again with the present declarations, then build and publish."""
    from orchestration.cli.display import say, show_table
    from orchestration.cli.quarantine_view import open_quarantine

    sources = declared(settings, name)
    refuse_second_run(settings, "replay")
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
    execute(
        settings,
        lambda progress: runs().run_rebuild(
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

    from orchestration.cli.display import say
    from orchestration.declarations import find_table
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
                f"{key[0]}.{key[1]} {key[2]}: {counted(done.rows_restored, 'row')} and "
                f"{counted(done.files_restored, 'file')} read now, "
                f"{counted(done.rows_left, 'row')} and {counted(done.files_left, 'file')} still "
                "do not"
            )
            if done.rows_restored or done.files_restored:
                dates.add(key[2])
                # In the lake from here on; were we killed, the next run has to check them too.
                mark_unfinished(settings, run_id, [key[2]])
    return dates
