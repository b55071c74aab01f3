"""The network as it looks from here."""

import asyncio

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.answers.state import NetworkAnswer, PeersAnswer, Replication
from debros.gateway.bodies import json
from debros.gateway.errors import Problem
from debros.gateway.openapi.describe import describe
from debros.gateway.state import services
from debros.p2p.client import RelayUnavailable

_TIMEOUT = 3.0  # seconds
_RETRY = {"Retry-After": "2"}
_TAG = "Network"


@describe(_TAG, NetworkAnswer)
async def show_status(request: Request) -> Response:
    """Answer node, peers and database replication; sizes in bytes, uptime in seconds."""
    state = await services(request).network.state()
    replication: Replication = {"reachable_voters": state.reachable_voters, "replicas": state.replicas}
    # What the node's monitor knows beyond the gateway; its error text may hold an address and stays inside.
    if "replication_factor" in state.rqlite:
        replication["replication_factor"] = state.rqlite["replication_factor"]
    if "under_replicated" in state.rqlite:
        replication["under_replicated"] = state.rqlite["under_replicated"]
    body: NetworkAnswer = {
        "node_id": state.node_id,
        "connected": state.connected,
        "peer_count": state.peer_count,
        "database_size": state.database_size,
        "uptime": state.uptime,
        "raft_role": state.raft_role,
        "voters": state.voters,
        "replication": replication,
    }
    return json(body)


@describe(_TAG, PeersAnswer, codes=frozenset({"node_error", "node_unavailable"}))
async def show_peers(request: Request) -> Response:
    """Answer the peers the node knows; last_seen in seconds since 1970."""
    p2p = services(request).p2p
    try:
        async with asyncio.timeout(_TIMEOUT):
            peers = await p2p.peers()
    except (TimeoutError, RelayUnavailable):
        raise Problem(
            503, "node_unavailable", "the peer-to-peer node beside this gateway is not reachable", headers=_RETRY
        ) from None
    return json({"peers": [msgspec.to_builtins(peer) for peer in peers]})


ROUTES = [Route("/v1/network/status", show_status), Route("/v1/network/peers", show_peers)]
