"""Signing in with a code that is entered on another device (RFC 8628)."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.cli.answers import RefusedError, unexpected
from debros.cli.signin.endings import nobody_came, rejected
from debros.cli.signin.tokens import session_of
from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from debros.cli.connection import Answer, Connection
    from debros.cli.credentials import Session
    from debros.cli.settings import Settings

_SLOWER = 5.0  # seconds more between two questions after `slow_down` (RFC 8628, section 3.5)
_USUAL = 5.0  # seconds between two questions when the gateway does not say (RFC 8628, section 3.2)
_SHORTEST = 0.05  # seconds between two questions, whatever the gateway says
_LONGEST_NAME = 64


@dataclass(frozen=True)
class _Grant:
    """What the gateway gave out; `lifetime` and `interval` in seconds."""

    device_code: str
    user_code: str
    page: str
    complete: str
    lifetime: float
    interval: float


def sign_in(settings: Settings, connection: Connection, namespace: str | None, *, wait: float) -> Session:
    """Show a code, ask until somebody has approved it, and return the session.

    Args:
        settings: how much to say.
        connection: to the gateway.
        namespace: where to sign in; None for the gateway's usual one.
        wait: seconds somebody has to sign in; the code may end before.

    Raises:
        CliError: nobody approved it, somebody declined, or the gateway refused.
    """
    name = f"network-cli on {platform.node()}"[:_LONGEST_NAME]
    wanted = {"client_name": name} | ({"namespace": namespace} if namespace else {})
    grant = _grant(connection.post_json("/v1/auth/device", wanted))
    output.say(
        settings,
        f"To sign in, open on any device\n\n  {grant.page}\n\nand enter the code\n\n  {grant.user_code}\n\n"
        f"or open {grant.complete}\nApprove it only if the page shows {name!r}. Waiting; Ctrl-C ends it.",
    )
    return _poll(settings, connection, grant, min(wait, grant.lifetime))


def _poll(settings: Settings, connection: Connection, grant: _Grant, wait: float) -> Session:
    deadline, interval = time.monotonic() + wait, grant.interval
    while True:
        time.sleep(max(min(interval, deadline - time.monotonic()), 0))
        try:
            return session_of(connection.post_json("/v1/auth/device/token", {"device_code": grant.device_code}))
        except CliError as exc:
            match exc.code:
                case "authorization_pending":
                    pass
                case "slow_down":
                    interval += _SLOWER
                case "access_denied":
                    raise rejected(exc.code, "on the other device") from exc
                case "expired_token":
                    raise nobody_came(grant.lifetime) from exc
                case _ if exc.exit_code == ExitCode.UNAVAILABLE:
                    # Nothing is lost: the code outlives a restart of the gateway (RFC 8628, section 3.5).
                    output.say(settings, f"Notice: {exc.message}; asking again")
                    interval = interval * 2 if not isinstance(exc, RefusedError) else interval + _SLOWER
                case _:
                    raise
            if time.monotonic() >= deadline:
                raise nobody_came(wait) from exc


def _grant(answer: Answer) -> _Grant:
    found = answer.json()
    texts = [found.get(name) for name in ("device_code", "user_code", "verification_uri")]
    try:
        lifetime, interval = float(found["expires_in"]), float(found.get("interval", _USUAL))
    except (KeyError, TypeError, ValueError):
        raise unexpected(answer.url, answer.status) from None
    if not all(isinstance(text, str) and text for text in texts):
        raise unexpected(answer.url, answer.status)
    device_code, user_code, page = map(str, texts)
    complete = str(found.get("verification_uri_complete") or page)
    return _Grant(device_code, user_code, page, complete, lifetime, max(interval, _SHORTEST))
