from __future__ import annotations

import re
import socket
import tempfile

from quality_texts import DAY, NOT_NULL_TEAM

from orchestration.quality.run import QualitySession
from orchestration.quality.suites import load_suites

SECRET = "ann.smith@example.org"
CHECKS = """\
description: Contacts.
expectations:
  - {type: expect_column_values_to_be_in_set, kwargs: {column: mail, value_set: [none]},
     severity: critical, description: Why one.}
  - {type: expect_column_distinct_values_to_be_in_set, kwargs: {column: mail, value_set: [none]},
     severity: warning, description: Why two.}
  - {type: expect_column_values_to_be_between, kwargs: {column: mail, max_value: 5},
     severity: critical, description: Why three.}
  - {type: expect_column_max_to_be_between, kwargs: {column: mail, max_value: 5}, severity: warning,
     description: Why four.}
  - {type: unexpected_rows, name: any_mail, severity: warning, description: <i>Costs $5.,
     kwargs: {unexpected_rows_query: "select mail::int from {batch}"}}
  - {type: expect_column_values_to_not_be_null, kwargs: {column: nope}, severity: critical,
     description: Why five.}
"""


def written(settings, *layers) -> dict[str, str]:
    with QualitySession(settings, load_suites(settings.project_dir), "run-1") as session:
        for layer in layers:
            session.validate(layer, [DAY])
        session.write_data_docs()
    return {
        path.relative_to(settings.data_docs).as_posix(): path.read_text(encoding="utf-8")
        for path in settings.data_docs.rglob("*")
        if path.is_file()
    }


def test_the_layers_of_a_run_share_one_site(settings, suite, partition, warehouse):
    suite("lake", "demo__chats", NOT_NULL_TEAM)
    suite("core", "fct_chats", NOT_NULL_TEAM)
    partition("demo", "chats", DAY, "select null::varchar as team")
    warehouse("create table core.fct_chats as select 'x' as team")
    pages = written(settings, "lake", "core")
    assert set(pages) == {"index.html", "lake/demo__chats.html", "core/fct_chats.html"}
    assert re.search(r'lake/demo__chats\.html.*?class="failed"', pages["index.html"], re.DOTALL)
    assert re.search(r'core/fct_chats\.html.*?class="passed"', pages["index.html"], re.DOTALL)
    assert "fa-times" in pages["lake/demo__chats.html"]
    assert "Nobody answers for a chat without a team." in pages["core/fct_chats.html"]


def test_no_cell_of_the_data_is_on_any_page_or_in_any_outcome(settings, suite, warehouse):
    suite("core", "fct_contacts", CHECKS)
    warehouse(f"""create table core.fct_contacts as select '{SECRET}' as mail, 1 as "<b>x" """)
    with QualitySession(settings, load_suites(settings.project_dir), "run-1") as session:
        found = session.validate("core", None)
        session.write_data_docs()
    assert [o.success for o in found] == [False] * 6
    assert SECRET not in repr(found)
    page = (settings.data_docs / "core" / "fct_contacts.html").read_text(encoding="utf-8")
    assert "any_mail (warning)" in page
    assert SECRET not in page
    assert "Traceback" not in page
    assert "<b>x" not in page and "&lt;b&gt;x" in page
    assert "<i>Costs" not in page and "&lt;i&gt;Costs $5." in page


def test_pages_load_nothing_from_other_hosts(settings, suite, warehouse):
    suite("core", "fct_contacts", CHECKS)
    warehouse("create table core.fct_contacts as select 'x' as mail")
    for page in written(settings, "core").values():
        assert re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?(?:https?:)?//', page) == []
        assert "<script" not in page


def test_pages_of_the_run_before_are_replaced(settings, suite, warehouse):
    suite("core", "fct_old", NOT_NULL_TEAM)
    warehouse("create table core.fct_old as select 'x' as team")
    assert "core/fct_old.html" in written(settings, "core")
    (settings.project_dir / "expectations" / "core" / "fct_old.yml").unlink()
    suite("core", "fct_new", NOT_NULL_TEAM)
    assert set(written(settings, "core")) == {"index.html", "core/fct_new.html"}


def test_validation_writes_nothing_but_the_docs_and_calls_nobody(
    monkeypatch, settings, suite, warehouse
):
    """The library makes temporary folders for its site unless told otherwise."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nothing may be asked for here")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    suite("core", "fct_chats", NOT_NULL_TEAM)
    warehouse("create table core.fct_chats as select 'x' as team")
    before = set(settings.home.rglob("*"))
    written(settings, "core")
    added = set(settings.home.rglob("*")) - before
    assert all(path.is_relative_to(settings.data_docs) for path in added)


def test_validation_says_nothing_by_itself(capfd, settings, suite, warehouse):
    suite("core", "fct_contacts", CHECKS)
    warehouse("create table core.fct_contacts as select 'x' as mail")
    written(settings, "core")
    assert capfd.readouterr() == ("", "")
