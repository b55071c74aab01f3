"""In a child process, where descriptors 3 and 4 are free."""

import os
import socket
import subprocess
import sys

import pytest

from debros.systemd import held_sockets

CHILD = """
import os, sys
os.environ["LISTEN_PID"] = str(os.getpid())
from debros.systemd import held_sockets
for one in held_sockets():
    print(one.name, one.socket.fileno(), one.listens, one.socket.get_inheritable())
print([name for name in os.environ if name.startswith("LISTEN_")], len(held_sockets()))
"""


@pytest.fixture
def listening():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock


def child(*descriptors, **variables):
    def arrange():
        for wanted, descriptor in enumerate([os.dup2(fd, 50 + n) for n, fd in enumerate(descriptors)], 3):
            os.dup2(descriptor, wanted)

    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        env={**os.environ, **variables},
        preexec_fn=arrange,
        close_fds=False,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.splitlines()


def test_sockets_are_taken_with_their_names(listening):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        lines = child(listening.fileno(), other.fileno(), LISTEN_FDS="2", LISTEN_FDNAMES="http:other")
    assert lines == ["http 3 True False", "other 4 False False", "[] 0"]


def test_names_may_be_missing(listening):
    assert child(listening.fileno(), LISTEN_FDS="1") == [" 3 True False", "[] 0"]


def test_a_descriptor_that_is_no_socket_is_left_out():
    read, write = os.pipe()
    try:
        assert child(read, LISTEN_FDS="1") == ["[] 0"]
    finally:
        os.close(read)
        os.close(write)


@pytest.mark.parametrize(
    "environ", [{}, {"LISTEN_FDS": "1"}, {"LISTEN_PID": "1", "LISTEN_FDS": "1"}, {"LISTEN_FDS": "x"}]
)
def test_what_is_not_for_us_is_not_taken(environ):
    if environ.get("LISTEN_FDS") == "x":
        environ = {**environ, "LISTEN_PID": str(os.getpid())}
    environ = dict(environ)
    assert held_sockets(environ) == []
    assert environ == {}
