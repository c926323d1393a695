"""One asset per source table: the inbox files of a load date become one partition of the lake."""

# No postponed annotations: Dagster wants the type of `context` itself.
from collections.abc import Iterator, Sequence

import dagster as dg

from orchestration.declarations import Source, Table
from orchestration.defs.keys import lake_key, owner_of, tables_of
from orchestration.defs.session import SESSION, step
from orchestration.ingest import Delivery, deliveries_in_inbox, ingest_partition
from orchestration.run_session import RunSession

# A full disk or a share that went away for a moment; wrong data is never tried again.
RETRY = dg.RetryPolicy(max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL)


def ingest_assets(
    sources: Sequence[Source], partitions: dg.PartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """The assets of all declared source tables, in the group `lake`."""
    return [_ingest_asset(source, table, partitions) for source, table in tables_of(sources)]


def _ingest_asset(
    source: Source, table: Table, partitions: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    key = lake_key(table.source, table.name)
    spec = dg.AssetSpec(
        key,
        description=f"{table.description} As delivered, from inbox/{table.source}/{table.files}.",
        group_name="lake",
        owners=[owner_of(source)],
        kinds={table.format, "parquet"},
        partitions_def=partitions,
        metadata={"declared in": f"{table.declared_in.name}:{table.line}"},
    )

    @dg.multi_asset(
        name=f"ingest_{table.source}__{table.name}",
        specs=[spec],
        backfill_policy=dg.BackfillPolicy.single_run(),
        retry_policy=RETRY,
        required_resource_keys={SESSION},
    )
    def ingest(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        session: RunSession = context.resources.session
        with step(session, f"ingest {table.source}.{table.name}", is_retried=True) as running:
            deliveries = list(_ingest(context, session, table))
            rows_read = sum(delivery.rows_read for delivery in deliveries)
            quarantined = sum(delivery.rows_quarantined for delivery in deliveries)
            running.detail = _detail(deliveries, rows_read, quarantined)
            session.deliveries += deliveries
        for delivery in deliveries:
            context.add_asset_metadata(
                _metadata(delivery), asset_key=key, partition_key=delivery.load_date.isoformat()
            )
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={"dagster/row_count": rows_read, "rows quarantined": quarantined},
        )

    return ingest


def _ingest(
    context: dg.AssetExecutionContext, session: RunSession, table: Table
) -> Iterator[Delivery]:
    """Ingest the load dates of the step that have files; the others stay as they are."""
    delivered = deliveries_in_inbox(session.settings, table)
    wanted = None if session.load_dates is None else set(session.load_dates)
    steps = set(context.partition_keys)
    for load_date in delivered:
        if load_date.isoformat() in steps and (wanted is None or load_date in wanted):
            yield ingest_partition(session.settings, table, load_date, session.run_id)


def _metadata(delivery: Delivery) -> dict[str, object]:
    return {
        "rows read": delivery.rows_read,
        "rows quarantined": delivery.rows_quarantined,
        "files": [file.file for file in delivery.files],
    }


def _detail(deliveries: Sequence[Delivery], rows_read: int, quarantined: int) -> str:
    if not deliveries:
        return "no delivery"
    files = sum(len(delivery.files) for delivery in deliveries)
    text = f"{rows_read:,} rows from {files} file{'s' if files != 1 else ''}"
    return f"{text}, {quarantined:,} quarantined" if quarantined else text
