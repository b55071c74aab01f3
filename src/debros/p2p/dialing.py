"""Dialing: every IP address behind a multiaddr in turn, with a limit in time and an error in plain words."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import trio
from multiaddr import Multiaddr

from debros import logs
from debros.p2p import reasons
from debros.p2p.addresses import resolve
from debros.p2p.protocol import P2PError

_log = logs.get(__name__)

_T = TypeVar("_T")

# Seconds for one address, both handshakes included.
DIAL_TIMEOUT: Final = 10.0


async def try_each(address: Multiaddr, dial: Callable[[Multiaddr], Awaitable[_T]]) -> _T:
    """Dial the IP addresses behind an address until one works.

    Raises:
        P2PError: none does (`unreachable`, or `other_peer` when another one answers); the text says why the last one
            did not, and what to do.
    """
    failure = P2PError("unreachable", f"{address}: the name has no address; check its spelling")
    for resolved in await resolve(address):
        try:
            with trio.fail_after(DIAL_TIMEOUT):
                return await dial(resolved)
        except trio.TooSlowError:
            failure = reasons.silent(_shown(address, resolved), DIAL_TIMEOUT)
        except Exception as error:  # noqa: BLE001 - libp2p's errors have no common base, and any of them means: next
            failure = reasons.explained(_shown(address, resolved), error)
            _log.debug("dial failed", address=str(resolved), error=repr(error.__cause__ or error))
    raise failure


def _shown(address: Multiaddr, resolved: Multiaddr) -> str:
    """Name what was dialed as it was given; behind a name, also which of its addresses it was."""
    return str(address) if address == resolved else f"{address} ({resolved})"
