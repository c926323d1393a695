"""What changed in the shape of deliveries: columns that came and went, files that were left out.

Compares the records of deliveries (`delivery.json`) with those of earlier load dates; reads nothing
else. Whether a change stops a run is decided at ingest, by the declaration: these are warnings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from orchestration.ingest.nested import missing_names
from orchestration.ingest.reading import has_header, most_similar, shortened
from orchestration.quality.outcomes import Outcome, and_more, delivery_outcome

if TYPE_CHECKING:
    from orchestration.declarations import Table
    from orchestration.ingest.delivery import Delivery

COLUMNS_CHECK = "columns_unchanged"
FILES_CHECK = "files_readable"
SHOWN_COLUMNS = 20


def check_shapes(
    tables: Iterable[Table], deliveries: Sequence[Delivery], load_dates: Collection[date] | None
) -> list[Outcome]:
    """Two warnings for every table: `files_readable` and `columns_unchanged`. Pure.

    Args:
        deliveries: all that are in the lake.
        load_dates: those of the run; None judges the latest delivery of each table.
    """
    found = []
    for table in tables:
        own = sorted(
            (d for d in deliveries if (d.source, d.table) == (table.source, table.name)),
            key=lambda delivery: delivery.load_date,
        )
        if load_dates is None:
            judged = own[-1:]
        else:
            judged = [delivery for delivery in own if delivery.load_date in load_dates]
        left_out = [
            f"{file.file}: {file.reason}"
            for delivery in judged
            for file in delivery.files
            if file.status == "unreadable"
        ]
        changes = [
            change for delivery in judged if (change := _change(table, delivery, own)) is not None
        ]
        files = sum(len(delivery.files) for delivery in judged)
        found.append(_outcome(table, FILES_CHECK, left_out, files))
        found.append(_outcome(table, COLUMNS_CHECK, changes, len(judged)))
    return found


def _change(table: Table, delivery: Delivery, own: Sequence[Delivery]) -> str | None:
    """The columns that a delivery has or lacks beside those before it, in a sentence."""
    earlier = [other for other in own if other.load_date < delivery.load_date and _columns(other)]
    now = _columns(delivery)
    if not earlier or not now:
        return None
    seen = {name for other in earlier for name in _columns(other)}
    declared = {name.casefold() for name in table.raw_columns}
    new = [now[key] for key in now if key not in seen]
    gone = [
        name
        for key, name in _columns(earlier[-1]).items()
        # Records of JSON leave out what they do not have: only what is read is missed.
        if key not in now and (has_header(table) or key in declared)
    ]
    new_inside, gone_inside = _changed_inside(table, delivery, earlier)
    new, gone = new + new_inside, gone + gone_inside
    if not new and not gone:
        return None
    parts = [f"{what} {_told(names)}" for what, names in (("new", new), ("gone", gone)) if names]
    looks = [
        f"{shortened(name)} is perhaps {shortened(close)} now"
        for name in gone
        if (close := most_similar(name, new)) is not None
    ]
    return (
        f"Expected the columns of {table.source}.{table.name} as delivered before, found "
        f"{' and '.join(parts)} in {delivery.files[0].file}"
        f"{': ' + '; '.join(looks) if looks else ''}: declare what is to be read in "
        f"{table.declared_in.name}:{table.line}, or have the file delivered as before."
    )


def _changed_inside(
    table: Table, delivery: Delivery, earlier: Sequence[Delivery]
) -> tuple[list[str], list[str]]:
    """New and gone names inside JSON values: those that are read, and what stands there instead."""
    if not delivery.rows_in_lake:
        return [], []
    now, last = _nested(delivery), _nested(earlier[-1])
    gone = [
        name
        for name in missing_names(table, list(_columns(delivery).values()), now)
        if name in last
    ]
    places = {name.rpartition(".")[0] for name in gone}
    seen = {name for other in earlier for name in _nested(other)}
    new = [name for name in now if name not in seen and name.rpartition(".")[0] in places]
    return new, gone


def _nested(delivery: Delivery) -> list[str]:
    return sorted({name for file in delivery.files for name in file.nested})


def _columns(delivery: Delivery) -> dict[str, str]:
    """The columns of the files that were read, by their name without case."""
    return {
        name.casefold(): name
        for file in delivery.files
        if file.status == "read"
        for name in file.columns
    }


def _told(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN_COLUMNS} more" if len(names) > SHOWN_COLUMNS else ""
    return ", ".join(map(shortened, names[:SHOWN_COLUMNS])) + more


def _outcome(table: Table, check: str, sentences: Sequence[str], looked_at: int) -> Outcome:
    message = f"{sentences[0]}{and_more(len(sentences) - 1)}" if sentences else ""
    return delivery_outcome(
        table.source,
        table.name,
        check,
        message,
        wrong=len(sentences),
        looked_at=looked_at,
        severity="warning",
    )
