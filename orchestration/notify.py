"""Tells the webhook that a run failed. Pure: one HTTP POST, and never a second failure."""

from __future__ import annotations

import json
import logging
from http.client import HTTPException
from urllib.request import Request, urlopen

from orchestration.settings import Settings

LOG = logging.getLogger("cx")
TIMEOUT_SECONDS = 10


def report_failure(settings: Settings, run_id: str, job: str, error: str) -> bool:
    """Post a failed run as JSON: run_id, job, error (one sentence), command (to look further).

    Returns:
        Whether it was delivered. Without a webhook nothing is sent; a webhook that does not take
        it is logged and nothing more: the run has failed already.
    """
    if settings.webhook_url is None:
        return False
    content = {
        "run_id": run_id,
        "job": job,
        "error": error,
        "command": f"CX_HOME={settings.home} cx status",
    }
    request = Request(
        settings.webhook_url,
        data=json.dumps(content).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS):
            return True
    except (OSError, HTTPException, ValueError) as problem:
        # Without the address: it may hold a token.
        LOG.warning("run %s: the webhook did not take the failure (%s)", run_id, problem)
        return False
