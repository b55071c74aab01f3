"""`debros-gateway` as a process: how it starts, how it refuses to, how it ends."""

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from debros.gateway import server
from testkit.ports import free_port

PROGRAM = [sys.executable, "-m", "debros.gateway.main"]


def config_file(directory: Path, **settings) -> Path:
    path = directory / "gateway.yaml"
    content = {
        "rqlite_dsn": "http://127.0.0.1:1",
        "p2p_socket": str(directory / "p2p.sock"),
        "data_dir": str(directory / "data"),
        "require_auth": False,
        "metrics_addr": "",
    }
    path.write_text(yaml.safe_dump(content | settings))
    path.chmod(0o600)
    return path


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture(params=[1, 2])
async def process(request, tmp_path, port):
    """Return a running gateway."""
    path = config_file(tmp_path, listen_addr=f"127.0.0.1:{port}", workers=request.param)
    running = await asyncio.create_subprocess_exec(
        *PROGRAM, "--config", str(path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    async with httpx.AsyncClient() as client, asyncio.timeout(120):
        while True:
            try:
                await client.get(f"http://127.0.0.1:{port}/livez")
                break
            except httpx.TransportError:
                assert running.returncode is None
                await asyncio.sleep(0.05)
    yield running
    if running.returncode is None:
        running.kill()
    await running.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_ends_cleanly_with_sockets_open(process, port, number) -> None:
    url = f"ws://127.0.0.1:{port}/v1/pubsub/ws?topic=t"
    async with connect(url) as ws, connect(url) as stuck:
        stuck.transport.pause_reading()  # never answers the close
        process.send_signal(number)
        with pytest.raises(ConnectionClosed) as closed:
            await ws.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        async with asyncio.timeout(120):
            out, _ = await process.communicate()
        stuck.transport.abort()
    assert process.returncode == 0, out
    assert b"Traceback" not in out


async def test_a_refused_socket_is_no_error_of_ours(process, port) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://127.0.0.1:{port}/v1/pubsub/ws?topic=t", origin="https://elsewhere.example").__aenter__()
    assert refused.value.response.status_code == 403
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(120):
        out, _ = await process.communicate()
    assert process.returncode == 0
    assert b"[error" not in out


async def test_sighup_without_tls_changes_nothing(process, port) -> None:
    process.send_signal(signal.SIGHUP)
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"http://127.0.0.1:{port}/livez")).status_code == 200
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(120):
        out, _ = await process.communicate()
    assert process.returncode == 0
    assert b"no certificate to read again" in out
    assert b"Traceback" not in out


@pytest.mark.parametrize("workers", [1, 2])
def test_a_taken_address_is_one_line_and_status_1(tmp_path, workers) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        path = config_file(tmp_path, workers=workers)
        done = subprocess.run(
            [*PROGRAM, "--config", str(path), "--addr", f"127.0.0.1:{port}"],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        f"debros-gateway: cannot listen on 127.0.0.1:{port}: Address already in use; "
        "choose another --addr or stop what uses it\n"
    )


def test_a_wrong_configuration_is_said_and_status_1(tmp_path) -> None:
    path = config_file(tmp_path, listen_addr="nonsense", surprise=1)
    done = subprocess.run([*PROGRAM, "--config", str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Configuration errors (2):\n")
    assert "Traceback" not in done.stderr


def test_help_and_version() -> None:
    done = subprocess.run([*PROGRAM, "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert "--config" in done.stdout
    assert "--addr" in done.stdout
    assert subprocess.run([*PROGRAM, "--version"], capture_output=True, timeout=60, check=True).stdout


def test_an_empty_host_listens_on_ipv4_and_ipv6(port) -> None:
    bound = server.listen(f":{port}")
    bound.listen()
    try:
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            if family == socket.AF_INET6 and not socket.has_dualstack_ipv6():
                continue
            with socket.socket(family) as client:
                client.connect((host, port))
    finally:
        bound.close()


@pytest.mark.parametrize("address", ["nowhere.invalid:1", "192.0.2.1:80", "127.0.0.1:http-ish"])
def test_an_address_that_is_not_ours(address: str) -> None:
    with pytest.raises(server.ListenError, match="cannot listen on"):
        server.listen(address)
