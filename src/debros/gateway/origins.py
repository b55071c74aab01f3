"""Which web pages may talk to the gateway: one list for CORS and for WebSocket upgrades."""

import re
from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from debros.gateway.errors import Problem

_ANY_PORT = ":*"
_SAME = "same-origin"
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class Origins:
    """The allowed origins: `https://app.example.org`, `http://localhost:*` for any port, or `*` for everybody."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self.everybody = "*" in patterns
        exact = [pattern for pattern in patterns if pattern != "*"]
        self.regex = "|".join(map(_regex, exact)) or r"(?!)"
        self._compiled = re.compile(self.regex, re.IGNORECASE)

    def allows(self, origin: str) -> bool:
        """Tell whether a page of this origin may read answers."""
        return self.everybody or bool(self._compiled.fullmatch(origin))

    def allows_upgrade(self, headers: Headers, scheme: str) -> bool:
        """Tell whether a WebSocket may be opened.

        Without an Origin header it is no browser; the same origin is always allowed.
        """
        origin = headers.get("origin")
        if origin is None or self.allows(origin):
            return True
        host = headers.get("host", "")
        return bool(host) and _address(origin) == _address(f"{scheme}://{host}")


def own_page(headers: Headers, domains: Collection[str]) -> None:
    """Pass when it is the gateway's own page that asks, or no browser: what `cors_origins` allows is not enough.

    Origin and Host are compared as the browser wrote them, both without the port that its scheme implies, since behind
    a proxy the gateway may not know the scheme; the browser's own word, where it gives one, covers that too.

    Args:
        headers: Of the request.
        domains: The gateway's names, as Host headers have them: for a proxy that puts a Host of its own in the place.

    Raises:
        Problem: 403; another page asks.
    """
    origin = headers.get("origin")
    own = origin is None or origin.lower().partition("://")[2] in {headers.get("host", "").lower(), *domains} - {""}
    if not own or headers.get("sec-fetch-site", _SAME) != _SAME:
        raise Problem(
            403,
            "origin_not_allowed",
            "only the gateway's own sign-in page may ask this; open /v1/auth/login of this gateway, and behind a proxy "
            "that changes the Host header have the operator name the gateway in auth.domains",
        )


def _regex(pattern: str) -> str:
    if pattern.endswith(_ANY_PORT):
        return re.escape(pattern.removesuffix(_ANY_PORT)) + r"(?::[0-9]{1,5})?"
    return re.escape(pattern)


def _address(url: str) -> tuple[bool, str, int] | None:
    """Return (secure, host, port) of a URL, the port filled in; None when it is not one."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return _PORTS[parts.scheme] == _PORTS["https"], parts.hostname or "", port
