"""API keys of the namespace (docs/auth.md). Every method raises DebrosError as errors.py tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - msgspec reads it when it decodes
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from debros.client.calls.keys import read
from debros.client.calls.request import Repeat, Request, json_body

if TYPE_CHECKING:
    from debros.client.calls.caller import Caller


class ListedKey(msgspec.Struct, frozen=True):
    """An API key by its beginning; `last_used_at` is None until it is used."""

    id: str
    prefix: str
    name: str
    plan: str
    wallet: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made; `api_key` is shown this once, and stands in no repr."""

    api_key: str = field(repr=False)
    namespace: str
    plan: str
    wallet: str


class _Made(msgspec.Struct):
    api_key: str
    namespace: str
    plan: str
    wallet: str


class _Listed(msgspec.Struct):
    api_keys: list[ListedKey]


class ApiKeys:
    """The keys that open the namespace. To make one, or to revoke another than the one in use, takes a wallet."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def create(self, name: str = "", *, plan: str = "", timeout: float | None = None) -> NewKey:
        """Make a key for the wallet that is signed in. It is not asked for again: a lost answer is a lost key.

        Args:
            name: What it is for, to know it by in the list.
            plan: A word of yours that is kept with it; "" for the gateway's usual one.
            timeout: Seconds; None for the client's.

        Raises:
            PermissionDeniedError: No wallet is signed in.
            OutcomeUnknownError: The answer is lost; a key that came of it is in the list, and nobody knows it.
        """
        body = {key: value for key, value in (("name", name), ("plan", plan)) if value}
        request = Request(
            "POST",
            "/v1/auth/api-key",
            headers={"Content-Type": "application/json"},
            body=json_body(body),
            writes=True,
            repeat=Repeat.HARMFUL,
        )
        made = (await self._caller.call(request, timeout)).decode(_Made)
        return NewKey(made.api_key, made.namespace, made.plan, made.wallet)

    async def list(self, *, timeout: float | None = None) -> list[ListedKey]:
        """Return the keys that are good, without anything secret; those of a gateway's configuration are not there."""
        return (await self._caller.call(read("GET", "/v1/auth/api-keys"), timeout)).decode(_Listed).api_keys

    async def revoke(self, key_id: str, *, timeout: float | None = None) -> None:
        """End a key, at every gateway within seconds.

        Args:
            key_id: As the list has it.
            timeout: Seconds; None for the client's.

        Raises:
            NotFoundError: There is no such key, or no more.
            PermissionDeniedError: It is another one than that in use, and no wallet is signed in.
        """
        path = f"/v1/auth/api-keys/{quote(key_id, safe='')}"
        await self._caller.call(Request("DELETE", path, writes=True, repeat=Repeat.HARMFUL), timeout)
