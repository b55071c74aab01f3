"""One rqlite node as its URL names it, and how a request to it begins."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, unquote, urlsplit

from debros.rqlite.pool import Origin
from debros.rqlite.types import Credentials

if TYPE_CHECKING:
    from collections.abc import Sequence

_PORTS = {"http": 80, "https": 443}
# What may stand in a path as it is (RFC 3986, 3.3); "%" because the URL may be quoted already.
_IN_PATHS = "/%:@!$&'()*+,;=~"


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A node.

    Attributes:
        name: Host and port for messages: never the user name and password.
        origin: Where it listens.
        path: What goes before every path.
        head: The header lines of every request; the password is among them.
    """

    name: str
    origin: Origin
    path: bytes
    head: bytes = field(repr=False)

    @classmethod
    def read(cls, url: str, user: Credentials | None) -> Self:
        """Return the node of a URL, asked as `user`.

        Raises:
            ValueError: It is not http(s)://host:port; names it without its password.
        """
        parts = urlsplit(url)
        try:
            standard, port, host = _PORTS[parts.scheme], parts.port, parts.hostname or ""
            host = host if host.isascii() else host.encode("idna").decode()
            valid = bool(host) and not parts.query and not parts.fragment
        except (KeyError, ValueError):
            valid = False
        if not valid:
            raise ValueError(f"not an rqlite URL: {parts.netloc.rpartition('@')[2]!r}; expected http://host:port")
        shown = f"[{host}]" if ":" in host else host
        # rqlite may compress; unpacking would cost more than loopback bytes and could exceed the size limit.
        lines = [
            f"Host: {shown}:{port or standard}",
            "Accept: */*",
            "Accept-Encoding: identity",
            "Content-Type: application/json",
            *([f"Authorization: {_basic(user)}"] if user else []),
        ]
        return cls(
            f"{shown}:{port}" if port else shown,
            Origin(host, port or standard, parts.scheme == "https"),
            quote(parts.path.rstrip("/"), safe=_IN_PATHS).encode(),
            "".join(f"{line}\r\n" for line in lines).encode(),
        )

    def request(self, path: str, body: bytes | None) -> bytes:
        """Return a whole request: a GET without a body, else a POST; `path` is ours and needs no quoting."""
        target = self.path + path.encode("ascii")
        if body is None:
            return b"GET %b HTTP/1.1\r\n%b\r\n" % (target, self.head)
        return b"POST %b HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b" % (target, self.head, len(body), body)


def credentials_of(urls: Sequence[str]) -> Credentials | None:
    """Return the credentials written into the first URL that has some (`http://user:password@host`)."""
    for url in urls:
        parts = urlsplit(url)
        if parts.username:
            return Credentials(unquote(parts.username), unquote(parts.password or ""))
    return None


def _basic(user: Credentials) -> str:
    return f"Basic {base64.b64encode(f'{user.username}:{user.password}'.encode()).decode()}"
