"""What a request presents: kept fresh, and replaced when the gateway does not believe it any more."""

from __future__ import annotations

import time
from enum import Enum, auto
from typing import TYPE_CHECKING

from debros.cli import credentials
from debros.cli.answers import RefusedError, sign_in_command
from debros.cli.credentials import Session
from debros.cli.credentials.changes import find, replace_session
from debros.cli.signin import methods
from debros.cli.signin.storing import sign_in_and_store
from debros.cli.signin.tokens import session_of
from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from debros.cli.connection import Connection
    from debros.cli.settings import Settings
    from debros.cli.target import Target

_MARGIN = 30.0  # seconds before its end at which an access token is exchanged, so that none ends on its way
_UNAUTHORIZED = 401


class Need(Enum):
    """What a request needs.

    Attributes:
        CREDENTIAL: what is known is presented; without it the gateway may refuse.
        SIGN_IN: as CREDENTIAL, and if there is nothing good, a wallet signs in.
    """

    CREDENTIAL = auto()
    SIGN_IN = auto()


class Access:
    """The credential of one gateway.

    Args:
        settings: where credentials are stored, and whether a wallet may sign in.
        target: the gateway and the credential that is known.
        connection: to it.
        need: of the requests that it is for.

    Attributes:
        target: the gateway.
        credential: what is presented at present.
    """

    def __init__(self, settings: Settings, target: Target, connection: Connection, need: Need) -> None:
        self.credential = target.credential
        self._settings = settings
        self.target = target
        self._connection = connection
        self._need = need

    def headers(self) -> dict[str, str]:
        """Return the headers that present the credential.

        Raises:
            CliError: the session is over and nobody may sign in, or the gateway cannot be asked for a new token.
        """
        if self.credential is None:
            return {}
        if isinstance(self.credential, Session) and self.credential.expires_at - _MARGIN < time.time():
            self._renew(self.credential)
        return self.credential.headers()

    def replace(self) -> bool:
        """Get another credential after the gateway refused this one (401); return whether there is one.

        Raises:
            CliError: as for `headers`.
        """
        if self.target.given:
            return False
        if isinstance(self.credential, Session):
            self._renew(self.credential)
            return True
        if self._need is not Need.SIGN_IN or not methods.possible(self._settings):
            return False
        self._sign_in(self._settings.namespace)
        return True

    def _renew(self, used: Session) -> None:
        """Get new tokens for a session, or a new session when it is over."""
        fresh = None if used.over else self._refreshed(used)
        if fresh is not None:
            self.credential = fresh
        elif self._need is Need.SIGN_IN and methods.possible(self._settings):
            output.say(self._settings, f"Notice: {_over(used)}; signing in again")
            self._sign_in(used.namespace)
        else:
            raise CliError(
                _over(used),
                code="session_over",
                exit_code=ExitCode.AUTHENTICATION,
                hint=f"sign in again with: {sign_in_command(self.target)} --namespace {used.namespace}",
            )

    def _refreshed(self, used: Session) -> Session | None:
        """Return the session with new tokens, None when it is over.

        A refresh token is good once, and used twice it ends the session. So one process asks at a time, and looks
        first whether another has been here since.
        """
        settings, url = self._settings, self.target.url
        with credentials.editing(settings.credentials_file, settings.timeout) as stored:
            known = find(stored, url, used)
            if not isinstance(known, Session) or known.over:
                return None
            if known.access_token != used.access_token:
                return known
            credentials.check_writable(stored)  # new tokens that cannot be kept would end the session
            try:
                sent = {"refresh_token": known.refresh_token}
                fresh: Session | None = session_of(self._connection.post_json("/v1/auth/refresh", sent))
            except RefusedError as exc:
                if exc.status != _UNAUTHORIZED:
                    raise
                fresh = None
            # Under its own name, whatever the gateway calls it now.
            ended = Session(known.wallet, known.namespace, "", "", 0)
            kept = ended if fresh is None else _renamed(fresh, known)
            replace_session(stored, url, kept)
        return None if fresh is None else kept

    def _sign_in(self, namespace: str | None) -> None:
        settings = self._settings
        session = sign_in_and_store(settings, self._connection, namespace, methods.Manner(), choose=False)
        output.say(settings, f"Signed in to {self.target.url} as {session.wallet}, namespace {session.namespace}")
        self.credential = session


def _over(session: Session) -> str:
    return f"the session of wallet {session.wallet} in namespace {session.namespace} is over"


def _renamed(session: Session, known: Session) -> Session:
    return Session(known.wallet, known.namespace, session.access_token, session.refresh_token, session.expires_at)
