"""What `cx` shows on the terminal: the progress of a run and the tables at its end. No logic."""

from __future__ import annotations

import io
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rich import markup
from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.cli.headlines import Headline
    from orchestration.run_session import RunSession

SHOWN_CHECKS = 20
WIDTH = 140
UNBOUNDED = 100_000
NONE = "—"
UNIMPORTANT = ("no delivery",)
# Names and values come from files, and a terminal obeys what is no letter: colours, the cursor, the
# direction of writing.
COMMANDS = {
    code: f"\\x{code:02x}"
    for code in [*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    if chr(code) not in "\n\t"
}


def escape(text: str) -> str:
    """A text as nothing but text, for rich and for the terminal."""
    return markup.escape(text.translate(COMMANDS))


class Terminal(Console):
    """Goes on when whoever read it stopped: a run is worth more than what it shows."""

    def on_broken_pipe(self) -> None:
        with suppress(SystemExit):
            super().on_broken_pipe()


def console() -> Console:
    """Standard output; wide enough for tables when it is not a terminal."""
    found = Terminal(highlight=False, soft_wrap=True)
    return found if found.is_terminal else Terminal(highlight=False, soft_wrap=True, width=WIDTH)


def say(text: str = "") -> None:
    console().print(escape(text))


def complain(text: str) -> None:
    """An error, one sentence on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(escape(f"error: {text}"))


def warn(text: str) -> None:
    """Something to look at that stops nothing, one sentence on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(escape(f"warning: {text}"))


class RunDisplay:
    """The progress of a run: a live line for the current step, one line for each finished one."""

    def __init__(self) -> None:
        self._console = console()
        self._bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bars.add_task("starting", total=None)

    @contextmanager
    def live(self) -> Iterator[RunDisplay]:
        with self._bars:
            yield self

    def started(self, step: str) -> None:
        self._bars.reset(self._task, description=escape(step), total=None)

    def noted(self, step: str, text: str) -> None:
        self._bars.update(self._task, description=f"{escape(step)} [dim]{escape(text)}[/dim]")

    def finished(self, step: str, seconds: float, detail: str) -> None:
        if detail not in UNIMPORTANT:
            self._line("[green]✓[/green]", step, seconds, detail)

    def failed(self, step: str, seconds: float, detail: str) -> None:
        self._line("[red]✗[/red]", step, seconds, detail)

    def _line(self, mark: str, step: str, seconds: float, detail: str) -> None:
        self._console.print(
            f"{mark} {escape(step):<42} [dim]{seconds:>6.1f} s[/dim]  {escape(detail)}".rstrip()
        )


def show_run(session: RunSession) -> None:
    """Failed checks and the totals of a run."""
    show_failed_checks(session)
    totals = session.totals()
    table = _table("run", session.run_id)
    table.add_row("rows read", f"{totals['rows_read']:,}")
    table.add_row("rows quarantined", _count(totals["rows_quarantined"], "yellow"))
    if session.own_records:
        superseded = sum(record.rows_superseded for record in session.own_records)
        table.add_row("rows superseded", f"{superseded:,}")
    table.add_row("checks passed", f"{totals['checks_passed']:,}")
    table.add_row("checks warned", _count(totals["checks_warned"], "yellow"))
    table.add_row("checks failed", _count(totals["checks_failed"], "red"))
    table.add_row("published", totals["version"] or "[red]nothing[/red]")
    _print_table(table)


def show_failed_checks(session: RunSession) -> None:
    """Each failed check by name, table and message; the critical ones first."""
    failed = sorted(
        (found for found in session.outcomes if not found.success),
        key=lambda found: not found.is_blocking,
    )
    for found in failed[:SHOWN_CHECKS]:
        mark = "[red]failed[/red]" if found.is_blocking else "[yellow]warned[/yellow]"
        console().print(
            f"  {mark} {escape(found.check_name)} on {escape(found.table)}: {escape(found.message)}"
        )
    if len(failed) > SHOWN_CHECKS:
        say(f"  … and {len(failed) - SHOWN_CHECKS} more: `cx status` shows the counts.")


def show_headlines(headlines: Sequence[Headline]) -> None:
    """The headline metrics with n and interval."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("metric")
    for name in ("value", "95 % interval", "n"):
        table.add_column(name, justify="right")
    table.add_column("from … to")
    for found in headlines:
        unit = "" if found.metric == "nps" else " %"
        interval = (
            NONE
            if found.low is None or found.high is None
            else f"{found.low:.1f} … {found.high:.1f}"
        )
        table.add_row(
            escape(f"{found.metric}{f' ({found.part})' if found.part else ''}"),
            NONE if found.value is None else f"{found.value:.1f}{unit}",
            interval,
            f"{found.n:,}",
            found.note or (f"{found.first} … {found.last}" if found.first else NONE),
        )
    _print_table(table)


def show_places(settings: Settings) -> None:
    """Where the marts are, and how to look at them."""
    database = settings.published / "cx.duckdb"
    query = "from marts.mart_csat limit 10"
    python = f"import duckdb; duckdb.connect('{database}', read_only=True).sql('{query}').show()"
    say(f"marts      {database}")
    say(f"parquet    {settings.published / 'current' / 'parquet'}")
    if (settings.data_docs / "index.html").is_file():
        say(f"data docs  {settings.data_docs / 'index.html'}")
    say(f"look       duckdb -readonly {shlex.quote(str(database))} -c {shlex.quote(query)}")
    say(f'       or  {shlex.quote(sys.executable)} -c "{python}"')


def show_table(columns: Iterable[str], rows: Iterable[Sequence[object]]) -> None:
    """Any rows under these headings."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    _print_table(table)


def _print_table(table: Table) -> None:
    """Folded into a terminal; elsewhere one line a row, so that nothing is cut and grep works."""
    target = console()
    if target.is_terminal:
        target.print(table)
        return
    wide = Console(highlight=False, width=UNBOUNDED, file=io.StringIO())
    with wide.capture() as captured:
        wide.print(table)
    for line in captured.get().splitlines():
        target.out(line.rstrip(), highlight=False)


def _table(first: str, second: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(first)
    table.add_column(second, justify="right")
    return table


def _count(number: int, color: str) -> str:
    return f"[{color}]{number:,}[/{color}]" if number else "0"
