"""Rules that concern several values. Each looks only at values that are good by themselves."""

from collections.abc import Callable, Mapping
from typing import Any

from debros.config.filechecks import socket_path
from debros.config.paths import expand
from debros.config.problems import Fault
from debros.config.tls import CERTIFICATE, KEY, pair_faults

P2P_SOCKET = "debros-p2p.sock"

# (document, environment) -> faults. A value with a problem of its own is missing from the document.
CrossRule = Callable[[Mapping[str, Any], Mapping[str, str]], list[Fault]]


def ports_differ(document: Mapping[str, Any], _environ: Mapping[str, str]) -> list[Fault]:
    """The two servers of rqlite cannot share a port."""
    database = document["database"]
    http, raft = database.get("rqlite_port"), database.get("rqlite_raft_port")
    if http is None or http != raft:
        return []
    return [Fault(("database", "rqlite_raft_port"), f"must differ from database.rqlite_port ({http})")]


def join_fits_type(document: Mapping[str, Any], _environ: Mapping[str, str]) -> list[Fault]:
    """A node joins somebody; who bootstraps joins nobody."""
    type_, join = document["node"].get("type"), document["database"].get("rqlite_join_address")
    where = ("database", "rqlite_join_address")
    if type_ == "node" and join == "":
        return [Fault(where, "required for node type (non-bootstrap)")]
    if type_ == "bootstrap" and join:
        return [Fault(where, "must be empty for bootstrap type")]
    return []


def tls_pair(document: Mapping[str, Any], environ: Mapping[str, str]) -> list[Fault]:
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
    if missing or None in given:
        return missing
    return pair_faults(*(expand(value, environ) for value in given if value is not None))


def socket_in_data_dir(document: Mapping[str, Any], environ: Mapping[str, str]) -> list[Fault]:
    """A socket that lies in data_dir because nothing else was said must still have a short enough path."""
    data_dir, socket = document["node"].get("data_dir"), document["node"].get("p2p_socket")
    if socket != "" or data_dir is None:
        return []
    answer = socket_path(f"{data_dir}/{P2P_SOCKET}", environ)
    return [Fault(("node", "p2p_socket"), *answer)] if answer else []


NODE_RULES: tuple[CrossRule, ...] = (socket_in_data_dir, ports_differ, join_fits_type, tls_pair)
GATEWAY_RULES: tuple[CrossRule, ...] = (tls_pair,)
