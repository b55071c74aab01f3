"""The node as a service: what it tells systemd, without a database all the while."""

import os
import socket
import subprocess
import sys

import pytest


@pytest.fixture
def manager(tmp_path):
    """A socket in systemd's place."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "notify"))
        server.settimeout(60)
        yield server


def hears(server, line):
    while True:
        text = server.recv(4096).decode()
        if line in text.split("\n"):
            return text


def test_ready_watchdog_status_and_stopping(nodes, manager):
    node = nodes()
    command = [sys.executable, "-m", "debros.node.main", "--config", str(node.config)]
    environ = {**os.environ, "NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "6000000"}
    with node.log.open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=node.home, env=environ)
    try:
        ready = hears(manager, "READY=1")
        assert "STATUS=0 peers; database not reachable" in ready
        assert node.socket.exists()  # it was ready when it said so
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(node.socket))
        for _ in range(2):
            hears(manager, "WATCHDOG=1")
        process.terminate()
        hears(manager, "STOPPING=1")
        assert process.wait(60) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(60)
    log = node.log.read_text()
    assert "self-check" not in log  # its knocking every few seconds is not worth a line
    assert "Traceback" not in log
