"""`cx` as a person meets it: exit codes, one sentence for every error, and a fast answer."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestration.cli import main
from orchestration.errors import DataError
from orchestration.sentences import sentence_of
from orchestration.settings import PROJECT_DIR, Settings
from orchestration.state import load_runs, mark_unfinished, run_lock, start_run

HEAVY = ("dagster", "dbt", "great_expectations", "pandas")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("commands") / "home")


def cx(settings: Settings, *arguments: str, **environment: str) -> Result:
    """Run a command on this home."""
    return CliRunner().invoke(
        main, arguments, env={"CX_HOME": str(settings.home), **environment}, catch_exceptions=False
    )


def test_help_and_status_import_nothing_that_takes_seconds(settings: Settings) -> None:
    program = (
        "import sys; from click.testing import CliRunner; from orchestration.cli import main\n"
        f"for words in (['--help'], ['status']):\n"
        f"    done = CliRunner().invoke(main, words, env={{'CX_HOME': {str(settings.home)!r}}})\n"
        f"    assert done.exit_code == 0, done.output\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_a_terminal_without_letters_is_told_too(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "größer.csv").touch()
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "status"],
        cwd=PROJECT_DIR,
        env={**os.environ, "CX_HOME": str(tmp_path), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "gr??er.csv" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (["run", "--date", "yesterday"], {}, "yesterday"),
        (["run"], {}, "--date"),
        (["status"], {"CX_HOEM": "x"}, "CX_HOEM"),
        (["run", "--date", "2014-12-31"], {}, "CX_START_DATE"),
        (["run", "--date", "2999-01-01"], {}, "up to today"),
        (["backfill", "--from", "2024-02-01", "--to", "2024-01-01"], {}, "swap them"),
        (["quarantine", "list", "--source", "nowhere"], {}, "nowhere"),
        (["source", "check", "nowhere"], {}, "nowhere"),
        (["demo", "--days", "0"], {}, "days"),
    ],
)
def test_wrong_usage_is_told_and_exits_with_two(
    settings: Settings, arguments: list[str], environment: dict[str, str], words: str
) -> None:
    done = cx(settings, *arguments, **environment)
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Traceback" not in done.output


def test_a_run_without_deliveries_says_where_it_looked_and_what_it_expected(
    settings: Settings,
) -> None:
    for arguments in (
        ["run", "--date", "2024-01-01"],
        ["backfill", "--from", "2024-01-01", "--to", "2024-01-31"],
    ):
        done = cx(settings, *arguments)
        assert done.exit_code == 1
        sentence = " ".join(done.stderr.split())
        assert sentence.startswith("error: Expected deliveries of 2024-01-01")
        assert str(settings.inbox) in sentence
        assert "demo_billing/{load_date}/payments.csv" in sentence
        assert "cx demo" in sentence


def test_a_rebuild_without_a_lake_says_so(settings: Settings) -> None:
    done = cx(settings, "rebuild")
    assert done.exit_code == 1
    assert "Expected ingested deliveries" in done.stderr


def test_a_second_run_is_refused_at_once_whatever_it_is(settings: Settings) -> None:
    program = (
        "import sys; from click.testing import CliRunner; from orchestration.cli import main\n"
        "for words in ('demo', 'rebuild', 'run --date 2024-01-01', 'quarantine replay',\n"
        "              'backfill --from 2024-01-01 --to 2024-01-02'):\n"
        f"    done = CliRunner().invoke(main, words, env={{'CX_HOME': {str(settings.home)!r}}})\n"
        "    assert done.exit_code == 1 and 'the-first-run' in done.output, done.output\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    with run_lock(settings, "the-first-run", "run"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=PROJECT_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stdout.strip() == "[]", done.stderr


def test_a_second_run_is_refused_while_one_goes_and_leaves_it_alone(settings: Settings) -> None:
    with run_lock(settings, "the-first-run", "run"):
        before = len(load_runs(settings))
        done = cx(settings, "run", "--date", "2024-01-01")
        assert done.exit_code == 1
        assert "the-first-run" in done.stderr
        assert "the-first-run" in cx(settings, "status").stdout
        assert len(load_runs(settings)) == before


def test_a_surprise_is_one_sentence_with_the_place_of_its_traceback(settings: Settings) -> None:
    broken = settings.published
    broken.mkdir(parents=True)
    (broken / "versions").write_text("not a folder", encoding="utf-8")
    (broken / "current").symlink_to("/dev/null/nowhere")
    runs = settings.state / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    (runs / "bad.json").mkdir()
    try:
        done = cx(settings, "status")
    finally:
        (runs / "bad.json").rmdir()
        (broken / "versions").unlink()
        (broken / "current").unlink()
    assert done.exit_code == 1
    assert done.stderr.startswith("error: ")
    assert str(settings.log_file) in done.stderr
    assert "Traceback" in settings.log_file.read_text(encoding="utf-8")
    assert "Traceback" not in done.output


def test_a_home_that_is_a_file_is_wrong_usage_for_every_command(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("not a folder", encoding="utf-8")
    for arguments in (["status"], ["run", "--date", "2024-01-01"], ["quarantine", "list"]):
        done = cx(Settings(home=home), *arguments)
        assert done.exit_code == 2
        assert done.stderr.startswith("error: Expected CX_HOME to be a folder")
        assert str(home) in done.stderr


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space", "HOME/lake/x"), "no space left at HOME/lake/x: free"),
        (OSError(errno.EROFS, "Read-only", "HOME/state/x"), "the right to write HOME/state/x"),
        (OSError(errno.EACCES, "Denied", "HOME/inbox/x"), "the right to read HOME/inbox/x"),
        (RuntimeError("database or disk is full"), "no space left at HOME: free"),
        (
            DataError(
                'found: IO Error: Could not write "HOME/warehouse/w": No space left on device'
            ),
            "no space left at HOME/warehouse/w",
        ),
        (DataError("found: IO Error: Corrupt database file: computed checksum"), "`cx rebuild`"),
        (
            DataError(
                "found: Invalid Input Error: No magic bytes found at end of file "
                "'HOME/lake/shop/calls/load_date=2024-01-02/part.parquet'"
            ),
            "shop.calls of 2024-01-02",
        ),
        (DataError("Expected a Parquet file, found none."), "Expected a Parquet file, found none."),
    ],
)
def test_what_disk_and_engine_refuse_is_told_with_the_advice_that_fits(
    tmp_path: Path, error: Exception, words: str
) -> None:
    home = str(tmp_path)
    error.args = tuple(
        each.replace("HOME", home) if isinstance(each, str) else each for each in error.args
    )
    if isinstance(error, OSError):
        error.filename = error.filename.replace("HOME", home)
    assert words.replace("HOME", home) in sentence_of(error, Settings(home=tmp_path))


def test_status_names_what_is_not_finished_and_how_to_finish_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    day = date(2024, 1, 2)
    start_run(settings, "the-killed-run", "run", [day])
    mark_unfinished(settings, "the-killed-run", [day])
    stray = settings.inbox / "demo_chat" / "2024-01-02" / "chat.csv"
    stray.parent.mkdir(parents=True)
    stray.touch()
    stray.with_name("a\n\x1b[31mb").touch()
    told = cx(settings, "status").stdout
    assert "its process died" in told
    assert "cx run --date 2024-01-02" in told
    # What a name has beside letters is shown, and no terminal obeys it.
    assert "2 files that no table claims: demo_chat/2024-01-02/a\\n\\x1b[31mb, demo_chat" in told
    done = cx(settings, "backfill", "--from", "2024-01-01", "--to", "2024-01-31")
    assert done.exit_code == 1
    assert "warning: " in done.stderr
    assert "nearest is demo_chat/{load_date}/chats.csv" in done.stderr


def test_a_failed_run_is_posted_once_and_a_dead_webhook_changes_nothing(
    settings: Settings, webhook: tuple[str, list[dict[str, str]]]
) -> None:
    address, posted = webhook
    done = cx(settings, "run", "--date", "2024-01-01", CX_WEBHOOK_URL=address)
    assert done.exit_code == 1
    [content] = posted
    assert content["run_id"] == load_runs(settings)[0].run_id
    assert content["error"] in " ".join(done.stderr.split())
    assert content["job"] == "daily"
    assert "cx status" in content["command"]
    closed = cx(settings, "run", "--date", "2024-01-01", CX_WEBHOOK_URL="http://127.0.0.1:9/")
    assert closed.exit_code == 1
    assert "Expected deliveries" in closed.stderr


def test_declared_sources_are_without_a_problem(settings: Settings) -> None:
    done = cx(settings, "source", "check")
    assert done.exit_code == 0, done.output


def test_a_drafted_source_is_told_file_by_file(settings: Settings, tmp_path: Path) -> None:
    missing = cx(settings, "source", "draft", str(tmp_path / "none.csv"), "--entity", "calls")
    assert missing.exit_code == 2
