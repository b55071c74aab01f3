"""Signing in on the gateway's page, in the browser of this machine (RFC 8252 with PKCE, RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from debros.cli.signin.callback import listening
from debros.cli.signin.endings import nobody_came, rejected
from debros.cli.signin.tokens import session_of
from debros.terminal import output

if TYPE_CHECKING:
    from debros.cli.connection import Connection
    from debros.cli.credentials import Session
    from debros.cli.settings import Settings


def sign_in(settings: Settings, connection: Connection, namespace: str | None, *, wait: float, port: int) -> Session:
    """Open the page, wait for its answer, and return the session.

    Args:
        settings: how much to say.
        connection: to the gateway.
        namespace: where to sign in; None for the gateway's usual one.
        wait: seconds somebody has to sign in.
        port: of 127.0.0.1 for the answer; 0 for a free one.

    Raises:
        CliError: nobody signed in, somebody declined, or the gateway refused.
    """
    state, verifier = _random(), _random()
    with listening(state, port) as callback:
        query = {
            "callback": callback.url,
            "state": state,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        } | ({"namespace": namespace} if namespace else {})
        page = f"{connection.target.url}/v1/auth/login?{urlencode(query)}"
        opened = open_page(page)
        doing = "Opening your browser to sign in. If it does not appear, visit" if opened else "To sign in, visit"
        output.say(settings, f"{doing}\n\n  {page}\n\nWaiting for the wallet's signature; Ctrl-C ends it.")
        reply = callback.wait(wait)
    if reply is None:
        raise nobody_came(wait)
    if reply.code is None:
        raise rejected(reply.error or "", "on the page")
    exchange = {"code": reply.code, "code_verifier": verifier, "redirect_uri": callback.url}
    return session_of(connection.post_json("/v1/auth/exchange", exchange))


def has_browser() -> bool:
    """Tell whether a page can be shown on this machine, as far as one can know."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))


def open_page(page: str) -> bool:
    """Start the user's browser ($BROWSER, else the system's) in a session of its own, so that no Ctrl-C ends it."""
    if not has_browser():
        return False
    quiet = subprocess.DEVNULL
    command = [sys.executable, "-m", "webbrowser", page]
    # Python's own module, and a URL in which everything is quoted.
    opening = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)  # noqa: S603
    opening.returncode = 0  # it outlives us; without this, Popen would complain about a child that still runs
    return True


def _random() -> str:
    return secrets.token_urlsafe(32)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
