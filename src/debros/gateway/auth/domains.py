"""The name a sign-in message carries: one of the configured ones, or the one the caller used."""

from collections.abc import Sequence

from debros.config import addresses
from debros.gateway.errors import Problem


class Domains:
    """Chooses the name for a message; `configured` may be empty.

    Attributes:
        configured: The gateway's names, in small letters.
    """

    def __init__(self, configured: Sequence[str]) -> None:
        self.configured = [domain.lower() for domain in configured]

    def choose(self, host: str) -> str:
        """Return the domain for a request with this Host header: that one if it is allowed, else our first.

        Raises:
            Problem: 400; nothing is configured, and the header is no host.
        """
        asked = host.lower()
        if self.configured:
            return asked if asked in self.configured else self.configured[0]
        try:
            addresses.parse_host_port(asked, port_required=False)
        except ValueError:
            raise Problem(400, "invalid_host", "the Host header is not host or host:port") from None
        return asked
