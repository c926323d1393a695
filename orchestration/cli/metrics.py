"""The command about the metrics: what there is, what it means, and what has a value here."""

from __future__ import annotations

import click

from orchestration.cli.group import main
from orchestration.settings import Settings


@main.command()
@click.argument("words", nargs=-1)
@click.option("--coverage", is_flag=True, help="What answers each question of the documents.")
@click.pass_obj
def metrics(settings: Settings, words: tuple[str, ...], coverage: bool) -> None:
    """List the metrics, those with these WORDS, or all about one, by its id."""
    from orchestration.cli import metrics_view

    if coverage:
        metrics_view.show_coverage(settings)
    else:
        metrics_view.show_metrics(settings, " ".join(words))
