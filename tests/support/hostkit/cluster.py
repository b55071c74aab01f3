"""The hosts of the inventory, and what the operator knows about them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from hostkit import rqlite
from hostkit.bed import bed, bed_dir, names
from hostkit.gateway import Gateway
from hostkit.machine import Machine
from hostkit.paths import INVENTORY
from hostkit.patience import eventually

SERVICES = ("debros-rqlite", "debros-node", "debros-gateway")


def host_names() -> list[str]:
    """Return the hosts in the inventory's order."""
    return list(yaml.safe_load(INVENTORY.read_text())["debros"]["hosts"])


@dataclass(frozen=True)
class Cluster:
    """All hosts of the inventory; the first three are voters."""

    machines: list[Machine]

    def __iter__(self) -> Iterator[Machine]:
        return iter(self.machines)

    def __len__(self) -> int:
        return len(self.machines)

    def __getitem__(self, name: str) -> Machine:
        return next(machine for machine in self.machines if machine.name == name)

    def after(self, machine: Machine) -> Machine:
        """Return the host that follows in the inventory: "another one"."""
        return self.machines[(self.machines.index(machine) + 1) % len(self)]

    @property
    def secrets(self) -> Path:
        """The controller's folder of secrets, as molecule/*/inventory sets it."""
        return bed_dir() / "secrets"

    @cached_property
    def key(self) -> str:
        """The static API key the playbook made; the secret `api-keys` has lines `key:namespace`."""
        return (self.secrets / "api-keys").read_text().split()[0].rpartition(":")[0]

    def gateway(self, machine: Machine, timeout: float = 10) -> Gateway:
        return Gateway(machine.address, self.key, timeout)

    def whole(self) -> bool:
        """Whether all hosts answer, see each other and form one cluster; what is amiss is an assertion error."""
        expected = {machine.name for machine in self}
        for machine in self:
            health = self.gateway(machine).health()
            assert health["status"] == "ok", f"{machine.name}: health is {health['status']}"
            seen = rqlite.nodes(machine)
            assert set(seen) == expected, f"{machine.name} sees the members {sorted(seen)}"
            lost = [name for name, node in seen.items() if not node["reachable"]]
            assert not lost, f"{machine.name} does not reach {lost}"
        leaders = {name for machine in self for name, node in rqlite.nodes(machine).items() if node["leader"]}
        assert len(leaders) == 1, f"leaders: {sorted(leaders)}"
        return True

    def until_whole(self, seconds: float = 180) -> None:
        eventually(self.whole, "the cluster is not whole", seconds)

    def leader(self) -> Machine:
        """Return the host that leads the database now."""
        return self[next(name for name, node in rqlite.nodes(self.machines[0]).items() if node["leader"])]

    def repair(self) -> None:
        """Undo every fault of the bed and wait for the cluster."""
        power = names()
        for machine in self:
            if not power.get(machine.name):
                bed("boot", machine.name)
            bed("thaw", machine.name)
            bed("heal", machine.name)
            bed("unfill", machine.name)
            bed("lose", machine.name, 0)
            bed("delay", machine.name, 0)
        self.until_whole()
