"""Which gateway is asked: one as long as it answers, then the next."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence


class Endpoints:
    """The gateways of one cluster, all of them as good.

    Args:
        urls: `http(s)://host[:port]` each; a path is kept, for gateways behind a proxy.

    Raises:
        ValueError: There is none, or one is no such URL or carries a password.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        if isinstance(urls, str) or not urls:
            raise ValueError("endpoints: give the URL of at least one gateway, such as http://localhost:6001")
        self._urls = [parse(url) for url in urls]
        self._current = 0

    @property
    def current(self) -> str:
        """The gateway to ask now."""
        return self._urls[self._current]

    def __len__(self) -> int:
        return len(self._urls)

    def failed(self, url: str) -> None:
        """Turn to the next gateway, unless somebody else has done so already."""
        if url == self.current:
            self._current = (self._current + 1) % len(self._urls)


def parse(text: str) -> str:
    """Return a gateway's address in its one form: without a slash at the end.

    Raises:
        ValueError: It is no http(s) URL of a host, or carries what belongs elsewhere.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.username is not None or parts.password is not None:
        raise ValueError("endpoints: no user or password in the address; give a credential as `auth`")
    usable = parts.scheme in {"http", "https"} and parts.hostname and not parts.query and not parts.fragment
    if not usable or port == 0 or not text.isascii() or not text.strip().isprintable() or " " in text.strip():
        raise ValueError(f"endpoints: {text!r} is not the address of a gateway; expected http(s)://host[:port]")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def host_of(url: str) -> str:
    """Return host and port of a gateway's address, as a sign-in message names it."""
    return urlsplit(url).netloc
