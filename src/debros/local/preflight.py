"""Can a cluster live in this directory? Asked before anything is written or started."""

import os
import tempfile

from debros.local.errors import LocalError
from debros.local.layout import MAX_HOSTS, Layout

NEEDED_BYTES = 500 * 1000 * 1000  # a fresh cluster takes a few MB; a database needs room to grow and to take snapshots
MAX_SOCKET_PATH = 107  # sizeof(sun_path) less its terminating zero, unix(7)


def check_directory(layout: Layout) -> None:
    """Return when the directory exists (it is created), can be written and is not too deep.

    Raises:
        LocalError: Says which of these is not so.
    """
    home = layout.home
    longest = layout.host(MAX_HOSTS).p2p_socket
    excess = len(os.fsencode(longest)) - MAX_SOCKET_PATH
    if excess > 0:
        raise LocalError(
            f"DEBROS_HOME={home}: too long by {excess} bytes: the path of a Unix socket ({longest}) may have "
            f"{MAX_SOCKET_PATH}. Choose a shorter one, such as DEBROS_HOME=/var/tmp/debros"
        )
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=home, prefix=".write-test-") as file:
            file.write(b"x")
    except FileExistsError as error:
        raise LocalError(
            f"{error.filename}: is in the way: a directory is needed. Move it, or set DEBROS_HOME"
        ) from error
    except OSError as error:
        raise LocalError(
            f"{home}: cannot be written: {error.strerror}. Fix that, or name another directory with DEBROS_HOME"
        ) from error


def check_space(layout: Layout) -> None:
    """Return when the disk has room for a cluster.

    Raises:
        LocalError: It has not.
    """
    home = layout.home
    space = os.statvfs(home)
    free = space.f_bavail * space.f_frsize
    if free < NEEDED_BYTES:
        raise LocalError(
            f"{home}: only {free // 1_000_000} MB free on its disk; a cluster needs {NEEDED_BYTES // 1_000_000} MB. "
            "Free some, or name a directory on another disk with DEBROS_HOME"
        )
