"""Sockets that the service manager holds for us (sd_listen_fds(3)): they outlive a restart, and so does their queue."""

import os
import socket
from collections.abc import MutableMapping
from typing import Final, NamedTuple

_FIRST: Final = 3  # SD_LISTEN_FDS_START
_VARIABLES: Final = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID")


class HeldSocket(NamedTuple):
    """A socket and its name (FileDescriptorName= of the socket unit; by default the unit's name)."""

    name: str
    socket: socket.socket

    @property
    def listens(self) -> bool:
        """Whether connections can be accepted from it."""
        stream = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM
        return stream and bool(self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def held_sockets(environ: MutableMapping[str, str] | None = None) -> list[HeldSocket]:
    """Take the sockets we were given, in their order; none when they are meant for another process.

    The variables are removed and the descriptors marked, so that no child takes the sockets for its own. Closing one
    closes our copy only: the service manager's goes on listening.
    """
    environ = os.environ if environ is None else environ
    pid, count, names, _ = (environ.pop(name, "") for name in _VARIABLES)
    if pid != str(os.getpid()) or not count.isdecimal():
        return []
    named = names.split(":") if names else []
    found = []
    for index in range(int(count)):
        try:
            sock = socket.socket(fileno=_FIRST + index)
        except OSError:
            continue  # a FIFO or a file: nothing a socket unit of ours would pass
        sock.set_inheritable(False)
        sock.setblocking(False)
        found.append(HeldSocket(named[index] if index < len(named) else "", sock))
    return found
