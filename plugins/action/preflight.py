"""The controller's half of the preflight: variables, addresses, clocks, the cluster's majority."""

from __future__ import annotations

import ipaddress
import time
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible_collections.debros.network.plugins.module_utils import settings, ufw, variables

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# Roles that build on the user, the directories and the release of the role debros.
_NEEDING = frozenset({"rqlite", "node", "gateway", "backup", "monitoring"})
_ROLES = Path(__file__).resolve().parents[2] / "roles"


def address_problems(members: list[dict[str, Any]], host: str, inventory: str) -> list[str]:
    """Judge the addresses of all hosts, as seen from one: its own must be good, and nobody's may be there twice."""
    problems, seen = [], dict[str, str]()
    for member in members:
        name, address = str(member["name"]), str(member["address"])
        if not address:
            problems.append(
                f"{name}: its address is not known (it is not in this run, and its ansible_host is no IP address); "
                f"add to {name} in {inventory}:  debros_address: <the IP address at which the other hosts reach it>"
            )
            continue
        try:
            parsed = str(ipaddress.ip_address(address))
        except ValueError:
            problems.append(
                f"{name}: debros_address: {address!r} is not an IP address; "
                f"write in {inventory}:  debros_address: <the IP address at which the other hosts reach it>"
            )
            continue
        if parsed in seen:
            problems.append(f"{seen[parsed]} and {name} have the same address {parsed}; correct one in {inventory}")
        elif ipaddress.ip_address(parsed).is_loopback and len(members) > 1:
            problems.append(f"{name}: {parsed} is this host's own loopback; the other hosts cannot reach it there")
        seen.setdefault(parsed, name)
    if host not in [member["name"] for member in members]:
        problems.append(f"{host} is not in the group debros of {inventory}; add it there under hosts:")
    return problems


def database_door_problems(allowed: list[str]) -> list[str]:
    """Judge who may reach rqlite's HTTP API: some machines or networks, never everybody, for it is not encrypted."""
    problems = []
    for entry in allowed:
        try:
            everybody = ipaddress.ip_network(entry, strict=False).prefixlen == 0
        except ValueError:
            everybody = entry == "any"
            if not everybody:
                problems.append(
                    f"rqlite_http_allowed_from: {entry!r} is not an IP address or a network such as 10.0.0.0/24"
                )
        if everybody:
            problems.append(
                f"rqlite_http_allowed_from: {entry!r} is everybody, and this API is plain HTTP; name machines of a "
                "private network, or let programs use the gateway"
            )
        elif "/" in entry:
            try:
                ufw.network(entry, "rqlite_http_allowed_from")
            except ufw.RuleError as error:  # bits of a host in it
                problems.append(str(error))
    return problems


def plain_text_problems(members: list[dict[str, Any]], gateways: list[dict[str, Any]], allowed: list[str]) -> list[str]:
    """Judge the way between gateways alone and the databases, which is plain HTTP: it must not be a public network.

    Args:
        members: The hosts with a database.
        gateways: Those with a gateway alone.
        allowed: rqlite_http_allowed_from; who names a gateway there wants it all the same.
    """
    problems = []
    for gateway in gateways:
        public = [one for one in [gateway, *members] if _is_public(str(one["address"]))]
        if public and gateway["address"] not in allowed:
            named = ", ".join(f"{one['name']} ({one['address']})" for one in public)
            problems.append(
                f"{gateway['name']}: debros_gateway_only: its gateway and the databases speak plain HTTP, passwords "
                f"included, and {named} would do so at a public address; give these hosts addresses of a private "
                f"network (debros_address), or, to accept that, add:  rqlite_http_allowed_from: [{gateway['address']}]"
            )
    return problems


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False  # said elsewhere


def gateway_only_problems(host: str, *, database: bool, self_managed: bool) -> list[str]:
    """Judge a host that is to have a gateway alone.

    Args:
        host: Its name.
        database: Whether it has a database now.
        self_managed: Whether the hosts look after the cluster themselves.
    """
    problem = ""
    if self_managed:
        problem = (
            "hosts that look after their cluster themselves all have a database; let a controller take the cluster "
            "over first (docs/deploy.md)"
        )
    elif database:
        problem = (
            f"{host} has a database; take it out of the cluster first: ansible-playbook ansible/remove-node.yml -i … "
            f"-e node={host}, then run this again"
        )
    return [f"debros_gateway_only: {problem}"] if problem else []


def wallet_problem(wallet: str) -> str:
    """Judge a Solana address; "" when it is one (base58 of 32 bytes) or not given."""
    if not wallet:
        return ""
    number, strange = 0, [char for char in wallet if char not in _BASE58]
    if strange:
        return f"{strange[0]!r} does not occur in base58"
    for char in wallet:
        number = number * 58 + _BASE58.index(char)
    size = len(wallet) - len(wallet.lstrip("1")) + (number.bit_length() + 7) // 8
    return "" if size == 32 else f"it has {size} bytes, a Solana address has 32"


def quorum_problem(cluster: dict[str, Any], in_run: list[str]) -> str:
    """Judge a running cluster without a leader; "" when this run can bring its majority back.

    Args:
        cluster: What the host's database knows.
        in_run: Hosts this run reaches.
    """
    voters = cluster["voters"]
    if cluster["leader"] or not voters:
        return ""
    present = [name for name in voters if name in in_run]
    if len(present) * 2 > len(voters):
        return ""
    missing = [name for name in voters if name not in in_run]
    return (
        f"quorum: the cluster of {', '.join(voters)} has no leader, and {', '.join(missing)} cannot be reached in this "
        "run; bring a majority back first (power, network, `systemctl start debros.target`), then run this again"
    )


def stranger_problems(cluster: dict[str, Any], known: list[str], gateways: list[str], inventory: str) -> list[str]:
    """Name the members of the running cluster that the inventory has lost; this run would shut them out.

    Args:
        cluster: What the host's database knows.
        known: The hosts of the inventory with a database.
        gateways: Those with a gateway alone.
        inventory: Where they stand.
    """
    alone = f"has debros_gateway_only in {inventory}; take that line away"
    gone = f"is not in {inventory}; put it back there"
    return [
        f"member {name} ({address}) of the running cluster {alone if name in gateways else gone}, or take it out of "
        f"the cluster: ansible-playbook ansible/remove-node.yml -i … -e node={name}"
        for name, address in sorted(cluster["members"].items())
        if name not in known
    ]


def authority_problem(trusted: str, own: str, directory: str) -> str:
    """Judge whether the controller holds the secrets of the cluster that a host belongs to; "" when it may go on.

    Args:
        trusted: The authority's certificate on the host, "" on a bare one; two while the authority changes.
        own: That of the controller, or those, "" before the first run.
        directory: The controller's directory of secrets.
    """
    if not trusted.strip() or set(_certificates(trusted)) & set(_certificates(own)):
        return ""
    what = "holds those of another cluster" if own.strip() else "is empty"
    return (
        f"secrets: the host belongs to a cluster already, but {directory} {what}; copy the cluster's directory of "
        "secrets there (debros_secrets_dir), or take the host off with ansible/uninstall.yml -e uninstall_purge=true"
    )


def part_problem(tags: list[str], *, installed: bool) -> str:
    """Return why a run of some roles cannot work on a host; "" when it can.

    Args:
        tags: Those of the run; "all" when none were asked for.
        installed: Whether the host has a release of ours.
    """
    asked = sorted(_NEEDING.intersection(tags))
    if installed or not asked or {"all", "debros"}.intersection(tags):
        return ""
    return (
        f"--tags {','.join(asked)}: nothing of DeBros is on this host yet, and a role alone finds nobody to run as; "
        "run site.yml without --tags first"
    )


def _certificates(pem: str) -> list[str]:
    """Return each certificate of a text; a text without any counts as one."""
    parts = ["".join(part.split()) for part in pem.split("-----END CERTIFICATE-----")]
    return [part for part in parts if part]


class ActionModule(ActionBase):
    """The action."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:  # noqa: ARG002 - Ansible's signature
        """Collect every problem, the controller's and the host's."""
        result: dict[str, Any] = super().run(None, task_vars)
        given = self._task.args
        host, inventory = str(task_vars["inventory_hostname"]), self._inventory_file(task_vars)
        roles = variables.specs(_ROLES)
        names = [name for name in task_vars if name not in variables.own(_ROLES)]
        problems = [
            f"{name}: no such variable" + (f"; did you mean {near}?" if near else "") + self._origin(task_vars[name])
            for name, near in variables.unknown(names, roles, given.get("foreign_variables") or []).items()
        ]
        if problems:
            problems[-1] += " (of another role? Then add its pattern to common_foreign_variables)"
        values, failures = self._values(roles, task_vars)
        failures += variables.misfits(roles, values)
        problems += failures
        if trouble := wallet_problem(str(values.get("node_solana_wallet") or "")):
            problems.append(f"node_solana_wallet: {trouble}; give the address as your wallet shows it, or leave it out")
        if not failures:
            problems += database_door_problems(values.get("rqlite_http_allowed_from") or [])
            problems += settings.problems(values)
            problems += plain_text_problems(
                given["members"], given["gateways"], values.get("rqlite_http_allowed_from") or []
            )
        problems += address_problems([*given["members"], *given["gateways"]], host, inventory)
        if not failures:  # with values of the wrong kind the host cannot be asked
            answer, more = self._ask_host(host, values, task_vars)
            if answer.get("failed"):
                return {**result, **answer}
            problems += more
        result.update(changed=False, problems=problems)
        if problems:
            lines = "".join(f"\n  - {problem}" for problem in problems)
            count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
            del result["problems"]  # they are in the message
            result.update(failed=True, msg=f"{host}: {count}; nothing was changed:{lines}")
        return result

    def _ask_host(self, host: str, values: dict[str, Any], task_vars: Any) -> tuple[dict[str, Any], list[str]]:
        """Run the host's half; return its answer and the problems that follow from it."""
        given = self._task.args
        pair = {"certificate": str(values.get(settings.CERTIFICATE) or ""), "key": str(values.get(settings.KEY) or "")}
        whole = all(pair.values()) and not settings.tls_problems(**pair, ours=settings.root(values))
        before = time.time()
        answer: dict[str, Any] = self._execute_module(
            "debros.network.preflight", {**given, **(pair if whole else {})}, task_vars=task_vars
        )
        after = time.time()
        if answer.get("failed") or "problems" not in answer:
            return {**answer, "failed": True}, []
        problems = list(answer["problems"])
        ahead = max(answer["now"] - after, before - answer["now"])
        if ahead > given["clock_skew"]:
            problems.append(
                f"clock: {host} differs by {ahead:.0f} s from this controller; certificates and tokens need true time: "
                "install systemd-timesyncd or chrony"
            )
        in_run = [str(name) for name in task_vars["ansible_play_hosts"]]
        problems.append(authority_problem(answer["authority"], self._own_authority(), given["secrets_dir"]))
        problems.append(quorum_problem(answer["cluster"], in_run))
        problems.append(part_problem(task_vars["ansible_run_tags"], installed=answer["installed"]))
        known, gateways = ([str(one["name"]) for one in given[kind]] for kind in ("members", "gateways"))
        problems += stranger_problems(answer["cluster"], known, gateways, self._inventory_file(task_vars))
        if host in gateways:
            managed = boolean(values.get("debros_self_managed") or False)
            problems += gateway_only_problems(host, database=answer["database"], self_managed=managed)
        return answer, [problem for problem in problems if problem]

    def _own_authority(self) -> str:
        path = Path(self._task.args["secrets_dir"]) / "ca.crt"
        return str(self._loader.get_text_file_contents(str(path))) if path.exists() else ""

    def _values(self, roles: dict[str, variables.Spec], task_vars: Any) -> tuple[dict[str, Any], list[str]]:
        """Template every known variable; what cannot be templated is a problem."""
        values, failures = {}, []
        for name in [name for spec in roles.values() for name in spec if name in task_vars]:
            try:
                values[name] = self._templar.template(task_vars[name])
            except AnsibleError as error:
                failures.append(f"{name}: {error}{self._origin(task_vars[name])}")
        return values, failures

    @staticmethod
    def _inventory_file(task_vars: Any) -> str:
        return str(task_vars.get("inventory_file") or task_vars.get("inventory_dir") or "the inventory")

    @staticmethod
    def _origin(value: Any) -> str:
        """Say where a variable was set, as far as ansible-core knows."""
        try:
            from ansible._internal._datatag._tags import Origin  # noqa: PLC0415 - the only source of it
        except ImportError:
            return ""
        origin = Origin.get_tag(value)
        return f" ({origin})" if origin else ""
