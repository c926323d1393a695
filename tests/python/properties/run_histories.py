"""Many random histories at once, with a summary: `make histories N=500`."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click
from history_players import Failure, Players, draw

EVERY = 25
SHRINK_SECONDS = 900
# Enough to see a pattern; more of them would be mostly the same defect again.
MOST_FAILURES = 5


@click.command()
@click.option("--count", default=500, show_default=True, help="Histories.")
@click.option("--seed", default=1, show_default=True, help="Other histories for another number.")
def main(count: int, seed: int) -> None:
    """Play random histories and compare each with a rebuild of the same lake."""
    started = time.monotonic()
    steps = deliveries = builds = number = 0
    failures: list[Failure] = []
    with tempfile.TemporaryDirectory() as folder, Players(Path(folder)) as players:
        histories = draw(players.models, count, seed)
        for number, (history, played) in enumerate(players.play_all(histories), start=1):
            steps += len(history.steps)
            deliveries += played.deliveries
            builds += played.builds
            if played.differences:
                click.echo(f"history {number} fails, shrinking it")
                failures.append(players.shrink(Failure(number, history, played), SHRINK_SECONDS))
                click.echo(str(failures[-1]))
                if len(failures) == MOST_FAILURES:
                    break
            if number % EVERY == 0:
                click.echo(f"{number} of {len(histories)} histories, {len(failures)} failures")
    seconds = round(time.monotonic() - started)
    click.echo(
        f"{number} histories (seed {seed}): {steps} steps, {deliveries} deliveries, "
        f"{builds} builds in {seconds} s; {len(failures)} failures"
    )
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
