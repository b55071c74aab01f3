"""Dialing: only whom we choose to dial, and without a wait.

* `AutoConnector` dials any address in the peer store, also those strangers pushed into it, whenever there are few
  connections. There is no switch; this node dials bootstrap peers, exchanged peers and what an operator asks for.
* Every dial waits out the 250 ms head start of a second address, even when the first one has succeeded.
"""

from typing import Any

from libp2p.network import swarm
from libp2p.network.auto_connector import AutoConnector

from debros.p2p.workarounds.patching import replace


def apply() -> None:
    """Switch the auto-connector off and take the head start away."""

    async def do_nothing(self: AutoConnector, *args: Any) -> None:
        pass

    replace(AutoConnector, "maybe_connect", do_nothing)
    replace(AutoConnector, "run_background_task", do_nothing)
    replace(swarm, "_HAPPY_EYEBALLS_DELAY", 0.0)
