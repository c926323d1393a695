"""Names and addresses stay in the inbox, the lake and its quarantine: every other file is read."""

from __future__ import annotations

import csv
import hashlib
import json
import re

import duckdb
from click.testing import CliRunner

from orchestration.cli import main
from orchestration.declarations import load_sources
from orchestration.erasure import scan
from orchestration.ingest import list_quarantined
from orchestration.ingest.forgotten import Forgotten
from orchestration.secrets_file import hash_key
from orchestration.settings import Settings

READABLE = re.compile(r"[\w.+-]+@[\w-]+[.]\w+|[+]\d[\d ()/-]{6,}\d")
MAY_HAVE_THEM = {"inbox", "lake", "quarantine"}


def personal_values(settings: Settings) -> set[str]:
    """Names and addresses of customers and agents, as the files have them."""
    found = set()
    for path in settings.inbox.rglob("customers.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found |= {row["name"], row["email"]}
    for path in settings.inbox.rglob("agents.json"):
        text = path.read_text("utf-8")
        found |= set(re.findall(r'"(?:name|email)": "([^"]+)"', text))
    for path in settings.inbox.rglob("responses.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            found |= set(re.findall(r'"(?:name|email)": "([^"]+)"', line))
            found |= {json.loads(text) for text in re.findall(r'"comment": ("[^"]+")', line)}
    return found


def test_names_addresses_and_comments_are_in_no_file_but_those_of_the_deliveries(
    small_home: Settings,
) -> None:
    key, values = hash_key(small_home), personal_values(small_home)
    assert len(values) > 100
    hashes = {hashlib.sha256(f"{key}word|{v}{key}".encode()).hexdigest() for v in values}
    places = scan(
        small_home, load_sources(small_home.project_dir), Forgotten(key, frozenset(hashes))
    )
    with_them = {place.name for place in places if place.found}
    assert with_them >= {"inbox", "lake"}, "the scan is blind"
    assert with_them <= MAY_HAVE_THEM, [place.found[:5] for place in places if place.found]


def test_no_column_of_the_published_version_holds_an_address_or_a_number(
    small_home: Settings,
) -> None:
    path = small_home.published / "cx.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where "
            "data_type = 'VARCHAR' and not internal"
        ).fetchall()
        assert len(columns) > 100
        for schema, table, column in columns:
            found = connection.execute(
                f'select "{column}" from "{schema}"."{table}" '
                f"where regexp_matches(\"{column}\", '{READABLE.pattern}') limit 3"
            ).fetchall()
            assert not found, f"{schema}.{table}.{column}: {found}"


def test_what_is_quarantined_is_listed_and_shown_without_what_is_personal(
    small_home: Settings,
) -> None:
    [item, *_] = [found for found in list_quarantined(small_home) if found.table == "customers"]
    [address] = READABLE.findall(item.text or "")

    def cx(*arguments: str) -> str:
        done = CliRunner().invoke(main, ["quarantine", *arguments], obj=small_home)
        assert done.exit_code == 0, done.output
        return done.output

    assert address not in cx("list", "--all")
    shown = cx("show", item.id)
    assert address not in shown and "--personal" in shown
    assert address in cx("show", item.id, "--personal")
