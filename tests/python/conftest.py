"""Fixtures for all Python tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Files as products export them; they are no part of the checkout."""
    folder = Path(os.environ.get("CX_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(
            f"no exported files in {folder}: set CX_SHARED_DATA to the folder that has them"
        )
    return folder
