"""Dialing: every IP address behind a multiaddr in turn, with a limit in time and an error in plain words."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import trio
from multiaddr import Multiaddr

from debros.p2p.addresses import resolve
from debros.p2p.protocol import P2PError

_T = TypeVar("_T")

# Seconds for one address, both handshakes included.
DIAL_TIMEOUT: Final = 10.0


async def try_each(address: Multiaddr, dial: Callable[[Multiaddr], Awaitable[_T]]) -> _T:
    """Dial the IP addresses behind an address until one works.

    Raises:
        P2PError: none does (`unreachable`); the text says why the last one did not.
    """
    failure = P2PError("unreachable", f"{address}: the name has no address")
    for resolved in await resolve(address):
        try:
            with trio.fail_after(DIAL_TIMEOUT):
                return await dial(resolved)
        except trio.TooSlowError:
            failure = P2PError("unreachable", f"{address}: no answer within {DIAL_TIMEOUT:.0f} s")
        except Exception as error:  # noqa: BLE001 - libp2p's errors have no common base, and any of them means: next
            failure = P2PError("unreachable", f"{address}: {_innermost(error)}")
    raise failure


def _innermost(error: BaseException) -> str:
    while (cause := error.__cause__) is not None:
        error = cause
    if isinstance(error, BaseExceptionGroup):
        return _innermost(error.exceptions[0])
    return str(error) or type(error).__name__
