"""Sign-in with a wallet: the signature is checked here, and what it is worth is decided by one transaction.

That transaction spends the nonce, gives a namespace without an owner to the wallet, and hands out what was asked for
if the wallet is an owner then. Of fifty that come with the same signature one finds the nonce unspent.
"""

import time
from dataclasses import dataclass

from debros.gateway.auth import siwe
from debros.gateway.auth.api_keys import ApiKeys
from debros.gateway.auth.apps import App, Apps
from debros.gateway.auth.audit import Audit, Entry
from debros.gateway.auth.caller import Caller
from debros.gateway.auth.challenges import Challenge, Challenges
from debros.gateway.auth.openings import Openings, SignedIn
from debros.gateway.auth.owners import OWNS, Owners
from debros.gateway.auth.refusals import invalid_nonce, not_owner, wrong_signature
from debros.gateway.auth.wallets import Wallet, public_key_of_signer
from debros.rqlite.client import RqliteClient
from debros.rqlite.types import ExecResult, Statement, Value

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
class Granting:
    """A grant under way.

    Attributes:
        proven: Whose it is.
        first: The statements that begin its transaction: they spend the nonce and claim the namespace.
        guard: SQL condition under which the others may do something: both are the wallet's now.
        args: The condition's values.
    """

    proven: Proven
    first: list[Statement]
    guard: str
    args: tuple[Value, ...]


class SignIn:
    """Turns proofs into credentials.

    Args:
        client: The database.
        challenges: Where nonces come from.
        owners: To whom namespaces belong.
        openings: The sessions that sign-in opens.
        api_keys: What it may hand out instead.
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
        openings: Openings,
        api_keys: ApiKeys,
        apps: Apps,
        audit: Audit,
        bare_nonce: bool,
        skew: float,
    ) -> None:
        self._client = client
        self._challenges = challenges
        self._owners = owners
        self._openings = openings
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
        granting = self.begin(proven)
        opening = self._openings.prepare(proven.namespace, proven.wallet, caller, granting.guard, granting.args)
        results = await self.finish(granting, opening.statements, opening.entry, caller)
        done = opening.opened(results)
        assert done is not None  # or finish would have raised
        return done

    async def make_api_key(self, proven: Proven, name: str, plan: str, caller: Caller) -> str:
        """Spend the nonce for an API key.

        Raises:
            Denied: As for open_session.
            RqliteError: The database cannot take it.
        """
        granting = self.begin(proven)
        guard, args = granting.guard, granting.args
        key = self._api_keys.new(proven.namespace, proven.wallet, name=name, plan=plan, guard=guard, args=args)
        entry = Entry("api_key_create", "granted", proven.namespace, proven.wallet, key.id)
        record = self._audit.statement(entry, caller, guard, args)
        await self.finish(granting, [key.statement, record], entry, caller)
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
        granting = self.begin(proven)
        guard, args = granting.guard, granting.args
        app, statement = self._apps.new(
            proven.namespace, proven.wallet, name=name, public_key=proven.public_key, guard=guard, args=args
        )
        entry = Entry("app_register", "granted", proven.namespace, proven.wallet, app.app_id)
        record = self._audit.statement(entry, caller, guard, args)
        await self.finish(granting, [statement, record], entry, caller)
        return app

    def begin(self, proven: Proven) -> Granting:
        """Return what a grant's transaction begins with."""
        spending = self._challenges.spend(proven.challenge)
        claim = self._owners.claim(proven.namespace, proven.challenge.wallet, spending)
        owned = (*spending.args, proven.namespace, proven.wallet)
        return Granting(proven, [spending.statement, *claim], f"{spending.guard} AND {OWNS}", owned)

    async def finish(
        self, granting: Granting, statements: list[Statement], entry: Entry, caller: Caller
    ) -> list[ExecResult]:
        """Spend the nonce for what the statements do, of which the first one is the grant; return their results.

        Raises:
            Denied: As for open_session.
            RqliteError: The database cannot take it.
        """
        proven, before = granting.proven, len(granting.first)
        results = await self._client.transaction([*granting.first, *statements])
        if not results[0].rows_affected:
            raise invalid_nonce(proven.namespace, proven.wallet)
        if not results[before].rows_affected:
            raise not_owner(proven.namespace, proven.wallet)
        self._audit.announce(entry, caller)
        return results[before:]

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
