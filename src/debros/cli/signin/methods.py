"""Which way a wallet signs in, and what is the same for all of them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from debros.cli.answers import RefusedError
from debros.cli.signin import clock
from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from debros.cli.connection import Connection
    from debros.cli.credentials import Session
    from debros.cli.settings import Settings

_UNAUTHORIZED, _NOT_FOUND = 401, 404
PATIENCE = 300.0  # seconds for a person; what gateways give a challenge


class Method(StrEnum):
    """A way to sign in."""

    KEY_FILE = "key file"
    BROWSER = "browser"
    DEVICE = "device code"


@dataclass(frozen=True)
class Manner:
    """How a sign-in is to happen.

    Attributes:
        method: which way; None for the one that fits.
        wait: seconds a person has.
        port: of 127.0.0.1 for the browser's answer; 0 for a free one.
    """

    method: Method | None = None
    wait: float = PATIENCE
    port: int = 0


def possible(settings: Settings) -> bool:
    """Tell whether a command may start a sign-in by itself: a key file signs, or somebody is there to do it."""
    return settings.key_file is not None or (not settings.no_input and sys.stderr.isatty())


def sign_in(settings: Settings, connection: Connection, namespace: str | None, manner: Manner) -> Session:
    """Sign in and return the session, which is not stored yet.

    Raises:
        CliError: it did not come to one.
    """
    method = manner.method or _fitting(settings)
    if settings.no_input and method is not Method.KEY_FILE:
        raise CliError(
            "signing in would need a person, and --no-input was given",
            code="input_needed",
            exit_code=ExitCode.AUTHENTICATION,
            hint="sign in with a key file (--key-file PATH), or without --no-input: network-cli auth login",
        )
    try:
        session = _by(method, settings, connection, namespace, manner)
    except RefusedError as exc:
        exc.hint = _advice(exc)
        raise
    if (headers := connection.latest) is not None and (remark := clock.remark(headers)):
        output.say(settings, f"Notice: {remark}")
    return session


def _fitting(settings: Settings) -> Method:
    from debros.cli.signin.browser import has_browser  # noqa: PLC0415 - one of three, loaded when it is needed

    if settings.key_file is not None:
        return Method.KEY_FILE
    return Method.BROWSER if has_browser() else Method.DEVICE


def _by(method: Method, settings: Settings, connection: Connection, namespace: str | None, manner: Manner) -> Session:
    match method:
        case Method.KEY_FILE:
            from debros.cli.signin import keyfile  # noqa: PLC0415 - it loads cryptography

            assert settings.key_file is not None  # whoever asks for this method has seen to it
            return keyfile.sign_in(connection, settings.key_file, namespace)
        case Method.BROWSER:
            from debros.cli.signin import browser  # noqa: PLC0415 - it loads an HTTP server

            return browser.sign_in(settings, connection, namespace, wait=manner.wait, port=manner.port)
        case Method.DEVICE:
            from debros.cli.signin import device  # noqa: PLC0415 - as the others

            return device.sign_in(settings, connection, namespace, wait=manner.wait)


def _advice(exc: RefusedError) -> str | None:
    """Say what may help when the gateway refused; a wrong clock makes for refusals that name something else."""
    if exc.code == "not_owner":
        return "sign in to another namespace with --namespace NAME, or let one of its owners add this wallet"
    if exc.status == _NOT_FOUND:
        return "the gateway is older than this way to sign in; use --key-file PATH, or --api-key-file PATH with a key"
    if exc.status == _UNAUTHORIZED:
        return clock.remark(exc.headers) or "start again with: network-cli auth login"
    return exc.hint
