"""The Dagster instance below the home: one place for runs of `cx` and of the web page.

Never imports dagster.
"""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from orchestration.settings import Settings


def prepare_instance(settings: Settings) -> Path:
    """Write dagster.yaml below the home, so that a run of `cx` and the web page share one place.

    Returns:
        The folder to be `DAGSTER_HOME`.
    """
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    content = {
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        "event_log_storage": {
            "module": "orchestration.defs.event_log",
            "class": "EventLog",
            "config": {"base_dir": str(home / "history")},
        },
        # Nothing of a run is written to the console; its log is below the home.
        "compute_logs": {
            "module": "dagster._core.storage.noop_compute_log_manager",
            "class": "NoOpComputeLogManager",
        },
        # Runs are deleted by the runs themselves (defs/history.py).
        "retention": {
            kind: {"purge_after_days": settings.keep_log_days} for kind in ("schedule", "sensor")
        },
        # One writer: runs wait for each other instead of failing on the run lock.
        "concurrency": {"runs": {"max_concurrent_runs": 1}},
    }
    text = yaml.safe_dump(content, sort_keys=False)
    path = home / "dagster.yaml"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    return home
