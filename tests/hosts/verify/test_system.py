"""A host is of the distribution its inventory names; one that could not be made here is named with the reason."""

import os

import pytest
import yaml

from hostkit.bed import bed_dir
from hostkit.paths import INVENTORY

SYSTEMS = {
    "bookworm": ("Debian GNU/Linux 12", "3.11", "252"),
    "trixie": ("Debian GNU/Linux 13", "3.13", "257"),
    "noble": ("Ubuntu 24.04", "3.12", "255"),
}


def test_the_host_is_of_its_distribution(machine):
    name = yaml.safe_load(INVENTORY.read_text())["debros"]["hosts"][machine.name].get("bed_distro")
    name = name or os.environ.get("BED_DISTRO", "bookworm")
    missing = bed_dir() / "missing" / name
    if missing.exists():
        pytest.skip(f"{name} was NOT TESTED, this host is another: {missing.read_text().strip()}")
    system, python, systemd = SYSTEMS[name]
    assert system in machine.run("cat /etc/os-release")
    assert machine.run("/usr/bin/python3 --version").startswith(f"Python {python}.")
    assert machine.run("systemctl --version").startswith(f"systemd {systemd} ")
