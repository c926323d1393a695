"""One demo of the default size for all tests here: the targets hold only at full size."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestration.demo import Summary, generate


@dataclass(frozen=True)
class Demo:
    inbox: Path
    truth: dict[str, Any]
    summary: Summary

    def texts(self, pattern: str) -> list[str]:
        """Contents of the files of a pattern under the inbox, in the order of load dates."""
        return [path.read_bytes().decode("utf-8") for path in sorted(self.inbox.glob(pattern))]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    summary = generate(folder / "inbox", folder / "truth.json")
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return Demo(folder / "inbox", truth, summary)
