"""Rules about several keys of rqlite's cluster: whom it joins, as whom, and with which certificates."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from debros.config.addresses import split_list
from debros.config.paths import expand
from debros.config.problems import Fault
from debros.config.raft import LOOPBACK, RaftAddresses, is_own, raft_addresses
from debros.config.secretfiles import SecretFileError, read_auth_users
from debros.config.situation import Situation
from debros.config.tls import File, name_faults, pair_faults, signature_faults

_JOIN = ("database", "rqlite_join_address")
_EXPECT = ("database", "rqlite_bootstrap_expect")
_JOIN_AS = ("database", "rqlite_join_as")
_HTTP_LISTEN = ("database", "rqlite_http_listen")
_CERT, _KEY, _CA = (("database", f"rqlite_tls_{name}_file") for name in ("cert", "key", "ca"))
_PROGRAM = "rqlited"
_ANYBODY = "*"  # rqlite's name for whoever shows no password
# What rqlite asks of a user that joins as a voter, or as a replica.
_MAY_JOIN = {"all", "join", "join-read-only"}


def bootstrap_fits_list(document: Mapping[str, Any], _situation: Situation) -> list[Fault]:
    """As many first voters can only come together as are named."""
    join, expect = (document["database"].get(path[1]) for path in (_JOIN, _EXPECT))
    if join is None or not expect or expect <= (named := len(split_list(join))):
        return []
    return [
        Fault(_EXPECT, f"must not be larger than the list in database.rqlite_join_address ({named})", f"got {expect}")
    ]


def own_address_in_list(document: Mapping[str, Any], _situation: Situation) -> list[Fault]:
    """Who forms a new cluster counts itself; who only joins cannot join itself (rqlited would exit).

    Without an address of its own a file may still be a draft whose loopback addresses are to be replaced, so there
    `debros.rqlite.command` has the last word.
    """
    own = _own(document)
    join, expect = (document["database"].get(path[1]) for path in (_JOIN, _EXPECT))
    if own is None or not join or expect is None or (not expect and not _has_address(document)):
        return []
    found = [entry for entry in split_list(join) if is_own(entry, own)]
    if found and not expect:
        hint = "name another member, or set database.rqlite_bootstrap_expect"
        return [Fault(_JOIN, f"{found[0]} is this node itself", hint)]
    if expect and not found:
        return [Fault(_JOIN, "must name this node itself too with rqlite_bootstrap_expect", f"add {own.advertised}")]
    return []


def joins_as_a_user(document: Mapping[str, Any], situation: Situation) -> list[Fault]:
    """The user to join as is one of the auth file, with the permission to."""
    database = document["database"]
    name, file = database.get("rqlite_join_as"), database.get("rqlite_auth_file")
    if not name or not file or not situation.uses(_PROGRAM):
        return []
    try:
        users = read_auth_users(expand(file, situation.environ))
    except SecretFileError:
        return []  # changed since it was checked; rqlited will say so
    if name not in users:
        return [Fault(_JOIN_AS, f"no user {name} in database.rqlite_auth_file", "add it, or name another")]
    if not _MAY_JOIN & set(users[name]):
        return [Fault(_JOIN_AS, f"{name} has no permission to join", 'add "join" to its perms in rqlite_auth_file')]
    return []


def public_http(document: Mapping[str, Any], situation: Situation) -> list[Fault]:
    """Whoever reaches rqlite's HTTP API from another machine needs a password."""
    database = document["database"]
    listens, file = database.get("rqlite_http_listen"), database.get("rqlite_auth_file")
    if listens in {None, LOOPBACK} or file is None:
        return []
    if not file:
        hint = "set that file, or listen on 127.0.0.1"
        return [Fault(_HTTP_LISTEN, f"{listens} needs database.rqlite_auth_file, or anybody may do everything", hint)]
    if not situation.uses(_PROGRAM):
        return []
    try:
        users = read_auth_users(expand(file, situation.environ))
    except SecretFileError:
        return []  # changed since it was checked; rqlited will say so
    if open_to_all := set(users.get(_ANYBODY, [])) - {"ready"}:
        text = f"{listens}, and rqlite_auth_file lets everybody {', '.join(sorted(open_to_all))} without a password"
        return [Fault(_HTTP_LISTEN, text, 'take these from the user "*" there, or listen on 127.0.0.1')]
    return []


def raft_tls(document: Mapping[str, Any], situation: Situation) -> list[Fault]:
    """Mutual TLS needs three files that fit each other, and the name that every host checks."""
    given = {path: document["database"].get(path[1]) for path in (_CERT, _KEY, _CA)}
    if not any(given.values()):
        return []
    missing = [
        Fault(path, "required with the other two rqlite_tls files") for path, value in given.items() if value == ""
    ]
    if missing or None in given.values() or not situation.uses(_PROGRAM):
        return missing
    certificate, key, authority = (File(path, _expanded(value, situation)) for path, value in given.items())
    name = document["database"].get("rqlite_tls_server_name")
    return (
        pair_faults(key, certificate)
        or signature_faults(certificate, authority)
        or (name_faults(certificate, name) if name else [])
    )


def _expanded(value: Any, situation: Situation) -> Path:
    return expand(value, situation.environ)


def _has_address(document: Mapping[str, Any]) -> bool:
    return bool(document["discovery"].get("raft_adv_address") or document["database"].get("rqlite_raft_listen"))


def _own(document: Mapping[str, Any]) -> RaftAddresses | None:
    """The node's own addresses; None when one of the keys has a problem of its own."""
    database = document["database"]
    port, listen = database.get("rqlite_raft_port"), database.get("rqlite_raft_listen")
    advertised = document["discovery"].get("raft_adv_address")
    if port is None or listen is None or advertised is None:
        return None
    return raft_addresses(port=port, listen=listen, advertised=advertised)


RAFT_RULES = (bootstrap_fits_list, own_address_in_list, joins_as_a_user, public_http, raft_tls)
