"""Headers that keep a browser from doing more with an answer than was meant; a route may set its own instead."""

# What an API answers is data: no page may frame it, no browser may guess its type, no cache may keep it.
_ALWAYS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_TLS = {"strict-transport-security": "max-age=31536000"}


class SecurityHeaders:
    """The headers of every HTTP answer; HSTS only where the gateway itself speaks TLS."""

    def __init__(self, *, tls: bool) -> None:
        headers = _ALWAYS | (_TLS if tls else {})
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._names = frozenset(name for name, _ in self._headers)

    def add(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Add those that are not among an answer's headers yet."""
        given = self._names.intersection([name.lower() for name, _ in headers])
        headers += [ours for ours in self._headers if ours[0] not in given] if given else self._headers
