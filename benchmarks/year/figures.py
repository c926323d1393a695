"""The figures by which two ways of computing the year are compared, from their tables.

    python benchmarks/year/figures.py ONE [OTHER]

where each is a home in which `cx` published, or the JSON that a peer wrote. Figures that only one
of the two has are not compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import duckdb

# Relations as `{name}`, so that the same queries read tables, views and files.
QUERIES = {
    "contacts": """
        select contact_type as name, count(*) as value from {fct_contacts} group by all order by 1
    """,
    "rows": """
        select 'tickets' as name, count(*) as value from {fct_tickets}
        union all select 'calls', count(*) from {fct_calls}
        union all select 'survey_responses', count(*) from {fct_survey_responses}
        union all select 'customers_with_health', count(*) from {mart_customer_health}
    """,
    "csat": """
        select 'responses' as name, cast(sum(responses_count) as double) as value from {mart_csat}
        where is_headline
        union all
        select 'csat_pct', 100.0 * sum(satisfied_count) / nullif(sum(responses_count), 0)
        from {mart_csat}
        where is_headline
    """,
    "nps": """
        select 'responses' as name, cast(sum(responses_count) as double) as value from {mart_nps}
        where is_headline and survey_scope = 'relational'
        union all
        select 'nps', 100.0 * (sum(promoters_count) - sum(detractors_count))
            / nullif(sum(responses_count), 0)
        from {mart_nps}
        where is_headline and survey_scope = 'relational'
    """,
    "ces": """
        select 'responses' as name, cast(sum(responses_count) as double) as value from {mart_ces}
        where is_headline
        union all
        select 'ces_easy_pct', 100.0 * sum(easy_count) / nullif(sum(responses_count), 0)
        from {mart_ces}
        where is_headline
    """,
    "fcr": """
        select 'eligible' as name, cast(sum(eligible_count) as double) as value from {mart_fcr}
        union all select 'base', cast(sum(fcr_no_repeat_base_count) as double) from {mart_fcr}
        union all
        select 'fcr_no_repeat_pct',
            100.0 * sum(fcr_no_repeat_count) / nullif(sum(fcr_no_repeat_base_count), 0)
        from {mart_fcr}
        union all
        select 'fcr_one_touch_pct',
            100.0 * sum(fcr_one_touch_count) / nullif(sum(fcr_one_touch_base_count), 0)
        from {mart_fcr}
        union all
        select 'fcr_no_reopen_pct',
            100.0 * sum(fcr_no_reopen_count) / nullif(sum(fcr_no_reopen_base_count), 0)
        from {mart_fcr}
    """,
    "abandonment": """
        select contact_medium || ' offered' as name,
            cast(sum(net_offered_count) as double) as value
        from {mart_abandonment} group by contact_medium
        union all
        select contact_medium || ' abandon_pct',
            100.0 * sum(net_abandoned_count) / nullif(sum(net_offered_count), 0)
        from {mart_abandonment} group by contact_medium
        order by 1
    """,
    "health": """
        select rag as name, count(*) as value from {mart_customer_health} group by all
        union all select 'mean score', avg(score) from {mart_customer_health}
        order by 1
    """,
    "cuts": """
        select 'mart_fcr rows' as name, count(*) as value from {mart_fcr}
        union all select 'mart_abandonment rows', count(*) from {mart_abandonment}
        union all select 'mart_csat rows', count(*) from {mart_csat}
        union all
        select 'enterprise contacts', count(*) from {fct_contacts} where plan_tier = 'enterprise'
    """,
}
TABLES = {
    "fct_contacts": "core", "fct_tickets": "core", "fct_calls": "core",
    "fct_survey_responses": "core", "mart_csat": "marts", "mart_nps": "marts",
    "mart_ces": "marts", "mart_fcr": "marts", "mart_abandonment": "marts",
    "mart_customer_health": "marts",
}  # fmt: skip


def figures(
    connection: duckdb.DuckDBPyConnection, relations: dict[str, str]
) -> dict[str, dict[str, Any]]:
    """All figures; `relations` says what to write for each name of a table."""
    return {
        family: dict(connection.execute(query.format_map(relations)).fetchall())
        for family, query in QUERIES.items()
    }


def differences(ours: dict[str, dict[str, Any]], theirs: dict[str, dict[str, Any]]) -> list[str]:
    """A line per figure that both have and that is not the same, but for rounding errors."""
    lines = []
    for family, name in common(ours, theirs):
        left, right = ours[family][name], theirs[family][name]
        is_same = (
            left is right
            if left is None or right is None
            else abs(left - right) <= 1e-6 * max(1.0, abs(right))
        )
        if not is_same:
            lines.append(f"{family} {name}: {left} and {right}")
    return lines


def common(
    ours: dict[str, dict[str, Any]], theirs: dict[str, dict[str, Any]]
) -> list[tuple[str, str]]:
    """The figures that both have."""
    return [
        (family, name)
        for family in sorted(ours)
        for name in sorted(ours[family])
        if name in theirs.get(family, {})
    ]


def load(path: Path) -> dict[str, dict[str, Any]]:
    """The figures of a home, by what is published there, or of a file that a peer wrote."""
    if path.is_dir():
        return of_published(path)
    content: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["figures"]
    return content


def of_published(home: Path) -> dict[str, dict[str, Any]]:
    """The figures of the version that is published in a home."""
    with duckdb.connect(str(home / "published" / "cx.duckdb"), read_only=True) as connection:
        health = "(select * from marts.mart_customer_health where valid_from_date is not null)"
        relations = {name: f"{schema}.{name}" for name, schema in TABLES.items()}
        # One row per customer, whether the table also holds the days before or not.
        relations["mart_customer_health"] = (
            f"(select * from {health} qualify row_number() over "
            "(partition by customer_id order by valid_from_date desc) = 1)"
        )
        return figures(connection, relations)


def main() -> None:
    parser = argparse.ArgumentParser(description="Show or compare the figures of the year.")
    parser.add_argument("one", type=Path, help="a home, or the JSON of a peer")
    parser.add_argument("other", type=Path, nargs="?", help="another one to compare with")
    given = parser.parse_args()
    ours = load(given.one)
    if given.other is None:
        print(json.dumps({"figures": ours}, indent=2))
        return
    theirs = load(given.other)
    lines = differences(ours, theirs)
    print("\n".join(lines))
    compared = len(common(ours, theirs))
    print(f"{compared - len(lines)} of {compared} figures agree")
    sys.exit(1 if lines or not compared else 0)


if __name__ == "__main__":
    main()
