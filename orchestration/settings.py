"""The only reader of the environment.

Every setting is named `CX_<SETTING>`; a name or a value that is not known is an error, so that
a typing mistake never passes for a default.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from orchestration.errors import UsageError

PROJECT_DIR = Path(__file__).resolve().parent.parent
KNOWN = {
    "CX_ALARM_HOURS",
    "CX_ALERT_EMAIL",
    "CX_HASH_KEY",
    "CX_HOME",
    "CX_KEEP_HISTORY_DAYS",
    "CX_KEEP_LAKE_DAYS",
    "CX_KEEP_LOG_DAYS",
    "CX_KEEP_QUARANTINE_DAYS",
    "CX_KEEP_VERSIONS",
    "CX_SHARED_DATA",
    "CX_SMTP_URL",
    "CX_START_DATE",
    "CX_WEBHOOK_URL",
}
FOREVER = "forever"
# Of days, hours or versions: dates are reckoned with them.
MOST = 36_500
# What would be read as more than a name in patterns, in SQL or in the address of a database.
TELLING = re.compile(r"[*?\[\]'\"#\x00-\x1f\x7f]")
# Dagster has no partitions from long before.
FIRST_START = date(1900, 1, 1)
SMTP_FORM = "smtp://user:password@host:587 or smtps://user:password@host:465"


@dataclass(frozen=True)
class Settings:
    """Where the warehouse lives and how it talks to the outside.

    Attributes:
        home: folder of all run-time state (`CX_HOME`, default `./data` in the checkout).
        project_dir: the checkout: models, seeds, expectations.
        start_date: first load date for which partitions exist (`CX_START_DATE`).
        webhook_url: where a failed run is posted, or None (`CX_WEBHOOK_URL`).
        hash_key: goes before the key file of personal ids, or None (`CX_HASH_KEY`).
        smtp_url: the mail server, or None (`CX_SMTP_URL`).
        alert_email: who is written to about a failed run (`CX_ALERT_EMAIL`, comma-separated).
        alarm_hours: hours without a successful run that are an alarm (`CX_ALARM_HOURS`).
        keep_versions: published versions that stay (`CX_KEEP_VERSIONS`).
        keep_log_days: days of logs and of Dagster's own records (`CX_KEEP_LOG_DAYS`).
        keep_history_days: days of records of runs and checks (`CX_KEEP_HISTORY_DAYS`).
        keep_quarantine_days: days that rows and files stay in quarantine, None for ever
            (`CX_KEEP_QUARANTINE_DAYS`).
        keep_lake_days: load dates that stay in the lake, None for ever (`CX_KEEP_LAKE_DAYS`).
    """

    home: Path
    project_dir: Path = PROJECT_DIR
    start_date: date = date(2015, 1, 1)
    webhook_url: str | None = field(default=None, repr=False)
    hash_key: str | None = field(default=None, repr=False)
    smtp_url: str | None = field(default=None, repr=False)
    alert_email: tuple[str, ...] = ()
    alarm_hours: int = 26
    keep_versions: int = 5
    keep_log_days: int = 90
    keep_history_days: int = 400
    keep_quarantine_days: int | None = None
    keep_lake_days: int | None = None

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
        """One JSON object a line: what runs did, and tracebacks of surprises."""
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
    start_date = _date(start)
    if start_date is None or start_date < FIRST_START:
        raise UsageError(
            f"Expected CX_START_DATE as YYYY-MM-DD, from {FIRST_START} on, found {start!r} in the "
            "environment: correct it."
        )
    webhook = values.get("CX_WEBHOOK_URL") or None
    if webhook is not None and not webhook.startswith(("http://", "https://")):
        raise UsageError(
            "Expected CX_WEBHOOK_URL to start with http:// or https://, found "
            f"{webhook.split(':')[0]!r}: correct it or unset it."
        )
    smtp, addresses = _mail(values)
    home = Path(values.get("CX_HOME") or PROJECT_DIR / "data").expanduser().resolve()
    if TELLING.search(str(home)):
        raise UsageError(
            "Expected CX_HOME as a folder with none of * ? [ ] ' \" # and no control character in "
            f"its path, found {str(home)!r}: patterns and SQL are made of it; take another."
        )
    return Settings(
        home=home,
        start_date=start_date,
        webhook_url=webhook,
        hash_key=values.get("CX_HASH_KEY") or None,
        smtp_url=smtp,
        alert_email=addresses,
        alarm_hours=_number(values, "CX_ALARM_HOURS", Settings.alarm_hours),
        keep_versions=_number(values, "CX_KEEP_VERSIONS", Settings.keep_versions),
        keep_log_days=_number(values, "CX_KEEP_LOG_DAYS", Settings.keep_log_days),
        keep_history_days=_number(values, "CX_KEEP_HISTORY_DAYS", Settings.keep_history_days),
        keep_quarantine_days=_days_or_forever(values, "CX_KEEP_QUARANTINE_DAYS"),
        keep_lake_days=_days_or_forever(values, "CX_KEEP_LAKE_DAYS"),
    )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(values: Mapping[str, str], name: str, default: int) -> int:
    text = values.get(name) or str(default)
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MOST))
    if not (is_number and 1 <= int(text) <= MOST):
        raise UsageError(
            f"Expected {name} as a whole number from 1 to {MOST}, found {text!r} in the "
            "environment: correct it or unset it."
        )
    return int(text)


def _days_or_forever(values: Mapping[str, str], name: str) -> int | None:
    if (values.get(name) or FOREVER) == FOREVER:
        return None
    try:
        return _number(values, name, 1)
    except UsageError as error:
        raise UsageError(str(error).replace(", found", f" or `{FOREVER}`, found", 1)) from None


def _mail(values: Mapping[str, str]) -> tuple[str | None, tuple[str, ...]]:
    """The mail server and the addresses; what is wrong is told without the password."""
    url = values.get("CX_SMTP_URL") or None
    addresses = [each.strip() for each in (values.get("CX_ALERT_EMAIL") or "").split(",")]
    addresses = [each for each in addresses if each]
    wrong = next((each for each in addresses if not re.fullmatch(r"[^@\s]+@[^@\s]+", each)), None)
    if wrong is not None:
        raise UsageError(
            f"Expected CX_ALERT_EMAIL as addresses with commas between them, found {wrong!r}: "
            "correct it or unset it."
        )
    if (url is None) != (not addresses):
        there, missing = "CX_SMTP_URL", "CX_ALERT_EMAIL"
        if url is None:
            there, missing = missing, f"{there} (such as {SMTP_FORM})"
        raise UsageError(
            f"Expected CX_SMTP_URL and CX_ALERT_EMAIL together, found {there} alone: set "
            f"{missing} too, or unset it."
        )
    if url is not None and not _is_smtp(url):
        raise UsageError(
            f"Expected CX_SMTP_URL such as {SMTP_FORM}, found something else (not shown, it may "
            "hold a password): correct it or unset it."
        )
    return url, tuple(addresses)


def _is_smtp(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def child_environment(settings: Settings, **values: str) -> dict[str, str]:
    """The environment of a process that works on the same home and checkout."""
    path = [str(settings.project_dir), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "CX_HOME": str(settings.home),
        "PYTHONPATH": os.pathsep.join(path),
        **values,
    }
