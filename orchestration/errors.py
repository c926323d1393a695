"""The errors that a person is meant to read: one sentence each, and the exit code they lead to."""

from __future__ import annotations


class CxError(Exception):
    """Anything that stops the work; its text is one sentence for the operator.

    The sentence says what was expected, what was found, where, and what to do next.
    """

    exit_code = 1


class UsageError(CxError):
    """Wrong usage or configuration (exit code 2): nothing was tried."""

    exit_code = 2


class DataError(CxError):
    """Data or checks failed (exit code 1): nothing was published."""

    exit_code = 1
