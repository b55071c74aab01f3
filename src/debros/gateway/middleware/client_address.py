"""Who is at the other end when a proxy stands between: believed only from proxies the operator has named."""

import ipaddress
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import Scope

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_TLS = {"http": "https", "ws": "wss"}


class ClientAddress:
    """Reads the address from X-Forwarded-For, and the scheme from X-Forwarded-Proto.

    Of the addresses in X-Forwarded-For the last one that is not a trusted proxy's counts: what stands before it was
    written by whoever it names, and may be invented.
    """

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusted: list[_Network] = [ipaddress.ip_network(text) for text in trusted]

    def seen(self, scope: Scope) -> Scope:
        """Return the scope with the address of its client in it; the same one when no proxy stands between."""
        client = scope.get("client")
        if not (self._trusted and client and self._is_trusted(client[0])):
            return scope
        headers = Headers(scope=scope)
        scheme = scope["scheme"]
        if headers.get("x-forwarded-proto", "").strip().lower() in {"https", "wss"}:
            scheme = _TLS.get(scheme, scheme)
        return {**scope, "client": (self._client(headers.getlist("x-forwarded-for"), client[0]), 0), "scheme": scheme}

    def _client(self, headers: Sequence[str], nearest: str) -> str:
        found = nearest
        for text in reversed(",".join(headers).split(",")):
            address = _address(text)
            if address is None:
                break
            found = address
            if not self._is_trusted(address):
                break
        return found

    def _is_trusted(self, text: str) -> bool:
        address = _address(text)
        return address is not None and any(ipaddress.ip_address(address) in network for network in self._trusted)


def _address(text: str) -> str | None:
    """Return an address without a port and brackets, None when it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(parsed)
