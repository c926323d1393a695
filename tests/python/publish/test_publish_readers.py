"""Readers in other processes while versions are published."""

from __future__ import annotations

import duckdb
import pytest
from publish_readers import play

from orchestration.publish import publish


@pytest.mark.parametrize("keeps_files", [True, False])
def test_readers_in_other_processes_see_only_whole_versions(
    settings, warehouse, keeps_files
) -> None:
    warehouse.keep_files(keeps_files)
    for read in play(settings, warehouse, publishes=6, readers=3):
        assert read.error == ""
        assert read.versions > 1


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
