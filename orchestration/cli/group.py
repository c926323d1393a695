"""The group `cx` itself: its settings, its log file, and how it tells errors."""

from __future__ import annotations

import io
import logging
import sys
from typing import NoReturn

import click

from orchestration.errors import CxError, UsageError
from orchestration.logs import open_log
from orchestration.sentences import INTERRUPTED, NO_SPACE, sentence_of
from orchestration.settings import Settings, load_settings

LOG = logging.getLogger("cx")


class Commands(click.Group):
    """Tells every error in one sentence and leaves with its exit code."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except CxError as error:
            leave(str(error), error.exit_code)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except KeyboardInterrupt:
            leave(INTERRUPTED, 1)
        except Exception as error:
            # Not its arguments: they may name a person.
            LOG.exception("cx %s", ctx.invoked_subcommand)
            leave(sentence_of(error, _load_settings()), 1)


def leave(sentence: str, exit_code: int) -> NoReturn:
    from orchestration.cli.display import complain

    complain(sentence)
    sys.exit(exit_code)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Customer-service metrics: raw exports in, metrics that people can trust out.

    Everything lives below CX_HOME (default: data/ in the checkout).
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # The terminal of a scheduler may know no more than ASCII.
            stream.reconfigure(errors="replace")
    # Who calls it from Python may bring settings along.
    settings = context.obj = context.obj or _load_settings()
    _log_to_file(settings)


def _load_settings() -> Settings:
    """The settings.

    Raises:
        UsageError: one of them cannot be read, or no path can be made of CX_HOME.
    """
    try:
        return load_settings()
    except (OSError, RuntimeError) as error:
        raise UsageError(
            f"Expected a folder in CX_HOME, found one that leads nowhere ({error}): correct it."
        ) from error


def _log_to_file(settings: Settings) -> None:
    """Nothing but our own sentences reaches the terminal; the rest is in logs/cx.log.

    Raises:
        UsageError: the home is no folder, or nothing can be written there.
    """
    try:
        open_log(settings)
    except OSError as error:
        if error.errno in NO_SPACE:
            raise
        raise UsageError(
            f"Expected CX_HOME to be a folder that can be written, found {settings.home} where it "
            f"cannot ({error.strerror}): correct its rights or set CX_HOME to another folder."
        ) from error
    # A full disk is told in one sentence; that the log cannot be written either is no second one.
    logging.raiseExceptions = False
    logging.captureWarnings(True)
