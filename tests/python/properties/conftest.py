"""Processes that play histories, started once a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from history_players import Players


@pytest.fixture(scope="session")
def players(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Players]:
    with Players(tmp_path_factory.mktemp("histories")) as started:
        yield started
