"""The headline metrics of the published version, rolled up from the components of the marts.

Reads `published/cx.duckdb`, and the project for the length of a window. Scales, survey scopes and
media are never pooled, and only the overall question counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import yaml

from orchestration.errors import DataError
from orchestration.settings import Settings

# One query a metric: what it is split by, value, low, high, n, first and last date.
QUERIES = {
    "csat_pct": """
        with parts as (
            select scale_id as part, sum(satisfied_count) as k, sum(responses_count) as n,
                min(response_date) as first, max(response_date) as last
            from marts.mart_csat where is_headline and responses_count > 0 group by part
        )
        select part, 100.0 * k / n, marts.wilson_low_pct(k, n), marts.wilson_high_pct(k, n), n,
            first, last
        from parts order by n desc, part
    """,
    "nps": """
        with parts as (
            select
                survey_scope as part, sum(promoters_count) as p, sum(detractors_count) as d,
                sum(responses_count) as n, min(response_date) as first, max(response_date) as last
            from marts.mart_nps where question_key = 'overall' and responses_count > 0
            group by part
        )
        select part, 100.0 * (p - d) / n,
            greatest(100.0 * (p - d) / n - marts.nps_moe(p, d, n), -100.0),
            least(100.0 * (p - d) / n + marts.nps_moe(p, d, n), 100.0), n, first, last
        from parts order by n desc, part
    """,
    "ces_easy_pct": """
        with parts as (
            select scale_id as part, sum(easy_count) as k, sum(responses_count) as n,
                min(response_date) as first, max(response_date) as last
            from marts.mart_ces where question_key = 'overall' and responses_count > 0
            group by part
        )
        select part, 100.0 * k / n, marts.wilson_low_pct(k, n), marts.wilson_high_pct(k, n), n,
            first, last
        from parts order by n desc, part
    """,
    "fcr_no_repeat_pct": """
        with parts as (
            select '' as part, sum(fcr_no_repeat_count) as k, sum(fcr_no_repeat_base_count) as n,
                min(contact_date) as first, max(contact_date) as last
            from marts.mart_fcr where fcr_no_repeat_base_count > 0
        )
        select part, 100.0 * k / n, marts.wilson_low_pct(k, n), marts.wilson_high_pct(k, n), n,
            first, last
        from parts where n > 0
    """,
    "abandon_pct": """
        with parts as (
            select contact_medium as part, sum(net_abandoned_count) as k,
                sum(net_offered_count) as n,
                min(contact_date) as first, max(contact_date) as last
            from marts.mart_abandonment where net_offered_count > 0 group by part
        )
        select part, 100.0 * k / n, marts.wilson_low_pct(k, n), marts.wilson_high_pct(k, n), n,
            first, last
        from parts order by n desc, part
    """,
}


# What is said of a metric that nothing published counts for.
NOTHING = {
    "csat_pct": "no answer yet",
    "nps": "no answer yet",
    "ces_easy_pct": "no answer yet",
    "fcr_no_repeat_pct": "no contact that it can be measured on yet",
    "abandon_pct": "no offered call or chat yet",
}
NOT_PUBLISHED = "its mart is not published"


@dataclass(frozen=True)
class Headline:
    """One metric over everything published.

    Attributes:
        part: the scale, scope or medium that it is about; empty for all.
        value, low, high: per cent, or points for nps; the interval is the one of 95 %. None when
            there is no value yet.
        n: answers or contacts that it is made of.
        first, last: dates of what it is made of; None when that has no date.
        note: why there is no value; empty when there is one.
    """

    metric: str
    part: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    first: date | None
    last: date | None
    note: str = ""


def load_headlines(settings: Settings) -> list[Headline]:
    """The headline metrics of the current version, each of them at least once.

    Raises:
        DataError: nothing is published, or it cannot be read.
    """
    path = settings.published / "cx.duckdb"
    if not path.is_file():
        raise DataError(
            f"Expected a published version in {path}, found none: run `cx run` or `cx demo`."
        )
    try:
        with duckdb.connect(str(path.resolve()), read_only=True) as connection:
            return [
                found
                for metric, query in QUERIES.items()
                for found in _headlines(settings, connection, metric, query)
            ]
    except duckdb.Error as error:
        raise DataError(
            f"Expected the headline metrics in {path}, found: {str(error).splitlines()[0]} — "
            "publish again with `cx rebuild`."
        ) from error


def _headlines(
    settings: Settings, connection: duckdb.DuckDBPyConnection, metric: str, query: str
) -> list[Headline]:
    try:
        rows = connection.execute(query).fetchall()
    except duckdb.CatalogException:
        # Who takes a mart out of the project has published all the same.
        return [Headline(metric, "", None, None, None, 0, None, None, NOT_PUBLISHED)]
    found = [Headline(metric, *row) for row in rows if row[-3] is not None]
    if found:
        return found
    note = NOTHING[metric]
    if metric == "fcr_no_repeat_pct":
        [(immature,)] = connection.execute(
            "select coalesce(sum(immature_count), 0) from marts.mart_fcr"
        ).fetchall()
        if immature:
            note = f"window of {_fcr_window_days(settings)} days not over yet"
    return [Headline(metric, "", None, None, None, 0, None, None, note)]


def _fcr_window_days(settings: Settings) -> int:
    text = (settings.project_dir / "dbt_project.yml").read_text(encoding="utf-8")
    return int(yaml.safe_load(text)["vars"]["fcr_window_days"])
