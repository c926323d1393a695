"""The runbook quotes sentences that the code still prints, and names commands that exist."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from orchestration.cli import main
from orchestration.settings import KNOWN, PROJECT_DIR

RUNBOOK = (PROJECT_DIR / "orchestration" / "runbook.md").read_text(encoding="utf-8")
QUOTES = re.findall(r"^> (.+)$", RUNBOOK, re.MULTILINE)
# What stands for a name or a number in a text of the code.
GAP = "\0"


@cache
def texts_of_the_code() -> tuple[str, ...]:
    found = []
    for path in (PROJECT_DIR / "orchestration").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [p.value if isinstance(p, ast.Constant) else GAP for p in node.values]
                found.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                # As the log formats it.
                found.append(node.value.replace("%s", GAP))
    return tuple(found)


def is_printed(quote: str, texts: tuple[str, ...]) -> bool:
    """Whether one of the texts is the quote, with anything where the quote has a …"""
    words = [part.strip() for part in quote.split("…")]
    pattern = re.compile(".*?".join(map(re.escape, words)), re.DOTALL)
    return any(
        all(word in text for word in words) and pattern.fullmatch(text.strip()) for text in texts
    )


@pytest.mark.parametrize("quote", QUOTES)
def test_a_quoted_sentence_is_one_that_the_code_prints(quote: str) -> None:
    assert is_printed(quote, texts_of_the_code())


def test_a_sentence_that_changed_is_noticed() -> None:
    texts = (f"Expected room at {GAP}, found {GAP}: free it.",)
    assert is_printed("Expected room at …, found …: free it.", texts)
    assert not is_printed("Expected room at …, found …: make room.", texts)
    assert not is_printed("Expected room in …, found …: free it.", texts)


def test_commands_and_settings_of_the_runbook_exist() -> None:
    for command, rest in re.findall(r"`(?:[^`]*/)?cx ([a-z]+)([^`]*)`", RUNBOOK):
        assert command in main.commands, command
        options = {name for each in main.commands[command].params for name in each.opts}
        for option in re.findall(r"--[a-z]+", rest):
            subcommand = rest.split()[0]
            group = getattr(main.commands[command], "commands", {})
            if subcommand in group:
                options |= {name for each in group[subcommand].params for name in each.opts}
            assert option in options, f"cx {command} {option}"
    assert set(re.findall(r"CX_[A-Z_]+", RUNBOOK)) <= KNOWN
