from __future__ import annotations

import duckdb
import pytest
import yaml

from orchestration.dbt_plugin import Plugin
from orchestration.settings import PROJECT_DIR


@pytest.mark.parametrize(("few_days", "limit"), [("", "7.4 GiB"), ("yes", "2.7 GiB")])
def test_a_run_of_a_few_days_leaves_memory_to_others(monkeypatch, tmp_path, few_days, limit):
    monkeypatch.setenv("CX_HOME", str(tmp_path))
    monkeypatch.setenv("DBT_FEW_DAYS", few_days)
    profile = yaml.safe_load((PROJECT_DIR / "profiles.yml").read_text(encoding="utf-8"))
    output = profile["cx"]["outputs"]["duckdb"]
    [found] = output["plugins"]
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{output['settings']['memory_limit']}'")
        Plugin("cx", found["config"]).configure_cursor(connection)
        said = connection.execute("select current_setting('memory_limit')").fetchone()
    assert said == (limit,)
