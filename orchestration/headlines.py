"""The headline metrics of the published version, rolled up from the components of the marts.

Reads `published/cx.duckdb` only. Scales, survey scopes and media are never pooled, and only the
overall question counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from orchestration.errors import DataError
from orchestration.settings import Settings

# One query a metric: what it is split by, value, low, high, n, first and last date.
QUERIES = {
    "csat_pct": """
        with parts as (
            select scale_id as part, sum(satisfied_count) as k, sum(responses_count) as n,
                min(response_date) as first, max(response_date) as last
            from marts.mart_csat where is_headline group by part
        )
        select part, 100.0 * k / n, marts.wilson_low_pct(k, n), marts.wilson_high_pct(k, n), n,
            first, last
        from parts where n > 0 order by n desc, part
    """,
    "nps": """
        with parts as (
            select
                survey_scope as part, sum(promoters_count) as p, sum(detractors_count) as d,
                sum(responses_count) as n, min(response_date) as first, max(response_date) as last
            from marts.mart_nps where question_key = 'overall' group by part
        )
        select part, 100.0 * (p - d) / n,
            greatest(100.0 * (p - d) / n - marts.nps_moe(p, d, n), -100.0),
            least(100.0 * (p - d) / n + marts.nps_moe(p, d, n), 100.0), n, first, last
        from parts where n > 0 order by n desc, part
    """,
    "ces_easy_pct": """
        with parts as (
            select scale_id as part, sum(easy_count) as k, sum(responses_count) as n,
                min(response_date) as first, max(response_date) as last
            from marts.mart_ces where question_key = 'overall' group by part
        )
        select part, 100.0 * k / n, marts.wilson_low_pct(k, n), marts.wilson_high_pct(k, n), n,
            first, last
        from parts where n > 0 order by n desc, part
    """,
    "fcr_no_repeat_pct": """
        with parts as (
            select '' as part, sum(fcr_no_repeat_count) as k, sum(fcr_no_repeat_base_count) as n,
                min(contact_date) as first, max(contact_date) as last
            from marts.mart_fcr
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
            from marts.mart_abandonment group by part
        )
        select part, 100.0 * k / n, marts.wilson_low_pct(k, n), marts.wilson_high_pct(k, n), n,
            first, last
        from parts where n > 0 order by n desc, part
    """,
}


@dataclass(frozen=True)
class Headline:
    """One metric over everything published.

    Attributes:
        part: the scale, scope or medium that it is about; empty for all.
        value, low, high: per cent, or points for nps; the interval is the one of 95 %.
        n: answers or contacts that it is made of.
    """

    metric: str
    part: str
    value: float
    low: float | None
    high: float | None
    n: int
    first: date
    last: date


def load_headlines(settings: Settings) -> list[Headline]:
    """The headline metrics of the current version; a metric without data is not in the list.

    Raises:
        DataError: nothing is published, or it cannot be read.
    """
    import duckdb

    path = settings.published / "cx.duckdb"
    if not path.is_file():
        raise DataError(
            f"Expected a published version in {path}, found none: run `cx run` or `cx demo`."
        )
    try:
        with duckdb.connect(str(path.resolve()), read_only=True) as connection:
            return [
                Headline(metric, *row)
                for metric, query in QUERIES.items()
                for row in connection.execute(query).fetchall()
            ]
    except duckdb.Error as error:
        raise DataError(
            f"Expected the headline metrics in {path}, found: {str(error).splitlines()[0]} — "
            "publish again with `cx rebuild`."
        ) from error
