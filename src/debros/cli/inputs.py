"""Bytes a user gives: as an argument, from a file, or from stdin."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from debros.cli.settings import Settings

_LARGEST_INPUT = 64 * 1024 * 1024  # bytes; far above what a gateway takes, so that an endless stream ends here


def from_stdin(settings: Settings, what: str) -> bytes:
    """Read stdin to its end.

    Args:
        settings: with `--no-input`, a terminal is not waited for.
        what: name of what is read, for messages.

    Raises:
        CliError: there is too much, or only a person could give it and nobody may be asked.
    """
    if sys.stdin is None:  # started with `<&-`; an empty value would not be what was meant
        raise CliError(f"there is no stdin to read {what} from", code="usage", exit_code=ExitCode.USAGE)
    if sys.stdin.isatty():
        if settings.no_input:
            message = f"{what} would have to be typed, and --no-input was given"
            raise CliError(message, code="usage", exit_code=ExitCode.USAGE)
        output.say(settings, f"Reading {what} from the terminal; end with Ctrl-D")
    return _bounded(sys.stdin.buffer, what)


def from_argument(settings: Settings, text: str | None, what: str, *, files: bool = False) -> bytes:
    """Return what an argument stands for: stdin for `-` or None, with `files` a file for `@FILE`, else itself."""
    if text is None or text == "-":
        return from_stdin(settings, what)
    if files and text.startswith("@"):
        with Path(text[1:]).open("rb") as file:
            return _bounded(file, what)
    return os.fsencode(text)  # exactly the bytes that were typed, valid UTF-8 or not


def text_from_argument(settings: Settings, text: str, what: str) -> str:
    """Return text an argument stands for: itself, or stdin for `-`.

    Raises:
        CliError: it is not UTF-8.
    """
    try:
        return from_argument(settings, text, what).decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        message = f"{what} is not UTF-8 text (byte {exc.start})"
        raise CliError(message, code="usage", exit_code=ExitCode.USAGE) from exc


def _bounded(file: BinaryIO, what: str) -> bytes:
    data = file.read(_LARGEST_INPUT + 1)
    if len(data) > _LARGEST_INPUT:
        raise CliError(f"{what} is larger than {_LARGEST_INPUT} bytes", code="input_too_large")
    return data
