"""What the values of variables must fulfil beyond their type, judged on the controller before anything is changed.

Later, a program on the host would refuse the same, when half of the run is done.
"""

from __future__ import annotations

import os.path
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.debros.network.plugins.module_utils import ufw

CERTIFICATE, KEY = "gateway_tls_certificate_file", "gateway_tls_private_key_file"
# On which a service listens, each with its default.
_PORTS = {
    "node_port": 4001,
    "rqlite_http_port": 5001,
    "gateway_port": 6001,
    "rqlite_raft_port": 7001,
    "gateway_metrics_port": 8001,
}
# Numbers: the least there can be, and the default.
_LEAST = {
    "backup_keep": (1, 7),
    "common_clock_skew": (0, 60),
    "common_disk_mb": (0, 1000),
    "common_memory_mb": (0, 900),
    "debros_certificate_days": (1, 365),
    "debros_certificate_renew_days": (0, 30),
    "debros_releases_kept": (1, 2),
    "debros_replication_factor": (1, 3),
    "gateway_restart_timeout": (1, 60),
    "node_max_connections": (1, 50),
    "node_restart_timeout": (1, 60),
    "rqlite_max_database_size": (0, 1073741824),
    "rqlite_ready_timeout": (1, 120),
}
# Lengths of time: whether 0 means something, and the default.
_DURATIONS = {"backup_interval": (True, "24h"), "node_discovery_interval": (False, "15s")}
# Who may come in.
_DOORS = ("node_allowed_from", "gateway_allowed_from", "gateway_metrics_allowed_from", "firewall_ssh_allowed_from")
# The form of debros.config.durations, which a controller need not have.
_PART = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<unit>ms|h|m|s)")
_WHOLE = re.compile(rf"(?:{_PART.pattern.replace('?P<number>', '?:').replace('?P<unit>', '?:')})+")
_MILLISECONDS = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_LONGEST_HOURS = 2_562_047


def problems(values: dict[str, Any]) -> list[str]:
    """Return what is wrong, one sentence each, with the line that would be right.

    Args:
        values: Name → templated value of the known variables, each of its type.
    """
    found = [*_ports(values), *_numbers(values), *_times(values), *_networks(values)]
    if values.get("gateway_allowed_from") and boolean(values.get("gateway_public", True)):
        found.append(
            "gateway_allowed_from: shuts nobody out, for the gateway is public; add:  gateway_public: false  "
            "(or leave gateway_allowed_from out)"
        )
    return found + tls_problems(str(values.get(CERTIFICATE) or ""), str(values.get(KEY) or ""), root(values))


def root(values: dict[str, Any]) -> str:
    """Return the directory of everything that is ours on a host."""
    return str(values.get("debros_root") or "/opt/debros")


def tls_problems(certificate: str, key: str, ours: str) -> list[str]:
    """Judge the paths of the gateway's certificate and key; the host looks for the files.

    Args:
        certificate: Path on the hosts, "" = none.
        key: The same.
        ours: Where everything of ours is, which units see only in part.
    """
    given = {CERTIFICATE: certificate, KEY: key}
    if not certificate and not key:
        return []
    found = [
        f"{name}: is missing, and the gateway speaks TLS with both files or not at all; add:  "
        f"{name}: /etc/ssl/debros/{'fullchain' if name == CERTIFICATE else 'privkey'}.pem  (or leave the other out)"
        for name, path in given.items()
        if not path
    ]
    for name, path in given.items():
        if path and not Path(path).is_absolute():
            found.append(f"{name}: {path!r} is not an absolute path on the hosts; write it with a / at its beginning")
        elif path and below(path, ours):
            found.append(
                f"{name}: {path} is below {ours}, where the gateway's unit does not see it and our own files would "
                f"replace it; move it, and write:  {name}: /etc/ssl/debros/{Path(path).name}"
            )
    return found


def below(path: str, directory: str) -> bool:
    """Tell whether a path leads into a directory, or to it."""
    return os.path.commonpath([os.path.normpath(path), directory]) == os.path.normpath(directory)


def _ports(values: dict[str, Any]) -> list[str]:
    found, taken = [], dict[int, str]()
    for name, default in _PORTS.items():
        port = int(values.get(name, default))
        if not _is_port(port):
            found.append(f"{name}: must be between 1 and 65535; got {port}; write:  {name}: {default}")
        elif port in taken:
            found.append(
                f"{name}: {port} is that of {taken[port]} already, and each service needs its own; "
                f"write:  {name}: {default if default not in taken else port + 1}"
            )
        taken.setdefault(port, name)
    found += [
        f"firewall_ssh_ports: must be between 1 and 65535; got {port}; write:  firewall_ssh_ports: [22]"
        for port in values.get("firewall_ssh_ports") or []
        if not _is_port(int(port))
    ]
    return found


def _is_port(number: int) -> bool:
    return 1 <= number <= 65535


def _numbers(values: dict[str, Any]) -> list[str]:
    return [
        f"{name}: must be >= {least}; got {values[name]}; write:  {name}: {default}"
        for name, (least, default) in _LEAST.items()
        if name in values and int(values[name]) < least
    ]


def _times(values: dict[str, Any]) -> list[str]:
    found = []
    for name, (zero, default) in _DURATIONS.items():
        text = str(values.get(name, default))
        if trouble := duration_problem(text, zero=zero):
            found.append(f"{name}: {text!r}: {trouble}; write:  {name}: {default}")
    return found


def duration_problem(text: str, *, zero: bool) -> str:
    """Judge a length of time as node.yaml has it; "" when it is one.

    Args:
        text: What was written, for example 15s or 1h30m.
        zero: Whether it may be 0, which needs no unit.
    """
    text = text.strip()
    if re.fullmatch("0+", text):
        total = Decimal(0)
    elif _WHOLE.fullmatch(text):
        parts = _PART.finditer(text)
        total = sum((Decimal(part["number"]) * _MILLISECONDS[part["unit"]] for part in parts), Decimal(0))
    else:
        return "expected a number with a unit, like 15s, 24h or 1h30m"
    if total > _LONGEST_HOURS * _MILLISECONDS["h"]:
        return f"too long; the longest duration is {_LONGEST_HOURS}h"
    if total % 1:
        return "too fine; the smallest unit is 1ms"
    return "" if total or zero else "must be longer than 0"


def _networks(values: dict[str, Any]) -> list[str]:
    named = [(name, str(entry)) for name in _DOORS for entry in values.get(name) or [] if entry != "any"]
    named += [("gateway_trusted_proxies", str(entry)) for entry in values.get("gateway_trusted_proxies") or []]
    found = []
    for name, entry in named:
        try:
            ufw.network(entry, name)
        except ufw.RuleError as error:
            found.append(f"{error}; write addresses or networks:  {name}: [203.0.113.80, 10.0.0.0/24]")
    for rule in values.get("firewall_extra_rules") or []:
        try:
            ufw.wanted(int(rule["port"]), rule["proto"], [str(entry) for entry in rule["from"]], str(rule["comment"]))
        except ufw.RuleError as error:
            found.append(f"firewall_extra_rules: {error}")
    return found
