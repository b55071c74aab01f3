"""`make down`: stop everything, in the reverse of its start; what is stopped already is fine.

It needs the standard library only, so that a cluster can be stopped when the environment it was started in is gone.
"""

import os
import select
import signal
import sys
from typing import TextIO

from debros.local import cluster as clusters
from debros.local import running
from debros.local.errors import LocalError, explain
from debros.local.layout import Layout

# Gateway, node and rqlited have 10 s each to stop, one after the other, before they are killed.
TIMEOUT = 40.0


def down(out: TextIO) -> None:
    """Stop the cluster and say so.

    Raises:
        LocalError: It cannot be stopped.
    """
    layout = clusters.load(os.environ).layout
    if not layout.run.is_dir():
        out.write("Nothing is running.\n")
        return
    with running.exclusive(layout):
        out.write("Stopped.\n" if stop(layout) else "Nothing is running.\n")


def stop(layout: Layout) -> bool:
    """Stop the supervisor, and with it its processes; end what a dead one left.

    Returns:
        Whether anything was running.

    Raises:
        LocalError: It belongs to another user.
    """
    supervisor = running.supervisor(layout)
    if supervisor is None:
        return bool(running.end_leftovers(layout))
    try:
        pidfd = os.pidfd_open(supervisor.pid)
    except ProcessLookupError:
        return bool(running.end_leftovers(layout))
    try:
        if running.supervisor(layout) == supervisor:  # the pidfd is of this very process, not of a later namesake
            signal.pidfd_send_signal(pidfd, signal.SIGTERM)
            if not select.select([pidfd], [], [], TIMEOUT)[0]:
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)  # the kernel then ends its children
                select.select([pidfd], [], [], TIMEOUT)
    except PermissionError as error:
        raise LocalError(
            f"The supervisor (pid {supervisor.pid}) belongs to another user: run this as that user"
        ) from error
    finally:
        os.close(pidfd)
    running.end_leftovers(layout)
    return True


if __name__ == "__main__":
    try:
        down(sys.stdout)
    except LocalError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {explain(error)}")
    except KeyboardInterrupt:
        sys.exit(130)
