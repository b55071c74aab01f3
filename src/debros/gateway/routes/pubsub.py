"""Pub/sub over HTTP and WebSocket."""

import asyncio

import msgspec
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from debros.gateway.bodies import json, read_json
from debros.gateway.errors import Problem
from debros.gateway.pubsub.mailbox import OnSlow
from debros.gateway.pubsub.session import Session, SessionOptions
from debros.gateway.queries import choice
from debros.gateway.state import Services, principal, services
from debros.p2p.client import RelayUnavailable
from debros.p2p.protocol import P2PError
from debros.tenants import names

_STATUS_TIMEOUT = 5.0  # seconds
# Largest messages a socket may have waiting, beside the limit of their number.
_QUEUED_LARGEST = 16
_SCHEMES = {"ws": "http", "wss": "https"}


class _Publish(msgspec.Struct):
    topic: str
    data_base64: bytes  # msgspec decodes base64 for this type


_publish_decoder = msgspec.json.Decoder(_Publish)


async def publish(request: Request) -> Response:
    """Publish one message; ok means that the node has taken it for the other hosts as well."""
    held = services(request)
    sent = await read_json(request, _publish_decoder)
    names.check_topic(sent.topic, held.config.limits.max_topic_bytes)
    most = held.config.limits.max_message_bytes
    if len(sent.data_base64) > most:
        raise Problem(413, "message_too_large", f"the message is larger than {most} bytes; send less at once")
    wire = names.wire_topic(principal(request.scope).namespace, sent.topic)
    held.hub.counters.published += 1
    held.hub.fan_out(wire, sent.data_base64)
    try:
        await held.relay.publish(wire, sent.data_base64)
    except RelayUnavailable:
        held.hub.counters.not_relayed += 1
        raise Problem(
            503,
            "relay_unavailable",
            "delivered to subscribers at this gateway, but the peer-to-peer node is not reachable, so other hosts "
            "did not get the message; try again later",
            headers={"Retry-After": "2"},
        ) from None
    return json({"status": "ok"})


async def topics(request: Request) -> Response:
    """Answer the namespace's topics that somebody on this host listens to, in order, by their bare names."""
    held = services(request)
    namespace = principal(request.scope).namespace
    found = held.hub.topics(namespace)
    try:
        if held.p2p.connected:
            async with asyncio.timeout(_STATUS_TIMEOUT):
                scope = names.scope(namespace)
                status = await held.p2p.status()
                found |= {topic.removeprefix(scope) for topic in status.topics if topic.startswith(scope)}
    except (TimeoutError, P2PError, RelayUnavailable):
        pass  # what this gateway knows itself is a true answer too
    return json({"topics": sorted(found)})


async def upgrade_required(_: Request) -> Response:
    """Answer a plain GET where a WebSocket belongs."""
    raise Problem(
        426, "upgrade_required", "this is a WebSocket; connect with ws:// or wss://", headers={"Upgrade": "websocket"}
    )


class Socket:
    """ASGI application of the WebSocket; until it is accepted every refusal is a plain HTTP answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket from the upgrade to its end."""
        held: Services = scope["app"].state.services
        if not held.origins.allows_upgrade(Headers(scope=scope), _SCHEMES[scope["scheme"]]):
            raise Problem(
                403,
                "origin_not_allowed",
                "pages of this origin may not connect; the operator lists them in cors_origins",
            )
        options = _options(scope, held)
        if held.hub.sockets >= held.config.limits.max_sockets:
            raise Problem(
                503,
                "too_many_sockets",
                "the gateway has too many open sockets; try again",
                headers={"Retry-After": "5"},
            )
        await Session(held.hub, held.relay, options).run(receive, send)


def _options(scope: Scope, held: Services) -> SessionOptions:
    query = QueryParams(scope["query_string"])
    config = held.config
    envelope = choice(query, "envelope", ("raw", "json"), config.pubsub.ws_envelope)
    on_slow = choice(query, "on_slow", ("close", "drop"), "close")
    return SessionOptions(
        namespace=principal(scope).namespace,
        topic=names.check_topic(query.get("topic", ""), config.limits.max_topic_bytes),
        enveloped=envelope == "json",
        on_slow=OnSlow(on_slow),
        queue=config.pubsub.ws_queue,
        queue_bytes=_QUEUED_LARGEST * config.limits.max_message_bytes,
    )


ROUTES: list[BaseRoute] = [
    WebSocketRoute("/v1/pubsub/ws", Socket()),
    Route("/v1/pubsub/ws", upgrade_required, methods=["GET"]),
    Route("/v1/pubsub/publish", publish, methods=["POST"]),
    Route("/v1/pubsub/topics", topics, methods=["GET"]),
]
