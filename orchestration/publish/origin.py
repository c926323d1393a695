"""Which published version the warehouse goes on from: what was built since is what is new.

Batches of `changed_days` are numbers that every warehouse counts from the beginning, also one that
was lost, restored from a copy, or built anew. A version therefore says which warehouse it is of.
Opens the warehouse read-only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.publish.sql import identifier, literal, statement
from orchestration.publish.tables import WAREHOUSE
from orchestration.publish.versions import Version, list_versions
from orchestration.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def published_batch(settings: Settings) -> int | None:
    """How far the version that the warehouse goes on from follows its `changed_days`.

    None when there is none: everything is new then.
    """
    version = version_before(settings)
    return version.batch if version else None


def version_before(settings: Settings) -> Version | None:
    """The newest published version that was made of this warehouse as it was then.

    Not the current one where somebody went back: what was built before the newest is forgotten.
    """
    import duckdb

    if not settings.warehouse.is_file():
        return None
    with duckdb.connect(":memory:") as connection:
        try:
            connection.execute(
                statement(
                    "attach {file} as {name} (read_only)",
                    file=literal(settings.warehouse),
                    name=identifier(WAREHOUSE),
                )
            )
            versions = [version for version in list_versions(settings) if version.batch is not None]
            for version in sorted(versions, key=lambda found: found.batch or 0, reverse=True):
                if version.origin == origin_of(connection, version.batch):
                    return version
        except duckdb.Error:
            # Whoever wants to work on it is told why it cannot be opened.
            return None
    return None


def origin_of(connection: DuckDBPyConnection, batch: int | None) -> str | None:
    """What a warehouse that is attached was up to a batch; None of one that keeps no account."""
    import duckdb

    query = statement(
        """
        select md5(concat_ws(
            '-', any_value(identity.id), count(changed.batch),
            bit_xor(hash(changed.batch, changed.kind, changed.day, changed.cause))
        ))
        from {identity} as identity
        left join {changed} as changed on changed.batch <= ?
        """,
        identity=identifier(WAREHOUSE, "intermediate", "identity"),
        changed=identifier(WAREHOUSE, "intermediate", "changed_days"),
    )
    try:
        row = connection.execute(query, [batch]).fetchone()
    except duckdb.CatalogException:
        return None
    return row[0] if row else None
