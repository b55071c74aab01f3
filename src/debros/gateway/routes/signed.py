"""The signed request that several routes take."""

from typing import Protocol

import msgspec
from starlette.requests import Request

from debros.gateway.auth import inputs
from debros.gateway.auth.signin import Proof, Proven
from debros.gateway.state import services, timings


class Signed(msgspec.Struct):
    """A wallet's signature over a challenge's nonce or message, or over an EIP-4361 `message` of the client's own."""

    wallet: str
    nonce: str
    signature: str
    namespace: str | None = None
    chain_type: str | None = None
    message: str | None = None
    name: str | None = None


class LikeSigned(Protocol):
    """What a route's own request must have to be proved."""

    wallet: str
    nonce: str
    signature: str
    namespace: str | None
    chain_type: str | None
    message: str | None


async def prove(request: Request, sent: LikeSigned) -> Proven:
    """Return what a signed request proves; its nonce is not spent yet.

    Raises:
        Problem: 400; something in it cannot be what it should be. 401; it proves nothing. 503; not now.
        RqliteError: The database cannot answer.
    """
    held = services(request)
    wallet = inputs.wallet(sent.wallet, sent.chain_type)
    namespace = inputs.namespace(sent.namespace, held.config.client_namespace) if sent.namespace else None
    await held.auth.gate.key()
    await held.auth.signer.ready()  # before a nonce is spent: without one there is nothing to give for it
    with timings(request.scope).measure("proof"):
        return await held.auth.sign_in.prove(Proof(wallet, sent.nonce, sent.signature, namespace, sent.message))
