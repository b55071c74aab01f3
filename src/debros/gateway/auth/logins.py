"""Sign-in in a browser for a program on the same machine (RFC 8252): a code by the browser, tokens for the code."""

from debros.clock import Clock, now_ms
from debros.gateway.auth import made, pkce
from debros.gateway.auth.audit import Audit, Entry
from debros.gateway.auth.caller import Caller
from debros.gateway.auth.login_grants import LoginGrants, Redeemed, Terms
from debros.gateway.auth.loopback import Waiting
from debros.gateway.auth.refusals import invalid_code
from debros.gateway.auth.server_key import Digests
from debros.gateway.auth.signin import Proven, SignIn

# Milliseconds: the browser is on its way to a program that waits. RFC 6749, 4.1.2 allows ten minutes.
LIFETIME = 60_000
_KIND = "login_code"
_LONGEST = 128


class Logins:
    """Hands out codes and exchanges them."""

    def __init__(
        self, grants: LoginGrants, sign_in: SignIn, digests: Digests, audit: Audit, clock: Clock = now_ms
    ) -> None:
        self._grants = grants
        self._sign_in = sign_in
        self._digests = digests
        self._audit = audit
        self._clock = clock

    async def complete(self, proven: Proven, waiting: Waiting, caller: Caller) -> str:
        """Spend the nonce for a code; return where the browser takes it.

        Raises:
            Denied: 401, the nonce was spent meanwhile; 403, the namespace belongs to others.
            RqliteError: The database cannot take it.
        """
        code = made.login_code()
        granting = self._sign_in.begin(proven)
        guard, args = granting.guard, granting.args
        terms = Terms(waiting.code_challenge, waiting.callback)
        expires_at = self._clock() + LIFETIME
        keep = self._grants.keep(self._digests.of(_KIND, code), proven, expires_at, guard, args, terms=terms)
        entry = Entry("login_code", "granted", proven.namespace, proven.wallet, detail=waiting.callback)
        record = self._audit.statement(entry, caller, guard, args)
        await self._sign_in.finish(granting, [keep, record], entry, caller)
        return waiting.answered(code)

    async def exchange(self, code: str, code_verifier: str, redirect_uri: str, caller: Caller) -> Redeemed:
        """Exchange a code for a session.

        Args:
            code: As it came to the callback.
            code_verifier: What its challenge was made of.
            redirect_uri: The callback.
            caller: Who asks.

        Raises:
            Denied: 401, it cannot be exchanged (and when it had been, its session has ended); 403, the wallet owns the
                namespace no longer.
            RqliteError: The database cannot take it.
        """
        challenge = pkce.challenge_of(code_verifier)
        if challenge is None or len(code) > _LONGEST:
            raise invalid_code()
        redeemed = await self._grants.redeem(self._digests.of(_KIND, code), caller, Terms(challenge, redirect_uri))
        if redeemed is None:
            raise invalid_code()
        return redeemed
