"""A fleet that changes: its inventory is written anew before each change, as its operator edits it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from hostkit import rqlite
from hostkit.bed import bed_dir
from hostkit.cluster import Cluster
from hostkit.machine import Machine
from hostkit.playbook import Result, Run

ADD, REPLACE, REMOVE = (f"ansible/{change}-node.yml" for change in ("add", "replace", "remove"))


@dataclass
class Fleet:
    """The hosts with a database that the inventory names now."""

    names: tuple[str, ...] = ()

    @cached_property
    def inventory(self) -> Path:
        return bed_dir() / "fleet" / "hosts.yml"

    @property
    def cluster(self) -> Cluster:
        return Cluster([Machine(name) for name in self.names])

    def be(self, *names: str, alone: Sequence[str] = (), **variables: Any) -> Cluster:
        """Write an inventory with these hosts, behind those that have a gateway alone."""
        self.names = names
        hosts = {name: {"ansible_host": Machine(name).address, "debros_gateway_only": True} for name in alone}
        hosts |= {name: {"ansible_host": Machine(name).address} for name in names}
        common = {"debros_secrets_dir": str(bed_dir() / "secrets"), "rqlite_third_party": True}
        document = {"debros": {"hosts": hosts, "vars": common | variables}}
        self.inventory.parent.mkdir(exist_ok=True)
        self.inventory.write_text(yaml.safe_dump(document, sort_keys=False))
        return self.cluster

    def attempt(self, playbook: str, *arguments: str) -> Result:
        """Run a playbook; whether it succeeded is for the caller to say."""
        return Run(*arguments, playbook=playbook, inventory=self.inventory).wait(2400)

    def play(self, playbook: str, *arguments: str) -> Result:
        """Run a playbook, which has to succeed."""
        result = self.attempt(playbook, *arguments)
        assert result.status == 0, f"exit {result.status}:\n{result.output[-4000:]}"
        return result

    def refused(self, playbook: str, *arguments: str) -> str:
        """Run a playbook, which has to fail without changing anything, and return what it said, on one line."""
        result = self.attempt(playbook, *arguments)
        assert result.status != 0, result.output[-2000:]
        assert result.changed_tasks() == []
        return " ".join(result.output.split())


def voters(machine: Machine) -> set[str]:
    """Return who votes, as this host sees it."""
    return {name for name, node in rqlite.nodes(machine).items() if node["voter"]}


def mentions(machines: Iterable[Machine], address: str) -> list[str]:
    """Return where hosts still let an address in, or look for it."""
    places = "/etc/ufw/user.rules /etc/ufw/user6.rules /etc/systemd/system/debros* /opt/debros/configs"
    return [
        f"{machine.name}: {file}"
        for machine in machines
        for file in machine.root(f"grep -rlFw {address} {places} || true").split()
    ]
