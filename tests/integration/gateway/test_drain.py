"""A gateway that is told to stop: what is under way is finished, within bounds, and everybody is told."""

import asyncio
import json
import signal
import socket

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from testkit.started import DEADLINE, StartedGateway
from testkit.wire import Wire

# What the database's answer is held to, for as long as a test needs.
SLOW = "SELECT 3000000 AS n"
# As -m debros.gateway.main; but who comes while it starts waits for a file beside its own, instead of three seconds.
PATIENT = """
import asyncio, pathlib, sys
from debros.gateway.auth import gate, refusals
from debros.gateway.main import main

async def soon(event):
    while not pathlib.Path(sys.argv[-1]).with_name("enough").exists():
        await asyncio.sleep(0.02)
    raise refusals.starting()

gate.soon = soon
main()
"""


class Process(StartedGateway):
    """A gateway beside a real database."""

    def __init__(self, directory, rqlite_dsn, workers, **limits):
        super().__init__(
            directory,
            rqlite_dsn=rqlite_dsn,
            require_auth=False,
            workers=workers,
            limits={"read_timeout": "60s"} | limits,
        )
        self.workers = workers

    async def start(self, *, wait):
        await self.launch(*(() if wait else ("-c", PATIENT)))
        await self.until(lambda: "tables are ready" in self.log() or not wait)
        await self.until(lambda: self.figure("debros_gateway_requests_in_flight", 0))
        if self.workers > 1:
            await self.until(lambda: self.log().count("a worker serves") == self.workers)
        return self

    async def figure(self, name, value):
        try:
            return (await self.figures()).get((name,)) == value
        except httpx.TransportError:
            return False

    async def slow(self, client):
        return await client.post(f"{self.url}/v1/rqlite/query", json={"sql": SLOW}, timeout=DEADLINE)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)


@pytest.fixture(params=[1, 2])
async def started(request, tmp_path, rqlited):
    made = []

    async def start(*, wait=True, rqlite_dsn=rqlited.url, **limits):
        # A worker is a fresh interpreter, which knows nothing of PATIENT.
        made.append(Process(tmp_path, rqlite_dsn, request.param if wait else 1, **limits))
        return await made[-1].start(wait=wait)

    yield start
    for one in made:
        if one.process is not None and one.process.returncode is None:
            one.process.kill()
            await one.process.wait()


@pytest.fixture
async def wire(rqlited):
    async with Wire(rqlited.http, SLOW.encode()).serve() as running:
        running.hold_answer = True
        yield running


async def test_a_slow_request_is_finished_and_sockets_are_told(started, wire) -> None:
    gateway = await started(rqlite_dsn=wire.url, drain_timeout="25s")
    kept_reader, kept = await asyncio.open_connection("127.0.0.1", gateway.port)
    url = f"ws://127.0.0.1:{gateway.port}/v1/pubsub/ws?topic=t"
    async with connect(url) as ws, httpx.AsyncClient() as client:
        asking = asyncio.create_task(gateway.slow(client))
        await gateway.until(wire.held.is_set)
        await gateway.until(lambda: gateway.figure("debros_gateway_requests_in_flight", 1))
        gateway.stop()
        with pytest.raises(ConnectionClosed) as closed:
            await ws.recv()
        assert closed.value.rcvd.code == 1012
        await gateway.until(lambda: gateway.log().count("Shutting down") == gateway.workers)
        # Who asks on a connection that is there already hears that it drains, and comes back elsewhere.
        kept.write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await kept_reader.read()
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b'"status":"draining"' in answer
        assert b"connection: close" in answer.lower()
        assert not asking.done()
        assert await gateway.figure("debros_gateway_draining", 1)
        wire.released.set()
        answer = await asking
        assert (answer.status_code, answer.json()["rows"]) == (200, [[3_000_000]])
        assert answer.headers["connection"] == "close"
    kept.close()
    assert await gateway.ended() == 0
    assert "Traceback" not in gateway.log()


async def test_a_request_without_an_end_is_given_up_and_told_so(started, wire) -> None:
    gateway = await started(rqlite_dsn=wire.url, drain_timeout="1s")
    async with httpx.AsyncClient() as client:
        asking = asyncio.create_task(gateway.slow(client))
        await gateway.until(wire.held.is_set)
        await gateway.until(lambda: gateway.figure("debros_gateway_requests_in_flight", 1))
        gateway.stop()
        answer = await asking
    assert (answer.status_code, answer.json()["code"]) == (503, "outcome_unknown")
    assert "retry-after" not in answer.headers
    assert await gateway.ended() == 0
    assert "Traceback" not in gateway.log()


async def test_a_load_balancer_gets_time_to_look_elsewhere(started) -> None:
    gateway = await started(drain_delay="20s", drain_timeout="5s")
    async with httpx.AsyncClient(base_url=gateway.url, timeout=DEADLINE) as client:
        assert (await client.get("/readyz")).json()["status"] == "not ready"  # there is no node
        gateway.stop()

        async def draining():
            async with httpx.AsyncClient(base_url=gateway.url, timeout=DEADLINE) as stranger:
                answer = await stranger.get("/readyz")
            return answer.status_code == 503 and answer.json()["status"] == "draining"

        await gateway.until(draining)

        async def here() -> bool:  # of several workers another one may answer on this connection, a moment later
            return (await client.get("/health")).json()["status"] == "draining"

        await gateway.until(here)
        # Everything is served all the same, to new connections as well.
        assert (await client.get("/livez")).status_code == 200
        async with connect(f"ws://127.0.0.1:{gateway.port}/v1/pubsub/ws?topic=t") as ws:
            await ws.send(b"x")
            assert await ws.recv() == b"x"
            gateway.stop()  # enough: the rest of the delay is not waited for
            with pytest.raises(ConnectionClosed) as closed:
                await ws.recv()
            assert closed.value.rcvd.code == 1012
    assert await gateway.ended() == 0


async def test_the_time_for_load_balancers_ends_by_itself(started) -> None:
    gateway = await started(drain_delay="200ms")
    gateway.stop()
    assert await gateway.ended() == 0
    assert "Traceback" not in gateway.log()


async def test_a_second_signal_does_not_wait(started) -> None:
    gateway = await started(drain_delay="15s")
    gateway.stop()
    await gateway.until(lambda: gateway.figure("debros_gateway_draining", 1))
    gateway.stop()
    assert await gateway.ended() == 0
    assert "Traceback" not in gateway.log()


async def test_a_socket_whose_client_is_leaving_does_not_disturb_the_end(started) -> None:
    gateway = await started(drain_timeout="1s")
    stuck = socket.socket()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.connect(("127.0.0.1", gateway.port))
    url = f"ws://127.0.0.1:{gateway.port}/v1/pubsub/ws?topic=t"
    async with httpx.AsyncClient(base_url=gateway.url, timeout=DEADLINE) as client:
        leaving = await connect(url, sock=stuck, max_queue=None)
        leaving.transport.pause_reading()
        async with connect(url, max_size=None) as ws:
            for _ in range(6):  # more than the kernel keeps for a client that does not read
                await ws.send(bytes(1_000_000))
                await ws.recv()
        leaving.protocol.send_close(1000)
        leaving.transport.write(b"".join(leaving.protocol.data_to_send()))

        async def has_left():
            return (await client.get("/v1/pubsub/topics")).json()["topics"] == []

        await gateway.until(has_left)
        gateway.stop()
        assert await gateway.ended() == 0
    assert "Traceback" not in gateway.log()
    leaving.transport.abort()


async def test_a_socket_that_is_not_open_yet_is_told_to_come_back(started, tmp_path) -> None:
    # Without its tables the gateway cannot say whose key this is, and lets the caller wait a moment.
    gateway = await started(wait=False, rqlite_dsn="http://127.0.0.1:1", drain_timeout="25s")
    url = f"ws://127.0.0.1:{gateway.port}/v1/pubsub/ws?topic=t"
    opening = asyncio.create_task(connect(url, additional_headers={"X-API-Key": "ak_" + "a" * 24 + ":t"}).__aenter__())
    await gateway.until(lambda: gateway.figure("debros_gateway_requests_in_flight", 1))
    gateway.stop()
    with pytest.raises(InvalidStatus) as refused:
        await opening
    assert refused.value.response.status_code == 503
    assert json.loads(refused.value.response.body)["code"] == "restarting"
    assert refused.value.response.headers["Retry-After"] == "1"
    (tmp_path / "enough").touch()
    assert await gateway.ended() == 0
    assert "Traceback" not in gateway.log()
