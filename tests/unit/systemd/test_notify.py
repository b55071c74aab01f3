import os
import socket

import pytest

from debros.systemd import Notifier


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    """A socket in systemd's place; gives its address and what arrives."""
    name = f"debros-test-{os.getpid()}-{os.urandom(4).hex()}"
    address = str(tmp_path / "notify") if request.param == "path" else f"@{name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(address if request.param == "path" else f"\0{name}")
        server.settimeout(30)
        yield address, server


def heard(server):
    return server.recv(4096).decode()


def quiet(server):
    server.setblocking(False)
    with pytest.raises(BlockingIOError):
        server.recv(1)


def test_what_a_service_says(manager):
    address, server = manager
    notifier = Notifier(address)
    notifier.ready("3 peers")
    assert heard(server) == "READY=1\nSTATUS=3 peers"
    notifier.status("4 peers")
    assert heard(server) == "STATUS=4 peers"
    notifier.status("4 peers")  # nothing new
    notifier.alive()
    assert heard(server) == "WATCHDOG=1"
    notifier.stopping()
    assert heard(server) == "STOPPING=1"
    quiet(server)


def test_a_status_stays_one_line(manager):
    address, server = manager
    Notifier(address).status("all\nWATCHDOG=1\n is  well")
    assert heard(server) == "STATUS=all WATCHDOG=1 is well"


def test_without_a_service_manager_nothing_happens():
    for notifier in (Notifier(), Notifier.take({}), Notifier.take({"NOTIFY_SOCKET": "vsock:2:1"})):
        assert not notifier.listened_to
        assert notifier.feed_every is None
        notifier.ready("x")
        notifier.status("x")
        notifier.alive()
        notifier.stopping()


def test_a_service_manager_that_is_gone_is_no_failure(tmp_path):
    notifier = Notifier(str(tmp_path / "absent"), watchdog=3)
    notifier.ready()
    notifier.alive()


def test_a_full_queue_does_not_hold_up_the_watchdog(manager):
    address, server = manager
    notifier = Notifier(address)
    for _ in range(10_000):
        notifier.alive()
    server.setblocking(False)
    assert heard(server) == "WATCHDOG=1"


def test_the_environment_is_taken_and_not_left_to_children():
    environ = {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid()), "HOME": "/"}
    notifier = Notifier.take(environ)
    assert notifier.feed_every == 10
    assert environ == {"HOME": "/"}


@pytest.mark.parametrize(
    "environ",
    [
        {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "0"},
        {},
    ],
)
def test_no_watchdog_for_us(environ):
    assert Notifier.take({"NOTIFY_SOCKET": "/x", **environ}).feed_every is None
