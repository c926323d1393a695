"""A daily run tests the days that it built: of every table and view that has a day."""

from __future__ import annotations

import json

import duckdb


def test_whatever_has_a_day_says_which_days_were_built(demo) -> None:
    """A test of one that says nothing would look at no row, and could not fail."""
    manifest = json.loads((demo.home / "target" / "manifest.json").read_text(encoding="utf-8"))
    with_a_day = {
        (node["schema"], node["alias"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"].get("day")
    }
    assert ("core", "fct_chats") in with_a_day
    with duckdb.connect(str(demo.home / "warehouse" / "warehouse.duckdb"), read_only=True) as built:
        said = built.execute(
            "select distinct table_schema, table_name from intermediate.built_partitions"
        ).fetchall()
    assert set(said) == with_a_day
