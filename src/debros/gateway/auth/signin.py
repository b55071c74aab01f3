"""Sign-in with a wallet: the signature is checked here, and what it is worth is decided by one transaction.

That transaction spends the nonce, gives a namespace without an owner to the wallet, and hands out what was asked for
if the wallet is an owner then. Of fifty that come with the same signature one finds the nonce unspent.
"""

import time
from dataclasses import dataclass

from debros.gateway.auth import siwe
from debros.gateway.auth.api_keys import HAS_NONE, ApiKeys
from debros.gateway.auth.apps import App, Apps
from debros.gateway.auth.audit import Audit, Entry
from debros.gateway.auth.caller import Caller
from debros.gateway.auth.challenges import Challenge, Challenges
from debros.gateway.auth.owners import OWNS, Owners
from debros.gateway.auth.refusals import invalid_nonce, not_owner, wrong_signature
from debros.gateway.auth.sessions import Session, Sessions
from debros.gateway.auth.wallets import Wallet, public_key_of_signer
from debros.rqlite.client import RqliteClient
from debros.rqlite.types import ExecResult, Value

_MISMATCH = "the signature is not this wallet's over the nonce or the message of its challenge"
_MISMATCH_MESSAGE = "the signature is not this wallet's over the message of its challenge"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a client sends to prove who it is.

    Attributes:
        wallet: Who it says it is.
        nonce: Of the challenge.
        signature: Over the nonce, the challenge's message, or `message`.
        namespace: Where it wants to go; None: where the challenge was for.
        message: An EIP-4361 text of its own, or None.
    """

    wallet: Wallet
    nonce: str
    signature: str
    namespace: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Proven:
    """A proof that holds; its nonce is not spent yet."""

    challenge: Challenge
    public_key: str

    @property
    def namespace(self) -> str:
        """Where it wants to go."""
        return self.challenge.namespace

    @property
    def wallet(self) -> str:
        """Who it is."""
        return self.challenge.wallet.address


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session, and with the wallet's first one in a namespace an API key."""

    session: Session
    api_key: str | None


class SignIn:
    """Turns proofs into credentials.

    Args:
        client: The database.
        challenges: Where nonces come from.
        owners: To whom namespaces belong.
        sessions: What sign-in opens.
        api_keys: What it may hand out beside.
        apps: What `register` makes.
        audit: Where it is recorded.
        bare_nonce: Whether a signature over the nonce alone counts.
        skew: Seconds that clocks may differ.
    """

    def __init__(  # noqa: PLR0913 - it brings together what the others do
        self,
        client: RqliteClient,
        *,
        challenges: Challenges,
        owners: Owners,
        sessions: Sessions,
        api_keys: ApiKeys,
        apps: Apps,
        audit: Audit,
        bare_nonce: bool,
        skew: float,
    ) -> None:
        self._client = client
        self._challenges = challenges
        self._owners = owners
        self._sessions = sessions
        self._api_keys = api_keys
        self._apps = apps
        self._audit = audit
        self._bare_nonce = bare_nonce
        self._skew = skew

    async def prove(self, proof: Proof) -> Proven:
        """Check a proof without spending its nonce.

        Raises:
            WalletError: The signature is not one at all.
            Denied: 401; the nonce cannot be spent, or the signature is not the wallet's over what the challenge says.
            RqliteError: The database cannot answer.
        """
        challenge = await self._challenges.find(proof.nonce)
        wanted = proof.namespace or (challenge.namespace if challenge else "")
        address = proof.wallet.address
        if challenge is None or challenge.wallet != proof.wallet:
            raise invalid_nonce(wanted, address)
        if challenge.namespace != wanted:
            raise wrong_signature(
                wanted, address, "the challenge was made for another namespace; ask for one for this namespace"
            )
        for text in self._accepted(proof, challenge):
            key = public_key_of_signer(proof.wallet, text, proof.signature)
            if key is not None:
                return Proven(challenge, key)
        raise wrong_signature(wanted, address, _MISMATCH if self._bare_nonce else _MISMATCH_MESSAGE)

    async def open_session(self, proven: Proven, caller: Caller) -> SignedIn:
        """Spend the nonce for a session.

        Raises:
            Denied: 401, somebody else was faster; 403, the namespace belongs to others.
            RqliteError: The database cannot take it.
        """
        spending = self._challenges.spend(proven.challenge)
        guard, args = self._owner_guard(spending.guard, spending.args, proven)
        opening = self._sessions.open(proven.namespace, proven.wallet, guard, args)
        key = self._api_keys.new(
            proven.namespace,
            proven.wallet,
            name="first sign-in",
            plan="free",
            guard=f"{guard} AND {HAS_NONE}",
            args=(*args, proven.namespace, proven.wallet),
        )
        entry = Entry("sign_in", "granted", proven.namespace, proven.wallet, opening.session.id)
        claim = self._owners.claim(proven.namespace, proven.challenge.wallet, spending)
        results = await self._client.transaction(
            [
                spending.statement,
                *claim,
                *opening.statements,
                self._audit.statement(entry, caller, guard, args),
                key.statement,
            ]
        )
        self._judge(results, 1 + len(claim), proven, entry, caller)
        return SignedIn(opening.session, key.key if results[-1].rows_affected else None)

    async def make_api_key(self, proven: Proven, name: str, plan: str, caller: Caller) -> str:
        """Spend the nonce for an API key.

        Raises:
            Denied: As for open_session.
            RqliteError: The database cannot take it.
        """
        spending = self._challenges.spend(proven.challenge)
        guard, args = self._owner_guard(spending.guard, spending.args, proven)
        key = self._api_keys.new(proven.namespace, proven.wallet, name=name, plan=plan, guard=guard, args=args)
        entry = Entry("api_key_create", "granted", proven.namespace, proven.wallet, key.id)
        claim = self._owners.claim(proven.namespace, proven.challenge.wallet, spending)
        results = await self._client.transaction(
            [spending.statement, *claim, key.statement, self._audit.statement(entry, caller, guard, args)]
        )
        self._judge(results, 1 + len(claim), proven, entry, caller)
        return key.key

    async def make_api_key_for(self, namespace: str, wallet: str, name: str, plan: str, caller: Caller) -> str:
        """Make an API key for a wallet that is signed in.

        Raises:
            Denied: 403; it is not an owner any more.
            RqliteError: The database cannot take it.
        """
        args = (namespace, wallet)
        key = self._api_keys.new(namespace, wallet, name=name, plan=plan, guard=OWNS, args=args)
        entry = Entry("api_key_create", "granted", namespace, wallet, key.id)
        results = await self._client.transaction([key.statement, self._audit.statement(entry, caller, OWNS, args)])
        if not results[0].rows_affected:
            raise not_owner(namespace, wallet)
        self._audit.announce(entry, caller)
        return key.key

    async def register(self, proven: Proven, name: str, caller: Caller) -> App:
        """Spend the nonce for an app.

        Raises:
            Denied: As for open_session.
            RqliteError: The database cannot take it.
        """
        spending = self._challenges.spend(proven.challenge)
        guard, args = self._owner_guard(spending.guard, spending.args, proven)
        app, statement = self._apps.new(
            proven.namespace, proven.wallet, name=name, public_key=proven.public_key, guard=guard, args=args
        )
        entry = Entry("app_register", "granted", proven.namespace, proven.wallet, app.app_id)
        claim = self._owners.claim(proven.namespace, proven.challenge.wallet, spending)
        results = await self._client.transaction(
            [spending.statement, *claim, statement, self._audit.statement(entry, caller, guard, args)]
        )
        self._judge(results, 1 + len(claim), proven, entry, caller)
        return app

    def _accepted(self, proof: Proof, challenge: Challenge) -> list[str]:
        """Return the texts of which the signature must be over one."""
        if proof.message is None:
            return [challenge.message, challenge.nonce] if self._bare_nonce else [challenge.message]
        try:
            signed = siwe.read(proof.message)
            siwe.compare(signed, siwe.read(challenge.message), time.time(), self._skew)
        except siwe.MessageError as error:
            raise wrong_signature(challenge.namespace, challenge.wallet.address, f"message: {error}") from None
        return [proof.message]

    def _judge(self, results: list[ExecResult], grant: int, proven: Proven, entry: Entry, caller: Caller) -> None:
        """Raise unless the nonce was spent (statement 0) and something granted (statement `grant`)."""
        if not results[0].rows_affected:
            raise invalid_nonce(proven.namespace, proven.wallet)
        if not results[grant].rows_affected:
            raise not_owner(proven.namespace, proven.wallet)
        self._audit.announce(entry, caller)

    @staticmethod
    def _owner_guard(guard: str, args: tuple[Value, ...], proven: Proven) -> tuple[str, tuple[Value, ...]]:
        return f"{guard} AND {OWNS}", (*args, proven.namespace, proven.wallet)
