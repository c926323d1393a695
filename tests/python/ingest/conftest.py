"""The small project that the tests of ingest deliver files to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ingest_shop import Shop

from orchestration.declarations import ENTITIES_FILE
from orchestration.settings import PROJECT_DIR, Settings


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    project = tmp_path / "project"
    (project / ENTITIES_FILE).parent.mkdir(parents=True)
    shutil.copy(PROJECT_DIR / ENTITIES_FILE, project / ENTITIES_FILE)
    (project / "dbt_project.yml").write_text("vars:\n  entities:\n    calls: [stg_shop__calls]\n")
    return Shop(Settings(home=tmp_path / "home", project_dir=project))
