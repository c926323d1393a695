"""The log below the home: one JSON object a line, each with the id of the run that it is about.

Keys: at (UTC, ISO), level, logger, run_id (null outside of a run), message, the fields that the
line was given (`extra`), and traceback for a surprise. Pure: never imports dagster.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from orchestration.settings import Settings

LOG = logging.getLogger("cx")
# Bytes after which a run begins a new file.
LARGEST = 10_000_000
PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One record as one line of JSON."""

    run_id: str | None = None

    def format(self, record: logging.LogRecord) -> str:
        content = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "run_id": self.run_id,
            "message": record.getMessage(),
        }
        content |= {key: value for key, value in vars(record).items() if key not in PLAIN}
        if record.exc_info:
            content["traceback"] = self.formatException(record.exc_info)
        return json.dumps(content, ensure_ascii=False, default=str)


class LogFile(logging.FileHandler):
    """A log that cannot be written is no reason to fail: the error itself is told anyway."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.log_file, encoding="utf-8", delay=True)
        self.lines = JsonLines()
        self.setFormatter(self.lines)

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):
            super().emit(record)


def open_log(settings: Settings) -> LogFile:
    """Let this process log below the home; asked for again it gives the same file.

    Raises:
        OSError: the folder of the log cannot be made.
    """
    settings.log_file.parent.mkdir(parents=True, exist_ok=True)
    root = logging.getLogger()
    for handler in root.handlers:
        if isinstance(handler, LogFile) and handler.baseFilename == str(settings.log_file):
            return handler
    handler = LogFile(settings)
    root.addHandler(handler)
    LOG.setLevel(logging.INFO)
    return handler


@contextmanager
def lines_of_run(settings: Settings, run_id: str) -> Iterator[None]:
    """Whatever this process logs meanwhile carries the run's id."""
    handler = open_log(settings)
    handler.lines.run_id = run_id
    try:
        yield
    finally:
        handler.lines.run_id = None


def start_new_file(settings: Settings) -> None:
    """Set a log that has grown aside, under the time of its end; the caller holds the run lock."""
    path = settings.log_file
    if path.is_file() and path.stat().st_size > LARGEST:
        handler = open_log(settings)
        handler.close()
        path.replace(path.with_name(f"{path.stem}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.log"))
