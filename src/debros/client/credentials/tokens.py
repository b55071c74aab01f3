"""An access token that is kept good: one refresh at a time, whoever and however many need it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from debros.client.credentials.base import Credential
from debros.client.credentials.pair import TokenPair, post
from debros.client.errors import OutcomeUnknownError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from debros.client.calls.caller import Caller

# Seconds that a refresh under way gets when the client is closed: its answer is the only copy of the next token.
_LAST_CHANCE = 5.0


class Tokens(Credential):
    """An access token, renewed with its refresh token before it ends.

    Args:
        access_token: A JWT of a gateway; "" when there is only a refresh token.
        refresh_token: None: when the access token is over, calls fail with AuthenticationError.
        on_refresh: Called with each new pair before it is used. The old refresh token is spent by then, so keep the
            new one if you want to stay signed in longer than this process.
    """

    def __init__(
        self,
        access_token: str = "",
        refresh_token: str | None = None,
        *,
        on_refresh: Callable[[TokenPair], None] | None = None,
    ) -> None:
        if not access_token and not refresh_token:
            raise ValueError("auth: there is neither an access token nor a refresh token")
        self._pair: TokenPair | None = TokenPair.of(access_token, refresh_token)
        self._on_refresh = on_refresh
        self._renewal: asyncio.Task[TokenPair] | None = None

    @property
    def namespace(self) -> str | None:
        """What the token says, once there is one."""
        return self._pair.namespace if self._pair else None

    @property
    def pair(self) -> TokenPair | None:
        """The tokens in use; None before the first sign-in of a wallet."""
        return self._pair

    async def headers(self, caller: Caller) -> Mapping[str, str]:
        """Return the header, with a token that is good for a while.

        Raises:
            DebrosError: There is none to be had.
        """
        pair = self._pair
        if pair is None or not pair.access_token or (_is_over(pair) and self._renewable(pair)):
            pair = await self._renewed(caller)
        return _header(pair)

    async def renew(self, caller: Caller, used: Mapping[str, str]) -> bool:
        """Get a new token, unless somebody else has done so since these headers were made.

        Raises:
            DebrosError: The refresh token is not good any more, or no gateway answers.
        """
        pair = self._pair
        if pair is not None and used != _header(pair):
            return True
        if pair is None or not self._renewable(pair):
            return False
        await self._renewed(caller)
        return True

    async def close(self) -> None:
        """Let a refresh that is under way finish, for a while."""
        if self._renewal is not None and not self._renewal.done():
            await asyncio.wait([self._renewal], timeout=_LAST_CHANCE)
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)

    def _renewable(self, pair: TokenPair) -> bool:
        return pair.refresh_token is not None

    async def _next(self, caller: Caller) -> TokenPair:
        """Return the next tokens: those of the refresh token."""
        pair = self._pair
        assert pair is not None
        assert pair.refresh_token is not None
        return await refresh(caller, pair.refresh_token)

    async def _renewed(self, caller: Caller) -> TokenPair:
        """Return new tokens; who comes while they are fetched waits for the same ones.

        The exchange is a task of its own: when the call that started it is cancelled, the old token is spent all the
        same, and the answer with the new one must not be lost.
        """
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._exchange(caller), name="debros: new tokens")
            self._renewal.add_done_callback(self._exchanged)
        return await asyncio.shield(self._renewal)

    async def _exchange(self, caller: Caller) -> TokenPair:
        pair = await self._next(caller)
        if self._on_refresh is not None:
            self._on_refresh(pair)
        self._pair = pair
        return pair

    def _exchanged(self, task: asyncio.Task[TokenPair]) -> None:
        self._renewal = None
        if not task.cancelled():
            task.exception()  # whoever waits gets it; if nobody does any more, it is no defect


async def refresh(caller: Caller, refresh_token: str) -> TokenPair:
    """Exchange a refresh token.

    Raises:
        AuthenticationError: It is not good any more.
        DebrosError: No gateway answers.
    """
    request = post("/v1/auth/refresh", {"refresh_token": refresh_token})
    try:
        answer = await caller.call(request)
    except OutcomeUnknownError:
        # A spent token is good for one more exchange within a minute, just for this (docs/auth.md).
        answer = await caller.call(request)
    return TokenPair.issued(answer)


def _header(pair: TokenPair) -> dict[str, str]:
    return {"Authorization": f"Bearer {pair.access_token}"}


def _is_over(pair: TokenPair) -> bool:
    return pair.renew_at is not None and time.time() > pair.renew_at
