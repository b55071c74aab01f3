"""Ansible module: UFW with exactly our rules, whatever else is in it, and never without SSH."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.debros.network.plugins.module_utils import ssh_access, ufw

DOCUMENTATION = r"""
module: ufw_rules
short_description: UFW with exactly the wanted rules of ours, whatever else is in it
description:
  - Makes the rules whose comment begins with C(debros:) exactly right (added, changed, removed), denies what nobody
    allows, and switches UFW on. Rules of the operator survive. Where one of them stands in the place of a wanted rule
    (same port, protocol and source), theirs stays and is reported.
  - SSH is let in before anything is denied. Its ports are those given, the one this very connection uses and, as long
    as UFW is off, those sshd, or systemd in its place (C(ssh.socket)), listens on. Where UFW is active already and a
    rule of the operator lets SSH in, SSH is left to the operator.
  - What was before (off or on, the default for incoming connections) is noted in /etc/ufw/debros-before.json;
    uninstallation returns to it.
  - A run that was interrupted, or that collides with another C(ufw), is completed by the next run.
options:
  rules:
    description: What the services need. Entries without a source let nobody in.
    type: list
    elements: dict
    default: []
    suboptions:
      port: {description: Destination port., type: int, required: true}
      proto: {description: Protocol., type: str, choices: [tcp, udp], default: tcp}
      from:
        description: C(any), addresses or networks. An empty list lets nobody in.
        type: list
        elements: str
        required: true
      comment: {description: "What it is for; C(debros:) is put before it.", type: str, required: true}
  ssh_ports: {description: Ports on which SSH must stay reachable., type: list, elements: int, default: [22]}
  ssh_from:
    description: Who may use SSH; C(any), addresses or networks. Must include whoever runs this.
    type: list
    elements: str
    default: [any]
author: [The DeBros Network founders]
attributes:
  check_mode: {support: full, description: Nothing is changed.}
  diff_mode: {support: full, description: Lists our rules and the firewall's state before and after.}
"""

EXAMPLES = r"""
- name: Firewall
  debros.network.ufw_rules:
    rules:
      - {port: 4001, proto: tcp, from: [any], comment: node}
      - {port: 7001, proto: tcp, from: [192.0.2.12, 192.0.2.13], comment: raft}
    ssh_ports: [22]
"""

RETURN = r"""
commands:
  description: What was run, or in check mode would be.
  returned: always
  type: list
  elements: str
kept:
  description: Rules of the operator that stand where one of ours would.
  returned: always
  type: list
  elements: str
ssh_ports:
  description: Ports on which SSH is let in, by our rules or by the operator's.
  returned: always
  type: list
  elements: int
"""

_ETC = Path("/etc")
_TIMEOUT = 120.0  # seconds; ufw waits for another ufw without end
_POLICIES = {"ACCEPT": "allow", "DROP": "deny", "REJECT": "reject"}


class FirewallError(Exception):
    """UFW cannot be made so; the text says why and what to do."""


class Firewall:
    """UFW of this host.

    Args:
        program: ufw; None where it is not installed (check mode on a bare host).
        etc: Where its files are.
    """

    def __init__(self, program: str | None, etc: Path = _ETC) -> None:
        self._program, self._etc = program, etc
        self._before = etc / "ufw/debros-before.json"
        self.ran: list[str] = []

    def rules(self) -> list[ufw.Rule]:
        """Read all rules of both address families."""
        rules = ufw.parse(self._text("ufw/user.rules"), 4)
        return rules + ufw.parse(self._text("ufw/user6.rules"), 6) if self.ipv6() else rules

    def ipv6(self) -> bool:
        """Tell whether UFW handles IPv6 here (as `use_ipv6` in ufw/backend.py)."""
        return self._setting("default/ufw", "IPV6").lower() == "yes" and Path("/proc/sys/net/ipv6").exists()

    def incoming(self) -> str:
        """Return what happens to incoming connections no rule speaks of: "allow", "deny" or "reject"."""
        return _POLICIES.get(self._setting("default/ufw", "DEFAULT_INPUT_POLICY"), "allow")

    def enabled(self) -> bool:
        """Tell whether UFW is to be on."""
        return self._setting("ufw/ufw.conf", "ENABLED").lower() == "yes"

    def listing(self, family: int) -> str | None:
        """Return the kernel's rules as iptables lists them; None when the kernel has no chain of UFW's."""
        program, chain = ("iptables", "ufw-user-input") if family == 4 else ("ip6tables", "ufw6-user-input")
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            done = subprocess.run(
                [program, "-w", "10", "-S", chain], capture_output=True, text=True, timeout=_TIMEOUT, check=False
            )
            return done.stdout if done.returncode == 0 else None
        return None

    def active(self) -> bool:
        """Tell whether UFW is on, now and after a boot."""
        return self.enabled() and self.listing(4) is not None

    def run(self, arguments: list[str], *, check: bool) -> None:
        """Run ufw.

        Raises:
            FirewallError: It refused, or another one holds its lock.
        """
        self.ran.append(" ".join(["ufw", *arguments]))
        if check or self._program is None:
            return
        environ = {**os.environ, "LC_ALL": "C"}
        try:
            done = subprocess.run(
                [self._program, *arguments],
                capture_output=True, text=True, timeout=_TIMEOUT, check=False, env=environ, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise FirewallError(
                f"`{self.ran[-1]}` has not ended after {_TIMEOUT:.0f} s; does another ufw hold its lock? Run this again"
            ) from None
        if done.returncode:
            raise FirewallError(f"`{self.ran[-1]}` failed: {(done.stderr or done.stdout).strip()}")

    def remember(self, *, check: bool) -> None:
        """Note how it was before we came, once."""
        if check or self._before.exists():
            return
        text = json.dumps({"enabled": self.enabled(), "incoming": self.incoming()})
        fresh = self._before.with_suffix(".new")
        fresh.write_text(f"{text}\n")
        fresh.replace(self._before)

    def _text(self, name: str) -> str:
        try:
            return (self._etc / name).read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def _setting(self, name: str, key: str) -> str:
        value = ""
        for line in self._text(name).splitlines():
            left, equals, right = line.partition("=")
            if equals and left.strip() == key:
                value = right.strip().strip("\"'")
        return value


def ssh_wishes(
    firewall: Firewall, given: list[int], sources: list[str], opened: list[int], here: ssh_access.Connection | None
) -> tuple[list[ufw.Wanted], list[int]]:
    """Work out what keeps SSH reachable.

    Args:
        firewall: UFW.
        given: Ports from the inventory.
        sources: Who may use SSH.
        opened: Ports on which SSH listens.
        here: Client and port of the connection this runs in; None = no SSH connection.

    Returns:
        Rules that are wanted for it, and all ports on which SSH stays reachable.

    Raises:
        FirewallError: Whoever runs this would be shut out.
        ufw.RuleError: A port or source is wrong.
    """
    found = firewall.rules()
    in_force = firewall.active() and firewall.incoming() != "allow"
    ours = {int(rule.port) for rule in found if rule.ours and rule.comment == f"{ufw.PREFIX}ssh"}
    listening = {port for port in opened if not in_force or port in ours}
    ports = sorted({*given, *listening, *([here[1]] if here else [])})
    wishes: list[ufw.Wanted] = []
    for port in ports:
        theirs = [rule for rule in found if not rule.comment.startswith(ufw.PREFIX) and rule.lets_in(port)]
        arranged = bool(theirs) if in_force else any(rule.is_for(here[0] if here else None) for rule in theirs)
        if arranged and port not in ours:
            continue
        rules = ufw.wanted(port, "tcp", sources, "ssh")
        if here and port == here[1] and not arranged and not _covers(rules, here[0]):
            raise FirewallError(
                f"SSH from {here[0]} would be shut out: it is in none of {', '.join(sources) or '(nothing)'}; "
                "add it to firewall_ssh_allowed_from"
            )
        wishes += rules
    return wishes, ports


def _covers(rules: list[ufw.Wanted], address: ssh_access.Address) -> bool:
    return any(one.is_for(address) for rule in rules for one in rule.rules(ipv6=True))


def present(firewall: Firewall, wishes: list[ufw.Wanted], *, check: bool) -> ufw.Plan:
    """Bring UFW where it should be, SSH first, the new before the old.

    Args:
        firewall: UFW.
        wishes: All wanted rules, those of SSH first.
        check: Only say what would be run.

    Raises:
        FirewallError: UFW refused.
    """
    plan = ufw.plan(wishes, firewall.rules(), ipv6=firewall.ipv6())
    active = firewall.active()
    lost = [
        rule for rule in plan.right
        if active and (text := firewall.listing(rule.family)) is not None and not ufw.loaded(rule, text)
    ]  # fmt: skip
    deny = firewall.incoming() == "allow"
    if plan.add or plan.remove or deny or not active:
        firewall.remember(check=check)
    if firewall.enabled() and not active:
        # It is to be on and the kernel knows nothing of it: ufw would fail on its own missing chains.
        firewall.run(["disable"], check=check)
    for arguments in ufw.commands(plan.add, []):
        firewall.run(arguments, check=check)
    if deny:
        firewall.run(["default", "deny", "incoming"], check=check)
    if not active:
        firewall.run(["--force", "enable"], check=check)
    for arguments in ufw.commands(plan.remove, ["--force", "delete"]):
        firewall.run(arguments, check=check)
    if lost:  # an earlier run was killed between ufw's file and the kernel
        firewall.run(["reload"], check=check)
    if not check:
        left = ufw.plan(wishes, firewall.rules(), ipv6=firewall.ipv6())
        if left.add or left.remove:
            rules = "; ".join(str(rule) for rule in [*left.add, *left.remove])
            raise FirewallError(f"ufw has not done what it was told, see `ufw status`; still open: {rules}")
    return plan


def state(rules: list[ufw.Rule], *, enabled: bool, incoming: str) -> str:
    """Write the firewall's state down for a diff."""
    lines = sorted(str(rule) for rule in rules)
    return "\n".join([f"ufw: {'on' if enabled else 'off'}", f"incoming: {incoming}", *lines]) + "\n"


def main() -> None:
    """Run the module."""
    rule_spec = {
        "port": {"type": "int", "required": True},
        "proto": {"type": "str", "choices": ["tcp", "udp"], "default": "tcp"},
        "from": {"type": "list", "elements": "str", "required": True},
        "comment": {"type": "str", "required": True},
    }
    module = AnsibleModule(
        argument_spec={
            "rules": {"type": "list", "elements": "dict", "default": [], "options": rule_spec},
            "ssh_ports": {"type": "list", "elements": "int", "default": [22]},
            "ssh_from": {"type": "list", "elements": "str", "default": ["any"]},
        },
        supports_check_mode=True,
    )
    given, check = module.params, module.check_mode
    program = module.get_bin_path("ufw")
    if program is None and not check:
        module.fail_json(msg="ufw is not installed on this host; the role debros.network.firewall installs it")
    firewall = Firewall(program)
    ours = [rule for rule in firewall.rules() if rule.ours]
    before = state(ours, enabled=firewall.active(), incoming=firewall.incoming())
    try:
        here = ssh_access.connection(os.getpid())
        opened = ssh_access.server_ports(module.get_bin_path("sshd"))
        opened += ssh_access.socket_ports(module.get_bin_path("systemctl"))
        wishes, ports = ssh_wishes(firewall, given["ssh_ports"], given["ssh_from"], opened, here)
        for rule in given["rules"]:
            wishes += ufw.wanted(rule["port"], rule["proto"], rule["from"], rule["comment"])
        plan = present(firewall, wishes, check=check)
    except (FirewallError, ufw.RuleError) as error:
        module.fail_json(msg=str(error), commands=firewall.ran)
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}", commands=firewall.ran)
    for rule in plan.kept:
        if rule.action.partition("_")[0] != "allow":
            module.warn(f"a rule of yours stands where ours would and stays: ufw {str(rule).rstrip('# ')}")
    incoming = firewall.incoming()
    if check and (policy := next((line for line in firewall.ran if line.startswith("ufw default ")), None)):
        incoming = policy.split()[2]
    ours = [*plan.right, *plan.add]
    module.exit_json(
        changed=bool(firewall.ran),
        commands=firewall.ran,
        kept=[str(rule) for rule in plan.kept],
        ssh_ports=ports,
        diff={"before": before, "after": state(ours, enabled=True, incoming=incoming)},
    )


if __name__ == "__main__":
    main()
