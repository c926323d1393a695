"""A declaration is read as it is written, and every mistake in it is told with file and line."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from orchestration.declarations import (
    ENTITIES_FILE,
    check_sources,
    find_table,
    load_entities,
    load_sources,
)
from orchestration.declarations.file_patterns import compile_pattern, fixed_folder
from orchestration.declarations.variables import NUMBERS
from orchestration.errors import UsageError
from orchestration.settings import PROJECT_DIR

GOOD = """\
version: 2
sources:
  - name: phone
    description: Calls.
    config:
      meta:
        owner: team
        zone: Europe/Berlin
        namespace: acme
    tables:
      - name: calls
        description: One row per call.
        config:
          meta:
            files: "{load_date}/*.csv"
            format: csv
            delimiter: ";"
            null_tokens: ["", "-"]
            key: [Call Id]
            version_by: {from: Changed, type: timestamp, formats: [epoch_seconds]}
            max_quarantined_share: 0.1
            on_unreadable_file: continue
            feeds:
              calls:
                agent_id: {from: Agent, personal: true}
                started_at: {from: [Date, Time], formats: ["%d.%m.%Y %H:%M"]}
                outcome: {from: Answered (Y/N), map: {Y: answered, N: abandoned}, otherwise: null}
                talk_seconds: {from: Talk, unit: clock}
                is_resolved: {from: Resolved, map: {"1": true, "0": false}}
                reason: Topic
              survey_responses:
                when: [Rating]
                survey_type: {value: csat}
                scale_id: {value: csat_5}
                score: {from: Rating, decimal: ","}
                responded_at: Date
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the source `phone`."""
    entities = tmp_path / ENTITIES_FILE
    entities.parent.mkdir(parents=True)
    shutil.copy(PROJECT_DIR / ENTITIES_FILE, entities)
    (tmp_path / "dbt_project.yml").write_text(
        "vars:\n  entities:\n    calls:\n      - stg_phone__calls\n"
        "    survey_responses: [stg_phone__survey_responses]\n    chats:\n"
    )
    folder = tmp_path / "models" / "staging" / "phone"
    folder.mkdir(parents=True)
    (folder / "_phone__sources.yml").write_text(GOOD)
    for entity in ("calls", "survey_responses"):
        (folder / f"stg_phone__{entity}.sql").write_text(
            f"-- One row per thing.\n{{{{ stage('phone', 'calls', '{entity}') }}}}\n"
        )
    return tmp_path


def sources_file(project: Path) -> Path:
    return project / "models" / "staging" / "phone" / "_phone__sources.yml"


def test_a_good_declaration_is_read_whole(project: Path) -> None:
    assert check_sources(project) == []
    (source,) = load_sources(project)
    table = find_table([source], "phone", "calls")
    assert (source.zone, source.namespace, source.owner) == ("Europe/Berlin", "acme", "team")
    assert (table.line, table.entity, table.key) == (11, "calls", ("Call Id",))
    assert (table.dialect.delimiter, table.null_tokens) == (";", ("", "-"))
    assert table.load_date_of("2026-11-21/a.csv") == date(2026, 11, 21)
    calls, answers = table.feeds["calls"], table.feeds["survey_responses"]
    assert calls.fields["started_at"].raw == ("Date", "Time")
    assert calls.fields["outcome"].map == {"Y": "answered", "N": "abandoned"}
    assert calls.fields["outcome"].has_otherwise
    assert calls.fields["is_resolved"].map == {"1": "true", "0": "false"}
    assert calls.fields["reason"].raw == ("Topic",)
    assert (answers.when, answers.fields["score"].decimal) == (("Rating",), ",")
    assert answers.fields["responded_at"].formats == ("iso",)
    assert table.raw_columns[:2] == ("Call Id", "Changed")
    assert "Rating" in table.raw_columns


def test_the_entities_are_those_of_the_models() -> None:
    entities = load_entities(PROJECT_DIR)
    assert entities["calls"].id_column.name == "call_id"
    outcome = entities["calls"].column("outcome")
    assert outcome is not None
    assert (outcome.kind, outcome.values[0]) == ("choice", "answered")


def test_a_table_delivers_as_often_as_its_source_unless_it_says_otherwise(project: Path) -> None:
    path = project / "models" / "staging" / "phone" / "_phone__sources.yml"
    said = {}
    for text in (
        GOOD,
        GOOD.replace("owner: team", "expected_every: week"),
        GOOD.replace("owner: team", "expected_every: week").replace(
            "max_quarantined_share: 0.1", "expected_every: day"
        ),
    ):
        path.write_text(text)
        for model in ("calls", "survey_responses"):
            call = f"{{{{ stage('phone', 'calls', '{model}') }}}}"
            (path.parent / f"stg_phone__{model}.sql").write_text(call)
        [source] = load_sources(project)
        said[text] = source.tables[0].expected_every
    assert list(said.values()) == [None, "week", "day"]


def test_the_policy_of_a_source_holds_for_tables_that_have_none(project: Path) -> None:
    path = project / "models/staging/phone/_phone__sources.yml"
    own = "            on_unreadable_file: continue\n"
    for of_source, of_table, expected in (
        ("", "", "stop"),
        ("on_unreadable_file: continue", "", "continue"),
        ("on_unreadable_file: stop", own, "continue"),
    ):
        text = GOOD.replace(own, of_table)
        path.write_text(text.replace("owner: team", f"owner: team\n        {of_source}"))
        (source,) = load_sources(project)
        assert source.tables[0].on_unreadable_file == expected


MISTAKES = {
    "an unknown rhythm": (
        "max_quarantined_share: 0.1",
        "expected_every: dayly",
        21,
        "expected_every to be one of day, weekday, week, month, found 'dayly'",
    ),
    "an unknown rhythm of the source": (
        "owner: team",
        "expected_every: 1",
        7,
        "expected_every to be one of day, weekday, week, month, found '1'",
    ),
    "a column that is not read": (
        "max_quarantined_share: 0.1",
        "optional_columns: [Topik]",
        21,
        "found 'Topik' (did you mean 'Topic'?)",
    ),
    "a key that may be missing": (
        "max_quarantined_share: 0.1",
        "optional_columns: [Call Id]",
        21,
        "no key column in optional_columns",
    ),
    "a map of nothing": ("map: {Y: answered, N: abandoned}", "map: {}", 27, "one raw value in"),
    "an answer without a score": (
        '                score: {from: Rating, decimal: ","}\n',
        "",
        31,
        "expected score in survey_responses",
    ),
    "unknown source setting": ("owner: team", "ownr: team", 7, "did you mean 'owner'?"),
    "unknown table setting": ("delimiter:", "delimeter:", 17, "did you mean 'delimiter'?"),
    "setting of another format": ("format: csv", "format: parquet", 17, "found 'delimiter'"),
    "unknown format": ("format: csv", "format: cvs", 16, "did you mean 'csv'?"),
    "bad zone": ("Europe/Berlin", "Europe/Berlln", 8, "IANA time zone"),
    "no load date": ('"{load_date}/*.csv"', '"*.csv"', 15, "expected `{load_date}` somewhere"),
    "half a load date": ("{load_date}", "{load_date:%Y%m}", 15, "year, month and day"),
    "out of the inbox": ("{load_date}/", "../{load_date}/", 15, "without `..`"),
    "no key": ("key: [Call Id]", "key: []", 19, "key as one or more raw column names"),
    "missing key": ("            key: [Call Id]\n", "", 15, "expected 'key' in meta"),
    "wide delimiter": ('";"', '";;"', 17, "delimiter as one character"),
    "share": ("0.1", "1.5", 21, "a number in 0…1"),
    "policy": ("continue", "ignore", 22, "one of stop, continue"),
    "unknown entity": ("              calls:", "              cals:", 24, "did you mean 'calls'?"),
    "unknown column": ("reason:", "reson:", 30, "did you mean 'reason'?"),
    "unknown field key": ("unit: clock", "units: clock", 28, "did you mean 'unit'?"),
    "unknown unit": ("unit: clock", "unit: days", 28, "one of seconds, minutes"),
    "unit on a text": ("reason: Topic", "reason: {from: Topic, unit: clock}", 30, "for a duration"),
    "map to no value": ("Y: answered", "Y: answerd", 27, "did you mean 'answered'?"),
    "constant to no value": ("value: csat}", "value: cast}", 33, "did you mean 'csat'?"),
    "scale of another type": ("csat_5", "nps_11", 34, "expected a scale of csat, found 'nps_11'"),
    "score without scale": (
        "                scale_id: {value: csat_5}\n",
        "",
        31,
        "expected scale_id beside score",
    ),
    "unknown timestamp format": ('"%d.%m.%Y %H:%M"', "ISO8601", 26, "expected a format as one of"),
    "time without a date": ('"%d.%m.%Y %H:%M"', '"%H:%M"', 26, "join the date and the time"),
    "neither from nor value": ("{from: Talk, unit", "{unit", 28, "found neither"),
    "otherwise without a map": (
        "{from: Talk, unit: clock}",
        "{from: Talk, otherwise: null}",
        28,
        "`otherwise` beside a `map`",
    ),
    "what dbt reads as a boolean": ("{Y: answered", "{yes: answered", 27, "put it in quotes"),
    "joined columns without from": ("reason: Topic", "reason: [Topic, Sub]", 30, "joins columns"),
    "one text for a list": ("when: [Rating]", "when: Rating", 32, "when as a list"),
    "rows that would be nothing": (
        "                reason: Topic",
        "                when: [Topic]",
        24,
        "counted nowhere",
    ),
    "left undecided": ("Europe/Berlin", '"???"', 8, "expected a decision for zone"),
    "a key twice": ("owner: team", "owner: team\n        owner: b", 8, "remove one"),
    "no meta": ("sources:\n  - name: phone", "sources:\n  - nme: phone", 3, "expected `name`"),
    "not YAML": ("version: 2", "version: [2", 2, "valid YAML"),
    "no declaration": ("sources:", "models:", 1, "declares a source"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line(project: Path, name: str) -> None:
    old, new, line, words = MISTAKES[name]
    path = sources_file(project)
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1))
    problems = [problem for problem in check_sources(project) if problem.path == path]
    told = [problem for problem in problems if words.lower() in problem.message.lower()]
    assert told, problems
    assert told[0].line == line
    with pytest.raises(UsageError, match=f"_phone__sources.yml:{line}: "):
        load_sources(project)


def test_a_column_may_be_missing_by_declaration(project: Path) -> None:
    path = sources_file(project)
    path.write_text(GOOD.replace("max_quarantined_share: 0.1", "optional_columns: [Topic, Rating]"))
    table = find_table(load_sources(project), "phone", "calls")
    assert table.optional_columns == ("Topic", "Rating")


@pytest.mark.parametrize(
    ("old", "new", "is_refused"),
    [
        ("reason: Topic", "reason: Caller Name", True),
        ("reason: Topic", "reason: {from: [Topic, E-Mail]}", True),
        ("reason: Topic", "reason: {from: Caller Name, personal: true}", False),
        ("reason: Topic", "reason: {from: Caller Name, personal: false}", False),
        ("key: [Call Id]", "key: [phone]", True),
        ("agent_id: {from: Agent", "call_id: {from: phone", False),
    ],
)
def test_a_column_with_the_name_of_something_personal_is_declared_as_such(
    project: Path, old: str, new: str, is_refused: bool
) -> None:
    assert old in GOOD
    sources_file(project).write_text(GOOD.replace(old, new, 1))
    told = [str(problem) for problem in check_sources(project)]
    assert all("`personal: true`" in sentence for sentence in told)
    assert bool(told) == is_refused


def test_a_file_without_a_column_that_is_declared_personal_is_refused(project: Path) -> None:
    path = sources_file(project)
    path.write_text(GOOD.replace("max_quarantined_share: 0.1", "personal: [E-Mail, Note.by]"))
    table = find_table(load_sources(project), "phone", "calls")
    assert table.personal_columns == {"Agent", "E-Mail", "Note.by"}
    assert set(table.personal_columns) < set(table.raw_columns)


def test_a_map_may_lead_to_absence_only(project: Path) -> None:
    path = sources_file(project)
    path.write_text(GOOD.replace("{Y: answered, N: abandoned}", "{Y: null, N: null}"))
    assert check_sources(project) == []


@pytest.mark.parametrize(
    ("decided", "left_open"),
    [
        ("key: [Call Id]", 'key: ["???"]'),
        ("{value: csat}", '{value: "???"}'),
        ("{value: csat_5}", '"???"'),
        ('score: {from: Rating, decimal: ","}', 'score: "???"'),
        ("from: Changed", 'from: "???"'),
        ('["%d.%m.%Y %H:%M"]', '["???"]'),
        ("Y: answered", 'Y: "???"'),
    ],
)
def test_one_open_decision_is_one_problem(project: Path, decided: str, left_open: str) -> None:
    sources_file(project).write_text(GOOD.replace(decided, left_open))
    (problem,) = check_sources(project)
    assert "Expected a decision" in problem.message


def test_a_missing_staging_model_is_told_with_the_line_to_write(project: Path) -> None:
    (sources_file(project).parent / "stg_phone__calls.sql").unlink()
    told = [str(problem) for problem in check_sources(project, "phone")]
    assert len(told) == 1
    assert ":24: Expected the staging model" in told[0]
    assert "{{ stage('phone', 'calls', 'calls') }}" in told[0]


def test_a_model_that_reads_another_table_is_told(project: Path) -> None:
    (sources_file(project).parent / "stg_phone__calls.sql").write_text("select 1")
    assert "to read the table phone.calls" in check_sources(project)[0].message


def test_an_unregistered_model_is_told(project: Path) -> None:
    (project / "dbt_project.yml").write_text("vars:\n  entities:\n    calls: [stg_phone__calls]\n")
    (problem,) = check_sources(project)
    assert (problem.path, problem.line) == (sources_file(project), 31)
    assert "stg_phone__survey_responses under `vars: entities: survey_responses:`" in str(problem)


def test_a_registered_model_without_a_file_is_told(project: Path) -> None:
    path = project / "dbt_project.yml"
    path.write_text(path.read_text().replace("chats:", "chats: [stg_gone__chats]"))
    (problem,) = check_sources(project)
    assert (problem.path, problem.line) == (path, 6)
    assert "found no stg_gone__chats.sql" in problem.message


@pytest.mark.parametrize(
    ("variable", "wanted"),
    [
        ("reporting_zone: Mars/Olympus", "an IANA time zone such as Europe/Berlin or UTC"),
        ("as_of: 31.12.2017", "a day as YYYY-MM-DD, or null,"),
        ('chunk_rows: "many"', "a whole number from 1 to"),
        ("fcr_window_days: 7.5", "a whole number from 1 to 30"),
        ("complaining_share: .nan", "a number from 0.0001 to 1.0"),
        ("driver_window_days: [1, 2]", "a whole number from 1 to 3,660"),
    ],
)
def test_a_variable_of_the_wrong_kind_or_out_of_its_range_is_told(
    project: Path, variable: str, wanted: str
) -> None:
    path = project / "dbt_project.yml"
    path.write_text(path.read_text().replace("vars:\n", f"vars:\n  {variable}\n"))
    (problem,) = check_sources(project)
    assert (problem.path, problem.line) == (path, 2)
    assert f"Expected {wanted}" in problem.message


def test_every_number_of_the_project_has_a_range() -> None:
    variables = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text())["vars"]
    assert {name for name, value in variables.items() if type(value) in (int, float)} == set(
        NUMBERS
    )


def test_a_sources_file_by_any_name_is_a_declaration(project: Path) -> None:
    other = sources_file(project).parent / "more.yml"
    other.write_text("sources:\n  - name: other\n    tables:\n      - name: bare\n")
    (problem,) = check_sources(project)
    assert (problem.path, problem.line) == (other, 4)


def test_an_unknown_source_or_table_is_a_usage_error(project: Path) -> None:
    with pytest.raises(UsageError, match="declared are phone"):
        check_sources(project, "fax")
    with pytest.raises(UsageError, match=r"declared are phone\.calls"):
        find_table(load_sources(project), "phone", "texts")


@pytest.mark.parametrize(
    ("template", "path", "expected"),
    [
        ("{load_date}/*.csv", "2026-11-21/a.csv", date(2026, 11, 21)),
        ("{load_date}/*.csv", "2026-11-21/sub/a.csv", None),
        ("{load_date}/*.csv", "2026-11-21/.hidden.csv", None),
        ("{load_date}/*.csv", "2026-13-41/a.csv", None),
        ("**/{load_date:%Y%m%d}_*.csv", "a/b/20261121_x.csv", date(2026, 11, 21)),
        ("**/{load_date:%Y%m%d}_*.csv", "20261121_x.csv", date(2026, 11, 21)),
        ("{load_date:%Y/%m/%d}/x?.csv", "2026/11/21/x1.csv", date(2026, 11, 21)),
        ("{load_date}/a_{load_date}.csv", "2026-11-21/a_2026-11-21.csv", date(2026, 11, 21)),
        ("{load_date}/a_{load_date}.csv", "2026-11-21/a_2026-11-22.csv", None),
        ("{load_date:%Y}/{load_date:%m-%d}.csv", "2026/11-21.csv", date(2026, 11, 21)),
        ("{load_date}/a (1)+.csv", "2026-11-21/a (1)+.csv", date(2026, 11, 21)),
    ],
)
def test_a_files_pattern_gives_the_load_date(
    template: str, path: str, expected: date | None
) -> None:
    assert compile_pattern(template).load_date_of(path) == expected


@pytest.mark.parametrize(
    ("template", "folder"),
    [
        ("{load_date}/*.csv", "2026-11-21"),
        ("exports/{load_date:%Y/%m}/{load_date:%d}/a*/b.csv", "exports/2026/11/21"),
        ("**/{load_date}.csv", ""),
        ("{load_date}.csv", ""),
    ],
)
def test_only_the_folder_of_a_day_is_searched_for_it(template: str, folder: str) -> None:
    assert fixed_folder(template, date(2026, 11, 21)) == folder


def test_the_shipped_declarations_are_good() -> None:
    assert [str(problem) for problem in check_sources(PROJECT_DIR)] == []
