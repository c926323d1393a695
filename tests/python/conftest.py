"""Fixtures for all Python tests."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
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


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """An address that takes posts, and what was posted."""
    posted: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/s3cret", posted
    server.shutdown()
    server.server_close()
