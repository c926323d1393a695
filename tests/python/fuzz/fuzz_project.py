"""The declared tables that are fuzzed: the project's own, and some for formats it does not use.

A project of its own is written, with the real declarations, staging models and macros and nothing
after them: dbt compiles it in seconds.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from orchestration.dbt_runner import DbtRunner
from orchestration.declarations import ENTITIES_FILE, Table, load_sources
from orchestration.ingest import write_schema_file
from orchestration.settings import PROJECT_DIR, Settings

CALL = {
    "customer_id": {"from": "caller", "personal": True},
    "agent_id": "agent",
    "outcome": {"from": "outcome", "map": {"ok": "answered", "lost": "abandoned"}},
    "started_at": {"from": "start", "formats": ["excel_serial", "iso"]},
    "ended_at": {"from": "end", "formats": ["%d.%m.%Y %H:%M:%S", "epoch_milliseconds"]},
    "wait_seconds": {"from": "wait", "unit": "clock"},
    "talk_seconds": {"from": "talk", "unit": "minutes", "decimal": ","},
    "transfer_count": "transfers",
    "is_resolved": "resolved",
}
# Source → entity, table of it, and the feed: every way of typing, in every format and dialect.
INVENTED: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "fuzz_book": (
        "calls",
        {"format": "xlsx", "skip_rows": 1, "header_rows": 2, "header_from": [2]},
        CALL,
    ),
    "fuzz_columnar": ("calls", {"format": "parquet"}, CALL),
    "fuzz_wide": (
        "calls",
        {"format": "csv", "encoding": "utf-16", "delimiter": "|", "quote": None, "skip_rows": 2},
        CALL,
    ),
    "fuzz_pages": ("calls", {"format": "jsonl", "record_path": "data.calls"}, CALL),
    "fuzz_local": (
        "calls",
        {"format": "csv", "encoding": "cp1252", "delimiter": ";", "ragged_rows": "pad"},
        CALL,
    ),
}
# Exports of products that no source of the project declares, see tests/python/ingest.
EXPORTED: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "fuzz_surveymonkey": (
        "surveymonkey_csv/StarWars.csv",
        {
            "format": "csv",
            "key": ["RespondentID"],
            "encoding": "mac-roman",
            "header_rows": 2,
            "header_from": [1, 2],
        },
        {"customer_id": "RespondentID"},
    ),
    "fuzz_qualtrics": (
        "qualtrics_csv/sample.csv",
        {"format": "csv", "key": ["ResponseId"], "header_rows": 3},
        {"customer_id": "ResponseId", "started_at": "StartDate"},
    ),
    "fuzz_freshdesk": (
        "freshdesk_json/all_tickets.json",
        {"format": "json", "key": ["id"]},
        {"customer_id": "requester_id", "started_at": "created_at"},
    ),
    "fuzz_recorded": (
        "airbyte_samples/samples.jsonl",
        {"format": "jsonl", "key": ["stream"]},
        {"customer_id": "stream"},
    ),
}


def write_project(folder: Path) -> None:
    """Declarations, staging models and macros, with entities that hold nothing but columns."""
    shutil.copytree(PROJECT_DIR / "models" / "staging", folder / "models" / "staging")
    (folder / "macros").symlink_to(PROJECT_DIR / "macros")
    shutil.copy(PROJECT_DIR / "profiles.yml", folder)
    entities = (folder / ENTITIES_FILE).parent
    entities.mkdir(parents=True)
    described = yaml.safe_load((PROJECT_DIR / ENTITIES_FILE).read_text(encoding="utf-8"))
    for model in described["models"]:
        model["columns"] = [
            {name: column[name] for name in ("name", "data_type", "config") if name in column}
            for column in model["columns"]
        ]
        (entities / f"{model['name']}.sql").write_text("select 1 as one", encoding="utf-8")
    (folder / ENTITIES_FILE).write_text(yaml.safe_dump(described), encoding="utf-8")
    project = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))
    registered = project["vars"]["entities"]
    for name, (entity, meta, feed) in INVENTED.items():
        _declare(folder, name, entity, {"key": ["id"], **meta}, feed)
        registered[entity].append(f"stg_{name}__{entity}")
    for name, (_, meta, feed) in EXPORTED.items():
        _declare(folder, name, "calls", meta, feed)
        registered["calls"].append(f"stg_{name}__calls")
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(project), encoding="utf-8")


def _declare(
    folder: Path, source: str, entity: str, meta: dict[str, Any], feed: dict[str, Any]
) -> None:
    place = folder / "models" / "staging" / source
    place.mkdir()
    table = {
        "name": entity,
        "config": {"meta": {"files": "{load_date}/**", **meta, "feeds": {entity: feed}}},
    }
    zone = {"meta": {"zone": "Europe/Berlin"}}
    content = {"version": 2, "sources": [{"name": source, "config": zone, "tables": [table]}]}
    (place / f"_{source}__sources.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    call = f"{{{{ stage('{source}', '{entity}', '{entity}') }}}}\n"
    (place / f"stg_{source}__{entity}.sql").write_text(call, encoding="utf-8")


def declared_tables(settings: Settings) -> dict[str, Table]:
    """The tables of all sources by `<source>.<table>`."""
    sources = load_sources(settings.project_dir)
    return {f"{t.source}.{t.name}": t for source in sources for t in source.tables}


def compile_staging(settings: Settings) -> dict[str, str]:
    """The SQL of the staging models by their name, for a lake without native Parquet files."""
    for table in declared_tables(settings).values():
        write_schema_file(settings, table)
    runner = DbtRunner(settings)
    runner.parse()
    compiled = runner._invoke("compile", "--no-write-json")
    assert compiled.success, compiled.exception
    nodes = [result.node for result in compiled.result.results]  # type: ignore[union-attr]
    return {node.name: node.compiled_code for node in nodes if node.name.startswith("stg_")}
