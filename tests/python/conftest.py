"""Fixtures for all Python tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from small_project import make_small_project
from xdist.scheduler import LoadScopeScheduling

CHECKOUT = Path(__file__).resolve().parents[2]


# The folders that take long are begun first.
LONG = ("integration", "properties", "kills", "fuzz")


def _folder(name: str) -> str:
    return name.split("::")[0].split("/")[-2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        folder = _folder(item.nodeid)
        return LONG.index(folder) if folder in LONG else len(LONG)

    items.sort(key=place)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Files go to workers as a whole, and the folder of the demo too, so that it is made once."""

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            folder = _folder(nodeid)
            return folder if folder == "integration" else nodeid.split("::")[0]

    return ByFile(config, log)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Files as products export them; they are no part of the checkout."""
    folder = Path(os.environ.get("CX_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(
            f"no exported files in {folder}: set CX_SHARED_DATA to the folder that has them"
        )
    return folder


@pytest.fixture(scope="session")
def small_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project of few sources and marts, for tests that run all of it."""
    return make_small_project(tmp_path_factory.mktemp("small") / "project")
