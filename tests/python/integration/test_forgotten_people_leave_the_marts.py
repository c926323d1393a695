"""`cx forget` on a built warehouse: as the command is called, with the proof that it prints."""

from __future__ import annotations

import hashlib
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
from click.testing import CliRunner, Result
from never_delivered import never_delivered
from published_tables import differences, published_content
from runs_home import FIRST, SECOND, copy_home

from orchestration.cli import main
from orchestration.declarations import load_sources
from orchestration.erasure import scan
from orchestration.ingest.forgotten import Forgotten
from orchestration.publish import list_versions
from orchestration.runs import run_load_dates
from orchestration.secrets_file import hash_key
from orchestration.settings import Settings
from orchestration.state import lock_holder, run_lock


def cx(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, obj=settings, catch_exceptions=False)


def published(settings: Settings, query: str, **values: Any) -> list[tuple[Any, ...]]:
    path = settings.published / "cx.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query, values or None).fetchall()


def wait_for_a_turn(settings: Settings) -> None:
    """A run that waits for `cx forget` and comes in between its steps."""
    while lock_holder(settings) is None:
        time.sleep(0.01)
    with run_lock(settings, "between", "run", wait_seconds=300):
        time.sleep(1)


def test_the_person_is_gone_and_every_table_is_as_if_they_had_never_been(
    small_home: Settings, tmp_path: Path
) -> None:
    settings = copy_home(small_home, tmp_path / "home")
    [(customer, _)] = published(
        settings,
        "select customer_id, count(*) from core.fct_survey_responses where customer_id in "
        "(select customer_id from core.fct_contacts) group by 1 order by 2 desc, 1 limit 1",
    )
    key = hash_key(settings)
    word = hashlib.sha256(f"{key}word|{customer}{key}".encode()).hexdigest()
    sources = load_sources(settings.project_dir)
    seen = scan(settings, sources, Forgotten(key, frozenset({word})))
    assert {place.name for place in seen if place.found} >= {"warehouse", "published"}

    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(wait_for_a_turn, settings)
        told = cx(settings, "forget", customer, "--yes")
        waiting.result()
    assert told.exit_code == 0, told.output
    assert "Nothing of them is left." in told.output
    never = replace(settings, home=tmp_path / "never")
    shutil.copytree(small_home.inbox, never.inbox)
    shutil.copytree(small_home.hash_key_file.parent, never.hash_key_file.parent)
    never_delivered(never.inbox, customer.partition(":")[2])
    assert run_load_dates(never, [FIRST, SECOND], "backfill").error is None
    # Rows keep the number that they were delivered with.
    expected, found = (published_content(home, "_row_number") for home in (never, settings))
    assert differences(expected, found) == []
    assert len(list_versions(settings)) == 1
    assert published(settings, "select bool_and(is_balanced) from ops.deliveries") == [(True,)]

    # Late, and not run yet: the proof says so.
    day = next((small_home.inbox / "demo_crm").iterdir()).name
    shutil.copytree(
        small_home.inbox / "demo_crm" / day, settings.inbox / "demo_crm" / day, dirs_exist_ok=True
    )
    told = cx(settings, "forget", "--check")
    assert told.exit_code == 1
    assert "customers.csv" in told.output
