"""Driving ASGI applications without a server."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp, Message, Scope

from debros.gateway.metrics.requests import RequestFigures
from debros.gateway.metrics.routes import RouteNames
from debros.gateway.middleware.client_address import ClientAddress
from debros.gateway.middleware.cors import Cors
from debros.gateway.middleware.envelope import Envelope
from debros.gateway.middleware.security_headers import SecurityHeaders
from debros.gateway.origins import Origins
from debros.gateway.routes import all_routes


@dataclass
class Answer:
    """What an application sent."""

    messages: list[Message] = field(default_factory=list)

    @property
    def status(self) -> int:
        return self.messages[0]["status"]

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode().lower(): value.decode() for name, value in self.messages[0].get("headers", [])}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])

    def json(self) -> Any:
        return orjson.loads(self.body)


Drive = Callable[..., Awaitable[Answer]]


@pytest.fixture
def drive() -> Drive:
    async def drive(
        app: ASGIApp,
        path: str = "/x",
        *,
        kind: str = "http",
        method: str = "GET",
        query: str = "",
        headers: dict[str, str] | None = None,
        body: Iterable[bytes] = (b"",),
        state: dict[str, Any] | None = None,
    ) -> Answer:
        scope: Scope = {
            "type": kind,
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "scheme": "ws" if kind == "websocket" else "http",
            "http_version": "1.1",
            "state": {} if state is None else state,
            "extensions": {"websocket.http.response": {}} if kind == "websocket" else {},
        }
        chunks = list(body)
        answer = Answer()

        async def receive() -> Message:
            if kind == "websocket":
                return {"type": "websocket.connect"}
            if not chunks:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

        async def send(message: Message) -> None:
            answer.messages.append(message)

        await app(scope, receive, send)
        return answer

    return drive


@pytest.fixture
def enveloped() -> Callable[..., Envelope]:
    """What is put around an application, with the parts that a test cares for."""

    def enveloped(
        app: ASGIApp,
        *,
        registry: CollectorRegistry | None = None,
        trusted: Iterable[str] = (),
        origins: Iterable[str] = (),
        tls: bool = False,
    ) -> Envelope:
        return Envelope(
            app,
            addresses=ClientAddress(list(trusted)),
            figures=RequestFigures(registry or CollectorRegistry()),
            routes=RouteNames(all_routes()),
            cors=Cors(Origins(list(origins))),
            security=SecurityHeaders(tls=tls),
        )

    return enveloped


@pytest.fixture
def soon() -> Callable:
    async def soon(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(120):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.001)

    return soon
