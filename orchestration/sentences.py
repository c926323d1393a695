"""Turns any error into the one sentence that the operator reads."""

from __future__ import annotations

from orchestration.errors import CxError
from orchestration.settings import Settings


def sentence_of(error: BaseException, settings: Settings) -> str:
    """One sentence for the operator; for a surprise it says where the traceback is."""
    if isinstance(error, CxError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted: nothing was published; run it again."
    return (
        f"Expected no error here, found {type(error).__name__}: "
        f"{' '.join(str(error).split())[:300] or 'no message'} — the traceback is in "
        f"{settings.log_file}."
    )
