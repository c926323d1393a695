"""Many random histories at once, with a summary: `make histories N=500`."""

from __future__ import annotations

import time

import click
from history_players import Failure, Players

EVERY = 10
SHRINK_SECONDS = 900
# Enough to see a pattern; more of them would be mostly the same defect again.
MOST_FAILURES = 5


@click.command()
@click.option("--count", default=500, show_default=True, help="Histories.")
@click.option("--seed", default=1, show_default=True, help="Other histories for another number.")
@click.option("--first", default=1, show_default=True, help="Number of the first one.")
@click.option("--shrink/--no-shrink", default=True, show_default=True, help="Those that fail.")
@click.option("--parts", default=1, show_default=True, help="Look at one of so many parts.")
def main(count: int, seed: int, first: int, shrink: bool, parts: int) -> None:
    """Play random histories and compare each with a rebuild of the same lake."""
    started = time.monotonic()
    steps = deliveries = builds = number = 0
    failures: list[Failure] = []
    with Players() as players:
        cases = (
            (players.draw(seed, number), players.some_tables(number, parts))
            for number in range(first, first + count)
        )
        for number, (history, played) in enumerate(players.play_each(cases), start=first):
            steps += len(history.steps)
            deliveries += played.deliveries
            builds += played.builds
            if played.differences:
                failure = Failure(number, history, played)
                click.echo(f"history {number} fails in {', '.join(sorted(played.tables))}")
                failures.append(players.shrink(failure, SHRINK_SECONDS) if shrink else failure)
                click.echo(str(failures[-1]))
                if len(failures) == MOST_FAILURES:
                    break
            if number % EVERY == 0:
                click.echo(f"history {number} of {first + count - 1}, {len(failures)} failures")
    seconds = round(time.monotonic() - started)
    click.echo(
        f"{number - first + 1} histories (seed {seed}): {steps} steps, {deliveries} deliveries, "
        f"{builds} builds in {seconds} s; {len(failures)} failures"
    )
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
