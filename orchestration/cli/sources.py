"""Commands about declarations: draft one from a file, check what is declared."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.cli.group import leave, main
from orchestration.cli.shared import counted
from orchestration.settings import Settings


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
    from orchestration.cli.display import say
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
    from orchestration.cli.display import say, show_table
    from orchestration.declarations import check_sources, load_sources

    problems = check_sources(settings.project_dir, name)
    for problem in problems:
        say(str(problem))
    if problems:
        leave(f"{counted(len(problems), 'problem')} in declarations: correct the lines above.", 2)
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
        f"{counted(len(sources), 'source')} with {counted(tables, 'table')} {verb} declared "
        "without a problem."
    )
