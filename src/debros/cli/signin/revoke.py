"""Ending a session at its gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.cli.connection import Connection
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from debros.cli.credentials import Session
    from debros.cli.settings import Settings
    from debros.cli.target import Target


def revoke(settings: Settings, target: Target, session: Session, *, everywhere: bool) -> int:
    """End a session, or with `everywhere` all of its wallet in its namespace; return how many ended now.

    Raises:
        CliError: the gateway was not told.
    """
    connection = Connection(settings, target, settings.timeout)
    try:
        # The refresh token alone names the session, also when the access token has ended.
        sent = {"refresh_token": session.refresh_token} | ({"all": True} if everywhere else {})
        return int(connection.post_json("/v1/auth/logout", sent).json().get("revoked") or 0)
    except CliError as exc:
        if exc.exit_code == ExitCode.UNAVAILABLE:
            exc.hint = "the session is still stored; try again, or forget it with --local"
        raise
    finally:
        connection.close()
