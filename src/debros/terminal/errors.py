"""What can go wrong, as one exception with an exit code, and the one place that prints it.

CliError(message, code, exit_code, hint)      everything our own code reports
click.ClickException                          click's: usage, exit code 2
KeyboardInterrupt, click.Abort                exit code 130, in table form nothing is printed but a hint
ReaderGoneError, BrokenPipeError              exit code 141, nothing printed
OSError, UnicodeError, anything else          converted by `to_cli_error`
"""

from __future__ import annotations

import json
import os
import sys
from enum import IntEnum
from typing import Any, Protocol, TextIO

import click


class ExitCode(IntEnum):
    """The exit codes scripts rely on; 128 + signal number is the shell's convention for the last two."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    AUTHENTICATION = 3
    NOT_FOUND = 4
    UNAVAILABLE = 5
    INTERRUPTED = 130
    BROKEN_PIPE = 141


class Manner(Protocol):
    """What a program's settings say about how to speak.

    Attributes:
        format: "json" makes errors JSON objects.
        verbose: from 1 on, an error nobody foresaw shows where it happened.
    """

    @property
    def format(self) -> str: ...  # noqa: D102 - see the class

    @property
    def verbose(self) -> int: ...  # noqa: D102 - see the class


class CliError(Exception):
    """A failure a user can act on.

    Attributes:
        message: what was wrong and where.
        code: stable name of the failure, the gateway's own when it sent one.
        exit_code: see ExitCode.
        hint: what to do next, if anything is known to help.
        verbatim: the message is a text of its own and gets no "Error:" before it.
        extra: further members of the JSON form.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        exit_code: ExitCode = ExitCode.FAILURE,
        hint: str | None = None,
        verbatim: bool = False,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.exit_code = exit_code
        self.hint = hint
        self.verbatim = verbatim
        self.extra = extra or {}


class ReaderGoneError(Exception):
    """Whoever read stdout went away (`program … | head`); click would make exit code 1 of a BrokenPipeError."""


def to_cli_error(exc: BaseException, program: str) -> CliError:
    """Return `exc` as a CliError; an exception nobody foresaw becomes `internal_error`, a defect of `program`."""
    match exc:
        case CliError():
            error = exc
        case click.UsageError():
            error = _usage(exc, program)
        case click.ClickException():
            error = CliError(exc.format_message(), code="failure")
        case KeyboardInterrupt() | click.Abort():
            error = CliError("interrupted", code="interrupted", exit_code=ExitCode.INTERRUPTED)
        case UnicodeEncodeError():
            error = CliError("an argument is not valid UTF-8", code="usage", exit_code=ExitCode.USAGE)
        case OSError():
            where = f"{exc.filename}: " if exc.filename else ""
            error = CliError(f"{where}{exc.strerror or exc}", code="os_error")
        case _:
            error = CliError(
                f"internal error: {type(exc).__name__}: {exc}",
                code="internal_error",
                hint=f"this is a defect of {program}; run it again with -v to see where, and report it",
            )
    return error


def _usage(exc: click.UsageError, program: str) -> CliError:
    path = exc.ctx.command_path if exc.ctx else program
    # NoArgsIsHelpError's message is the whole help page; it carries no news of its own.
    missing = isinstance(exc, click.exceptions.NoArgsIsHelpError)
    message = "a command is missing" if missing else exc.format_message()
    return CliError(message, code="usage", exit_code=ExitCode.USAGE, hint=f"see '{path} --help'")


def report(exc: BaseException, settings: Manner, program: str) -> int:
    """Print `exc` on stderr in the form asked for and return the exit code."""
    if isinstance(exc, ReaderGoneError | BrokenPipeError):
        _silence_stdout()
        return ExitCode.BROKEN_PIPE
    error = to_cli_error(exc, program)
    if error.code == "internal_error" and settings.verbose:
        sys.excepthook(type(exc), exc, exc.__traceback__)
    if settings.format == "json":
        shown = {"error": error.message, "code": error.code, "exit_code": int(error.exit_code), **error.extra}
        if error.hint:
            shown["hint"] = error.hint
        _write_stderr(json.dumps(shown, ensure_ascii=False))
    elif isinstance(exc, click.exceptions.NoArgsIsHelpError):
        _write_stderr(exc.format_message())
    elif error.exit_code == ExitCode.INTERRUPTED:
        hint = f"\n{error.hint}" if error.hint else ""
        _write_stderr(hint)  # at least ends the line on which the terminal shows ^C
    else:
        coloured = colours_on(sys.stderr)
        label = click.style("Error:", fg="red", bold=True) if coloured else "Error:"
        label = "" if error.verbatim else f"{label} "
        hint = f"\nHint: {error.hint}" if error.hint else ""
        _write_stderr(f"{label}{error.message}{hint}")
    return error.exit_code


def colours_on(stream: TextIO) -> bool:
    """Tell whether colour belongs on `stream`: a terminal that is not dumb, and no NO_COLOR (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _write_stderr(text: str) -> None:
    try:
        click.echo(text.encode(errors="backslashreplace"), err=True)
    except OSError:
        silence_stderr()  # nobody listens: the exit code is all that can still be told


def _silence_stdout() -> None:
    """Let the interpreter's last flush go nowhere, instead of failing a second time."""
    _redirect(sys.stdout)


def silence_stderr() -> None:
    """Let what is still written to stderr go nowhere: nobody listens there."""
    _redirect(sys.stderr)


def _redirect(stream: TextIO) -> None:
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        return  # not a real file (a test's buffer)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, number)
    os.close(null)
