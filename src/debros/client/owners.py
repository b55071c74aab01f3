"""Who owns the namespace (docs/auth.md). Every method raises DebrosError as errors.py tells."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads it when it decodes
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

import msgspec

from debros.client.account import whoami
from debros.client.calls.keys import read
from debros.client.calls.request import Repeat, Request, json_body

if TYPE_CHECKING:
    from debros.client.calls.caller import Caller

Chain = Literal["ETH", "SOL"]
_CREATED = 201


class Owner(msgspec.Struct, frozen=True):
    """A wallet that owns the namespace, and which one has added it."""

    wallet: str
    added_by: str
    added_at: datetime


class _Listed(msgspec.Struct):
    owners: list[Owner]


class Owners:
    """The wallets that own the namespace. To change who they are takes one of them, signed in."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def list(self, *, timeout: float | None = None) -> list[Owner]:
        """Return them, the first one first."""
        request = read("GET", await self._path(timeout))
        return (await self._caller.call(request, timeout)).decode(_Listed).owners

    async def add(self, wallet: str, *, chain: Chain | None = None, timeout: float | None = None) -> bool:
        """Make a wallet an owner; return False when it was one already.

        Args:
            wallet: Its address.
            chain: Of the address; None lets its form tell.
            timeout: Seconds; None for the client's.

        Raises:
            PermissionDeniedError: No owner is signed in.
        """
        body = {"wallet": wallet} | ({"chain_type": chain} if chain else {})
        # Added twice is added.
        headers = {"Content-Type": "application/json"}
        request = Request("POST", await self._path(timeout), headers=headers, body=json_body(body), writes=True)
        return (await self._caller.call(request, timeout)).status == _CREATED

    async def remove(self, wallet: str, *, chain: Chain | None = None, timeout: float | None = None) -> None:
        """Take the namespace from a wallet; its tokens and keys for it end at every gateway within seconds.

        The arguments are those of `add`.

        Raises:
            NotFoundError: It is no owner, or no more.
            ConflictError: It is the last one.
            PermissionDeniedError: No owner is signed in.
        """
        query = {"wallet": wallet} | ({"chain_type": chain} if chain else {})
        path = await self._path(timeout)
        await self._caller.call(Request("DELETE", path, query, writes=True, repeat=Repeat.HARMFUL), timeout)

    async def _path(self, timeout: float | None) -> str:
        """Return the route, which names the namespace; a gateway is asked for it where only that knows."""
        credential = self._caller.credential
        name = credential.namespace if credential else None
        if name is None:
            name = (await whoami(self._caller, timeout)).namespace
        return f"/v1/namespaces/{quote(name, safe='')}/owners"
