"""Rules that concern several values. Each looks only at values that are good by themselves."""

from collections.abc import Callable, Mapping
from typing import Any

from debros.config.addresses import parse_host_port
from debros.config.checks import split_api_key
from debros.config.durations import Duration
from debros.config.filechecks import socket_path
from debros.config.paths import expand
from debros.config.problems import Fault
from debros.config.raftrules import RAFT_RULES
from debros.config.secretfiles import SecretFileError, read_api_keys
from debros.config.situation import Situation
from debros.config.tls import File, pair_faults

# Seconds; what follows a drain (last records, the node) takes up to four more.
_LONGEST_STOP = 25
P2P_SOCKET = "debros-p2p.sock"
KEY = ("security", "private_key_file")
CERTIFICATE = ("security", "certificate_file")

# A value with a problem of its own is missing from the document.
CrossRule = Callable[[Mapping[str, Any], Situation], list[Fault]]


def ports_differ(document: Mapping[str, Any], _situation: Situation) -> list[Fault]:
    """The two servers of rqlite cannot share a port."""
    database = document["database"]
    http, raft = database.get("rqlite_port"), database.get("rqlite_raft_port")
    if http is None or http != raft:
        return []
    return [Fault(("database", "rqlite_raft_port"), f"must differ from database.rqlite_port ({http})")]


def join_fits_type(document: Mapping[str, Any], _situation: Situation) -> list[Fault]:
    """A node joins somebody; who bootstraps joins nobody."""
    type_, join = document["node"].get("type"), document["database"].get("rqlite_join_address")
    where = ("database", "rqlite_join_address")
    if type_ == "node" and join == "":
        return [Fault(where, "required for node type (non-bootstrap)")]
    if type_ == "bootstrap" and join:
        return [Fault(where, "must be empty for bootstrap type")]
    return []


def tls_pair(document: Mapping[str, Any], situation: Situation) -> list[Fault]:
    """TLS needs a key and a certificate that fit each other."""
    security = document["security"]
    if security.get("enable_tls") is not True:
        return []
    given = [security.get(path[1]) for path in (KEY, CERTIFICATE)]
    missing = [
        Fault(path, "required when enable_tls is true")
        for path, value in zip((KEY, CERTIFICATE), given, strict=True)
        if value == ""
    ]
    if missing or None in given or not any(situation.uses(program) for program in ("node", "gateway")):
        return missing
    key, certificate = (expand(value, situation.environ) for value in given if value is not None)
    return pair_faults(File(KEY, key), File(CERTIFICATE, certificate))


def socket_in_data_dir(document: Mapping[str, Any], situation: Situation) -> list[Fault]:
    """A socket that lies in data_dir because nothing else was said must still have a short enough path."""
    data_dir, socket = document["node"].get("data_dir"), document["node"].get("p2p_socket")
    if socket != "" or data_dir is None:
        return []
    answer = socket_path(f"{data_dir}/{P2P_SOCKET}", situation.environ)
    return [Fault(("node", "p2p_socket"), *answer)] if answer else []


def keys_differ(document: Mapping[str, Any], situation: Situation) -> list[Fault]:
    """A key can open one namespace only, whichever of the two places it stands in."""
    keys, file = document.get("api_keys"), document.get("api_keys_file")
    if not keys or not file or not situation.files:
        return []
    here = {split_api_key(value)[0] for value in keys}
    try:
        there = read_api_keys(expand(file, situation.environ))
    except SecretFileError:
        return []  # changed since it was checked; start-up will say so
    return [
        Fault(("api_keys_file",), f"duplicate API key on line {line}", "it is in api_keys as well")
        for line, key in there
        if key.key in here
    ][:1]


def one_rqlite_user(document: Mapping[str, Any], _situation: Situation) -> list[Fault]:
    """Credentials come from a file or from the URLs, so that nobody wonders which of them counts."""
    urls = [document.get("rqlite_dsn") or "", *(document.get("rqlite_nodes") or [])]
    if not document.get("rqlite_credentials_file") or not any("@" in url for url in urls):
        return []
    return [Fault(("rqlite_credentials_file",), "a URL of rqlite holds a user too", "remove it there, or this key")]


def domains_bind(document: Mapping[str, Any], _situation: Situation) -> list[Fault]:
    """Who refuses bare nonces wants signatures bound to a name; a name that callers choose binds nothing."""
    auth = document.get("auth") or {}
    if auth.get("allow_bare_nonce") is not False or auth.get("domains") != []:
        return []
    return [Fault(("auth", "domains"), "required when allow_bare_nonce is false", "list the names of the gateway")]


def listeners_differ(document: Mapping[str, Any], _situation: Situation) -> list[Fault]:
    """The API and the figures are served apart."""
    api, metrics = document.get("listen_addr"), document.get("metrics_addr")
    if not api or not metrics:
        return []
    port = parse_host_port(api, any_host=True).port
    if parse_host_port(metrics, any_host=True).port != port:
        return []
    return [Fault(("metrics_addr",), f"must have another port than listen_addr ({port})")]


def stop_has_an_end(document: Mapping[str, Any], _situation: Situation) -> list[Fault]:
    """A stop must be over before systemd ends the service (TimeoutStopSec=30s of our unit)."""
    limits = document.get("limits") or {}
    delay, timeout = limits.get("drain_delay"), limits.get("drain_timeout")
    if delay is None or timeout is None or Duration.parse(delay) + Duration.parse(timeout) <= _LONGEST_STOP:
        return []
    message = f"together with limits.drain_timeout ({timeout}) must be at most {_LONGEST_STOP}s"
    return [Fault(("limits", "drain_delay"), message, "systemd ends the gateway 30 s after it was told to stop")]


NODE_RULES: tuple[CrossRule, ...] = (socket_in_data_dir, ports_differ, join_fits_type, tls_pair, *RAFT_RULES)
GATEWAY_RULES: tuple[CrossRule, ...] = (
    listeners_differ,
    stop_has_an_end,
    tls_pair,
    keys_differ,
    one_rqlite_user,
    domains_bind,
)
