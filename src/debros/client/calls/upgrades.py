"""Why a WebSocket did not come about, which aiohttp would not tell: hooks of its session that read and stop."""

from __future__ import annotations

import aiohttp

_SWITCHING = 101


class RefusedUpgradeError(Exception):
    """A gateway has answered something else than a WebSocket; `body` is what it says, for a redirect nothing."""

    def __init__(self, response: aiohttp.ClientResponse, body: bytes) -> None:
        super().__init__(response.status)
        self.response = response
        self.body = body


async def refuse_upgrade(response: aiohttp.ClientResponse) -> None:
    """Read why a WebSocket was refused: aiohttp's own error leaves the body out, and with it the problem document."""
    if response.status != _SWITCHING:
        raise RefusedUpgradeError(response, await response.read())


def no_redirects() -> aiohttp.TraceConfig:
    """Return what keeps `ws_connect` from following a redirect: it has no option for that, and takes the key along."""

    async def refuse(_: aiohttp.ClientSession, __: object, told: aiohttp.TraceRequestRedirectParams) -> None:
        raise RefusedUpgradeError(told.response, b"")

    config = aiohttp.TraceConfig()
    config.on_request_redirect.append(refuse)
    return config
