"""The reconciliation of deliveries: every row that was read is accounted for, none is lost.

For every delivered file, rows read = accepted + superseded + quarantined. What was read stands in
the `delivery.json` of the partition, the verdicts in `intermediate.lake_counts` under the table's
own entity (the first of its feeds). Reads the lake, the quarantine and the warehouse
(read-only, closed on return); writes nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from orchestration.errors import DataError
from orchestration.quality.outcomes import Outcome, and_more, delivery_outcome
from orchestration.quality.targets import (
    date_list,
    literal,
    open_lake,
    open_warehouse,
    path_list,
)
from orchestration.settings import Settings

if TYPE_CHECKING:
    import duckdb

    from orchestration.declarations import Source, Table
    from orchestration.ingest.delivery import Delivery

BALANCE_CHECK = "rows_balance"
SHARE_CHECK = "quarantined_share"
# A small file with a bad row or two is above any share: below this many rows a run goes on, unless
# nothing at all was accepted.
FEWEST_ROWS_TO_STOP = 10


class FileKey(NamedTuple):
    """One delivered file; `file` is relative to inbox/<source>."""

    source: str
    table: str
    load_date: date
    file: str


@dataclass(frozen=True)
class DeliveryCount:
    """What ingest counted in one file.

    Attributes:
        rows_quarantined: records that were no rows; they are not in the lake.
        status: read or unreadable.
        reason: why it is unreadable, else None.
    """

    key: FileKey
    rows_read: int
    rows_quarantined: int
    status: str = "read"
    reason: str | None = None


@dataclass(frozen=True)
class VerdictCount:
    """What became of a file's rows in the lake."""

    key: FileKey
    accepted: int
    superseded: int
    quarantined: int


@dataclass(frozen=True)
class ReasonCount:
    """How many rows of a file are in quarantine for one reason, at ingest or at staging."""

    key: FileKey
    reason: str
    rows: int


@dataclass(frozen=True)
class PartCount:
    """What became of a part of a file's rows: an entity that the table feeds besides its own.

    Attributes:
        rows: rows that hold this part.
        reason: the most frequent reason of quarantine, or None.
    """

    key: FileKey
    entity: str
    rows: int
    quarantined: int
    reason: str | None


@dataclass(frozen=True)
class Verdicts:
    """Verdicts and reasons of quarantine; see `load_verdicts`."""

    counts: tuple[VerdictCount, ...] = ()
    reasons: tuple[ReasonCount, ...] = ()
    parts: tuple[PartCount, ...] = ()


@dataclass(frozen=True)
class DeliveryRecord:
    """One delivered file, reconciled.

    Attributes:
        rows_quarantined: at ingest and at staging together.
        parts_quarantined: parts of accepted or superseded rows (a rating on a call, say) that went
            to quarantine alone; in no other count.
        quarantined_share: of the rows read, 0 to 1; None when nothing was read.
        is_balanced: rows read = accepted + superseded + quarantined.
        status: read, unreadable, or undelivered (rows in the warehouse, but no delivery of them).
        reason: why the file is unreadable, else the most frequent reason of quarantine, else None.
    """

    source: str
    table: str
    load_date: date
    file: str
    rows_read: int
    rows_accepted: int
    rows_superseded: int
    rows_quarantined: int
    parts_quarantined: int
    quarantined_share: float | None
    is_balanced: bool
    status: str
    reason: str | None


def delivery_counts(deliveries: Iterable[Delivery]) -> list[DeliveryCount]:
    """The counts of every file of these deliveries."""
    return [
        DeliveryCount(
            FileKey(delivery.source, delivery.table, delivery.load_date, file.file),
            file.rows_read,
            file.rows_quarantined,
            file.status,
            file.reason,
        )
        for delivery in deliveries
        for file in delivery.files
    ]


def delivery_rows(
    deliveries: Iterable[Delivery], records: Iterable[DeliveryRecord]
) -> list[dict[str, Any]]:
    """The rows of `ops.deliveries`: what ingest wrote down, and what became of the rows."""
    told = {FileKey(r.source, r.table, r.load_date, r.file): r for r in records}
    rows = []
    for delivery in deliveries:
        for file in delivery.files:
            key = FileKey(delivery.source, delivery.table, delivery.load_date, file.file)
            rows.append(
                {
                    **asdict(delivery),
                    **asdict(file),
                    **(asdict(told[key]) if key in told else {}),
                    "table_name": delivery.table,
                }
            )
    return rows


def load_verdicts(
    settings: Settings, sources: Sequence[Source], load_dates: Sequence[date] | None
) -> Verdicts:
    """Count the verdicts of the rows of these load dates, or of all when None.

    Raises:
        DataError: the warehouse or a table of verdicts is missing.
    """
    import duckdb

    owners: dict[str, list[Table]] = defaultdict(list)
    holders: dict[str, list[Table]] = defaultdict(list)
    for source in sources:
        for table in source.tables:
            own, *parts = table.feeds
            owners[own].append(table)
            for part in parts:
                holders[part].append(table)
    counts: list[VerdictCount] = []
    reasons: list[ReasonCount] = []
    part_counts: list[PartCount] = []
    connection = open_warehouse(settings)
    try:
        for entity, tables in sorted(owners.items()):
            for row in _verdict_rows(connection, entity, tables, load_dates):
                key = FileKey(*row[:4])
                if row[4] is None:
                    counts.append(VerdictCount(key, *row[5:8]))
                else:
                    reasons.append(ReasonCount(key, row[4], row[7]))
        for entity, tables in sorted(holders.items()):
            rows = _verdict_rows(connection, entity, tables, load_dates)
            why: dict[FileKey, Counter[str]] = defaultdict(Counter)
            for row in rows:
                if row[4] is not None:
                    why[FileKey(*row[:4])][row[4]] += row[7]
            for row in rows:
                if row[4] is None:
                    key = FileKey(*row[:4])
                    most = why[key].most_common(1)
                    reason = most[0][0] if most else None
                    part_counts.append(PartCount(key, entity, sum(row[5:8]), row[7], reason))
    except duckdb.Error as error:
        raise DataError(
            f"Expected the verdicts of {entity} in intermediate.lake_counts, found: "
            f"{str(error).splitlines()[0]}; build the models first."
        ) from error
    finally:
        connection.close()
    reasons.extend(_reasons_at_ingest(settings, sources, load_dates))
    return Verdicts(tuple(counts), tuple(reasons), tuple(part_counts))


def check_balance(
    deliveries: Sequence[DeliveryCount],
    verdicts: Verdicts,
    allowed_shares: Mapping[tuple[str, str], float],
) -> tuple[list[DeliveryRecord], list[Outcome]]:
    """Reconcile what was read with what became of it. Pure.

    Args:
        deliveries: the files of the run's load dates.
        verdicts: the verdicts of the same load dates.
        allowed_shares: largest share of quarantined rows by source and table.

    Returns:
        A record for every file, and for every table critical outcomes: `rows_balance` over its
        files, `quarantined_share` over its deliveries (all files of a load date together), and
        `quarantined_share_<entity>` for every other entity that it feeds.
    """
    counted = {count.key: count for count in verdicts.counts}
    reasons: dict[FileKey, Counter[str]] = defaultdict(Counter)
    for found in verdicts.reasons:
        reasons[found.key][found.reason] += found.rows
    delivered = {count.key: count for count in deliveries}
    in_parts: Counter[FileKey] = Counter()
    for part in verdicts.parts:
        in_parts[part.key] += part.quarantined
    records = [
        _record(
            delivered.get(key) or DeliveryCount(key, 0, 0, "undelivered"),
            counted.get(key) or VerdictCount(key, 0, 0, 0),
            reasons[key],
            in_parts[key],
        )
        for key in sorted(delivered.keys() | counted.keys())
    ]
    tables: dict[tuple[str, str], list[DeliveryRecord]] = {name: [] for name in allowed_shares}
    for record in records:
        tables.setdefault((record.source, record.table), []).append(record)
    outcomes: list[Outcome] = []
    for (source, table), of_table in tables.items():
        outcomes.append(_balance_outcome(source, table, of_table))
        allowed = allowed_shares.get((source, table))
        if allowed is not None:
            outcomes.append(_share_outcome(source, table, of_table, allowed, reasons))
    parts: dict[tuple[str, str, str], list[PartCount]] = defaultdict(list)
    for part in verdicts.parts:
        parts[part.key.source, part.key.table, part.entity].append(part)
    for (source, table, entity), of_part in sorted(parts.items()):
        allowed = allowed_shares.get((source, table))
        if allowed is not None:
            outcomes.append(_part_outcome(source, table, entity, of_part, allowed))
    return records, outcomes


def allowed_shares(sources: Sequence[Source]) -> dict[tuple[str, str], float]:
    """`max_quarantined_share` of every declared table."""
    return {
        (source.name, table.name): table.max_quarantined_share
        for source in sources
        for table in source.tables
    }


def _record(
    delivery: DeliveryCount, verdict: VerdictCount, reasons: Counter[str], in_parts: int
) -> DeliveryRecord:
    quarantined = delivery.rows_quarantined + verdict.quarantined
    told = verdict.accepted + verdict.superseded + quarantined
    most = reasons.most_common(1)
    return DeliveryRecord(
        *delivery.key,
        rows_read=delivery.rows_read,
        rows_accepted=verdict.accepted,
        rows_superseded=verdict.superseded,
        rows_quarantined=quarantined,
        parts_quarantined=in_parts,
        quarantined_share=quarantined / delivery.rows_read if delivery.rows_read else None,
        is_balanced=delivery.rows_read == told,
        status=delivery.status,
        reason=delivery.reason or (most[0][0] if most else None),
    )


def _balance_outcome(source: str, table: str, records: Sequence[DeliveryRecord]) -> Outcome:
    wrong = [record for record in records if not record.is_balanced]
    message = ""
    if wrong:
        first = wrong[0]
        message = (
            f"Expected all {first.rows_read} rows read from {first.file} of {source}.{table} "
            f"({first.load_date.isoformat()}) to be accounted for, found {first.rows_accepted} "
            f"accepted, {first.rows_superseded} superseded and {first.rows_quarantined} "
            f"quarantined{and_more(len(wrong) - 1)}: ingest the load date again and rebuild."
        )
    return delivery_outcome(
        source, table, BALANCE_CHECK, message, wrong=len(wrong), looked_at=len(records)
    )


def _share_outcome(
    source: str,
    table: str,
    records: Sequence[DeliveryRecord],
    allowed: float,
    reasons: Mapping[FileKey, Counter[str]],
) -> Outcome:
    by_date: dict[date, list[DeliveryRecord]] = defaultdict(list)
    for record in records:
        by_date[record.load_date].append(record)
    worst: tuple[float, date] | None = None
    above = 0
    for day, files in by_date.items():
        read = sum(record.rows_read for record in files)
        quarantined = sum(record.rows_quarantined for record in files)
        share = quarantined / read if read else 0.0
        above += _is_above(quarantined, read, allowed)
        if worst is None or share > worst[0]:
            worst = (share, day)
    message = ""
    if worst is not None and above:
        files = by_date[worst[1]]
        of_day: Counter[str] = Counter()
        for record in files:
            key = FileKey(record.source, record.table, record.load_date, record.file)
            of_day.update(reasons.get(key, Counter()))
        why = "".join(
            f", most often ({rows} rows) because {reason}" for reason, rows in of_day.most_common(1)
        )
        message = (
            f"Expected at most {allowed:.1%} of the rows of {source}.{table} in quarantine, found "
            f"{sum(record.rows_quarantined for record in files)} of "
            f"{sum(record.rows_read for record in files)} ({worst[0]:.1%}) of "
            f"{worst[1].isoformat()}{why}{and_more(above - 1)}: correct the declaration or the "
            "delivery and run the load date again."
        )
    observed = worst[0] if worst else None
    return delivery_outcome(
        source, table, SHARE_CHECK, message, wrong=above, looked_at=len(by_date), observed=observed
    )


def _part_outcome(
    source: str, table: str, entity: str, parts: Sequence[PartCount], allowed: float
) -> Outcome:
    above = [part for part in parts if _is_above(part.quarantined, part.rows, allowed)]
    message = ""
    if above:
        worst = max(above, key=lambda part: part.quarantined / part.rows)
        message = (
            f"Expected at most {allowed:.1%} of the {entity} in {source}.{table} in quarantine, "
            f"found {worst.quarantined} of {worst.rows} in {worst.key.file}, most often because "
            f"{worst.reason}{and_more(len(above) - 1)}: correct the declaration or the delivery "
            "and run the load date again."
        )
    rows = sum(part.rows for part in parts)
    observed = sum(part.quarantined for part in parts) / rows if rows else None
    name = f"{SHARE_CHECK}_{entity}"
    return delivery_outcome(
        source, table, name, message, wrong=len(above), looked_at=len(parts), observed=observed
    )


def _is_above(quarantined: int, rows: int, allowed: float) -> bool:
    if not quarantined or quarantined <= allowed * rows:
        return False
    return quarantined >= FEWEST_ROWS_TO_STOP or quarantined == rows


def _verdict_rows(
    connection: duckdb.DuckDBPyConnection,
    entity: str,
    tables: Sequence[Table],
    load_dates: Sequence[date] | None,
) -> list[tuple]:
    """Counts of an entity by file (reason NULL) and of its quarantined rows by reason.

    Reasons come without the value that was found: they are counted once, and hold no data.
    """
    own = ", ".join(f"({literal(table.source)}, {literal(table.name)})" for table in tables)
    dates = "TRUE" if load_dates is None else f"_load_date IN ({date_list(load_dates)})"
    return connection.execute(
        f"""
        SELECT
            _source, _source_table, _load_date, _source_file,
            CASE WHEN grouping(reject_rule) = 0 THEN reject_rule END AS reason,
            coalesce(sum(rows_count) FILTER (WHERE _disposition = 'accepted'), 0)::BIGINT,
            coalesce(sum(rows_count) FILTER (WHERE _disposition = 'superseded'), 0)::BIGINT,
            coalesce(sum(rows_count) FILTER (WHERE _disposition = 'quarantined'), 0)::BIGINT
        FROM intermediate.lake_counts
        WHERE entity = {literal(entity)} AND (_source, _source_table) IN ({own}) AND {dates}
        GROUP BY GROUPING SETS (
            (_source, _source_table, _load_date, _source_file),
            (_source, _source_table, _load_date, _source_file, reject_rule)
        )
        HAVING grouping(reject_rule) = 1
            OR (reject_rule IS NOT NULL
                AND coalesce(sum(rows_count) FILTER (WHERE _disposition = 'quarantined'), 0) > 0)
        """  # noqa: S608
    ).fetchall()


def _reasons_at_ingest(
    settings: Settings, sources: Sequence[Source], load_dates: Sequence[date] | None
) -> list[ReasonCount]:
    """Reasons of the rows that ingest put into quarantine."""
    paths = []
    for source in sources:
        for table in source.tables:
            folder = settings.quarantine / source.name / table.name
            if load_dates is None:
                paths.extend(sorted(folder.glob("load_date=*/rows.parquet")))
            else:
                wanted = (
                    folder / f"load_date={day.isoformat()}/rows.parquet" for day in load_dates
                )
                paths.extend(path for path in wanted if path.is_file())
    if not paths:
        return []
    connection = open_lake(settings)
    try:
        found = connection.execute(
            'SELECT source, "table", load_date, file, reason, count(*) FROM read_parquet('  # noqa: S608
            f"{path_list(paths)}, union_by_name = true, hive_partitioning = false) GROUP BY ALL"
        ).fetchall()
    finally:
        connection.close()
    return [ReasonCount(FileKey(*row[:4]), row[4], row[5]) for row in found]
