"""Defects of py-libp2p 0.8.1, each one worked around here and nowhere else.

As shipped, a node accepts 250 inbound connections in its life, dies of one malformed message of any peer, drops
what exceeds ten messages a second, goes deaf to a peer that reconnects, and never learns its new address. Every module
below names the defect, replaces as little as it can, and has a test that fails without it (`dialing` and `speed` save
time, not messages: their judge is bench/). The functions patch library classes in place,
so :func:`apply_all` must run before the first host is made; the classes in `pubsub` and `gossip` are ours to use.
"""

import importlib.metadata
import warnings
from typing import Final

with warnings.catch_warnings():
    # Importing libp2p imports its WebSocket transport, which we do not use and which uses deprecated modules.
    warnings.simplefilter("ignore", DeprecationWarning)
    import libp2p  # noqa: F401 - the first import is what warns

from debros.p2p.workarounds import (
    containment,
    dialing,
    forgetting,
    health,
    identify,
    inbound,
    memory,
    queues,
    reconnect,
    speed,
)

LIBP2P_VERSION: Final = "0.8.1"


class UnsupportedLibp2pError(Exception):
    """Another version of libp2p is installed than the one these workarounds were written and tested for."""


def check_version() -> None:
    """Refuse any other libp2p: the same patches on other code would break it in silence.

    Raises:
        UnsupportedLibp2pError: the installed version is not `LIBP2P_VERSION`.
    """
    installed = importlib.metadata.version("libp2p")
    if installed != LIBP2P_VERSION:
        raise UnsupportedLibp2pError(
            f"libp2p {installed} is installed, but the node works with libp2p {LIBP2P_VERSION} only; "
            f"run: pip install libp2p=={LIBP2P_VERSION}"
        )


def apply_all() -> None:
    """Check the version and install every workaround, once per process.

    Raises:
        UnsupportedLibp2pError: see :func:`check_version`.
    """
    check_version()
    if not _applied:
        for module in (containment, dialing, forgetting, health, identify, inbound, memory, queues, reconnect, speed):
            module.apply()
        _applied.append(True)


_applied: list[bool] = []
