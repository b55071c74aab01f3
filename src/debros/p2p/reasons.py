"""Why a peer could not be dialed, in words: libp2p's errors name its own parts, and hide the cause layers below."""

import errno
import re
from collections.abc import Iterator
from typing import Final

from libp2p.exceptions import MultiError
from libp2p.network.exceptions import SwarmException
from libp2p.protocol_muxer.exceptions import MultiselectClientError, MultiselectError
from libp2p.security.exceptions import HandshakeFailure
from libp2p.security.noise.exceptions import PeerIDMismatchesPubkey

from debros.p2p.protocol import P2PError

_CONNECTION: Final = {
    errno.ECONNREFUSED: "nothing listens there (connection refused); see that the node runs and that the port is right",
    errno.EHOSTUNREACH: "no way leads to that host; check the address and the network between",
    errno.ENETUNREACH: "this host has no route to that network; check the address and this host's network",
    errno.ETIMEDOUT: "no answer; see that the host is up and that no firewall stands between",
    errno.EACCES: "this host's firewall forbids it; allow outgoing connections to that port",
    errno.EPERM: "this host's firewall forbids it; allow outgoing connections to that port",
}
_OTHER_ID: Final = re.compile(r"remote_peer_id_from_pubkey=(\w+)")
# The one place where the swarm says these; they have no class of their own.
_FULL: Final = ("Maximum connections limit reached", "Connection denied by resource manager")


def silent(where: object, seconds: float) -> P2PError:
    """Return the error for an address that does not answer in time.

    Args:
        where: the address.
        seconds: how long we waited.
    """
    what = f"no answer within {seconds:.0f} s; see that the host is up and that no firewall stands between"
    return P2PError("unreachable", f"{where}: {what}")


def explained(where: object, error: BaseException) -> P2PError:
    """Return the error for an address that could not be dialed: what happened, and what to do about it.

    Args:
        where: the address.
        error: whatever libp2p raised.
    """
    chain = list(_chain(error))
    if (mismatch := next((one for one in chain if isinstance(one, PeerIDMismatchesPubkey)), None)) is not None:
        found = _OTHER_ID.search(str(mismatch))
        there = f"the peer there is {found[1]}" if found else "another peer answers there"
        return P2PError("other_peer", f"{where}: {there}; correct the peer id or the address")
    return P2PError("unreachable", f"{where}: {_why(chain)}")


def _why(chain: list[BaseException]) -> str:
    for one in chain:
        if isinstance(one, OSError) and one.errno in _CONNECTION:
            return _CONNECTION[one.errno]
    if any(isinstance(one, SwarmException) and str(one) in _FULL for one in chain):
        return "this node has all the connections it may have (max_connections); let it hang up on another peer first"
    if any(isinstance(one, MultiselectError | MultiselectClientError) for one in chain):
        return "what answers there is no node, or a node that hangs up on this one; check the port"
    if any(isinstance(one, HandshakeFailure) for one in chain):
        return "the encrypted handshake (Noise) failed; see that a node of this network answers there"
    if (system := next((one for one in chain if isinstance(one, OSError) and one.strerror), None)) is not None:
        return f"{system.strerror}; check the address and the network between"
    return "the connection broke while it was set up; see the log of the node there, and try again"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and everything it came from; attempts side by side come as groups, and as libp2p's own list."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [cause for cause in (one.__cause__, one.__context__) if cause is not None]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
        elif isinstance(one, MultiError):
            waiting += one.errors
