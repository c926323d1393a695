"""The event log keeps what Dagster's own class keeps, in a file that the latter can read."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import yaml

from orchestration.defs.history import forget_runs
from orchestration.instance import prepare_instance
from orchestration.settings import Settings


@dg.multi_asset(
    specs=[dg.AssetSpec("one"), dg.AssetSpec("two")],
    check_specs=[dg.AssetCheckSpec("holds", asset="two")],
)
def both():  # type: ignore[no-untyped-def]
    yield dg.MaterializeResult(asset_key="one", metadata={"rows": 1})
    yield dg.MaterializeResult(asset_key="two")
    yield dg.AssetCheckResult(asset_key="two", check_name="holds", passed=False)


def execute(instance: dg.DagsterInstance) -> str:
    return dg.materialize([both], instance=instance).run_id


def events(home: Path, run_id: str) -> list[str | None]:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        latest = instance.get_latest_materialization_event(dg.AssetKey("one"))
        assert latest is not None and latest.run_id == run_id
        return [
            log.dagster_event_type and log.dagster_event_type.value
            for log in instance.all_logs(run_id)
        ]


def test_a_run_is_there_for_the_next_process_and_for_the_class_of_dagster(tmp_path: Path) -> None:
    home = prepare_instance(Settings(home=tmp_path))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        run_id = execute(instance)
    told = events(home, run_id)
    assert told[-1] == "PIPELINE_SUCCESS"
    assert told.count("ASSET_MATERIALIZATION") == 2 and told.count("ASSET_CHECK_EVALUATION") == 1
    config = yaml.safe_load((home / "dagster.yaml").read_text(encoding="utf-8"))
    config["event_log_storage"] |= {
        "module": "dagster._core.storage.event_log",
        "class": "ConsolidatedSqliteEventLogStorage",
    }
    (home / "dagster.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    assert events(home, run_id) == told


def test_several_runs_follow_each_other_in_one_file(tmp_path: Path) -> None:
    home = prepare_instance(Settings(home=tmp_path))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        first, second = execute(instance), execute(instance)
        assert len(instance.all_logs(first)) == len(instance.all_logs(second)) > 0
    assert events(home, second)
    assert [path.name for path in (home / "history").glob("event_log*.db")] == ["event_log.db"]


def test_runs_that_are_over_for_long_are_deleted_with_their_events(tmp_path: Path) -> None:
    home = prepare_instance(Settings(home=tmp_path))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        first, second = execute(instance), execute(instance)
        assert forget_runs(instance, days=1) == 0
        assert len(instance.all_logs(first)) > 0
        assert forget_runs(instance, days=0) == 2
        assert instance.get_runs() == []
        assert instance.all_logs(first) == instance.all_logs(second) == []
        assert forget_runs(instance, days=0) == 0
