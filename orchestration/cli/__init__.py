"""The command `cx`: thin over the same jobs and functions that the web page and tests use.

Imports of seconds (dagster, dbt, Great Expectations) happen inside the commands that need them, so
that `cx --help` and `cx status` answer at once. Exit codes: 0 done; 1 data or checks failed, and
nothing was published; 2 wrong usage or configuration.
"""

from orchestration.cli import metrics, privacy, quarantine, running, sources, state
from orchestration.cli.group import main

__all__ = ["main", "metrics", "privacy", "quarantine", "running", "sources", "state"]
