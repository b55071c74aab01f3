"""What a service and systemd tell each other: readiness, watchdog, sockets held for us. Silent without systemd.

The protocols are spoken directly (sd_notify(3), sd_listen_fds(3)); both are stable by systemd's interface promise.
"""

from debros.systemd.exits import startup_failure
from debros.systemd.notify import Notifier
from debros.systemd.sockets import HeldSocket, held_sockets

__all__ = ["HeldSocket", "Notifier", "held_sockets", "startup_failure"]
