"""Flags of the node that stand for several keys at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from debros.config import addresses, multiaddrs
from debros.config.problems import Fault, KeyPath, shown

_LISTEN = ("node", "listen_addresses")
_HTTP_ADV = ("discovery", "http_adv_address")
_RAFT_ADV = ("discovery", "raft_adv_address")

# What the flag sets: (its value, the values so far) -> new values by path. A bad value is raised as FaultError.
Expansion = Callable[[str, Mapping[KeyPath, Any]], dict[KeyPath, Any]]


class FaultError(ValueError):
    """A bad value of a shorthand."""

    def __init__(self, path: KeyPath, message: str, hint: str = "") -> None:
        self.fault = Fault(path, message, hint)
        super().__init__(message)


@dataclass(frozen=True)
class Shorthand:
    """A flag that stands for several keys.

    Attributes:
        flag: its name.
        help: its help text.
        reads: the key whose value it changes, when it needs to know it.
        expand: what it does.
    """

    flag: str
    help: str
    reads: tuple[KeyPath, ...]
    expand: Expansion


def _p2p_port(value: str, current: Mapping[KeyPath, Any]) -> dict[KeyPath, Any]:
    try:
        port = addresses.parse_port(value)
    except addresses.PortError:
        raise FaultError(_LISTEN, "must be between 1 and 65535", f"got {shown(value)[1:-1]}") from None
    except ValueError:
        raise FaultError(_LISTEN, "expected integer", f"got {shown(value)}") from None
    listen = current[_LISTEN]
    return {_LISTEN: [_with_port(item, port) for item in listen]} if isinstance(listen, list) else {}


def _with_port(address: Any, port: int) -> Any:
    try:
        return str(replace(multiaddrs.parse(address), port=port))
    except (ValueError, AttributeError):
        return address  # not a multiaddr: validation will say so


def _adv_addr(value: str, _current: Mapping[KeyPath, Any]) -> dict[KeyPath, Any]:
    try:
        addresses.parse_host(value)
    except ValueError:
        raise FaultError(_HTTP_ADV, "invalid format", "expected a host without a port") from None
    return {_HTTP_ADV: value, _RAFT_ADV: value}


SHORTHANDS: dict[str, Shorthand] = {
    "p2p_port": Shorthand("--p2p-port", "TCP port in every listen address.", (_LISTEN,), _p2p_port),
    "adv_addr": Shorthand("--adv-addr", "Host that rqlite advertises for HTTP and Raft.", (), _adv_addr),
}
