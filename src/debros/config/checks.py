"""The rules of single values, as plain functions: None when the value is good, else what is wrong and a hint.

Optional values are good when empty; whether they may be empty depends on others and is decided in ``crossrules``.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Any

import base58

from debros.config import addresses, multiaddrs, workers
from debros.config.addresses import PortError
from debros.config.durations import Duration
from debros.config.problems import shown
from debros.config.types import ADMIN

# message and hint
Answer = tuple[str, str] | None

NAMESPACE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_NODE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_API_KEY = re.compile(r"[\x21-\x7e]+")

BAD_PEER = ("invalid multiaddr", "expected /ip{4,6}/.../tcp/<port>/p2p/<peerID>")
BAD_LISTEN = ("invalid multiaddr", "expected /ip{4,6}/<address>/tcp/<port>")
NO_PEER_ID = ("missing /p2p/<peerID> component", "")
BAD_HOST_PORT = ("invalid format", "expected host:port")
BAD_HOST = ("invalid format", "expected host or host:port")


def _bad_port(error: PortError) -> Answer:
    return f"invalid TCP port {error}", "port must be between 1 and 65535"


def listen_multiaddr(text: str) -> Answer:
    """An address to bind: an IP and a port, and no peer id, because the key file decides that."""
    try:
        address = multiaddrs.parse(text)
    except PortError as error:
        return _bad_port(error)
    except ValueError:
        return BAD_LISTEN
    return BAD_LISTEN if address.peer_id or not address.protocol.startswith("ip") else None


def peer_multiaddr(text: str) -> Answer:
    """The address of a peer that is known by its id."""
    try:
        address = multiaddrs.parse(text)
    except PortError as error:
        return _bad_port(error)
    except ValueError:
        return BAD_PEER
    return None if address.peer_id else NO_PEER_ID


def bootstrap_peer(text: str, port: int) -> Answer:
    """The address of a peer, or a bare host that gets ``port``."""
    if text.startswith("/"):
        return peer_multiaddr(text)
    try:
        multiaddrs.from_host(text, port)
    except ValueError:
        return BAD_PEER
    return None


def host_port(text: str) -> Answer:
    """Where to reach a TCP service; may be empty."""
    try:
        if text:
            addresses.parse_host_port(text)
    except PortError as error:
        return _bad_port(error)
    except ValueError:
        return BAD_HOST_PORT
    return None


def host_ports(text: str) -> Answer:
    """Where to reach one or several TCP services, separated by commas; may be empty."""
    entries = addresses.split_list(text)
    if len(entries) < 2:
        return host_port(text)
    seen = set()
    for number, entry in enumerate(entries, 1):
        if answer := host_port(entry) if entry else BAD_HOST_PORT:
            return answer[0], f"{answer[1]} (entry {number}: {shown(entry)})"
        if (same := addresses.same_host_port(entry)) in seen:
            return f"duplicate address {shown(entry)}", "name each member once"
        seen.add(same)
    return None


def host(text: str) -> Answer:
    """A host with or without a port; may be empty."""
    try:
        if text:
            addresses.parse_host_port(text, port_required=False)
    except PortError as error:
        return _bad_port(error)
    except ValueError:
        return BAD_HOST
    return None


def listen_addr(text: str) -> Answer:
    """Where the gateway listens."""
    try:
        addresses.parse_host_port(text, any_host=True)
    except PortError as error:
        return _bad_port(error)
    except ValueError:
        return "invalid listen address", "expected :port or host:port"
    return None


def listen_addr_or_none(text: str) -> Answer:
    """Where something listens that need not be."""
    return listen_addr(text) if text else None


def rqlite_url(text: str) -> Answer:
    """The URL of an rqlite HTTP API. The text is not shown: it may hold a password."""
    try:
        addresses.parse_rqlite_url(text)
    except ValueError:
        return "invalid URL", "expected http://host:port"
    return None


def origin(text: str) -> Answer:
    """A web origin that may call the gateway."""
    if text == "*" or addresses.is_origin(text):
        return None
    return f"invalid origin {shown(text)}", 'expected scheme://host, scheme://host:port, scheme://host:* or "*"'


def namespace(text: str) -> Answer:
    """The name of a namespace."""
    if NAMESPACE.fullmatch(text):
        return None
    return f"invalid namespace {shown(text)}", "a to z, 0 to 9, _ and -, at most 63, starting with a letter or digit"


def network(text: str) -> Answer:
    """An IP address or network."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return f"invalid network {shown(text)}", "expected an address or a network such as 192.0.2.0/24"
    return None


def node_id(text: str) -> Answer:
    """A node's name; may be empty."""
    if not text or _NODE_ID.fullmatch(text):
        return None
    return f"invalid node id {shown(text)}", "letters, digits and . _ : -, at most 128, starting with a letter or digit"


def solana_wallet(text: str) -> Answer:
    """A Solana address, which is an Ed25519 public key in base58; may be empty."""
    if not text:
        return None
    try:
        length = len(base58.b58decode(text))
    except ValueError:
        return f"invalid Solana address {shown(text)}", "expected base58"
    if length != 32:
        return f"invalid Solana address {shown(text)}", f"expected 32 bytes in base58; got {length}"
    return None


def user_name(text: str) -> Answer:
    """The name of a user of rqlite."""
    if text and text.isprintable() and not set(text) & set(" :"):
        return None
    return f"invalid user name {shown(text)}", "printable characters without blanks and colons"


def dns_name(text: str) -> Answer:
    """A name as certificates carry it."""
    return (
        None if addresses.is_name(text) else (f"invalid DNS name {shown(text)}", "expected a name such as raft.example")
    )


def duration(value: str | float) -> Answer:
    """A length of time."""
    try:
        Duration.parse(value)
    except ValueError as error:
        return f"invalid duration {shown(value)}", str(error)
    return None


def api_key(value: str | dict[str, Any]) -> Answer:
    """A static key, its namespace and perhaps its scope.

    Nothing of the value is shown, a namespace least: it may be the key's tail.
    """
    key, name, scope = split_api_key(value)
    if isinstance(value, dict) and not value.keys() <= {"key", "namespace", "scope"}:
        return "unknown key in an API key", "known keys: key, namespace, scope"
    if not isinstance(key, str) or not isinstance(name, str):
        return "invalid API key", "expected key:namespace"
    if not _API_KEY.fullmatch(key):
        return "invalid API key", "the part before the last colon must be printable ASCII without blanks"
    if not NAMESPACE.fullmatch(name):
        return "invalid namespace after the last colon", "a to z, 0 to 9, _ and -, at most 63"
    if scope not in ("", ADMIN):
        return "unknown scope behind the namespace", f"known scope: {ADMIN}"
    return None


def split_api_key(value: str | dict[str, Any]) -> tuple[Any, Any, Any]:
    """Give key, namespace and scope ("" without one) of either form; None for what is missing.

    A namespace holds no blank, so what stands behind one is the scope, and a line without it is what it always was.
    """
    if isinstance(value, dict):
        return value.get("key"), value.get("namespace"), value.get("scope", "")
    key, colon, rest = value.rpartition(":")
    name, _, scope = rest.partition(" ")
    return (key, name, scope.strip()) if colon else (None, None, "")


def same_multiaddr(text: Any, port: int) -> str:
    """What two spellings of one peer or listen address have in common; ``port`` is that of a bare host."""
    return str(multiaddrs.parse_peer(_string(text), port))


def same_api_key(value: Any, _port: int) -> str:
    """The key of an API key: one key can open one namespace only."""
    key, *_ = split_api_key(value if isinstance(value, dict) else _string(value))
    return _string(key)


def same_url(text: Any, _port: int) -> str:
    """What two spellings of one URL have in common."""
    return addresses.parse_rqlite_url(_string(text))


def same_text(text: Any, _port: int) -> str:
    """Text has one spelling."""
    return _string(text)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("not text")  # noqa: TRY004 -- SAME promises ValueError
    return value


# What a list compares its items by. They raise ValueError for an item that has problems of its own.
SAME: dict[str, Callable[[Any, int], str]] = {
    "multiaddr": same_multiaddr,
    "api_key": same_api_key,
    "url": same_url,
    "text": same_text,
}


def worker_count(value: int | str) -> Answer:
    """How many processes a gateway has."""
    try:
        workers.parse(value)
    except ValueError:
        return f"must be between 1 and {workers.MOST}, or {workers.AUTO}", f"got {shown(value)}"
    return None


CHECKS: dict[str, Callable[[Any], Answer]] = {
    check.__name__: check
    for check in (
        listen_multiaddr,
        peer_multiaddr,
        host_port,
        host_ports,
        host,
        listen_addr,
        listen_addr_or_none,
        rqlite_url,
        origin,
        namespace,
        network,
        node_id,
        solana_wallet,
        user_name,
        dns_name,
        duration,
        api_key,
        worker_count,
    )
}
