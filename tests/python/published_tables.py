"""What two homes have published, to be compared row for row."""

from __future__ import annotations

import duckdb

from orchestration.settings import Settings

# What says which run made a row, and when.
OF_THE_RUN = ("_run_id", "computed_at", "dq_status")

Content = dict[str, list[tuple]]


def published_content(settings: Settings, *left_out: str) -> Content:
    """Every table of core and marts as sorted rows, without what says which run made them.

    Args:
        left_out: further columns that may differ.
    """
    content = {}
    with duckdb.connect(str(settings.published / "cx.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_schema IN ('core', 'marts') ORDER BY ALL"
        ).fetchall()
        for schema, name in tables:
            compared = f"c -> c NOT IN {(*OF_THE_RUN, *left_out)}"
            rows = connection.execute(
                f'SELECT COLUMNS({compared}) FROM "{schema}"."{name}" ORDER BY ALL'
            ).fetchall()
            content[f"{schema}.{name}"] = rows
    return content


def differences(expected: Content, found: Content) -> list[str]:
    """A sentence for each table that is not as expected."""
    return [
        f"{name}: expected {len(expected.get(name, []))} rows, "
        f"found {len(found.get(name, []))}, {len(_surplus(found, expected, name))} of them others"
        for name in sorted(expected.keys() | found.keys())
        if expected.get(name) != found.get(name)
    ]


def _surplus(one: Content, other: Content, name: str) -> list[tuple]:
    known = {repr(row) for row in other.get(name, [])}
    return [row for row in one.get(name, []) if repr(row) not in known]
