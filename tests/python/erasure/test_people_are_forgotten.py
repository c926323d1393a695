"""Whoever is forgotten leaves everything that was delivered, as if never delivered."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import pytest
from never_delivered import never_delivered

from orchestration.declarations import Source, find_table, load_sources
from orchestration.demo import generate
from orchestration.erasure import erase, plan_erasure, scan, scrub_texts
from orchestration.errors import DataError, UsageError
from orchestration.ingest import (
    deliveries_in_inbox,
    ingest_partition,
    load_deliveries,
    replay_partition,
    write_schema_file,
)
from orchestration.ingest.forgotten import forgotten_file, load_forgotten
from orchestration.settings import PROJECT_DIR, Settings

START = date(2017, 10, 1)


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return load_sources(PROJECT_DIR)


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory, sources: list[Source]) -> Settings:
    """Three load dates of the demo, ingested."""
    settings = Settings(home=tmp_path_factory.mktemp("delivered") / "home")
    truth = settings.home / "demo" / "truth.json"
    generate(
        settings.inbox, truth, start=START, days=3, contacts_per_day=60, customers=80, agents=8
    )
    ingest(settings, sources)
    return settings


@pytest.fixture
def settings(delivered: Settings, tmp_path: Path) -> Settings:
    shutil.copytree(delivered.home, tmp_path / "home")
    return Settings(home=tmp_path / "home")


@pytest.fixture(scope="module")
def forgotten_home(
    delivered: Settings,
    sources: list[Source],
    customer: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    home = tmp_path_factory.mktemp("forgotten") / "home"
    shutil.copytree(delivered.home, home)
    forget(Settings(home=home), sources, f"customer{customer}@example.com")
    return Settings(home=home)


@pytest.fixture
def forgotten(forgotten_home: Settings, tmp_path: Path) -> Settings:
    """A copy of the home in which `customer` was forgotten."""
    shutil.copytree(forgotten_home.home, tmp_path / "forgotten")
    return Settings(home=tmp_path / "forgotten")


def ingest(settings: Settings, sources: list[Source]) -> None:
    for table in (table for source in sources for table in source.tables):
        write_schema_file(settings, table)
        for day in deliveries_in_inbox(settings, table):
            ingest_partition(settings, table, day, "run")


def forget(settings: Settings, sources: list[Source], *names: str) -> None:
    plan = plan_erasure(settings, sources, names)
    for _ in erase(settings, sources, plan.texts, "forget"):
        pass


def lake(settings: Settings) -> dict[str, Counter[tuple[str, ...]]]:
    """The rows of each table, without the place where they stood."""
    rows = {}
    with duckdb.connect() as connection:
        for folder in sorted(settings.lake.glob("[!.]*/*")):
            files = [str(path) for path in folder.glob("load_date=*/part.parquet")]
            if files:
                relation = connection.read_parquet(files, union_by_name=True)
                names = [
                    f'"{n}"'
                    for n in sorted(relation.columns)
                    if n not in ("_row_number", "_run_id")
                ]
                name = f"{folder.parent.name}/{folder.name}"
                rows[name] = Counter(map(str, relation.project(", ".join(names)).fetchall()))
    return rows


def left(settings: Settings, sources: list[Source]) -> dict[str, list[str]]:
    forgotten = load_forgotten(settings)
    assert forgotten is not None
    return {place.name: place.found for place in scan(settings, sources, forgotten) if place.found}


@pytest.fixture(scope="module")
def customer(delivered: Settings) -> str:
    """A customer with contacts of every kind, answers of theirs and an anonymous one."""
    with duckdb.connect() as connection:
        found = connection.execute(
            """
            with people as (
                select caller_id as id, 'call' as kind from read_parquet($calls)
                union all
                select requester_id, 'ticket' from read_parquet($tickets)
                union all
                select "Visitor ID", 'chat' from read_parquet($chats)
            )
            select id from people
            where id in (select customer_id from read_parquet($customers))
            group by id order by count(distinct kind) desc, count(*) desc, id limit 1
            """,
            {
                name: str(delivered.lake / source / name / "load_date=*" / "part.parquet")
                for source, name in (
                    ("demo_phone", "calls"),
                    ("demo_helpdesk", "tickets"),
                    ("demo_chat", "chats"),
                    ("demo_crm", "customers"),
                )
            },
        ).fetchall()
    return found[0][0]


def test_the_lake_is_that_of_an_inbox_in_which_the_person_never_was(
    settings: Settings,
    forgotten: Settings,
    sources: list[Source],
    customer: str,
    tmp_path: Path,
) -> None:
    never = Settings(home=tmp_path / "never")
    shutil.copytree(settings.inbox, never.inbox)
    never_delivered(never.inbox, customer)
    ingest(never, sources)
    assert lake(forgotten) == lake(never) != lake(settings)
    # What is left of the inbox says the same.
    shutil.rmtree(forgotten.lake)
    ingest(forgotten, sources)
    assert lake(forgotten) == lake(never)
    assert left(forgotten, sources) == {}


def test_rows_read_are_still_accounted_for_and_the_record_says_how_many_were_erased(
    delivered: Settings, forgotten_home: Settings
) -> None:
    settings = forgotten_home
    for old, new in zip(load_deliveries(delivered), load_deliveries(settings), strict=True):
        for was, now in zip(old.files, new.files, strict=True):
            assert now.rows_read + now.rows_erased == was.rows_read
            folder = settings.lake / new.source / new.table / f"load_date={new.load_date}"
            with duckdb.connect() as connection:
                part = connection.read_parquet(str(folder / "part.parquet"))
                [(rows,)] = (
                    part.filter(
                        duckdb.ColumnExpression("_source_file")
                        == duckdb.ConstantExpression(now.file)
                    )
                    .count("*")
                    .fetchall()
                )
            assert rows == now.rows_in_lake
    assert sum(delivery.files[0].rows_erased for delivery in load_deliveries(settings)) > 0


def test_a_late_delivery_of_the_same_files_brings_nobody_back(
    forgotten: Settings, sources: list[Source], delivered: Settings
) -> None:
    after = lake(forgotten)
    shutil.copytree(delivered.inbox, forgotten.inbox, dirs_exist_ok=True)
    assert set(left(forgotten, sources)) == {"inbox"}
    ingest(forgotten, sources)
    assert lake(forgotten) == after
    assert left(forgotten, sources) == {}


def test_an_erasure_that_was_killed_is_finished_by_repeating_it(
    settings: Settings, forgotten_home: Settings, sources: list[Source], customer: str
) -> None:
    plan = plan_erasure(settings, sources, [customer])
    steps = erase(settings, sources, plan.texts, "killed")
    for _ in range(4):
        next(steps)
    steps.close()
    assert left(settings, sources) != {}
    forget(settings, sources, customer)
    assert lake(settings) == lake(forgotten_home)
    assert left(settings, sources) == {}


def test_quarantined_texts_of_theirs_are_erased_and_others_stay(
    settings: Settings, sources: list[Source]
) -> None:
    path = settings.inbox / "demo_crm" / "2017-10-01" / "customers.csv"
    mine = '511,"Doe, Jo",customer511@example.com,one cell too few\n'
    with path.open("a", encoding="utf-8") as file:
        file.write(mine + mine.replace("511", "512"))
    table = find_table(sources, "demo_crm", "customers")
    ingest_partition(settings, table, START, "run")
    forget(settings, sources, "511")
    assert "customer511@" not in path.read_text("utf-8")
    assert "customer512@" in path.read_text("utf-8")
    assert left(settings, sources) == {}
    replay_partition(settings, table, START, "run")
    assert left(settings, sources) == {}


def test_what_others_wrote_of_them_is_blanked_wherever_it_lies(
    settings: Settings, sources: list[Source], customer: str
) -> None:
    mail = f"customer{customer}@example.com"
    path = settings.inbox / "demo_survey" / START.isoformat() / "responses.jsonl"
    lines = path.read_text("utf-8").splitlines()
    answer = next(
        r
        for r in map(json.loads, lines)
        if (r["person"] or {}).get("id") not in (None, int(customer))
    )
    answer |= {"id": "99", "comment": f"please write to {mail}."}
    path.write_text("\n".join([*lines, json.dumps(answer), ""]), "utf-8")
    table = find_table(sources, "demo_survey", "responses")
    ingest_partition(settings, table, START, "run")
    # One that only the lake has still.
    shutil.rmtree(settings.inbox / "demo_crm")
    forget(settings, sources, customer)
    assert "please write to [erased]." in path.read_text("utf-8")
    assert left(settings, sources) == {}
    assert ingest_partition(settings, table, START, "again").run_id == "forget"


def test_the_list_tells_nobody_who_is_on_it(forgotten: Settings, customer: str) -> None:
    text = forgotten_file(forgotten).read_text("utf-8")
    assert f"demo:{customer}" not in text and "example.com" not in text
    forgotten.hash_key_file.write_text("another key\n", "utf-8")
    with pytest.raises(UsageError, match="hash key"):
        load_forgotten(forgotten)


def test_words_of_theirs_in_logs_and_event_logs_are_found_and_blanked(
    forgotten: Settings, sources: list[Source], customer: str
) -> None:
    settings = forgotten
    mail = f"customer{customer}@example.com"
    settings.log_file.parent.mkdir()
    settings.log_file.write_text(f"could not send to <{mail}>; customer demo:{customer}9 stays\n")
    events = settings.dagster_home / "events.db"
    events.parent.mkdir()
    with sqlite3.connect(events) as connection:
        connection.execute("create table e (event text)")
        connection.execute("insert into e values (?)", [json.dumps({"found": f"demo:{customer}"})])
    assert set(left(settings, sources)) == {"logs", "dagster"}
    listed = load_forgotten(settings)
    assert listed is not None
    assert scrub_texts(settings, listed) == 2
    assert left(settings, sources) == {}
    assert settings.log_file.read_text() == (
        f"could not send to <[erased]>; customer demo:{customer}9 stays\n"
    )


@pytest.mark.parametrize("name", ["nobody@example.com", "customer5@example.com", "\udcff"])
def test_a_name_that_nobody_has_is_refused(
    delivered: Settings, sources: list[Source], name: str
) -> None:
    with pytest.raises(DataError, match="nobody of that name") as refusal:
        plan_erasure(delivered, sources, [name])
    assert name not in str(refusal.value)


def test_a_name_that_several_have_is_refused_with_their_ids(
    settings: Settings, sources: list[Source]
) -> None:
    table = find_table(sources, "demo_crm", "customers")
    path = settings.inbox / "demo_crm" / "2017-10-01" / "customers.csv"
    row = '{0},"Doe, Jo",customer{0}@example.com,DE,Travel,team,small_business,2014-08-12,,f,'
    row += "2017-10-04T18:18:19Z,any,f\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(row.format(7001) + row.format(7002))
    ingest_partition(settings, table, START, "run")
    with pytest.raises(UsageError, match=r"found 2: .*demo:7001 or demo:7002"):
        plan_erasure(settings, sources, ["Doe, Jo"])
