"""Each layer broken in turn: the run stops there, nothing later is built, nothing is published."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from runs_home import (
    FIRST,
    SECOND,
    THIRD,
    copy_home,
    published_version,
    rewrite_chats,
    with_suite,
)

from orchestration.demo import generate
from orchestration.run_session import Silence
from orchestration.runs import Finished, run_load_dates, run_rebuild
from orchestration.settings import Settings
from orchestration.state import load_checks, load_runs

IMPOSSIBLE = """
description: For this test.
expectations:
  - type: expect_table_row_count_to_be_between
    kwargs: {min_value: 1000000000}
    severity: SEVERITY
    description: More rows than the demo has.
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, small_project: Path) -> Settings:
    """Two load dates run in one pass; a third lies in the inbox."""
    settings = Settings(home=tmp_path_factory.mktemp("built") / "home", project_dir=small_project)
    generate(
        settings.inbox,
        settings.home / "truth.json",
        start=FIRST,
        days=3,
        contacts_per_day=60,
        customers=80,
        agents=8,
    )
    finished = run_load_dates(settings, [FIRST, SECOND], "backfill")
    assert finished.error is None
    return settings


@pytest.fixture
def settings(built: Settings, tmp_path: Path) -> Settings:
    return copy_home(built, tmp_path / "home")


def steps(finished: Finished) -> list[str]:
    return [step.name for step in finished.session.steps]


def test_a_range_is_one_run_with_every_layer_in_order_and_one_published_version(
    built: Settings,
) -> None:
    [record] = load_runs(built)
    assert (record.purpose, record.status) == ("backfill", "succeeded")
    assert record.load_dates is not None
    assert (record.load_dates.first, record.load_dates.last, record.load_dates.count) == (
        FIRST,
        SECOND,
        2,
    )
    names = [step.name for step in record.steps]
    assert [name for name in names if not name.startswith("ingest")] == [
        "prepare",
        "check lake",
        "build staging",
        "check staging",
        "build core",
        "check core",
        "build metrics",
        "check metrics",
        "publish",
    ]
    assert names.index("check lake") > max(
        at for at, name in enumerate(names) if name.startswith("ingest")
    )
    assert record.version == published_version(built)
    assert {row["layer"] for row in load_checks(built, record.run_id)} == {
        "lake",
        "staging",
        "core",
        "metrics",
    }
    assert (built.data_docs / "index.html").is_file()


def test_a_daily_run_adds_its_day_and_a_rebuild_from_the_lake_gives_the_same_marts(
    settings: Settings,
) -> None:
    before = rows_by_day(settings)
    assert run_load_dates(settings, [THIRD]).error is None
    after = rows_by_day(settings)
    assert THIRD in set(after) - set(before)
    settings.warehouse.write_bytes(b"not a database")
    shutil.rmtree(settings.inbox)
    finished = run_rebuild(settings)
    assert finished.error is None
    assert not [name for name in steps(finished) if name.startswith("ingest")]
    assert rows_by_day(settings) == after


def test_dates_that_cannot_be_read_stop_the_run_before_core(settings: Settings) -> None:
    def spoil_date(row: dict[str, str]) -> None:
        row["Started"] = "yesterday"

    rewrite_chats(settings, THIRD, spoil_date)
    finished = run_load_dates(settings, [THIRD])
    assert_stopped(settings, finished, "check staging")
    assert finished.error is not None
    assert "quarantined_share on demo_chat__chats" in finished.error


@pytest.mark.parametrize(
    ("suite", "last"),
    [
        ("lake/demo_chat__chats.yml", "check lake"),
        ("core/fct_contacts.yml", "check core"),
        ("metrics/mart_abandonment.yml", "check metrics"),
    ],
)
def test_a_critical_check_stops_the_run_at_its_layer(
    settings: Settings, tmp_path: Path, suite: str, last: str
) -> None:
    text = IMPOSSIBLE.replace("SEVERITY", "critical")
    broken = with_suite(settings, tmp_path / "project", suite, text)
    finished = run_load_dates(broken, [THIRD])
    assert_stopped(broken, finished, last)


def test_a_warning_lets_the_run_go_on_but_a_failing_dbt_test_stops_it_and_is_named(
    settings: Settings, tmp_path: Path
) -> None:
    broken = with_suite(
        settings,
        tmp_path / "project",
        "lake/demo_chat__chats.yml",
        IMPOSSIBLE.replace("SEVERITY", "warning"),
    )
    tests = broken.project_dir / "tests"
    originals = tests.resolve()
    tests.unlink()
    shutil.copytree(originals / "dbt", tests / "dbt")
    (tests / "dbt" / "no_contact_at_all.sql").write_text(
        "select contact_id from {{ ref('fct_contacts') }}", encoding="utf-8"
    )
    finished = run_load_dates(broken, [THIRD])
    assert_stopped(broken, finished, "build core")
    assert finished.error is not None
    assert "no_contact_at_all" in finished.error
    assert "tests/dbt/no_contact_at_all.sql" in finished.error
    [warned] = [
        o for o in finished.session.outcomes if o.table == "demo_chat__chats" and not o.success
    ]
    assert warned.severity == "warning"


def test_changed_columns_and_files_left_out_are_told_and_every_row_is_accounted_for(
    settings: Settings, tmp_path: Path
) -> None:
    """Numbers and times beyond every type, new and renamed columns, a file nobody can read."""

    def spoil(row: dict[str, str]) -> None:
        row["Mood"] = "=1+1"
        row["Visitor messages"] = odd.pop() if odd else row["Visitor messages"]
        row["Ended"] = late.pop() if late else row["Ended"]

    odd, late = ["1e300", "1e999", "9223372036854775808"], ["31.12.9999 23:59:59"]
    rewrite_chats(settings, THIRD, spoil)
    calls = settings.inbox / "demo_phone" / THIRD.isoformat() / "calls.tsv"
    calls.write_text(calls.read_text().replace("disposition", "disposition_code", 1))
    with_policy = with_suite(settings, tmp_path / "project", "lake/demo_phone__calls.yml", "")
    (with_policy.project_dir / "expectations/lake/demo_phone__calls.yml").unlink()
    models = with_policy.project_dir / "models"
    originals = models.resolve()
    models.unlink()
    shutil.copytree(originals, models)
    declared = models / "staging/demo_phone/_demo_phone__sources.yml"
    text = declared.read_text()
    assert "namespace: demo\n" in text
    declared.write_text(
        text.replace("namespace: demo\n", "namespace: demo\n        on_unreadable_file: continue\n")
    )
    finished = run_load_dates(with_policy, [THIRD])
    assert finished.error is None
    warned = {
        f"{found.check_name} on {found.table}": found.message
        for found in finished.session.outcomes
        if not found.success
    }
    assert "new 'Mood'" in warned["columns_unchanged on demo_chat__chats"]
    left_out = warned["files_readable on demo_phone__calls"]
    assert f"{THIRD}/calls.tsv: Expected the declared columns 'disposition'" in left_out
    assert "'disposition' is perhaps 'disposition_code' now" in left_out
    query = """
        select table_name, status, rows_read, rows_quarantined, is_balanced, added_columns
        from ops.deliveries where load_date = ? and source in ('demo_chat', 'demo_phone')
        order by all
    """
    with duckdb.connect(str(settings.published / "cx.duckdb"), read_only=True) as published:
        calls_row, chats_row = published.execute(query, [THIRD]).fetchall()
        assert published.sql(
            "select count(*) from ops.deliveries where not is_balanced"
        ).fetchall() == [(0,)]
    assert calls_row == ("calls", "unreadable", 0, 0, True, "[]")
    assert chats_row[3:] == (3, True, '["Mood"]')


def assert_stopped(settings: Settings, finished: Finished, last: str) -> None:
    """The run failed in this step, no step came after it, and readers see the version before."""
    assert finished.error is not None
    assert steps(finished)[-1] == last
    assert finished.session.version is None
    runs = load_runs(settings)
    assert (runs[0].status, runs[0].error) == ("failed", finished.error)
    assert published_version(settings) == runs[-1].version
    assert len(list((settings.published / "versions").iterdir())) == 1


def rows_by_day(settings: Settings) -> dict[object, tuple[object, ...]]:
    """Contacts by day, their number and a digest of them, in the published version."""
    import duckdb

    query = """
        select contact_date, count(*), sum(hash(contact)::hugeint)
        from core.fct_contacts as contact group by contact_date
    """
    with duckdb.connect(str((settings.published / "cx.duckdb").resolve()), read_only=True) as found:
        return {row[0]: row[1:] for row in found.execute(query).fetchall()}


def test_ingest_is_tried_again_when_the_operating_system_refused_for_a_moment(
    settings: Settings,
) -> None:
    """A file lies where the folder of drafts should be, until the first try has met it."""
    drafts = settings.lake / ".tmp"
    shutil.rmtree(drafts, ignore_errors=True)
    tried: list[str] = []

    class Clearing(Silence):
        def finished(self, step: str, seconds: float, detail: str) -> None:
            if step == "prepare":
                shutil.rmtree(drafts, ignore_errors=True)
                drafts.write_text("in the way")

        def failed(self, step: str, seconds: float, detail: str) -> None:
            tried.append(step)
            drafts.unlink(missing_ok=True)

    finished = run_load_dates(settings, [THIRD], progress=Clearing())
    assert len(tried) == 1 and tried[0].startswith("ingest ")
    assert finished.error is None and finished.session.version == published_version(settings)


def test_a_warehouse_that_somebody_has_open_is_told(settings: Settings) -> None:
    hold = (
        f"import duckdb; held = duckdb.connect({str(settings.warehouse)!r}); print(1, flush=True)"
    )
    before = published_version(settings)
    with subprocess.Popen(
        [sys.executable, "-c", f"{hold}; input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"1\n"
        finished = run_load_dates(settings, [THIRD], "run")
        holder.communicate(b"\n")
    told = str(finished.error)
    assert "warehouse.duckdb for writing, found: IO Error: Could not set lock" in told
    assert "close whatever else has it open" in told
    assert published_version(settings) == before
