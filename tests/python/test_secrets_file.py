"""The hash key of personal ids: made once, kept, private."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.errors import UsageError
from orchestration.secrets_file import hash_key
from orchestration.settings import Settings, load_settings


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    key = hash_key(settings)
    assert len(bytes.fromhex(key)) == 32
    assert hash_key(settings) == key
    assert settings.hash_key_file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in settings.hash_key_file.parent.iterdir()] == ["hash_key"]


def test_the_setting_goes_before_the_file_and_shows_up_nowhere(tmp_path: Path) -> None:
    settings = load_settings({"CX_HOME": str(tmp_path), "CX_HASH_KEY": "of-the-vault"})
    assert hash_key(settings) == "of-the-vault"
    assert not settings.hash_key_file.exists()
    assert "of-the-vault" not in repr(settings)


def test_an_empty_key_file_is_refused_rather_than_used(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    hash_key(settings)
    settings.hash_key_file.write_text("\n", encoding="utf-8")
    with pytest.raises(UsageError, match="empty file"):
        hash_key(settings)


def test_a_key_that_others_may_read_is_refused_without_being_told(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    key = hash_key(settings)
    settings.hash_key_file.chmod(0o640)
    with pytest.raises(UsageError, match="found mode 640: `chmod 600`") as refusal:
        hash_key(settings)
    assert key not in str(refusal.value)
