import os
import socket
from collections.abc import Iterator

import psutil
import pytest

from debros.local import ports
from debros.local.errors import LocalError
from debros.local.layout import Layout
from debros.local.ports import Port, check_free


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_free_ports_pass(free: int) -> None:
    check_free([Port(free, "gateway of host 1")], "way out")


def test_a_taken_port_is_named_with_purpose_holder_and_way_out(taken: int, free: int) -> None:
    with pytest.raises(LocalError) as raised:
        check_free([Port(free, "free"), Port(taken, "gateway of host 1")], "Do this instead.")
    first, second, last = str(raised.value).splitlines()
    assert first == "These ports cannot be used:"
    assert second.startswith(f"  - {taken} (gateway of host 1): taken by ")
    assert f"pid {os.getpid()} (" in second
    assert second.endswith(f"to end it: kill {os.getpid()}")
    assert last == "Do this instead."


def test_a_port_taken_on_every_interface_is_taken_on_loopback() -> None:
    with (
        socket.create_server(("0.0.0.0", 0), reuse_port=False) as server,
        pytest.raises(LocalError, match="taken by"),
    ):
        check_free([Port(server.getsockname()[1], "x")], "")


def test_a_connection_that_lingers_is_no_obstacle() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", number))
        accepted, _ = server.accept()
        accepted.close()  # the server's side closes first and is the one that stays in TIME_WAIT
        client.close()
    check_free([Port(number, "x")], "")


def test_a_holder_of_another_user_is_said_with_the_command_that_shows_it(taken: int, monkeypatch) -> None:
    def nothing_to_see(kind: str) -> list[object]:
        raise psutil.AccessDenied(msg=kind)

    monkeypatch.setattr(ports.psutil, "net_connections", nothing_to_see)
    with pytest.raises(LocalError, match=rf"another user \(to see it: sudo ss -ltnp 'sport = :{taken}'\)"):
        check_free([Port(taken, "x")], "")


@pytest.mark.skipif(os.getuid() == 0, reason="root may use every port")
def test_a_port_this_user_may_not_use() -> None:
    with pytest.raises(LocalError, match="Permission denied"):
        check_free([Port(1, "x")], "")


def test_every_port_of_a_host_is_asked_for(tmp_path) -> None:
    host = Layout(tmp_path).host(2)
    assert {port.number for port in ports.of_host(host)} == {4002, 5002, 6002, 7002, 8002}
    assert all("host 2" in port.purpose for port in ports.of_host(host))
