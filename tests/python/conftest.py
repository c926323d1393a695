"""Fixtures for all Python tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


# Fixtures that take long to make: whoever needs one runs in the same worker, so that it is made
# once. In this order they are handed out, the longest first.
SHARED = ("players", "demo", "examples")


def _place(item: pytest.Item) -> int:
    names = getattr(item, "fixturenames", ())
    return next((n for n, shared in enumerate(SHARED) if shared in names), len(SHARED))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Say which tests belong to one worker: those of a long fixture, else those of a file."""
    place = _place(item)
    name = SHARED[place] if place < len(SHARED) else item.location[0]
    item.add_marker(pytest.mark.xdist_group(name))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Files as products export them; they are no part of the checkout."""
    folder = Path(os.environ.get("CX_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(
            f"no exported files in {folder}: set CX_SHARED_DATA to the folder that has them"
        )
    return folder
