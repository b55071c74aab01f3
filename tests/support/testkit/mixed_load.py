"""Everything that clients do to a gateway, at once, for as long as one likes; each answer has to be an expected one."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
from websockets.asyncio.client import connect

from testkit.wallets import Ethereum

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_ROWS = 2000  # of the table, kept by a trigger's worth of deletes: the database must not grow for ever
_KEYS = 500


@dataclass
class Seen:
    """How often each kind of request was made, and what came that was not expected."""

    done: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)


class Clients:
    """The clients of one gateway."""

    def __init__(self, port: int, key: str, seed: int, *, sign_ins: bool = False) -> None:
        self.url, self.port, self.key = f"http://127.0.0.1:{port}", port, key
        self.random = random.Random(seed)
        self.seen = Seen()
        self._sign_ins = sign_ins

    async def run(self, until: Callable[[], bool]) -> None:
        """Go on until told otherwise."""
        kinds = [
            self.writer, self.writer, self.reader, self.mistaken, self.keeper, self.impatient, self.garbage,
            self.listener, self.definer, self.repeater,
        ]  # fmt: skip
        if self._sign_ins:
            kinds.append(self.signer)
        limits = httpx.Limits(max_connections=len(kinds), keepalive_expiry=2)
        async with httpx.AsyncClient(base_url=self.url, limits=limits, timeout=30, trust_env=False) as http:
            await asyncio.gather(*(self._loop(kind, http, until) for kind in kinds))

    async def _loop(self, kind: Callable[[Any], Awaitable[None]], http: Any, until: Callable[[], bool]) -> None:
        while not until():
            try:
                await kind(http)
            except (httpx.HTTPError, OSError) as error:
                self.seen.wrong[f"{kind.__name__}: {error!r}"[:200]] += 1
            self.seen.done[kind.__name__] += 1
            await asyncio.sleep(0.01)

    async def ask(self, http: Any, method: str, path: str, *expected: int, **options: Any) -> Any:
        """Send a request; an answer with another status is noted."""
        headers = {"X-API-Key": self.key} | options.pop("headers", {})
        answer = await http.request(method, path, headers=headers, **options)
        if answer.status_code not in (expected or (200,)):
            self.seen.wrong[f"{method} {path.partition('?')[0]}: {answer.status_code} {answer.text[:120]}"] += 1
        return answer

    async def sql(self, http: Any, route: str, sql: str, *args: Any, expected: int = 200, **headers: str) -> Any:
        body = {"sql": sql, "args": args}
        return await self.ask(http, "POST", f"/v1/rqlite/{route}", expected, json=body, headers=headers)

    # --- what they do

    async def writer(self, http: Any) -> None:
        number = self.random.randrange(_ROWS)
        await self.sql(
            http, "exec", "REPLACE INTO soak (id, name, at) VALUES (?, ?, CURRENT_TIMESTAMP)", number, "x" * number
        )

    async def reader(self, http: Any) -> None:
        await self.sql(
            http, "query", "SELECT id, length(name), at FROM soak WHERE id > ? LIMIT 50", self.random.randrange(_ROWS)
        )
        # A text that nobody has sent before: what is remembered of statements is bounded.
        await self.sql(http, "query", f"SELECT count(*) AS n{self.random.randrange(10**9)} FROM soak")
        body = {"table": "soak", "criteria": {"id": self.random.randrange(_ROWS)}}
        await self.ask(http, "POST", "/v1/rqlite/find", json=body)
        await self.ask(
            http, "GET", self.random.choice(["/health", "/v1/network/status", "/v1/rqlite/schema", "/openapi.json"])
        )

    async def mistaken(self, http: Any) -> None:
        await self.sql(http, "query", "SELECT nothing FROM nowhere", expected=400)
        await self.ask(http, "POST", "/v1/rqlite/exec", 400, content=b"{")
        await self.ask(
            http, "GET", "/v1/storage/list", 401, headers={"X-API-Key": f"ak_{uuid.uuid4().hex[:24]}:default"}
        )
        await self.ask(http, "GET", f"/nowhere/{uuid.uuid4()}", 401, 404)
        await asyncio.sleep(1)

    async def keeper(self, http: Any) -> None:
        key = f"key-{self.random.randrange(_KEYS)}"
        size = self.random.choice([0, 10, 1000, 50_000])
        await self.ask(http, "POST", f"/v1/storage/put?key={key}&ttl=60s", 201, content=self.random.randbytes(size))
        await self.ask(http, "GET", f"/v1/storage/get?key={key}", 200, 404)
        await self.ask(http, "GET", "/v1/storage/list?limit=20")
        await self.ask(http, "POST", "/v1/storage/delete", json={"key": f"key-{self.random.randrange(_KEYS)}"})

    async def impatient(self, _http: Any) -> None:
        """Ask, and hang up before the answer."""
        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        body = json.dumps({"sql": "REPLACE INTO soak (id, name) VALUES (1, 'gone')"}).encode()
        head = (
            f"POST /v1/rqlite/exec HTTP/1.1\r\nHost: x\r\nX-API-Key: {self.key}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body[: self.random.randrange(1, len(body) + 1)])
        await writer.drain()
        await asyncio.sleep(self.random.random() / 50)
        writer.close()

    async def garbage(self, _http: Any) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(self.random.randbytes(self.random.randrange(1, 3000)))
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()

    async def listener(self, http: Any) -> None:
        """Open sockets on topics old and new, say something, hear it, go."""
        topic = self.random.choice(["news", f"topic-{self.random.randrange(10**6)}"])
        url = f"ws://127.0.0.1:{self.port}/v1/pubsub/ws?topic={topic}"
        async with connect(url, additional_headers={"X-API-Key": self.key}, proxy=None) as socket:
            word = uuid.uuid4().bytes
            data = base64.b64encode(word).decode()
            await self.ask(http, "POST", "/v1/pubsub/publish", json={"topic": topic, "data_base64": data})
            try:
                async with asyncio.timeout(20):
                    while await socket.recv() != word:
                        pass
            except TimeoutError:
                self.seen.wrong["listener: its own message did not come"] += 1

    async def definer(self, http: Any) -> None:
        table = f"passing{self.port}_{self.random.randrange(10**6)}"
        await self.ask(http, "POST", "/v1/rqlite/create-table", 201, json={"schema": f"CREATE TABLE {table} (a, b)"})
        ops = [{"kind": "exec", "sql": f"INSERT INTO {table} VALUES (?, ?)", "args": [n, None]} for n in range(5)]
        await self.ask(http, "POST", "/v1/rqlite/transaction", json={"ops": ops, "return_results": True})
        await self.ask(http, "POST", "/v1/rqlite/drop-table", json={"table": table})
        await asyncio.sleep(2)

    async def repeater(self, http: Any) -> None:
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        for _ in range(2):
            await self.sql(http, "exec", "REPLACE INTO soak (id, name) VALUES (2, 'once')", **headers)
        await asyncio.sleep(0.2)

    async def signer(self, http: Any) -> None:
        """Sign in with a wallet nobody knows, use everything it gives, and sign out."""
        wallet = Ethereum(self.random.randbytes(32))
        namespace = f"soak-{self.random.randrange(20)}"
        asked = {"wallet": wallet.address, "namespace": namespace}
        challenge = (await self.ask(http, "POST", "/v1/auth/challenge", json=asked)).json()
        signed = asked | {"nonce": challenge["nonce"], "signature": wallet.sign(challenge["message"])}
        # The first wallet owns the namespace; the others are told so.
        answer = await self.ask(http, "POST", "/v1/auth/verify", 200, 403, json=signed)
        if answer.status_code == 200:
            token = answer.json()
            mine = {"X-API-Key": token["access_token"]}
            await self.ask(http, "GET", "/v1/auth/whoami", headers=mine)
            await self.ask(http, "POST", "/v1/auth/ws-ticket", headers=mine)
            renewed = (
                await self.ask(http, "POST", "/v1/auth/refresh", json={"refresh_token": token["refresh_token"]})
            ).json()
            await self.ask(http, "POST", "/v1/auth/logout", json={"refresh_token": renewed["refresh_token"]})
        await asyncio.sleep(0.5)
