"""Ansible module: can this host become (or go on being) a host of the cluster?

The action plugin of the same name adds what can only be seen from the controller. Runs with Python 3.8 too, so that an
old system is refused with a sentence.
"""

from __future__ import annotations

import errno
import os
import platform
import re
import socket
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.debros.network.plugins.module_utils import cluster_state, listeners

DOCUMENTATION = r"""
module: preflight
short_description: Look at a host and the inventory before anything is changed
description:
  - Reports everything that is wrong at once, each with what to do about it.
  - "On the controller: variables nobody knows, values of the wrong kind, missing and doubled addresses, a wallet that
    is none."
  - "On the host: operating system, systemd, Python, architecture, memory, disk, clock, address, taken ports, and a
    cluster that has lost its majority."
options:
  members: {description: "All hosts with a database (name, address).", required: true, type: list, elements: dict}
  gateways:
    description: The hosts with a gateway alone (name, address).
    type: list
    elements: dict
    default: []
  address: {description: The address at which the others reach this host., required: true, type: str}
  ports:
    description: TCP ports the services listen on, by service.
    required: true
    type: dict
  memory_mb: {description: Memory the host must have, in MiB., required: true, type: int}
  disk_mb: {description: "Free disk a bare host must have under /opt, in MiB.", required: true, type: int}
  clock_skew:
    description: Seconds that the host's clock may differ from the controller's.
    required: true
    type: int
  secrets_dir:
    description: The controller's directory of secrets, which must be the one the host was set up with.
    required: true
    type: path
  foreign_variables:
    description: Patterns of variables that begin like ours and belong to somebody else.
    type: list
    elements: str
    default: []
  rqlite_port: {description: "rqlite's HTTP port.", type: int, default: 5001}
  certificate:
    description: "Path of the gateway's certificate. The action plugin takes it and the next from the variables."
    type: str
    default: ""
  key: {description: Path of its key., type: str, default: ""}
author: [The DeBros Network founders]
attributes:
  check_mode: {support: full, description: It never changes anything.}
  diff_mode: {support: none, description: There is no text to compare.}
"""

EXAMPLES = r"""
- name: Before anything is changed
  debros.network.preflight:
    members: "{{ debros_members }}"
    address: "{{ debros_address }}"
    ports: {node: 4001, rqlite: 5001}
    memory_mb: 900
    disk_mb: 1000
    clock_skew: 60
    secrets_dir: "{{ debros_secrets_dir }}"
"""

RETURN = r"""
problems: {description: "Sentences, each with its remedy.", returned: success, type: list, elements: str}
database: {description: Whether the host has our database's unit., returned: always, type: bool}
installed: {description: Whether a release of ours is there., returned: always, type: bool}
cluster: {description: What the running database knows., returned: always, type: dict}
authority: {description: "The certificate of the authority it trusts, PEM.", returned: always, type: str}
now: {description: "The host's clock, seconds since 1970.", returned: always, type: float}
"""

_SYSTEMS = "Debian 12, Debian 13, Ubuntu 24.04 or later"
_PYTHON = re.compile(r"Python (\d+)\.(\d+)")


def operating_system(release: str) -> list[str]:
    """Judge /etc/os-release."""
    pairs = dict(line.split("=", 1) for line in release.splitlines() if "=" in line)
    fields = {key: value.strip().strip('"') for key, value in pairs.items()}
    version = tuple(int(part) for part in fields.get("VERSION_ID", "0").split(".") if part.isdigit())
    good = (fields.get("ID") == "debian" and version[:1] in ((12,), (13,))) or (
        fields.get("ID") == "ubuntu" and version >= (24, 4)
    )
    if good:
        return []
    found = fields.get("PRETTY_NAME") or fields.get("ID") or "an unknown system"
    return [f"operating system: found {found}; supported are {_SYSTEMS}"]


def system() -> list[str]:
    """Judge systemd, Python and the processor."""
    problems = []
    if not Path("/run/systemd/system").is_dir():
        init = _read("/proc/1/comm").strip() or "something else"
        problems.append(f"systemd: process 1 is {init}; the services need systemd (without it: `make up` in a clone)")
    try:
        done = subprocess.run(["/usr/bin/python3", "--version"], stdout=subprocess.PIPE, text=True, check=False)
        found = _PYTHON.match(done.stdout)
    except OSError:
        found = None
    if not found or not (3, 11) <= (int(found[1]), int(found[2])) <= (3, 13):
        what = found[0] if found else "none"
        problems.append(f"python: /usr/bin/python3 is {what}; the services need Python 3.11 to 3.13")
    if platform.machine() not in ("x86_64", "aarch64"):
        problems.append(f"architecture: {platform.machine()}; supported are x86_64 and aarch64")
    return problems


def resources(memory_mb: int, disk_mb: int) -> list[str]:
    """Judge memory and disk."""
    problems = []
    found = re.search(r"MemTotal:\s+(\d+) kB", _read("/proc/meminfo"))
    memory = int(found[1]) // 1024 if found else 0
    if memory < memory_mb:
        problems.append(f"memory: {memory} MiB; at least {memory_mb} MiB are needed (common_memory_mb)")
    installed = any(Path("/opt/debros/src").glob("*/.complete"))  # the installer has unpacked it before
    wanted = disk_mb // 4 if installed else disk_mb
    place = Path("/opt") if Path("/opt").is_dir() else Path("/")
    disk = os.statvfs(str(Path("/opt/debros") if installed else place))
    free = disk.f_bavail * disk.f_frsize // 2**20
    if free < wanted:
        problems.append(f"disk: {free} MiB free for /opt/debros; at least {wanted} MiB are needed (common_disk_mb)")
    return problems


def address_problems(address: str) -> list[str]:
    """Judge whether the host has the address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            return [f"debros_address: {address}: {error.strerror}"]
        own = ", ".join(own_addresses()) or "none"
        return [
            (
                f"debros_address: {address} is not an address of this host (it has {own}); "
                f"add to it in the inventory:  debros_address: <one of them that the other hosts reach>"
            )
        ]
    return []


def own_addresses() -> list[str]:
    """Return the host's addresses, loopback and link-local ones left out."""
    try:
        shown = subprocess.run(
            ["ip", "-o", "addr", "show", "scope", "global"],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    except OSError:
        return []
    return re.findall(r"inet6? ([0-9a-fA-F.:]+)/", shown.stdout)


def port_problems(ports: dict[str, Any]) -> list[str]:
    """Judge the ports."""
    return [
        f"port {port} ({service}): taken by {', '.join(taken)}; stop it, or choose another port for {service}"
        for service, port in ports.items()
        for taken in [listeners.strangers(int(port))]
        if taken
    ]


def tls_problems(certificate: str, key: str) -> list[str]:
    """Judge the files of the gateway's certificate and key: root must be able to read them, and they be a pair."""
    problems = []
    for name, path in (("gateway_tls_certificate_file", certificate), ("gateway_tls_private_key_file", key)):
        real = os.path.realpath(path)
        if real.startswith("/opt/debros/"):
            problems.append(f"{name}: {path} leads to {real}, where the gateway's unit does not see it; move that file")
            continue
        try:
            with Path(path).open("rb") as file:
                file.read(1)
        except OSError as error:
            problems.append(f"{name}: {path}: {error.strerror}; put the file there on this host, or correct the path")
    if problems:
        return problems
    try:  # never with a passphrase: nobody is there to be asked
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, ValueError) as error:
        why = getattr(error, "reason", None) or str(error)
        problems.append(
            f"gateway_tls_certificate_file, gateway_tls_private_key_file: {certificate} and {key} are no PEM "
            f"certificate and its key without a passphrase ({why})"
        )
    return problems


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def cluster(port: int) -> dict[str, Any]:
    """Ask the database; a cluster that is electing gets a few seconds."""
    state: dict[str, Any] = {}
    for attempt in range(6):
        state = cluster_state.ask(port, Path("/opt/debros/keys/rqlite-admin"))
        if state["leader"] or not state["voters"]:
            break
        if attempt < 5:
            time.sleep(1)
    return state


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "members": {"type": "list", "elements": "dict", "required": True},
            "gateways": {"type": "list", "elements": "dict", "default": []},
            "address": {"type": "str", "required": True},
            "ports": {"type": "dict", "required": True},
            "memory_mb": {"type": "int", "required": True},
            "disk_mb": {"type": "int", "required": True},
            "clock_skew": {"type": "int", "required": True},
            "secrets_dir": {"type": "path", "required": True},
            "foreign_variables": {"type": "list", "elements": "str", "default": []},
            "rqlite_port": {"type": "int", "default": 5001},
            "certificate": {"type": "str", "default": ""},
            "key": {"type": "str", "default": "", "no_log": False},
        },
        supports_check_mode=True,
    )
    given = module.params
    problems = operating_system(_read("/etc/os-release") or _read("/usr/lib/os-release"))
    problems += system() + resources(given["memory_mb"], given["disk_mb"])
    if given["address"]:
        problems += address_problems(given["address"])
    problems += port_problems(given["ports"])
    if given["certificate"] and given["key"]:
        problems += tls_problems(given["certificate"], given["key"])
    module.exit_json(
        changed=False,
        problems=problems,
        database=os.path.lexists("/etc/systemd/system/debros-rqlite.service"),
        installed=os.path.lexists("/opt/debros/src/current"),
        cluster=cluster(given["rqlite_port"]),
        authority=_read("/opt/debros/keys/raft-ca.crt"),
        now=time.time(),
    )


if __name__ == "__main__":
    main()
