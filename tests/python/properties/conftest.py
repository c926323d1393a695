"""Processes that play histories, started once a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from history_players import Players


@pytest.fixture(scope="session")
def players() -> Iterator[Players]:
    with Players() as started:
        yield started
