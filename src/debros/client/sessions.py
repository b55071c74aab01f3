"""Where the wallet is signed in to the namespace (docs/auth.md). Every method raises DebrosError as errors.py tells."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads it when it decodes
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from debros.client.calls.keys import read
from debros.client.calls.request import Repeat, Request

if TYPE_CHECKING:
    from debros.client.calls.caller import Caller


class OpenSession(msgspec.Struct, frozen=True):
    """A session of the wallet.

    Attributes:
        id: Its name; there is nothing secret in it.
        created_at: When the wallet signed in.
        renewed_at: When its tokens were exchanged last; None before the first time.
        expires_at: When it ends unless it is renewed.
        current: It is this client's own.
    """

    id: str
    created_at: datetime
    renewed_at: datetime | None
    expires_at: datetime
    current: bool


class _Listed(msgspec.Struct):
    sessions: list[OpenSession]


class Sessions:
    """The open sessions of the wallet in the namespace, on whatever machine. They take the wallet, signed in."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def list(self, *, timeout: float | None = None) -> list[OpenSession]:
        """Return them, the newest first.

        Raises:
            PermissionDeniedError: No wallet is signed in.
        """
        return (await self._caller.call(read("GET", "/v1/auth/sessions"), timeout)).decode(_Listed).sessions

    async def end(self, session_id: str, *, timeout: float | None = None) -> None:
        """End one; its tokens open nothing any more, at every gateway within seconds. `logout` ends the client's own.

        Args:
            session_id: As the list has it.
            timeout: Seconds; None for the client's.

        Raises:
            NotFoundError: The wallet has no such session here, or no more.
            PermissionDeniedError: No wallet is signed in.
            OutcomeUnknownError: The answer is lost; the list tells whether it has ended.
        """
        path = f"/v1/auth/sessions/{quote(session_id, safe='')}"
        await self._caller.call(Request("DELETE", path, writes=True, repeat=Repeat.HARMFUL), timeout)
