"""What every row of a published mart says of its own making: its run, when, and how checks went.

The columns are added while publishing, constant for a table and version: in the warehouse they
would make its tables something else than a function of the lake. Reads the state, no database.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from orchestration.errors import UsageError
from orchestration.publish.sql import Fragment, comma, identifier, literal, statement
from orchestration.publish.tables import Table
from orchestration.settings import Settings
from orchestration.state import load_checks

RUN_ID = "_run_id"
STATUS = "dq_status"
COMPUTED_AT = "computed_at"
DESCRIPTIONS = {
    RUN_ID: "Run that published this version of the table; ops.runs tells of it.",
    STATUS: (
        "How the checks of this table went in that run: passed, warned (one of severity warning "
        "failed; ops.check_results says which) or unchecked (none looked at it). A critical "
        "failure publishes nothing."
    ),
    COMPUTED_AT: "When that run had computed it, ready to be published (UTC).",
}
# The schema whose tables carry them. Facts and dimensions say of each row which file it is from.
SCHEMA = "marts"


@dataclass(frozen=True)
class Checked:
    """The checks of one table in a run: how many, and how many of them warned."""

    count: int = 0
    warned: int = 0

    @property
    def status(self) -> str:
        if self.warned:
            return "warned"
        return "passed" if self.count else "unchecked"


@dataclass(frozen=True)
class Lineage:
    """Where a version comes from.

    Attributes:
        computed_at: UTC, aware.
        checks: what came of the run's checks by name of the table.
    """

    run_id: str
    computed_at: datetime
    checks: Mapping[str, Checked] = field(default_factory=dict)

    def of(self, table: Table) -> Checked:
        return self.checks.get(table.name, Checked())

    def columns(self, table: Table) -> Fragment:
        """`, <value> as <column>` for each column that is added to the table; empty for none."""
        values = {
            RUN_ID: literal(self.run_id),
            STATUS: literal(self.of(table).status),
            COMPUTED_AT: statement(
                "cast({text} as timestamp)",
                text=literal(f"{self.computed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"),
            ),
        }
        added = comma(
            statement("{value} as {name}", value=values[name], name=identifier(name))
            for name in added_columns(table)
        )
        return statement(", {added}", added=added) if added else Fragment("")

    def row(self, table: Table) -> dict[str, object]:
        """What `ops.tables` says of it."""
        checked = self.of(table)
        return {
            "run_id": self.run_id,
            "dq_status": checked.status,
            "checks_count": checked.count,
            "checks_warned": checked.warned,
            "computed_at": self.computed_at.replace(microsecond=0),
        }


def read_lineage(settings: Settings, run_id: str, computed_at: datetime) -> Lineage:
    """The lineage of what this run publishes now.

    Raises:
        DataError: the record of its checks cannot be read.
    """
    checks = []
    # Whoever publishes without a run has no record of one, nor perhaps an id that may be a file.
    with suppress(UsageError):
        checks = load_checks(settings, run_id)
    found: dict[str, Checked] = {}
    for check in checks:
        before = found.get(check["table"], Checked())
        warned = before.warned + (not check["success"])
        found[check["table"]] = Checked(before.count + 1, warned)
    return Lineage(run_id, computed_at, found)


def added_columns(table: Table) -> list[str]:
    """The names of the columns that a table gets; what it has already is its own."""
    if table.schema != SCHEMA:
        return []
    own = {column.name.lower() for column in table.columns}
    return [name for name in DESCRIPTIONS if name not in own]
