"""The workers of a gateway as processes: one that dies, hangs or cannot start, and a parent that dies."""

import asyncio
import contextlib
import os
import signal

import httpx
import psutil

from .conftest import DEADLINE, Crew, kill


async def test_connections_are_spread(lonely) -> None:
    first, second = await lonely.client(0, key=None), await lonely.client(1, key=None)
    assert (await first.get("/livez")).status_code == (await second.get("/livez")).status_code == 200


async def test_a_worker_that_dies_is_replaced_and_new_connections_lose_nothing(lonely) -> None:
    before = lonely.workers()
    kept = await lonely.client(1, key=None)
    answers = 0
    running = True

    async def new_connections():
        nonlocal answers
        while running:
            reader, writer = await asyncio.open_connection("127.0.0.1", lonely.port)
            with contextlib.suppress(ConnectionResetError):  # it was at the worker that was killed, and no other
                writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                async with asyncio.timeout(DEADLINE):
                    answers += (await reader.read()).startswith(b"HTTP/1.1 200 ")
            writer.close()
            with contextlib.suppress(ConnectionResetError):
                await writer.wait_closed()

    clients = [asyncio.create_task(new_connections()) for _ in range(4)]
    await lonely.until(lambda: answers > 50)
    kill(before[0])
    await lonely.until(lambda: lonely.workers().get(0, before[0]).pid != before[0].pid)
    await lonely.until(lambda: lonely.log().count("a worker serves") == 3)
    target = answers + 50
    await lonely.until(lambda: answers > target)
    running = False
    await asyncio.gather(*clients)
    assert lonely.log().count("a worker has ended; it is started again") == 1
    assert (await kept.get("/livez")).status_code == 200  # the other one has noticed nothing
    assert lonely.workers()[1].pid == before[1].pid
    assert (await (await lonely.client(0, key=None)).get("/livez")).status_code == 200
    found = await lonely.figures()
    assert found[("debros_gateway_workers", "serving")] == 2
    assert found[("debros_gateway_worker_restarts_total",)] == 1
    assert await lonely.stop() == 0
    assert "Traceback" not in lonely.log()


async def test_a_worker_that_is_told_to_stop_by_hand_finishes_and_is_replaced(lonely) -> None:
    before = lonely.workers()[1]
    os.kill(before.pid, signal.SIGTERM)
    await lonely.until(lambda: lonely.log().count("a worker serves") == 3)
    assert (await (await lonely.client(1, key=None)).get("/livez")).status_code == 200
    assert await lonely.stop() == 0


async def test_workers_end_with_their_parent_however_that_ends(lonely) -> None:
    workers = list(lonely.workers().values())
    kill(lonely.process)
    await lonely.process.wait()
    gone, alive = await asyncio.to_thread(psutil.wait_procs, workers, DEADLINE)
    assert (len(gone), alive) == (2, [])


async def test_a_hurry_ends_workers_that_hang(lonely) -> None:
    hanging = lonely.workers()[1]
    os.kill(hanging.pid, signal.SIGSTOP)
    lonely.process.send_signal(signal.SIGTERM)
    await lonely.until(lambda: 0 not in lonely.workers())
    os.kill(hanging.pid, signal.SIGKILL)
    async with asyncio.timeout(DEADLINE):
        assert await lonely.process.wait() == 0


def test_a_worker_that_cannot_start_ends_the_gateway(run_to_the_end, tmp_path) -> None:
    """Found by the worker alone: the parent reads no signing keys."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "signing-keys.json").write_text("damaged")
    done = run_to_the_end()
    assert done.returncode == 1
    assert done.stderr.count("signing-keys.json is damaged; remove it") == 1
    assert "a worker cannot be started, so the gateway ends" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


async def test_a_worker_that_cannot_be_started_again_ends_the_gateway(make_crew) -> None:
    crew: Crew = await make_crew(require_auth=False, api_keys=[]).start(prepared=False)
    (crew.directory / "data" / "signing-keys-2.json").parent.mkdir(exist_ok=True)
    (crew.directory / "data" / "signing-keys-2.json").write_text("damaged")
    kill(crew.workers()[1])
    async with httpx.AsyncClient(base_url=crew.url) as client:
        await crew.until(lambda: crew.log().count("signing-keys-2.json is damaged") >= 2)
        assert (await client.get("/livez", timeout=DEADLINE)).status_code == 200  # the other one serves meanwhile
    async with asyncio.timeout(DEADLINE):
        assert await crew.process.wait() == 1
    assert crew.log().count("signing-keys-2.json is damaged") == 5
    assert "Traceback" not in crew.log()
