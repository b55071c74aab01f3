"""Who the client is for a gateway, and the end of that."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads it when it decodes
from typing import TYPE_CHECKING

import msgspec

from debros.client.calls.keys import read
from debros.client.calls.request import Request, json_body

if TYPE_CHECKING:
    from debros.client.calls.caller import Caller


class Identity(msgspec.Struct, frozen=True):
    """What a gateway makes of the credential.

    Attributes:
        authenticated: There is one; False where a gateway lets everybody in.
        method: `jwt`, `api_key` or `none`.
        subject: The wallet, or the name of a key of the gateway's configuration.
        namespace: What it opens.
        owner: It may use the namespace's data.
        admin: It may change the network.
        key_id: The key's or the session's name in audit and log.
        issued_at: None where nobody knows.
        expires_at: None where nobody knows, or there is no end.
    """

    authenticated: bool
    method: str
    subject: str
    namespace: str
    owner: bool
    admin: bool
    key_id: str
    issued_at: datetime | None
    expires_at: datetime | None


class _Ended(msgspec.Struct):
    revoked: int


async def whoami(caller: Caller, timeout: float | None = None) -> Identity:
    """Return who a gateway takes the client for."""
    return (await caller.call(read("GET", "/v1/auth/whoami"), timeout)).decode(Identity)


async def logout(caller: Caller, *, everywhere: bool, timeout: float | None) -> int:
    """End the session of the credential, or all of its wallet in its namespace; return how many ended now."""
    # Ended twice is ended, so it may come again.
    headers, body = {"Content-Type": "application/json"}, json_body({"all": everywhere})
    request = Request("POST", "/v1/auth/logout", headers=headers, body=body)
    return (await caller.call(request, timeout)).decode(_Ended).revoked
