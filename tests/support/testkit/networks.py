"""For tests that run libp2p participants in a trio loop of their own, in the test's process."""

import secrets

import trio

from debros.identity import Identity


def identity():
    """A key that nobody else has."""
    return Identity.from_seed(secrets.token_bytes(32))


async def eventually(condition):
    """Wait until a condition is true, with a limit that only a hang reaches."""
    with trio.fail_after(120):
        while not condition():  # noqa: ASYNC110 - libp2p has no event for it
            await trio.sleep(0.02)
