"""Peers that mean no good: `python -m testkit.endurance.hostile ADDRESS --count N --at-once K --seed S`.

Attacks of strangers and of authenticated peers in random order, several at once, and some who claim another's identity.
Tells what it does in lines of JSON on standard output, {"done": …, "imposters_let_in": …}, and ends with its input.
"""

import argparse
import json
import logging
import random
import sys
from collections import Counter
from contextlib import asynccontextmanager

import trio

from debros.identity import Identity
from debros.p2p import workarounds

workarounds.apply_all()

from libp2p.crypto.ed25519 import create_new_key_pair  # noqa: E402 - after the workarounds
from libp2p.peer.id import ID  # noqa: E402 - see above
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE  # noqa: E402 - see above

from debros.p2p.host import Host  # noqa: E402 - see above
from debros.p2p.network import Network  # noqa: E402 - see above
from debros.p2p.protocol import P2PError  # noqa: E402 - see above
from testkit.endurance import rogues, strangers  # noqa: E402 - see above
from testkit.endurance.parent import until_parent_ends  # noqa: E402 - see above

# Seconds for one attack; what is cut off leaves its connection to be ended by the end of its host.
_LONGEST = 20.0


class Forger:
    """A private key that claims to be another's: it signs with its own, and shows the other's public half."""

    def __init__(self, own, claimed):
        self._own, self._claimed = own, claimed

    def get_public_key(self):
        return self._claimed

    def sign(self, data):
        return self._own.sign(data)


class Hostility:
    """Attacks on one node."""

    def __init__(self, address, seed):
        self._address = address
        self._port = int(address.split("/")[4])
        self._node = ID.from_string(address.rpartition("/")[2])
        self._random = random.Random(seed)
        self.done = Counter()
        self.imposters_let_in = 0

    async def run(self, count, at_once):
        """Attack `count` times, so many at a time."""
        left = iter(range(count))
        async with trio.open_nursery() as nursery:
            for _ in range(at_once):
                nursery.start_soon(self._attack_all, left)

    async def _attack_all(self, left):
        for _ in left:
            kind = self._random.choice((self._stranger, self._rogue, self._rogue, self._imposter, self._idler))
            with trio.move_on_after(_LONGEST):
                try:
                    await kind()
                except* Exception as group:  # noqa: BLE001 - whatever the node does to an attacker is fine
                    self.done[f"{kind.__name__}: {type(_leaf(group)).__name__}"] += 1
            self.done[kind.__name__] += 1
            self.tell()

    async def _stranger(self):
        await self._random.choice(strangers.ATTACKS)(self._port, self._random)

    async def _rogue(self):
        attack = self._random.choice(rogues.ATTACKS)
        async with self._host() as rogue:
            await rogue.connect(self._address)
            await attack(rogue.libp2p, self._node)
            await trio.sleep(self._random.uniform(0.05, 1))

    async def _imposter(self):
        claimed = create_new_key_pair(self._random.randbytes(32)).public_key
        async with self._host() as imposter:
            noise = imposter._network.upgrader.security_multistream.transports[NOISE]
            noise.libp2p_privkey = Forger(noise.libp2p_privkey, claimed)
            try:
                await imposter.connect(self._address)
            except P2PError:
                return
            # The dialer of Noise XX speaks last: it learns that it was refused by being hung up on.
            with trio.move_on_after(_LONGEST / 2):
                while imposter.is_connected(str(self._node)):  # noqa: ASYNC110 - libp2p has no event for it
                    await trio.sleep(0.1)
                return
            self.imposters_let_in += 1

    async def _idler(self):
        """An honest protocol and no honest purpose: follows topics nobody publishes to, and stays."""
        idler = Network(Identity.from_seed(self._random.randbytes(32)), relay=False)
        async with idler.run():
            await idler.connect(self._address)
            for _ in range(self._random.randrange(20)):
                await idler.follow(f"ns::nobody::{self._random.randrange(10_000)}")
            await trio.sleep(self._random.uniform(0, 3))

    @asynccontextmanager
    async def _host(self):
        host = Host(Identity.from_seed(self._random.randbytes(32)))
        async with host.run():
            yield host

    def tell(self):
        told = {"done": self.done.total(), "imposters_let_in": self.imposters_let_in, "kinds": self.done}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def _leaf(error):
    return _leaf(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    logging.disable()  # what libp2p says of connections that we end, or have ended, is no finding
    hostility = Hostility(given.address, given.seed)
    trio.run(until_parent_ends, hostility.run, given.count, given.at_once)
    hostility.tell()


if __name__ == "__main__":
    main()
