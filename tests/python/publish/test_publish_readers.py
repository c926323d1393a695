"""Readers in other processes while versions are published."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import pytest

from orchestration.publish import build, publish

# Each connection reads a mart and a fact: both must carry the same stamp.
READER = """
import sys
import duckdb
path, stop = sys.argv[1], sys.argv[2]
from pathlib import Path
seen = set()
while not Path(stop).exists():
    with duckdb.connect(path, read_only=True) as connection:
        mart = connection.execute("select min(stamp), max(stamp) from marts.mart_stamp").fetchone()
        fact = connection.execute(
            "select min(stamp), max(stamp), count(*) from core.fct_stamps"
        ).fetchone()
    if mart[0] != mart[1] or fact != (*mart, 100):
        sys.exit(f"mixed: {mart} and {fact}")
    if not seen:
        sys.stdout.write("reading\\n")
        sys.stdout.flush()
    seen.add(mart[0])
sys.stdout.write(str(len(seen)))
"""


@pytest.mark.parametrize("most_copied_rows", [0, 1_000_000])
def test_readers_in_other_processes_see_only_whole_versions(
    settings, warehouse, tmp_path, monkeypatch, most_copied_rows
) -> None:
    monkeypatch.setattr(build, "MOST_COPIED_ROWS", most_copied_rows)

    def build_stamp(stamp: int) -> None:
        warehouse(
            f"set variable stamp = {stamp}",
            "create or replace table marts.mart_stamp as "
            "select getvariable('stamp') as stamp from range(9)",
        )
        warehouse.build_days(
            "core.fct_stamps",
            f"select {stamp} as stamp, date '2026-11-01' + (i % 5)::int as contact_date "
            "from range(100) as t(i)",
            cut=("contact_date",),
        )

    build_stamp(0)
    publish(settings, "run")
    path, stop = settings.published / "cx.duckdb", tmp_path / "stop"
    command = [sys.executable, "-c", READER, str(path), str(stop)]
    readers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None and reader.stdout.readline() == "reading\n"
        for stamp in range(1, 7):
            build_stamp(stamp)
            publish(settings, "run")
    finally:
        stop.touch()
        results = [reader.communicate() for reader in readers]
    for reader, (seen, errors) in zip(readers, results, strict=True):
        assert reader.returncode == 0, errors
        assert int(seen) > 1


def test_a_version_that_a_reader_holds_stays_readable(settings, warehouse, linked) -> None:
    publish(settings, "run-1")
    path = str(settings.published / "cx.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        connection.execute("from marts.mart_contacts limit 1").fetchall()
        warehouse("delete from intermediate.contacts", "delete from marts.mart_contacts")
        warehouse.build_days("core.fct_contacts")
        publish(settings, "run-2")
        assert connection.execute("select count(*) from core.fct_contacts").fetchall() == [(40,)]
        assert connection.execute("select count(*) from marts.mart_contacts").fetchall() == [(4,)]
    with duckdb.connect(path, read_only=True) as connection:
        assert connection.execute("select count(*) from core.fct_contacts").fetchall() == [(0,)]
