"""The web page listens on this machine alone unless told otherwise."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestration.cli import main


def ui(home: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[Result, list[str]]:
    """What `cx ui` says and which command it would become."""
    started: list[str] = []
    monkeypatch.setattr(os, "execve", lambda path, command, environment: started.extend(command))
    monkeypatch.chdir(home)
    before = signal.getsignal(signal.SIGINT)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    try:
        told = CliRunner().invoke(
            main, ["ui", "--port", port, *arguments], env={"CX_HOME": str(home)}
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert told.exit_code == 0, told.output
    assert started[0] == sys.executable
    return told, started


def test_only_this_machine_reaches_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, command = ui(tmp_path, monkeypatch)
    assert command[command.index("-h") + 1] == "127.0.0.1"
    assert "no login" not in told.output


def test_another_address_is_asked_for_and_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, command = ui(tmp_path, monkeypatch, "--host", "0.0.0.0")
    assert command[command.index("-h") + 1] == "0.0.0.0"
    assert "no login" in told.output
