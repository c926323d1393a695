"""Deliveries that are well-formed but wrong are noticed, and those that are like before are not."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.declarations import load_sources
from orchestration.quality.history import (
    CLOCK_CHECK,
    VALUES_CHECK,
    VOLUME_CHECK,
    Profile,
    check_history,
    stability_index,
    values_problem,
    volume_problem,
)
from orchestration.settings import PROJECT_DIR, Settings

FIRST = date(2024, 1, 1)
DAYS = 50
ROWS = 240
SHARES = {"chat": 0.7, "messaging": 0.2, "social": 0.1}


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def usual(rows: int = ROWS, **more: dict[str, int]) -> Profile:
    values = {"channel": {name: round(share * rows) for name, share in SHARES.items()}}
    return Profile(rows, 0, values | more, {"wait_seconds": (rows, 30.0)})


BEFORE = {day(number): usual() for number in range(DAYS)}


def test_a_tenth_of_the_usual_rows_is_noticed_and_a_busy_day_is_not() -> None:
    assert volume_problem(day(DAYS), usual(ROWS // 10), BEFORE) == (
        "24 rows where 240 are usual on that weekday"
    )
    assert volume_problem(day(DAYS), usual(ROWS * 5), BEFORE)
    assert volume_problem(day(DAYS), usual(ROWS * 2), BEFORE) is None
    few = dict(list(BEFORE.items())[-14:])
    assert volume_problem(day(DAYS), usual(1), few) is None, "two weekdays say nothing"


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (Profile(ROWS, 0, {"channel": {"chat": 190, "social": 50}}), "no channel messaging"),
        (
            Profile(ROWS, 0, {"channel": {"chat": 60, "messaging": 60, "social": 120}}),
            "other shares of channel",
        ),
        (Profile(ROWS, 0, {"channel": {"(none)": ROWS}}), "no channel chat or messaging or social"),
        (
            Profile(ROWS, 0, {}, {"wait_seconds": (ROWS, 30_000.0)}),
            "a median wait_seconds of 30000 where 30 is usual",
        ),
    ],
)
def test_values_that_mean_something_else_are_noticed(now: Profile, told: str) -> None:
    assert told in (values_problem(day(DAYS), now, BEFORE) or "")
    assert values_problem(day(DAYS), usual(), BEFORE) is None


def test_chance_alone_is_hardly_ever_taken_for_a_shift() -> None:
    """Two samples of one population, of every size and number of values that is looked at."""
    dice = random.Random(1)
    alarms = 0
    for _ in range(500):
        values = [str(number) for number in range(dice.randint(2, 20))]
        weights = [dice.random() + 0.01 for _ in values]
        now = Counter(dice.choices(values, weights, k=dice.randint(100, 500)))
        past = Counter(dice.choices(values, weights, k=dice.randint(400, 3000)))
        alarms += stability_index(now, past) is not None
    assert alarms <= 2


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A warehouse with seven weeks of staged chats; the last day is a parameter of the query."""
    settings = Settings(home=tmp_path / "home")
    settings.warehouse.parent.mkdir(parents=True)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute(
            f"""
            create schema staging;
            create table staging.stg_demo_chat__chats as
            select
                'chats' as _source_table, load_date::date as _load_date, false as _spoiled,
                'chat-' || number as chat_id,
                load_date::timestamp + interval 12 hour as started_at,
                if(number % 10 < 7, 'chat', 'messaging') as channel,
                'Nobody ' || (number % 3) as visitor_name
            from generate_series(date '{FIRST}', date '{day(DAYS - 1)}', interval 1 day)
                as days (load_date), range({ROWS}) as rows (number)
            """
        )
    return settings


def judge(settings: Settings, days: list[date], accepted: tuple[str, ...] = ()) -> dict:
    sources = [s for s in load_sources(PROJECT_DIR) if s.name == "demo_chat"]
    return {o.check_name: o for o in check_history(settings, sources, days, accepted)}


def test_a_day_is_compared_with_the_days_before_and_a_person_may_accept_it(
    settings: Settings,
) -> None:
    before = judge(settings, [day(number) for number in range(DAYS - 1)])
    assert all(found.success for found in before.values()), before
    with duckdb.connect(str(settings.warehouse)) as connection:
        last = f"_load_date = date '{day(DAYS - 1)}'"
        connection.execute(
            f"delete from staging.stg_demo_chat__chats where {last} and chat_id not like '%7'"
        )
        connection.execute(
            f"update staging.stg_demo_chat__chats set started_at = '2031-01-01' where {last}"
        )
    found = judge(settings, [day(DAYS - 1)])
    assert {name for name, outcome in found.items() if outcome.is_blocking} == {
        VOLUME_CHECK,
        CLOCK_CHECK,
    }
    assert "24 rows where 240 are usual" in found[VOLUME_CHECK].message
    assert "--accept demo_chat.chats" in found[VOLUME_CHECK].message
    accepted = judge(settings, [day(DAYS - 1)], ("demo_chat.chats",))
    assert not any(outcome.is_blocking for outcome in accepted.values())
    assert not accepted[VOLUME_CHECK].success
    assert "accepted for this run by" in accepted[VOLUME_CHECK].message
    assert found[VALUES_CHECK].success, "24 rows are too few to speak of shares"


def test_profiles_hold_no_name_and_no_id(settings: Settings) -> None:
    judge(settings, [FIRST])
    text = (settings.state / "profiles" / "demo_chat.chats.json").read_text(encoding="utf-8")
    assert json.loads(text)[str(FIRST)]["values"].keys() == {"channel"}
    assert "Nobody" not in text
