"""A gateway as a client of it sees it: HTTP and WebSocket from outside the host."""

import asyncio
from typing import Any

import httpx
from websockets.asyncio.client import connect


class Gateway:
    """The public API of one host."""

    def __init__(self, address: str, key: str, timeout: float = 10) -> None:
        self.address = address
        self.key = key
        self.timeout = timeout

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request over a connection of its own."""
        headers = {"X-API-Key": self.key} | options.pop("headers", {})
        url = f"http://{self.address}:6001{path}"
        return httpx.request(method, url, headers=headers, timeout=self.timeout, trust_env=False, **options)

    def json(self, method: str, path: str, **options: Any) -> Any:
        """Send one request that has to succeed and return the answer."""
        try:
            answer = self.ask(method, path, **options)
        except httpx.TransportError as error:
            raise AssertionError(f"{self.address}: {method} {path}: {error!r}") from None
        assert answer.is_success, f"{self.address}: {method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def execute(self, sql: str, *args: Any) -> Any:
        return self.json("POST", "/v1/rqlite/exec", json={"sql": sql, "args": args})

    def rows(self, sql: str, *args: Any, level: str = "weak") -> list[list[Any]]:
        body = {"sql": sql, "args": args, "level": level}
        return self.json("POST", "/v1/rqlite/query?shape=rows", json=body)["rows"]

    def health(self) -> Any:
        """Return what /health says; an answer other than 200 is an assertion error."""
        return self.json("GET", "/health")

    def socket(self, topic: str) -> connect:
        """Open a topic; frames are the messages themselves."""
        url = f"ws://{self.address}:6001/v1/pubsub/ws?topic={topic}"
        return connect(url, additional_headers={"X-API-Key": self.key}, proxy=None)


async def heard(here: Gateway, there: Gateway, topic: str) -> bytes | str:
    """Say the topic's name at one gateway until the other one hears something, and return that."""
    async with there.socket(topic) as ear, here.socket(topic) as mouth, asyncio.timeout(60):
        while True:  # the topic of a new subscriber takes a moment to travel
            await mouth.send(topic.encode())
            try:
                return await asyncio.wait_for(ear.recv(), 1)
            except TimeoutError:
                continue
