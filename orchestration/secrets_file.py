"""The key under which personal ids are hashed; made on first use, readable by its owner alone.

Losing it means that a person's id hashes otherwise from then on: keep a copy beside the backups.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.settings import Settings

KEY_BYTES = 32


def hash_key(settings: Settings) -> str:
    """The hash key: the setting `CX_HASH_KEY`, else `secrets/hash_key`, else a new random one.

    Raises:
        UsageError: the key file is empty, others may read it, or it cannot be read or written.
    """
    if settings.hash_key is not None:
        return settings.hash_key
    path = settings.hash_key_file
    try:
        if not path.exists():
            _write_new_key(path)
        rights = path.stat().st_mode & 0o777
        key = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UsageError(
            f"Expected the hash key of personal ids in {path}, found a file that cannot be used "
            f"({error.strerror}): correct its rights or set CX_HASH_KEY."
        ) from error
    if rights & 0o077:
        raise UsageError(
            f"Expected the hash key of personal ids in {path} to be for its owner alone (mode "
            f"600), found mode {rights:o}: `chmod 600` it; if somebody else has read it, a new key "
            "and `cx rebuild` make what was hashed safe again."
        )
    if not key:
        raise UsageError(
            f"Expected the hash key of personal ids in {path}, found an empty file: restore it "
            "from a copy; if there is none, delete the file and run `cx rebuild`."
        )
    return key


def _write_new_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
    try:
        # A link fails where a rename would replace the key that another process made meanwhile.
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
