"""Alerts reach a real HTTP server and a real mail server, and never hold a run up."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from click.testing import CliRunner

from orchestration import notify
from orchestration.cli import main
from orchestration.errors import UsageError
from orchestration.notify import report_failure, send_alert
from orchestration.settings import Settings, load_settings

SECRET = "s3cret"
ERROR = "Expected A in /home/a, found B: mend it."


class Mailbox:
    def __init__(self) -> None:
        self.envelopes = []
        self.passwords = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.envelopes.append(envelope)
        return "250 taken"

    def authenticate(self, server, session, envelope, mechanism, data) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.passwords.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == SECRET.encode(), handled=False)


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=port,
        authenticator=box.authenticate,
        auth_require_tls=False,
    )
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def settings_of(home: Path, **environment: str) -> Settings:
    return load_settings({"CX_HOME": str(home), **environment})


def test_a_failed_run_is_told_by_webhook_and_mail_with_reason_and_command(
    tmp_path, mailbox, webhook
) -> None:
    box, port = mailbox
    address, posted = webhook
    settings = settings_of(
        tmp_path / "a b",
        CX_WEBHOOK_URL=address,
        CX_SMTP_URL=f"smtp://cx%40example.org:{SECRET}@127.0.0.1:{port}",
        CX_ALERT_EMAIL="night@example.org, day@example.org",
    )
    assert report_failure(settings, "run-1", "daily", ERROR)
    command = f"CX_HOME='{settings.home}' cx status"
    assert posted == [{"run_id": "run-1", "job": "daily", "error": ERROR, "command": command}]
    assert box.passwords == [("cx@example.org", SECRET)]
    [envelope] = box.envelopes
    assert envelope.rcpt_tos == ["night@example.org", "day@example.org"]
    message = message_from_bytes(envelope.content)
    assert message["From"] == "cx@example.org"
    assert message["Subject"] == "customer-service metrics: run run-1 failed"
    text = message.get_payload(decode=True).decode()
    assert ERROR in text and command in text
    assert SECRET not in repr(settings)


def test_an_alert_without_a_run_is_told_too(tmp_path, webhook) -> None:
    address, posted = webhook
    assert send_alert(settings_of(tmp_path, CX_WEBHOOK_URL=address), "status", ERROR)
    assert (posted[0]["run_id"], posted[0]["error"]) == (None, ERROR)


def test_monitoring_sends_what_it_found(tmp_path, webhook) -> None:
    address, posted = webhook
    environment = {"CX_HOME": str(tmp_path), "CX_WEBHOOK_URL": address}
    done = CliRunner().invoke(main, ["status", "--check", "--alert"], env=environment)
    assert done.exit_code == 1
    assert posted[0]["error"] == " ".join(done.stderr.removeprefix("error: ").split())
    assert posted[0]["error"].startswith("no success: No run has succeeded yet.")


def test_nobody_is_told_when_nobody_is_set(tmp_path) -> None:
    assert not report_failure(settings_of(tmp_path), "run-1", "daily", ERROR)


def test_servers_that_never_answer_hold_a_run_up_for_a_moment_only(
    tmp_path, silent, monkeypatch, caplog
) -> None:
    monkeypatch.setattr(notify, "LONGEST_SECONDS", 0.3)
    settings = settings_of(
        tmp_path,
        CX_WEBHOOK_URL=f"http://127.0.0.1:{silent}/{SECRET}",
        CX_SMTP_URL=f"smtp://127.0.0.1:{silent}",
        CX_ALERT_EMAIL="night@example.org",
    )
    started = time.monotonic()
    with caplog.at_level(logging.WARNING, logger="cx"):
        assert not report_failure(settings, "run-1", "daily", ERROR)
    assert time.monotonic() - started < 2
    for way in ("webhook", "mail server"):
        assert f"the {way} did not answer within 0.3 s" in caplog.text


def test_servers_that_refuse_cost_a_log_line_without_secrets(tmp_path, mailbox, caplog) -> None:
    box, port = mailbox
    settings = settings_of(
        tmp_path,
        CX_WEBHOOK_URL=f"http://127.0.0.1:9/{SECRET}",
        CX_SMTP_URL=f"smtp://cx%40example.org:wrong-{SECRET}@127.0.0.1:{port}",
        CX_ALERT_EMAIL="night@example.org",
    )
    with caplog.at_level(logging.WARNING, logger="cx"):
        assert not report_failure(settings, "run-1", "daily", ERROR)
    assert box.envelopes == []
    assert "the webhook did not take the alert: URLError" in caplog.text
    assert "the mail server did not take the alert: SMTPAuthenticationError" in caplog.text
    assert SECRET not in caplog.text


def test_a_password_goes_to_no_other_machine_without_encryption(
    tmp_path, mailbox, monkeypatch, caplog
) -> None:
    box, port = mailbox
    monkeypatch.setattr(notify, "THIS_MACHINE", ())
    url = f"smtp://cx:{SECRET}@127.0.0.1:{port}"
    settings = replace(settings_of(tmp_path), smtp_url=url, alert_email=("night@example.org",))
    assert not report_failure(settings, "run-1", "daily", ERROR)
    assert (box.passwords, box.envelopes) == ([], [])
    assert "the password is not sent without" in caplog.text


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"CX_SMTP_URL": f"http://u:{SECRET}@h", "CX_ALERT_EMAIL": "a@b"}, "smtp://user"),
        ({"CX_SMTP_URL": f"smtp://u:{SECRET}@h:x", "CX_ALERT_EMAIL": "a@b"}, "smtp://user"),
        ({"CX_SMTP_URL": f"smtp://u:{SECRET}@h"}, "found CX_SMTP_URL alone: set CX_ALERT_EMAIL"),
        ({"CX_ALERT_EMAIL": "a@b"}, "found CX_ALERT_EMAIL alone: set CX_SMTP_URL"),
        ({"CX_SMTP_URL": "smtp://h", "CX_ALERT_EMAIL": "a@b, nobody"}, "found 'nobody'"),
        ({"CX_ALARM_HOURS": "0"}, "CX_ALARM_HOURS as a whole number from 1 to 36500, found '0'"),
        ({"CX_ALARM_HOURS": "9" * 40}, "from 1 to 36500"),
        ({"CX_HOME": "/srv/[prod]"}, "found '/srv/[prod]'"),
        ({"CX_START_DATE": "0001-01-01"}, "from 1900-01-01 on, found '0001-01-01'"),
        ({"CX_KEEP_LAKE_DAYS": "never"}, "from 1 to 36500 or `forever`, found 'never'"),
    ],
)
def test_wrong_settings_are_told_without_their_secrets(tmp_path, environment, words) -> None:
    with pytest.raises(UsageError) as caught:
        settings_of(tmp_path, **environment)
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)
