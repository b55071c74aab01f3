"""Challenges: a nonce for a wallet and a namespace, and the statement that spends it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from debros.clock import Clock, now_ms
from debros.gateway.auth import made, siwe
from debros.gateway.auth.wallets import Chain, Wallet
from debros.rqlite.client import RqliteClient
from debros.rqlite.types import Statement, Value

_SAVE = "INSERT INTO _gw_nonces (nonce, wallet, chain, namespace, message, expires_at) VALUES (?, ?, ?, ?, ?, ?)"
_LOAD = "SELECT wallet, chain, namespace, message, expires_at, attempt FROM _gw_nonces WHERE nonce = ?"
_SPEND = "UPDATE _gw_nonces SET attempt = ? WHERE nonce = ? AND wallet = ? AND expires_at > ? AND attempt IS NULL"
_SPENT = "EXISTS (SELECT 1 FROM _gw_nonces WHERE nonce = ? AND attempt = ?)"
_LONGEST_NONCE = 128


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a wallet is asked to sign; `expires_at` is in milliseconds since 1970."""

    nonce: str
    wallet: Wallet
    namespace: str
    message: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Spending:
    """The first statement of a sign-in's transaction, and what the others look for.

    Attributes:
        statement: Spends the nonce; changes one row, or none when somebody else was first.
        guard: SQL condition that holds in this transaction only when the nonce was spent by it.
        args: The condition's values.
    """

    statement: Statement
    guard: str
    args: tuple[Value, ...]


class Challenges:
    """Makes, finds and spends challenges; `lifetime` in milliseconds."""

    def __init__(self, client: RqliteClient, *, lifetime: int, clock: Clock = now_ms) -> None:
        self._client = client
        self._lifetime = lifetime
        self._clock = clock

    async def make(self, wallet: Wallet, namespace: str, *, domain: str, scheme: str, chain_id: str) -> Challenge:
        """Return a new challenge. It creates nothing but itself.

        Raises:
            RqliteError: The database cannot take it.
        """
        now = self._clock()
        challenge = Challenge(made.nonce(), wallet, namespace, "", now + self._lifetime)
        message = siwe.write(
            wallet=wallet,
            domain=domain,
            uri=f"{scheme}://{domain}",
            chain_id=chain_id,
            nonce=challenge.nonce,
            namespace=namespace,
            issued_at=_moment(now),
            expires_at=_moment(challenge.expires_at),
        )
        row = (challenge.nonce, wallet.address, wallet.chain.value, namespace, message, challenge.expires_at)
        await self._client.execute(Statement(_SAVE, row))
        return Challenge(challenge.nonce, wallet, namespace, message, challenge.expires_at)

    async def find(self, nonce: str) -> Challenge | None:
        """Return a challenge that can still be answered, else None.

        Raises:
            RqliteError: The database cannot answer.
        """
        if not nonce or len(nonce) > _LONGEST_NONCE or not nonce.isascii():
            return None
        rows = (await self._client.query(Statement(_LOAD, (nonce,)))).values
        if not rows:
            return None
        address, chain, namespace, message, expires_at, attempt = rows[0]
        if attempt is not None or int(expires_at) <= self._clock():
            return None
        return Challenge(nonce, Wallet(Chain(chain), str(address)), str(namespace), str(message), int(expires_at))

    def spend(self, challenge: Challenge) -> Spending:
        """Return the statement that spends a challenge, once, whoever else tries at the same moment."""
        attempt = made.identifier("try")
        return Spending(
            Statement(_SPEND, (attempt, challenge.nonce, challenge.wallet.address, self._clock())),
            _SPENT,
            (challenge.nonce, attempt),
        )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
