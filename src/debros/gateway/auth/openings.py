"""A session to be: the statements of whatever transaction opens it, and what its wallet is told."""

from dataclasses import dataclass

from debros.gateway.auth.api_keys import HAS_NONE, ApiKeys
from debros.gateway.auth.audit import Audit, Entry
from debros.gateway.auth.caller import Caller
from debros.gateway.auth.sessions import Session, Sessions
from debros.rqlite.types import ExecResult, Statement, Value


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session, and with the wallet's first one in a namespace an API key."""

    session: Session
    api_key: str | None


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a session.

    Attributes:
        session: As it will be.
        api_key: Handed out if the last of the statements has kept it.
        entry: Its record.
        statements: Each does something only if the guard holds; the first one opens the session.
    """

    session: Session
    api_key: str
    entry: Entry
    statements: list[Statement]

    def opened(self, results: list[ExecResult]) -> SignedIn | None:
        """Return what came of it, told the results of the statements; None when the guard did not hold."""
        if not results[0].rows_affected:
            return None
        return SignedIn(self.session, self.api_key if results[-1].rows_affected else None)


class Openings:
    """Prepares them."""

    def __init__(self, sessions: Sessions, api_keys: ApiKeys, audit: Audit) -> None:
        self._sessions = sessions
        self._api_keys = api_keys
        self._audit = audit

    def prepare(self, namespace: str, wallet: str, caller: Caller, guard: str, args: tuple[Value, ...]) -> Opening:
        """Return the opening of a session for a wallet, made if `guard` holds in the transaction."""
        opening = self._sessions.open(namespace, wallet, guard, args)
        entry = Entry("sign_in", "granted", namespace, wallet, opening.session.id)
        key = self._api_keys.new(
            namespace,
            wallet,
            name="first sign-in",
            plan="free",
            guard=f"{guard} AND {HAS_NONE}",
            args=(*args, namespace, wallet),
        )
        record = self._audit.statement(entry, caller, guard, args)
        return Opening(opening.session, key.key, entry, [*opening.statements, record, key.statement])
