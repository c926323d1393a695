"""Tells the webhook and by e-mail what a person has to know. Never a second failure.

Whoever is told gets the reason and the command to look further. Addresses and passwords are in no
log line: a refused delivery is logged by its kind alone.
"""

from __future__ import annotations

import json
import logging
import shlex
import smtplib
import ssl
import time
from collections.abc import Callable
from email.message import EmailMessage
from http.client import HTTPException
from socket import getfqdn
from threading import Thread
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import Request, urlopen

from orchestration.settings import Settings

LOG = logging.getLogger("cx")
TIMEOUT_SECONDS = 10
# A server may answer byte by byte, each within the time of a socket: this is for all of it.
LONGEST_SECONDS = 20
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class NotSentError(Exception):
    """Why an alert was not sent, in words without a secret."""


def report_failure(settings: Settings, run_id: str, job: str, error: str) -> bool:
    """Tell of a failed run: run_id, job, error (one sentence), command (to look further).

    Returns:
        Whether everybody who is to be told took it; False if nobody is. What is not taken is
        logged and nothing more: the run has failed already.
    """
    return _send(settings, f"run {run_id} failed", {"run_id": run_id, "job": job, "error": error})


def send_alert(settings: Settings, job: str, error: str) -> bool:
    """Tell of something that is not about one run; as `report_failure`."""
    return _send(settings, "needs you", {"run_id": None, "job": job, "error": error})


def _send(settings: Settings, subject: str, told: dict[str, str | None]) -> bool:
    command = f"CX_HOME={shlex.quote(str(settings.home))} cx status"
    content = {**told, "command": command}
    ways: dict[str, Callable[[], None]] = {}
    if settings.webhook_url is not None:
        ways["webhook"] = lambda: _post(settings, content)
    if settings.smtp_url is not None:
        ways["mail server"] = lambda: _mail(settings, subject, content)
    taken: list[str] = []
    threads = [
        Thread(target=_try, args=(way, send, taken), daemon=True) for way, send in ways.items()
    ]
    for thread in threads:
        thread.start()
    until = time.monotonic() + LONGEST_SECONDS
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    for way, thread in zip(ways, threads, strict=True):
        if thread.is_alive():
            LOG.warning("the %s did not answer within %s s", way, LONGEST_SECONDS)
    return bool(ways) and len(taken) == len(ways)


def _try(way: str, send: Callable[[], None], taken: list[str]) -> None:
    try:
        send()
        taken.append(way)
    except NotSentError as problem:
        LOG.warning("the %s did not take the alert: %s", way, problem)
    except (OSError, HTTPException, smtplib.SMTPException, ValueError) as problem:
        # Without its text: it may hold the address with its token.
        LOG.warning("the %s did not take the alert: %s", way, type(problem).__name__)


def _post(settings: Settings, content: dict[str, str | None]) -> None:
    assert settings.webhook_url is not None
    request = Request(
        settings.webhook_url,
        data=json.dumps(content).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with urlopen(request, timeout=TIMEOUT_SECONDS):
        pass


def _mail(settings: Settings, subject: str, content: dict[str, str | None]) -> None:
    assert settings.smtp_url is not None
    address = urlsplit(settings.smtp_url)
    message = EmailMessage()
    user = unquote(address.username or "")
    message["From"] = user if "@" in user else f"cx@{getfqdn()}"
    message["To"] = ", ".join(settings.alert_email)
    message["Subject"] = f"customer-service metrics: {subject}"
    message.set_content(f"{content['error']}\n\nTo look further:\n\n    {content['command']}\n")
    with _connected(address) as server:
        if user:
            server.login(user, unquote(address.password or ""))
        server.send_message(message)


def _connected(address: SplitResult) -> smtplib.SMTP:
    """A connection that carries a password only where nobody else reads it."""
    host = address.hostname or ""
    context = ssl.create_default_context()
    if address.scheme == "smtps":
        return smtplib.SMTP_SSL(host, address.port or 465, timeout=TIMEOUT_SECONDS, context=context)
    server = smtplib.SMTP(host, address.port or 587, timeout=TIMEOUT_SECONDS)
    try:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        elif address.username and host not in THIS_MACHINE:
            raise NotSentError("it offers no encryption, and the password is not sent without")
    except BaseException:
        server.close()
        raise
    return server
