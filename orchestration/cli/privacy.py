"""The command that erases people and proves it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from orchestration.cli.group import leave, main
from orchestration.cli.shared import counted, declared, execute, refuse_second_run, runs
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.declarations import Source

SHOWN_FINDS = 20


@main.command()
@click.argument("customer", nargs=-1)
@click.option("--check", is_flag=True, help="Only look whether anybody who was forgotten is left.")
@click.option("--yes", is_flag=True, help="Do not ask before erasing.")
@click.pass_obj
def forget(settings: Settings, customer: tuple[str, ...], check: bool, yes: bool) -> None:
    """Erase CUSTOMER from inbox, lake, quarantine, warehouse, published versions and logs.

    CUSTOMER is the id of the source, the id of the marts, or a declared personal value such as an
    e-mail address. Their contacts and answers go with them, and never come in again. All versions
    but a new one are deleted, so that there is no rollback to one that had them.
    """
    if check == bool(customer):
        raise click.UsageError("Expected either CUSTOMER or --check: give one of them.")
    sources = declared(settings, None)
    refuse_second_run(settings, "forget")
    if not check and not _erase(settings, sources, customer, yes):
        return
    _prove(settings, sources, is_rebuilt=not check)


def _erase(
    settings: Settings, sources: Sequence[Source], names: Sequence[str], is_sure: bool
) -> bool:
    """Erase them from what was delivered and build the rest anew; False when nobody was sure."""
    from uuid import uuid4

    from orchestration.cli.display import say, show_table
    from orchestration.erasure import erase, plan_erasure
    from orchestration.publish import prune
    from orchestration.state import PATIENCE_SECONDS, run_lock

    run_id = str(uuid4())
    with run_lock(settings, run_id, "forget"):
        plan = plan_erasure(settings, sources, names)
        show_table(("rows in the lake", "table"), [(f"{x.rows:,}", x.table) for x in plan.rows])
        if plan.known:
            say(f"{counted(len(plan.known), 'name')} on the list already: looked for once more.")
        if not is_sure and not click.confirm("Erase these rows for good?"):
            return False
        for table, day, erased in erase(settings, sources, plan.texts, run_id):
            say(
                f"{table.source}.{table.name} {day}: {counted(erased.rows_lake, 'row')} of the "
                f"lake, {erased.rows_quarantine:,} of quarantine and {erased.rows_inbox:,} of the "
                f"inbox erased, {counted(erased.files, 'unreadable file')} deleted, "
                f"{erased.addresses:,} addresses blanked in texts of others"
            )
    # A run that waited for this may come in between: it reads a lake without them.
    execute(
        settings,
        lambda progress: runs().run_rebuild(
            settings, "forget", progress=progress, wait_seconds=PATIENCE_SECONDS
        ),
    )
    with run_lock(settings, run_id, "forget", PATIENCE_SECONDS):
        prune(settings, keep=1)
    return True


def _prove(settings: Settings, sources: Sequence[Source], *, is_rebuilt: bool) -> None:
    from uuid import uuid4

    from orchestration.cli.display import say, show_table
    from orchestration.erasure import scan, scrub_texts
    from orchestration.ingest.forgotten import load_forgotten
    from orchestration.state import PATIENCE_SECONDS, run_lock

    forgotten = load_forgotten(settings)
    if forgotten is None:
        say("Nobody was forgotten.")
        return
    with run_lock(settings, str(uuid4()), "forget", PATIENCE_SECONDS if is_rebuilt else 0.0):
        if is_rebuilt:
            scrub_texts(settings, forgotten)
        places = scan(settings, sources, forgotten)
    say()
    show_table(
        ("place", "files", "left of them"),
        [(place.name, f"{place.files:,}", f"{len(place.found):,}") for place in places],
    )
    found = [text for place in places for text in place.found]
    if found:
        for text in found[:SHOWN_FINDS]:
            say(text)
        leave(
            f"Expected nothing of the forgotten people below {settings.home}, found something in "
            f"{counted(len(found), 'place')}: repeat `cx forget` with their names; what is left "
            "then lies in files that only you can edit.",
            1,
        )
    say("Nothing of them is left.")
