"""The network as it looks from here, and an operator's hand on the node's connections."""

import asyncio
from collections.abc import Awaitable
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.answers.common import Done
from debros.gateway.answers.state import BackupsAnswer, NetworkAnswer, Peer, PeersAnswer, Replication
from debros.gateway.auth.audit import Entry
from debros.gateway.auth.caller import caller
from debros.gateway.bodies import json, read_json
from debros.gateway.errors import Problem
from debros.gateway.idempotency import without
from debros.gateway.openapi.codes import DATABASE, JSON_BODY
from debros.gateway.openapi.describe import describe
from debros.gateway.state import principal, services
from debros.p2p.client import P2PError, RelayUnavailable
from debros.p2p.state import NodeReport, PeerInfo

_TIMEOUT = 3.0  # seconds
_RETRY = {"Retry-After": "2"}
_TAG = "Network"
# Longer than any host name (253) and peer id (about 60) with what is around them.
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]


_CHANGE = JSON_BODY | {"invalid_parameter", "node_error", "node_unavailable", "too_many_dials"}


class ConnectRequest(msgspec.Struct):
    """A peer to dial: `/ip4/<host>/tcp/<port>/p2p/<peer id>`, or with ip6, dns, dns4 or dns6."""

    multiaddr: _Text


class DisconnectRequest(msgspec.Struct):
    """A peer to hang up on."""

    peer_id: _Text


_connect_decoder = msgspec.json.Decoder(ConnectRequest)
_disconnect_decoder = msgspec.json.Decoder(DisconnectRequest)


@describe(_TAG, NetworkAnswer)
async def show_status(request: Request) -> Response:
    """Answer node, peers, database replication, and every node of the cluster; sizes in bytes, times in seconds."""
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
        "nodes": [msgspec.to_builtins(node) for node in state.nodes],
    }
    return json(body)


@describe(_TAG, PeersAnswer, codes=frozenset({"node_error", "node_unavailable"}))
async def show_peers(request: Request) -> Response:
    """Answer the peers the node knows; last_seen in seconds since 1970."""
    p2p = services(request).p2p
    try:
        async with asyncio.timeout(_TIMEOUT):
            peers, status = await asyncio.gather(p2p.peers(), p2p.status())
    except (TimeoutError, RelayUnavailable):
        raise _away() from None
    nodes = {node.peer_id: node for node in status.nodes}
    answer: PeersAnswer = {"peers": [_peer(peer, nodes.get(peer.id)) for peer in peers]}
    return json(answer)


def _peer(peer: PeerInfo, node: NodeReport | None) -> Peer:
    return {
        "id": peer.id,
        "addresses": peer.addresses,
        "connected": peer.connected,
        "last_seen": peer.last_seen,
        "turned_away": peer.turned_away,
        "state": node.state if node else None,
        "age": node.age if node else None,
    }


@describe(
    _TAG,
    BackupsAnswer,
    codes=DATABASE,
    description="Hosts tell of a backup after they have taken it; one that was taken by an older release, or before "
    "the database was restored, is not known here.",
)
async def show_backups(request: Request) -> Response:
    """Answer when each host took its newest backup of the database; ages and intervals in seconds."""
    held = services(request)
    await held.auth.gate.tables()
    found = await held.backups.list()
    answer: BackupsAnswer = {"backups": found, "count": len(found)}
    return json(answer)


@describe(
    _TAG,
    Done,
    body=ConnectRequest,
    codes=_CHANGE | {"invalid_multiaddr", "peer_mismatch", "peer_unreachable"},
    description="For operators: a static key with the scope `admin`. A peer that was turned away is let in again.",
)
async def connect(request: Request) -> Response:
    """Make the node beside this gateway dial a peer; ok when the connection stands, which may have been so before."""
    sent = await read_json(request, _connect_decoder)
    return await _change(request, "peer_connect", sent.multiaddr, services(request).p2p.connect(sent.multiaddr))


@describe(
    _TAG,
    Done,
    body=DisconnectRequest,
    codes=_CHANGE | {"invalid_peer_id"},
    description="For operators: a static key with the scope `admin`. The peer, a bootstrap peer as well, is not dialed "
    "again, and turned away when it dials, until it is connected by `/v1/network/connect` or the node restarts.",
)
async def disconnect(request: Request) -> Response:
    """Make the node beside this gateway hang up on a peer; ok also when there was no connection."""
    sent = await read_json(request, _disconnect_decoder)
    return await _change(request, "peer_disconnect", sent.peer_id, services(request).p2p.disconnect(sent.peer_id))


async def _change(request: Request, event: str, peer: str, change: Awaitable[None]) -> Response:
    """Wait for the node to do it, and record who asked for what and what came of it."""
    by = principal(request.scope)
    outcome = "failed"
    try:
        await change
        outcome = "granted"
    except P2PError as error:
        raise _refusal(error) from None
    except RelayUnavailable:
        raise _away() from None
    finally:
        entry = Entry(event, outcome, by.namespace, by.subject, by.key_id, peer)
        services(request).auth.audit.note(entry, caller(request.scope))
    answer: Done = {"status": "ok"}
    return json(answer)


def _refusal(error: P2PError) -> Exception:
    """Return what the node says in terms of ours: it is about what was asked for, so a repeat alone does not help."""
    match error.code:
        case "invalid_multiaddr":
            problem = Problem(400, "invalid_multiaddr", error.message)
        case "invalid_peer_id":
            problem = Problem(400, "invalid_peer_id", error.message)
        case "self":
            problem = Problem(400, "invalid_parameter", error.message)
        case "unreachable":
            problem = Problem(422, "peer_unreachable", error.message)
        case "other_peer":
            problem = Problem(422, "peer_mismatch", error.message)
        case "busy":
            problem = Problem(429, "too_many_dials", error.message, headers=_RETRY)
        case _:
            return error
    return problem


def _away() -> Problem:
    text = "the peer-to-peer node beside this gateway is not reachable"
    return Problem(503, "node_unavailable", text, headers=_RETRY)


ROUTES = [
    Route("/v1/network/status", show_status),
    Route("/v1/network/peers", show_peers),
    Route("/v1/network/backups", show_backups, methods=["GET"]),
    Route("/v1/network/connect", without(connect), methods=["POST"]),
    Route("/v1/network/disconnect", without(disconnect), methods=["POST"]),
]
