"""Whether node and gateway of this host do their work: asked the way their users ask them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import httpx

from debros.p2p.client import P2PClient, P2PError, RelayUnavailable

if TYPE_CHECKING:
    from pathlib import Path

    from debros.p2p.state import NodeStatus

_TIMEOUT = 5.0  # seconds; /health itself gives each of its checks 2 s


class NotServingError(Exception):
    """A service does not do its work; the text says in what respect."""


def node_status(socket: Path, seconds: float = _TIMEOUT) -> NodeStatus:
    """Ask the node for its status over its Unix socket.

    Raises:
        NotServingError: it does not answer.
    """
    return asyncio.run(_node_status(socket, seconds))


async def _node_status(socket: Path, seconds: float) -> NodeStatus:
    def ignore(_topic: str, _data: bytes, _publisher: str) -> None:
        """Nothing is subscribed."""

    client = P2PClient(socket, on_message=ignore, relay_timeout=seconds, name="debros-host")
    client.start()
    try:
        return await client.status()
    except (P2PError, RelayUnavailable) as error:
        raise NotServingError(f"the node's socket {socket}: {error}") from None
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await client.close()


def gateway_health(url: str) -> dict[str, str]:
    """Ask a gateway for its health.

    Args:
        url: its address, see `debros.config.thishost`.

    Returns:
        What each of its checks says, "ok" or what is wrong.

    Raises:
        NotServingError: it does not answer, or not like a gateway.
    """
    try:
        # The certificate bears the name the world uses, and this is loopback.
        answer = httpx.get(f"{url}/health", timeout=_TIMEOUT, trust_env=False, verify=False)  # noqa: S501 - see above
        checks = answer.json()["client"]["checks"]
        return {str(name): str(says) for name, says in checks.items()}
    except httpx.HTTPError as error:
        raise NotServingError(f"the gateway does not answer at {url} ({error})") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotServingError(f"what answers at {url} is not our gateway") from None
