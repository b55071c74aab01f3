"""Telling the service manager how we are (sd_notify(3)), and how often it wants to hear that we are alive."""

import contextlib
import os
import socket
from collections.abc import Mapping, MutableMapping
from typing import Final, Self

# A service manager that is busy gets so long to take what matters; news that will be repeated anyway does not wait.
_PATIENCE: Final = 2.0
# Fed three times in the interval, so that one late round does not end a healthy service.
_ROUNDS: Final = 3


class Notifier:
    """The way to the service manager; without one every call does nothing. No call raises.

    Args:
        address: the socket's path, with ``@`` in front in the abstract namespace; "" when nobody listens.
        watchdog: seconds within which the service manager wants to hear of us; None when it does not.
    """

    def __init__(self, address: str = "", *, watchdog: float | None = None) -> None:
        self._address = address.encode() if address.startswith(("/", "@")) else b""
        if self._address.startswith(b"@"):
            self._address = b"\0" + self._address[1:]
        self._last_status = ""
        self.feed_every = watchdog / _ROUNDS if watchdog and self._address else None

    @classmethod
    def take(cls, environ: MutableMapping[str, str] | None = None) -> Self:
        """Take what the service manager has put into the environment, and remove it: it is not for our children."""
        environ = os.environ if environ is None else environ
        watchdog = _watchdog(environ)
        for name in ("WATCHDOG_USEC", "WATCHDOG_PID"):
            environ.pop(name, None)
        return cls(environ.pop("NOTIFY_SOCKET", ""), watchdog=watchdog)

    @property
    def listened_to(self) -> bool:
        """Whether there is a service manager."""
        return bool(self._address)

    def ready(self, status: str = "") -> None:
        """Say that the service serves."""
        self._last_status = status
        self._send(_lines("READY=1", status), _PATIENCE)

    def stopping(self, status: str = "") -> None:
        """Say that the service is ending by itself or was told to."""
        self._last_status = status
        self._send(_lines("STOPPING=1", status), _PATIENCE)

    def status(self, text: str) -> None:
        """Say in one line, for people, what the service does; the same line again is not sent."""
        if text != self._last_status and self._send(_lines("", text), 0):
            self._last_status = text

    def alive(self) -> None:
        """Feed the watchdog. Only for a caller that has just seen the service do its work."""
        self._send("WATCHDOG=1", 0)

    def _send(self, text: str, patience: float) -> bool:
        if not self._address:
            return False
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.settimeout(patience)
            sock.connect(self._address)
            sock.send(text.encode("utf-8", "backslashreplace"))
            return True
        return False


def _lines(first: str, status: str) -> str:
    line = " ".join(status.split())
    return "\n".join(filter(None, (first, f"STATUS={line}" if line else "")))


def _watchdog(environ: Mapping[str, str]) -> float | None:
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None  # meant for another process of the service
    try:
        seconds = int(environ.get("WATCHDOG_USEC", "")) / 1_000_000
    except ValueError:
        return None
    return seconds if seconds > 0 else None
