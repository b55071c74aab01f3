"""A Unix socket that only its owner's group may use, and that never takes over a living one."""

import contextlib
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import trio

# sun_path holds 108 bytes with the terminating zero (unix(7)).
_MAX_PATH_BYTES: Final = 107


class SocketInUseError(Exception):
    """The socket cannot be made at this path; the text says why and what to do."""


@asynccontextmanager
async def listen(path: Path) -> AsyncIterator[trio.SocketListener]:
    """Listen on a socket file (mode 0660) while the block runs; remove it afterwards.

    A file left behind by a process that is gone is replaced.

    Raises:
        SocketInUseError: someone answers there, something else is there, or the path cannot be used.
    """
    sock, inode = _bind(path)
    listener = trio.SocketListener(trio.socket.from_stdlib_socket(sock))
    try:
        yield listener
    finally:
        with trio.CancelScope(shield=True):
            await listener.aclose()
        _remove_own(path, inode)


def _bind(path: Path) -> tuple[socket.socket, int]:
    if len(os.fsencode(path)) > _MAX_PATH_BYTES:
        raise SocketInUseError(f"{path}: longer than {_MAX_PATH_BYTES} bytes; set node.p2p_socket to a shorter path")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(path)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        mask = os.umask(0o117)  # the file appears with mode 0660: there is no moment at which others may connect
        try:
            sock.bind(str(path))
        finally:
            os.umask(mask)
        sock.listen(128)
        return sock, path.stat().st_ino
    except OSError as error:
        raise SocketInUseError(f"{path}: cannot make the socket: {error.strerror}") from error


def _remove_own(path: Path, inode: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_ino == inode:
            path.unlink()


def _remove_stale(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise SocketInUseError(f"{path}: is there already and is not a socket; move it away or set node.p2p_socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except TimeoutError:
            pass  # someone listens but is too busy to accept
    raise SocketInUseError(f"{path}: another node serves this socket; stop it or set node.p2p_socket")
