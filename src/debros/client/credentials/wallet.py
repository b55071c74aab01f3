"""Sign-in with a wallet: challenge, signature, tokens; then the tokens are kept good, and signed for again."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from debros.client import wallets
from debros.client.calls.endpoints import host_of
from debros.client.credentials.pair import TokenPair, post
from debros.client.credentials.tokens import Tokens, refresh
from debros.client.errors import AuthenticationError, OutcomeUnknownError, PermissionDeniedError, WalletKeyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from debros.client.calls.caller import Caller

# The beginning of a sign-in message (EIP-4361, and Solana's twin of it) up to the address.
_MESSAGE = re.compile(
    r"(?:https?://)?(?P<domain>[^\s/?#@]{1,255}) wants you to sign in with your \w+ account:\n(?P<address>\w+)\n"
)


class _Challenge(msgspec.Struct):
    nonce: str
    message: str
    wallet: str


class WalletKey(Tokens):
    """A wallet that signs in by itself, when it is needed first and whenever its session is over.

    Args:
        wallet: A key file (mode 0600; its forms: docs/client.md), or an object that signs (`debros.client.Wallet`).
        namespace: What to sign in to; the first wallet in a namespace owns it.
        domains: Names, with the port where there is one, that a text to be signed may carry beside that of the gateway
            asked: those of its `auth.domains`. A text for any other name is not signed: it would open another door.
        on_refresh: As for `Tokens`.

    Raises:
        WalletKeyError: The file cannot be used.
    """

    def __init__(
        self,
        wallet: str | PathLike[str] | wallets.Wallet,
        namespace: str = "default",
        *,
        domains: Sequence[str] = (),
        on_refresh: Callable[[TokenPair], None] | None = None,
    ) -> None:
        super().__init__("-", on_refresh=on_refresh)
        self._pair = None
        self._wallet = _loaded(wallet)
        self._namespace = namespace
        self._domains = frozenset(domain.lower() for domain in domains)

    @property
    def namespace(self) -> str:
        """What it signs in to."""
        return self._namespace

    @property
    def address(self) -> str:
        """The wallet's address."""
        return self._wallet.address

    def _renewable(self, pair: TokenPair) -> bool:  # noqa: ARG002 - the wallet can always sign
        return True

    async def _next(self, caller: Caller) -> TokenPair:
        if self._pair is not None and self._pair.refresh_token is not None:
            try:
                return await refresh(caller, self._pair.refresh_token)
            except (AuthenticationError, PermissionDeniedError, OutcomeUnknownError):
                pass  # the session is over, or its next token was lost on the way
        try:
            return await self._sign_in(caller)
        except OutcomeUnknownError:
            return await self._sign_in(caller)  # nobody else has the tokens of the lost answer

    async def _sign_in(self, caller: Caller) -> TokenPair:
        who = {"wallet": self._wallet.address, "namespace": self._namespace, "chain_type": self._wallet.chain_type}
        answer = await caller.call(post("/v1/auth/challenge", who))
        challenge = answer.decode(_Challenge)
        self._check(challenge, answer.endpoint)
        proof = {"nonce": challenge.nonce, "signature": self._wallet.sign(challenge.message)}
        return TokenPair.issued(await caller.call(post("/v1/auth/verify", who | proof)))

    def _check(self, challenge: _Challenge, endpoint: str) -> None:
        """Refuse to sign what was not asked for: another name, another wallet, another nonce."""
        match = _MESSAGE.match(challenge.message)
        domain = match["domain"].lower() if match else ""
        if domain not in self._domains | {host_of(endpoint)}:
            raise WalletKeyError(
                f"{endpoint} asks to sign a text for {domain or 'nobody'!r}, which is not its name; nothing was signed."
                " If it is one of the gateway's names, give it as `domains`",
                endpoint=endpoint,
            )
        same = match is not None and match["address"].lower() == self._wallet.address.lower()
        if not same or f"\nNonce: {challenge.nonce}\n" not in challenge.message:
            raise WalletKeyError(f"{endpoint} asks to sign a text that is not about this sign-in", endpoint=endpoint)


def _loaded(wallet: str | PathLike[str] | wallets.Wallet) -> wallets.Wallet:
    return wallets.load(Path(wallet)) if isinstance(wallet, str | PathLike) else wallet
