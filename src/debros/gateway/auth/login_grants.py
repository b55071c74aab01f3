"""What a wallet has agreed to in a browser, until the program that waits for it fetches its session.

A grant is spent once, by one conditional statement. One that comes again means that two parties hold its code, and
nobody can tell which of them is the thief: the session made of it ends (RFC 6749, 4.1.2). Without the verifier of its
challenge a code is nothing, neither good nor able to end anything.
"""

from dataclasses import dataclass

from debros.clock import Clock, now_ms
from debros.gateway.auth import made
from debros.gateway.auth.audit import Audit, Entry
from debros.gateway.auth.caller import Caller
from debros.gateway.auth.openings import Openings, SignedIn
from debros.gateway.auth.owners import OWNS
from debros.gateway.auth.refusals import not_owner
from debros.gateway.auth.signin import Proven
from debros.rqlite.client import RqliteClient
from debros.rqlite.types import Statement, Value

_SAVE = (
    "INSERT INTO _gw_login_grants (hash, namespace, wallet, nonce, code_challenge, callback, expires_at)"
    " SELECT ?, ?, ?, ?, ?, ?, ? WHERE "
)
_FIND = (
    "SELECT namespace, wallet, nonce FROM _gw_login_grants WHERE hash = ? AND code_challenge = ? AND callback = ?"
    " AND (expires_at > ? OR attempt IS NOT NULL)"
)
_SPEND = (
    "UPDATE _gw_login_grants SET attempt = ?, session = ? WHERE hash = ? AND expires_at > ? AND attempt IS NULL AND "
)
_MINE = "EXISTS (SELECT 1 FROM _gw_login_grants WHERE hash = ? AND attempt = ?)"
_END_REUSED = (
    "UPDATE _gw_sessions SET revoked_at = ?, revoked_by = ? WHERE revoked_at IS NULL AND id ="
    " (SELECT session FROM _gw_login_grants WHERE hash = ? AND attempt <> ?)"
)
_ENDED = (
    "EXISTS (SELECT 1 FROM _gw_login_grants AS g JOIN _gw_sessions AS s ON s.id = g.session"
    " WHERE g.hash = ? AND s.revoked_by = ?)"
)
_ANNOUNCE = (
    "INSERT INTO _gw_changes (kind, subject, at) SELECT 'session', session, ? FROM _gw_login_grants WHERE hash = ? AND "
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a code is bound to; a device's is bound to nothing, because nobody but the device ever sees it."""

    code_challenge: str = ""
    callback: str = ""


NO_TERMS = Terms()


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a code was exchanged for, and the nonce of the challenge that was signed for it."""

    done: SignedIn
    nonce: str


class LoginGrants:
    """Keeps and redeems them; every `digest` is of a code."""

    def __init__(self, client: RqliteClient, openings: Openings, audit: Audit, clock: Clock = now_ms) -> None:
        self._client = client
        self._openings = openings
        self._audit = audit
        self._clock = clock

    def keep(
        self,
        digest: str,
        proven: Proven,
        expires_at: int,
        guard: str,
        args: tuple[Value, ...],
        *,
        terms: Terms = NO_TERMS,
    ) -> Statement:
        """Return the statement that keeps a grant if `guard` holds; `expires_at` in milliseconds since 1970."""
        row = (
            digest, proven.namespace, proven.wallet, proven.challenge.nonce, terms.code_challenge, terms.callback,
            expires_at,
        )  # fmt: skip
        return Statement(_SAVE + guard, (*row, *args))

    async def redeem(self, digest: str, caller: Caller, terms: Terms = NO_TERMS) -> Redeemed | None:
        """Exchange a grant for a session; None when there is none under these terms that can still be exchanged.

        Raises:
            Denied: 403; the wallet owns the namespace no longer.
            RqliteError: The database cannot take it.
        """
        asked = (digest, terms.code_challenge, terms.callback, self._clock())
        rows = (await self._client.query(Statement(_FIND, asked))).values
        if not rows:
            return None
        namespace, wallet, nonce = map(str, rows[0])
        now, attempt, ending = self._clock(), made.identifier("try"), made.identifier("end")
        opening = self._openings.prepare(namespace, wallet, caller, _MINE, (digest, attempt))
        reused = Entry("login_reuse", "denied", namespace, wallet, detail="a code came again; its session was ended")
        ended = (digest, ending)
        results = await self._client.transaction(
            [
                Statement(_SPEND + OWNS, (attempt, opening.session.id, digest, now, namespace, wallet)),
                Statement(_END_REUSED, (now, ending, digest, attempt)),
                Statement(_ANNOUNCE + _ENDED, (now, digest, *ended)),
                self._audit.statement(reused, caller, _ENDED, ended),
                *opening.statements,
            ]
        )
        done = opening.opened(results[4:])
        if done is not None:
            self._audit.announce(opening.entry, caller)
            return Redeemed(done, nonce)
        if results[1].rows_affected:
            self._audit.announce(reused, caller)
        elif await self._still_there(digest):
            raise not_owner(namespace, wallet)
        return None

    async def _still_there(self, digest: str) -> bool:
        """Tell whether a grant is unspent, so that it was its wallet that was refused."""
        question = "SELECT 1 FROM _gw_login_grants WHERE hash = ? AND attempt IS NULL AND expires_at > ?"
        return bool((await self._client.query(Statement(question, (digest, self._clock())))).values)
