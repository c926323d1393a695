"""Chats and answers of two Februaries, delivered and built: the changes on the year before.

The demo is shorter than a year, so its columns of this kind are NULL.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from small_project import Part, make_small_project

from orchestration.dbt_runner import DbtRunner
from orchestration.declarations import find_table, load_sources
from orchestration.ingest import ingest_partition, write_schema_file
from orchestration.settings import Settings

PART = Part(
    ("demo_crm", "demo_chat", "demo_survey"),
    (
        *("customers", "agents", "tickets", "ticket_events", "chats", "calls"),
        *("survey_responses", "survey_invitations"),
    ),
    ("mart_csat_yearly", "mart_demand_monthly", "mart_response_trend"),
)
CUSTOMERS = {"AU": 1, "PH": 2}
# By year and country: seconds to the first reply of each chat, and the scores of the first of them.
DELIVERED = {
    2016: {"AU": ([20, 30, 40, 30], [5, 4, 5, 1]), "PH": ([31, 31, 31, 31], [4, 4, 5, 5])},
    2017: {
        "AU": ([24, 23, 25, 24, 26, 22], [5, 5, 4, 4, 2]),
        "PH": ([27, 26, 28, 27, 27, 27], [5, 4, 1, 4]),
    },
}


@pytest.fixture(scope="module")
def two_years(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts of both years; no checks and nothing published, which would double the time."""
    folder = tmp_path_factory.mktemp("two_years")
    project = make_small_project(folder / "project", PART)
    settings = Settings(home=folder / "home", project_dir=project)
    tables = [table for source in load_sources(project) for table in source.tables]
    for table in tables:
        write_schema_file(settings, table)
    for year in DELIVERED:
        deliver(settings, date(year, 3, 1))
        for table in tables:
            ingest_partition(settings, table, date(year, 3, 1), "run")
    made = [path for kind in ("models/**/*.sql", "seeds/**/*.csv") for path in project.glob(kind)]
    outcomes = DbtRunner(settings).build([path.stem for path in made])
    assert [outcome for outcome in outcomes if not outcome.is_success] == []
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        yield connection


def deliver(settings: Settings, day: date) -> None:
    """The chats of the February before, an hour later their answers, and the customers."""
    chats: list[dict[str, Any]] = []
    answers: list[dict[str, Any]] = []
    for country, (waits, scores) in DELIVERED[day.year].items():
        customer = CUSTOMERS[country]
        for at, wait in enumerate(waits):
            chat = 1000 * day.year + 100 * customer + at
            began = datetime(day.year, 2, 1 + 4 * at, 12, tzinfo=UTC)
            replied, ended = began + timedelta(seconds=wait), began + timedelta(minutes=9)
            answered = int(began.timestamp()) + 3600
            chats.append(
                {"Chat ID": chat, "Visitor ID": customer, "Started": dotted(began)}
                | {"First agent message": dotted(replied), "Ended": dotted(ended)}
                | {"Outcome": "Answered", "Spam": "no", "Initiated by": "Visitor"}
                | {"Last change": dotted(ended)}
            )
            if at < len(scores):
                answers.append(
                    {"id": chat, "survey_type": "csat", "version": "csat_5", "aspect": "overall"}
                    | {"score": scores[at], "person": {"id": customer}}
                    | {"interaction": {"type": "chat", "id": chat}, "campaign": "transactional"}
                    | {"created_at": answered, "updated_at": answered}
                )
    customers = [
        {"customer_id": number, "country": country, "updated_at": "2016-01-01T00:00:00Z"}
        for country, number in CUSTOMERS.items()
    ]
    write_csv(settings, "demo_chat", "chats", day, chats)
    write_csv(settings, "demo_crm", "customers", day, customers)
    path = settings.inbox / "demo_survey" / day.isoformat() / "responses.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(map(json.dumps, answers)) + "\n", encoding="utf-8")


def dotted(time: datetime) -> str:
    return time.strftime("%d.%m.%Y %H:%M:%S")


def write_csv(
    settings: Settings, source: str, name: str, day: date, rows: Sequence[Mapping[str, Any]]
) -> None:
    table = find_table(load_sources(settings.project_dir), source, name)
    path = settings.inbox / source / table.files.replace("{load_date}", day.isoformat())
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, table.raw_columns, delimiter=table.dialect.delimiter)
        writer.writeheader()
        writer.writerows(rows)


def test_satisfaction_of_a_country_has_its_change_on_the_year_before(two_years) -> None:
    found = two_years.execute(
        "select dimension_value, csat_pct_prev_year, csat_pct, csat_delta_pp "
        "from marts.mart_csat_yearly "
        "where response_year = 2017 and dimension in ('all', 'country') order by all"
    ).fetchall()
    assert found == [
        ("AU", 75, 80, 5),
        ("PH", 100, 75, -25),
        ("all", 87.5, pytest.approx(700 / 9), pytest.approx(700 / 9 - 87.5)),
    ]


def test_demand_for_chat_has_its_growth_on_the_month_of_the_year_before(two_years) -> None:
    found = two_years.execute(
        "select month_start_date, chat_requests_count, chat_demand_yoy_pct, "
        "chat_requests_per_100_customers, chat_requests_per_100_customers_yoy "
        "from marts.mart_demand_monthly order by all"
    ).fetchall()
    assert found == [
        (date(2016, 2, 1), 8, None, 400, None),
        (date(2017, 2, 1), 12, 50, 600, 200),
    ]


def test_first_responses_of_a_country_have_their_change_on_the_year_before(two_years) -> None:
    """Both got faster despite more volume, as the documents tell: Australia by 6 s, by 4 s."""
    found = two_years.execute(
        "select period_kind, country_code, prev_year_replied_count, "
        "first_response_seconds_avg_prev_year, first_response_seconds_avg, "
        "first_response_seconds_delta_yoy from marts.mart_response_trend "
        "where period_start_date >= '2017-01-01' order by all"
    ).fetchall()
    assert found == [
        (period, country, 4, before, now, now - before)
        for period in ("month", "year")
        for country, before, now in (("AU", 30, 24), ("PH", 31, 27))
    ]
