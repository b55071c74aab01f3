"""A real gateway in the test's event loop, over a real rqlited and a real node."""

import asyncio
import contextlib
import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect

from debros.config import GatewayConfig, load_gateway
from debros.gateway import server, tls
from debros.gateway.app import create_app
from debros.gateway.metrics.page import metrics_app, page_app
from debros.gateway.state import Services
from debros.rqlite.binary import find
from testkit import described
from testkit.crew import InLoop
from testkit.ports import free_port
from testkit.program import Program

KEY = "ak_0123456789abcdefghijklmn:default"
OTHER_KEY = "ak_zyxwvutsrqponmlkjihgfedc:other"
_DEADLINE = 120  # seconds to wait for an event; never a measurement
# The same tests against gateways of several workers; what looks inside sees the first only.
_WORKERS = int(os.environ.get("DEBROS_TEST_WORKERS", "1"))

_names = itertools.count()


async def until(condition: Callable[[], Any]) -> Any:
    """Wait for something that tells nobody when it happens."""
    async with asyncio.timeout(_DEADLINE):
        while True:
            value = condition()
            if asyncio.iscoroutine(value):
                value = await value
            if value:
                return value
            await asyncio.sleep(0.02)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)


@dataclass
class Rqlited:
    """One rqlited that a test may stop and start again."""

    directory: Path
    http: int
    raft: int
    extra: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}"

    def start(self) -> "Rqlited":
        binary = find(allow_third_party=True)
        line = [
            str(binary.path), "-node-id", "1", "-http-addr", f"127.0.0.1:{self.http}",
            "-raft-addr", f"127.0.0.1:{self.raft}", *self.extra, str(self.directory / "db"),
        ]  # fmt: skip
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(line, stdout=log, stderr=log)
        return self

    def stop(self) -> None:
        if self.process is not None:
            _stop(self.process)
            self.process = None


@dataclass
class Node:
    """One debros-node that a test may stop and start again."""

    directory: Path
    config: Path
    socket: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Node":
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "debros.node.main", "--config", str(self.config)], stdout=log, stderr=log
            )
        return self

    def stop(self) -> None:
        if self.process is not None:
            _stop(self.process)
            self.process = None

    def wait(self) -> "Node":
        deadline = time.monotonic() + _DEADLINE
        while True:
            with socket.socket(socket.AF_UNIX) as sock, contextlib.suppress(OSError):
                sock.connect(str(self.socket))
                return self
            assert self.process is not None
            assert self.process.poll() is None, (self.directory / "log").read_text()
            assert time.monotonic() < deadline, "the node did not open its socket"
            time.sleep(0.05)


@pytest.fixture(scope="session")
def make_rqlited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Rqlited]]:
    made: list[Rqlited] = []

    def make() -> Rqlited:
        made.append(Rqlited(tmp_path_factory.mktemp("rq"), free_port(), free_port()).start())
        return made[-1]

    yield make
    for rqlited in made:
        rqlited.stop()


@pytest.fixture(scope="session")
def rqlited(make_rqlited: Callable[[], Rqlited]) -> Rqlited:
    """Return the database that all tests share, each with names of its own."""
    return make_rqlited()


@pytest.fixture(scope="session")
def make_node(tmp_path_factory: pytest.TempPathFactory, rqlited: Rqlited) -> Iterator[Callable[..., Node]]:
    made: list[Node] = []

    def make(bootstrap: list[str] | None = None, node: dict[str, Any] | None = None, **database: Any) -> Node:
        directory = tmp_path_factory.mktemp("n")
        config = directory / "node.yaml"
        content = {
            "node": {
                "type": "bootstrap",
                "data_dir": str(directory),
                "listen_addresses": [f"/ip4/127.0.0.1/tcp/{free_port()}"],
                "p2p_socket": str(directory / "p2p.sock"),
                **(node or {}),
            },
            "database": {
                "data_dir": str(rqlited.directory / "db"),
                "rqlite_port": rqlited.http,
                "rqlite_raft_port": rqlited.raft,
                **database,
            },
            "discovery": {"bootstrap_peers": bootstrap or []},
        }
        config.write_text(yaml.safe_dump(content))
        made.append(Node(directory, config, directory / "p2p.sock").start())
        return made[-1]

    yield make
    for node in made:
        node.stop()


@pytest.fixture(scope="session")
def node(make_node: Callable[..., Node]) -> Node:
    """Return the node that tests share."""
    return make_node().wait()


@dataclass
class Gateway:
    """A running gateway and clients for it; `page` serves its figures."""

    config: GatewayConfig
    services: Services
    server: server.Server
    port: int
    http: httpx.AsyncClient
    page: Starlette

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def socket(self, topic: str, query: str = "", key: str | None = KEY, **options: Any) -> connect:
        headers = options.pop("headers", {}) | ({"X-API-Key": key} if key else {})
        url = f"ws://127.0.0.1:{self.port}/v1/pubsub/ws?topic={topic}{query}"
        return connect(url, additional_headers=headers, max_queue=None, **options)

    async def sql(self, sql: str, *args: Any) -> dict[str, Any]:
        answer = await self.http.post("/v1/rqlite/exec", json={"sql": sql, "args": list(args)})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def rows(self, sql: str, *args: Any) -> list[list[Any]]:
        answer = await self.http.post("/v1/rqlite/query", json={"sql": sql, "args": list(args)})
        assert answer.status_code == 200, answer.text
        return answer.json()["rows"]


MakeGateway = Callable[..., Awaitable[Gateway]]


@pytest.fixture
async def make_gateway(request: pytest.FixtureRequest, tmp_path: Path, rqlited: Rqlited) -> AsyncIterator[MakeGateway]:
    """Start gateways; keyword arguments are keys of gateway.yaml."""
    # Workers hear each other through a node only.
    nobody = tmp_path / "nobody.sock" if _WORKERS == 1 else request.getfixturevalue("node").socket
    async with contextlib.AsyncExitStack() as stack:

        async def make(*, wait: bool = True, **settings: Any) -> Gateway:
            port = free_port()
            content = {
                "listen_addr": f"127.0.0.1:{port}",
                "rqlite_dsn": rqlited.url,
                "p2p_socket": str(nobody),
                "data_dir": str(tmp_path / f"gateway{port}"),
                "api_keys": [KEY, OTHER_KEY],
            }
            keys = [{"key": key, "namespace": key.rpartition(":")[2]} for key in content["api_keys"]]
            path = tmp_path / f"gateway{port}.yaml"
            path.write_text(yaml.safe_dump(content | {"api_keys": keys} | settings))
            path.chmod(0o600)
            config = load_gateway(path, environ={})
            if _WORKERS > 1:
                crew = InLoop(config, _WORKERS)
                await crew.start()
                stack.push_async_callback(crew.stop)
                running, held = crew.servers[0], crew.servers[0].services
                page = page_app(crew.figures)
                await until(lambda: crew.started)
                for other in crew.servers if wait else ():
                    await until(other.services.preparation.is_done)
            else:
                app = create_app(config)
                running, held = server.build(app, config, tls.load(config.security)), app.state.services
                page = metrics_app(held.metrics)
                task = asyncio.create_task(running.serve([server.listen(config.listen_addr)]))

                async def stop() -> None:
                    running.should_exit = True
                    await task

                stack.push_async_callback(stop)
            http = httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}",
                headers={"X-API-Key": config.api_keys[0].key},
                timeout=_DEADLINE,
                event_hooks={"response": [described.hold]},  # every answer has to be as it is described
            )
            await stack.enter_async_context(http)
            gateway = Gateway(config, held, running, port, http, page)
            await until(lambda: running.started and (gateway.services.preparation.done or not wait))
            return gateway

        yield make


@pytest.fixture
async def gateway(make_gateway: MakeGateway) -> Gateway:
    """Return a gateway without a node: what needs none should need none."""
    return await make_gateway()


@pytest.fixture
async def relayed(make_gateway: MakeGateway, node: Node) -> Gateway:
    """Return a gateway beside a real node."""
    gateway = await make_gateway(p2p_socket=str(node.socket))
    await until(lambda: gateway.services.p2p.connected)
    return gateway


@dataclass
class Operated:
    """A gateway whose node has a peer, in a network that an operator may change.

    Attributes:
        gateway: Asked with the operator's key.
        address: Of the peer.
        key: The operator's.
        tenant: A key that is no operator's.
    """

    gateway: Gateway
    address: str
    key: str = "ak_operator"
    tenant: str = "ak_tenant"

    @property
    def peer_id(self) -> str:
        return self.address.rpartition("/")[2]

    async def said(self) -> list[tuple[str, bool, bool]]:
        """Return id, connected and turned_away of every peer."""
        peers = (await self.gateway.http.get("/v1/network/peers")).json()["peers"]
        return [(peer["id"], peer["connected"], peer["turned_away"]) for peer in peers]

    async def there(self) -> bool:
        return await self.said() == [(self.peer_id, True, False)]

    async def gone(self) -> bool:
        return await self.said() == [(self.peer_id, False, True)]


@pytest.fixture
async def operated(make_gateway: MakeGateway, make_node: Callable[..., Node]) -> Operated:
    """Return a gateway beside a node that keeps another one as its bootstrap peer."""
    first = make_node().wait()
    info = first.directory / "peer.info"
    await until(info.exists)
    address = info.read_text().strip()
    second = make_node([address]).wait()
    operator = {"key": Operated.key, "namespace": "default", "scope": "admin"}
    keys = [operator, {"key": Operated.tenant, "namespace": "default"}]
    gateway = await make_gateway(p2p_socket=str(second.socket), api_keys=keys)
    await until(lambda: gateway.services.p2p.connected)
    operated = Operated(gateway, address)
    await until(operated.there)
    return operated


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Program]:
    """Return network-cli, to be run by somebody who has a home of their own."""
    program = Program(tmp_path)
    yield program
    program.close()


@pytest.fixture
def name() -> str:
    """Return a name nobody else uses."""
    return f"t{next(_names)}"


@pytest.fixture
def own_keys(name: str) -> list[dict[str, str]]:
    """Return two entries of `api_keys`, for two namespaces that have nothing of other tests in them."""
    return [{"key": f"ak_{letter * 24}:{name}-{letter}", "namespace": f"{name}-{letter}"} for letter in ("a", "b")]


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Awaitable[Any]]:
    """Wait until a condition holds."""

    return until


@pytest.fixture
def leaderless(tmp_path: Path) -> Iterator[Rqlited]:
    """Return a database that waits for a second member: it answers, but nobody leads."""
    members = [free_port(), free_port()]
    extra = ("-bootstrap-expect", "2", "-join", ",".join(f"127.0.0.1:{port}" for port in members))
    rqlited = Rqlited(tmp_path, free_port(), members[0], extra).start()
    yield rqlited
    rqlited.stop()


@pytest.fixture
def other_key() -> str:
    return OTHER_KEY


@pytest.fixture
def receive() -> Callable[[ClientConnection, int], Awaitable[list[Any]]]:
    """Take that many messages from a socket."""

    async def receive(ws: ClientConnection, count: int) -> list[Any]:
        async with asyncio.timeout(_DEADLINE):
            return [await ws.recv() for _ in range(count)]

    return receive


class People:
    """What wallets do at a gateway."""

    @staticmethod
    async def challenge(gateway: Gateway, wallet: Any, namespace: str, **more: Any) -> dict[str, Any]:
        body = {"wallet": wallet.address, "namespace": namespace, "chain_type": wallet.chain_type}
        answer = await gateway.http.post("/v1/auth/challenge", json=body | more, headers={"X-API-Key": ""})
        assert answer.status_code == 200, answer.text
        return answer.json()

    @staticmethod
    async def verify(
        gateway: Gateway,
        wallet: Any,
        challenge: dict[str, Any],
        *,
        bare: bool = True,
        path: str = "verify",
        body: dict[str, Any] | None = None,
        **more: Any,
    ) -> httpx.Response:
        signed = {
            "wallet": wallet.address,
            "nonce": challenge["nonce"],
            "signature": wallet.sign(challenge["nonce"] if bare else challenge["message"]),
            "namespace": challenge["namespace"],
            "chain_type": wallet.chain_type,
        }
        return await gateway.http.post(f"/v1/auth/{path}", json=signed | more | (body or {}), headers={"X-API-Key": ""})

    async def sign_in(self, gateway: Gateway, wallet: Any, namespace: str) -> dict[str, Any]:
        answer = await self.verify(gateway, wallet, await self.challenge(gateway, wallet, namespace))
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def tables(rqlited: Rqlited) -> Callable[..., Awaitable[list[list[Any]]]]:
    """Read the database itself, past every gateway."""

    async def read(sql: str, *args: Any) -> list[list[Any]]:
        async with httpx.AsyncClient() as http:
            answer = await http.post(f"{rqlited.url}/db/query", json=[[sql, *args]], timeout=_DEADLINE)
        result = answer.json()["results"][0]
        assert "error" not in result, result
        return result.get("values", [])

    return read


@pytest.fixture
def people() -> People:
    return People()
