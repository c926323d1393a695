"""The only reader of the environment.

Every setting is named `CX_<SETTING>`; a name or a value that is not known is an error, so that
a typing mistake never passes for a default.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from orchestration.errors import UsageError

PROJECT_DIR = Path(__file__).resolve().parent.parent
KNOWN = {"CX_HOME", "CX_START_DATE", "CX_WEBHOOK_URL", "CX_HASH_KEY", "CX_SHARED_DATA"}


@dataclass(frozen=True)
class Settings:
    """Where the warehouse lives and how it talks to the outside.

    Attributes:
        home: folder of all run-time state (`CX_HOME`, default `./data` in the checkout).
        project_dir: the checkout: models, seeds, expectations.
        start_date: first load date for which partitions exist (`CX_START_DATE`).
        webhook_url: where a failed run is posted, or None (`CX_WEBHOOK_URL`).
        hash_key: goes before the key file of personal ids, or None (`CX_HASH_KEY`).
    """

    home: Path
    project_dir: Path = PROJECT_DIR
    start_date: date = date(2015, 1, 1)
    webhook_url: str | None = field(default=None, repr=False)
    hash_key: str | None = field(default=None, repr=False)

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    @property
    def quarantine(self) -> Path:
        return self.home / "quarantine"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that dbt builds; BI never opens it."""
        return self.home / "warehouse" / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def state(self) -> Path:
        """Records of runs and checks, one JSON file a run."""
        return self.home / "state"

    @property
    def data_docs(self) -> Path:
        return self.home / "data_docs"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def log_file(self) -> Path:
        """Tracebacks of surprises; what a person reads is one sentence."""
        return self.home / "logs" / "cx.log"

    @property
    def lock_file(self) -> Path:
        return self.home / "run.lock"

    @property
    def hash_key_file(self) -> Path:
        return self.home / "secrets" / "hash_key"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Raises:
        UsageError: an unknown `CX_` name, or a value that cannot be read.
    """
    values = os.environ if environment is None else environment
    unknown = sorted(name for name in values if name.startswith("CX_") and name not in KNOWN)
    if unknown:
        raise UsageError(
            f"Expected only the settings {', '.join(sorted(KNOWN))} in the environment, "
            f"found {', '.join(unknown)}: correct the name or unset it."
        )
    start = values.get("CX_START_DATE", "2015-01-01")
    try:
        start_date = date.fromisoformat(start)
    except ValueError:
        raise UsageError(
            f"Expected CX_START_DATE as YYYY-MM-DD, found {start!r} in the environment: correct it."
        ) from None
    webhook = values.get("CX_WEBHOOK_URL") or None
    if webhook is not None and not webhook.startswith(("http://", "https://")):
        raise UsageError(
            "Expected CX_WEBHOOK_URL to start with http:// or https://, found "
            f"{webhook.split(':')[0]!r}: correct it or unset it."
        )
    home = Path(values.get("CX_HOME") or PROJECT_DIR / "data").expanduser().resolve()
    return Settings(
        home=home,
        start_date=start_date,
        webhook_url=webhook,
        hash_key=values.get("CX_HASH_KEY") or None,
    )


def child_environment(settings: Settings, **values: str) -> dict[str, str]:
    """The environment of a process that works on the same home and checkout."""
    path = [str(settings.project_dir), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "CX_HOME": str(settings.home),
        "PYTHONPATH": os.pathsep.join(path),
        **values,
    }
