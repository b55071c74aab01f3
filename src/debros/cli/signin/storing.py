"""A sign-in whose session is kept: none is opened that could not be, and none is left open that was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.cli import credentials
from debros.cli.signin.methods import sign_in
from debros.terminal import output
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from debros.cli.connection import Connection
    from debros.cli.credentials import Session
    from debros.cli.settings import Settings
    from debros.cli.signin.methods import Manner


def sign_in_and_store(
    settings: Settings, connection: Connection, namespace: str | None, manner: Manner, *, choose: bool
) -> Session:
    """Sign in and store the session.

    The lock is not held meanwhile: a person may take minutes, and other commands refresh their sessions under it.

    Args:
        settings: where it is stored.
        connection: to the gateway.
        namespace: where to sign in; None for the gateway's usual one.
        manner: how.
        choose: use this gateway from now on, also if another one is in use.

    Raises:
        CliError: nothing can be stored, it did not come to a session, or the session could not be stored after all and
            was ended at the gateway.
    """
    place, url = settings.credentials_file, connection.target.url
    credentials.check_storable(place, patience=settings.timeout)
    session = sign_in(settings, connection, namespace, manner)
    try:
        credentials.save_session(place, url, session, choose=choose, patience=settings.timeout)
    except CliError as exc:
        exc.message = f"{exc.message}; {_end(connection, session)}"
        raise
    except KeyboardInterrupt:  # while another process holds the lock
        output.say(settings, f"\nNothing was stored; {_end(connection, session)}")
        raise
    return session


def _end(connection: Connection, session: Session) -> str:
    """End a session that nobody will ever use, and say what became of it."""
    try:
        connection.post_json("/v1/auth/logout", {"refresh_token": session.refresh_token})
    except CliError as exc:
        return (
            f"the session just opened at {connection.target.url} could not be ended there ({exc.message}), so it stays "
            "open until it runs out; once you are signed in, 'network-cli auth logout --all' ends it too"
        )
    return f"the session just opened at {connection.target.url} was ended there"
