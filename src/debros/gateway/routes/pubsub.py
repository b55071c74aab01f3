"""Pub/sub over HTTP and WebSocket."""

import asyncio
from collections import Counter

import msgspec
import orjson
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from debros.gateway.answers.common import Done
from debros.gateway.answers.pubsub import PresenceAnswer, PresentMember, TopicsAnswer
from debros.gateway.bodies import json, read_json
from debros.gateway.errors import Problem
from debros.gateway.idempotency import at_most_once
from debros.gateway.openapi.codes import JSON_BODY
from debros.gateway.openapi.describe import Body, Parameter, describe
from debros.gateway.pubsub import publishing
from debros.gateway.pubsub.mailbox import OnSlow
from debros.gateway.pubsub.session import Introduction, Session, SessionOptions
from debros.gateway.queries import choice
from debros.gateway.state import Services, principal, services
from debros.p2p.client import RelayUnavailable
from debros.p2p.protocol import P2PError
from debros.tenants import names

_STATUS_TIMEOUT = 5.0  # seconds
# Largest messages a socket may have waiting, beside the limit of their number.
_QUEUED_LARGEST = 16
_SCHEMES = {"ws": "http", "wss": "https"}
_ENVELOPES = ("raw", "json")
_SWITCH = ("false", "true")
_ON_SLOW = tuple(one.value for one in OnSlow)
_TAG = "Pub/sub"
_SOCKET = {
    "x-websocket": {
        "subprotocols": [],
        "receive": "Each message of the topic as one binary frame, the raw payload; with `envelope=json` as a text "
        'frame `{"data": <base64>, "timestamp": <ms>, "topic": <topic>}`. With `presence=true` also text frames '
        '`{"type": "presence.join" or "presence.leave", "member_id", "timestamp": <ms>, "meta"}`, and with `gaps=true` '
        '`{"type": "gap", "reason": "node_away" or "slow_gateway", "seconds", "dropped", "timestamp": <ms>}`.',
        "send": "A text or binary frame is published to the topic; the sender hears itself. With `envelope=json` "
        '`{"type": "ping"}` is a heartbeat, answered `{"type": "pong"}`.',
        "close": {
            "1009": "a message was too large",
            "1012": "the gateway is being restarted; connect again",
            "1013": "the socket did not keep up (unless `on_slow=drop`)",
        },
    }
}


class PublishRequest(msgspec.Struct):
    """A message, in base64; it may be empty."""

    topic: str
    data_base64: bytes  # msgspec decodes base64 for this type


_publish_decoder = msgspec.json.Decoder(PublishRequest)


@describe(
    _TAG,
    Done,
    body=PublishRequest,
    codes=JSON_BODY | {"invalid_topic", "message_too_large", "node_error", "relay_unavailable"},
)
async def publish(request: Request) -> Response:
    """Publish one message; ok means that the node has taken it for the other hosts as well."""
    held = services(request)
    sent = await read_json(request, _publish_decoder)
    names.check_topic(sent.topic, held.config.limits.max_topic_bytes)
    most = held.config.limits.max_message_bytes
    if len(sent.data_base64) > most:
        raise Problem(413, "message_too_large", f"the message is larger than {most} bytes; send less at once")
    wire = names.wire_topic(principal(request.scope).namespace, sent.topic)
    try:
        await publishing.publish(held.hub, held.relay, wire, sent.data_base64, first_here=held.place.alone)
    except RelayUnavailable:
        held.hub.counters.not_relayed += 1
        raise Problem(
            503,
            "relay_unavailable",
            "delivered to subscribers at this gateway, but the peer-to-peer node is not reachable, so other hosts "
            "did not get the message; try again later",
            headers={"Retry-After": "2"},
        ) from None
    answer: Done = {"status": "ok"}
    return json(answer)


@describe(
    _TAG,
    TopicsAnswer,
    parameters=(Parameter("subscribers", "`true` adds how many WebSockets listen", {"enum": list(_SWITCH)}),),
    codes=frozenset({"invalid_parameter"}),
)
async def topics(request: Request) -> Response:
    """Answer the namespace's topics that somebody on this host listens to, in order, by their bare names."""
    held = services(request)
    counted = choice(request.query_params, "subscribers", _SWITCH, "false") == "true"
    namespace = principal(request.scope).namespace
    subscribers = Counter(held.hub.topics(namespace))
    subscribers.update(await held.place.subscribers(namespace))
    found = set(subscribers)
    try:
        if held.p2p.connected:
            async with asyncio.timeout(_STATUS_TIMEOUT):
                scope = names.scope(namespace)
                status = await held.p2p.status()
                found |= {topic.removeprefix(scope) for topic in status.topics if topic.startswith(scope)}
    except (TimeoutError, P2PError, RelayUnavailable):
        pass  # what this gateway knows itself is a true answer too
    answer: TopicsAnswer = {"topics": sorted(found)}
    if counted:
        answer["subscribers"] = dict(subscribers)
    return json(answer)


@describe(
    _TAG,
    PresenceAnswer,
    parameters=(Parameter("topic", "whose members", required=True),),
    codes=frozenset({"invalid_topic"}),
)
async def presence(request: Request) -> Response:
    """Answer who is present in a topic, on any gateway of the cluster, in the order in which they have come."""
    held = services(request)
    topic = names.check_topic(request.query_params.get("topic", ""), held.config.limits.max_topic_bytes)
    found = held.presence.members(names.wire_topic(principal(request.scope).namespace, topic))
    members: list[PresentMember] = [
        {"member_id": one.id, "joinedAt": one.joined_at, "joined_at": one.joined_at, "meta": one.meta} for one in found
    ]
    answer: PresenceAnswer = {"topic": topic, "members": members, "count": len(members)}
    return json(answer)


@describe(
    _TAG,
    description="This is a WebSocket; `x-websocket` tells what its frames are. A plain GET is answered 426.",
    parameters=(
        Parameter("topic", "what to listen to, and where what you send goes", required=True),
        Parameter("envelope", "raw frames, or JSON; the operator decides the default", {"enum": list(_ENVELOPES)}),
        Parameter(
            "on_slow",
            "close a socket that does not keep up, or drop its oldest messages",
            {"enum": list(_ON_SLOW), "default": OnSlow.CLOSE.value},
        ),
        Parameter(
            "presence",
            "be present in the topic, and be told who comes and goes",
            {"enum": list(_SWITCH), "default": "false"},
        ),
        Parameter(
            "gaps",
            "be told where messages of other hosts may be missing",
            {"enum": list(_SWITCH), "default": "false"},
        ),
        Parameter("member_id", "with `presence`: what you are called in the topic"),
        Parameter("member_meta", "with `presence`: any JSON about you, for the others"),
        Parameter("ticket", "a ticket in place of a credential, for browsers"),
        Parameter("api_key", "an API key in place of a header, for browsers"),
        Parameter("token", "an access token in place of a header, for browsers"),
    ),
    answers={101: Body(description="The WebSocket is open")},
    codes=frozenset(
        {
            "invalid_member",
            "invalid_parameter",
            "invalid_topic",
            "origin_not_allowed",
            "too_many_sockets",
            "too_many_topics",
            "upgrade_required",
        }
    ),
    extensions=_SOCKET,
)
async def upgrade_required(_: Request) -> Response:
    """Listen to a topic and publish to it over a WebSocket."""
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
        if not held.hub.has_room(options.namespace, options.topic, held.config.limits.max_topics):
            raise Problem(
                429,
                "too_many_topics",
                f"sockets of this namespace listen to {held.config.limits.max_topics} topics at this gateway; close "
                "some, or tell the parts of one topic from each other in its messages",
                headers={"Retry-After": "60"},
            )
        await Session(held.hub, held.relay, held.presence, options).run(receive, send)


def _options(scope: Scope, held: Services) -> SessionOptions:
    query = QueryParams(scope["query_string"])
    config = held.config
    envelope = choice(query, "envelope", _ENVELOPES, config.pubsub.ws_envelope)
    on_slow = choice(query, "on_slow", _ON_SLOW, OnSlow.CLOSE.value)
    return SessionOptions(
        namespace=principal(scope).namespace,
        topic=names.check_topic(query.get("topic", ""), config.limits.max_topic_bytes),
        enveloped=envelope == "json",
        on_slow=OnSlow(on_slow),
        queue=config.pubsub.ws_queue,
        queue_bytes=_QUEUED_LARGEST * config.limits.max_message_bytes,
        member=_introduction(query, config.limits.max_member_bytes),
        gaps=choice(query, "gaps", _SWITCH, "false") == "true",
    )


def _introduction(query: QueryParams, max_bytes: int) -> Introduction | None:
    """Return who is present by the socket; None where presence is not asked for."""
    if choice(query, "presence", _SWITCH, "false") == "false":
        return None
    meta = query.get("member_meta", "")
    if len(meta.encode()) > max_bytes:
        raise Problem(400, "invalid_parameter", f"member_meta is longer than {max_bytes} bytes")
    try:
        parsed = orjson.loads(meta) if meta else None
    except orjson.JSONDecodeError as error:
        raise Problem(400, "invalid_parameter", f"member_meta must be JSON: {error}") from None
    return Introduction(names.check_member(query.get("member_id", ""), max_bytes), parsed)


ROUTES: list[BaseRoute] = [
    WebSocketRoute("/v1/pubsub/ws", Socket()),
    Route("/v1/pubsub/ws", upgrade_required, methods=["GET"]),
    Route("/v1/pubsub/publish", at_most_once(publish), methods=["POST"]),
    Route("/v1/pubsub/topics", topics, methods=["GET"]),
    Route("/v1/pubsub/presence", presence, methods=["GET"]),
]
