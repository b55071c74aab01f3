"""The disk runs full in the middle: it is named, and once there is space again the same command goes on."""

import re
import sys

import pytest
import yaml

from hostkit.bed import bed
from hostkit.disk import MIB, Watch
from hostkit.paths import PROJECT
from hostkit.patience import eventually

pytestmark = pytest.mark.timeout(1200)

OUTPUT = "/run/output"  # not on the disk that runs full
INSTALLER = PROJECT / "scripts" / "install-debros-network.sh"


def asked_for():
    """The free disk that the installer and the playbook ask for, in MiB."""
    found = re.search(r"^DISK_MB=(\d+)\b", INSTALLER.read_text(), re.MULTILINE)
    role = yaml.safe_load((PROJECT / "roles/common/defaults/main.yml").read_text())
    assert found
    assert int(found[1]) == role["common_disk_mb"]
    return int(found[1])


def test_what_is_asked_for_is_enough(fresh):
    fresh.carry()
    bed("fill", fresh.machine.name, asked_for() + 1)
    with Watch(fresh.machine) as watch:
        fresh.install()
    sys.stdout.write(f"\n    installer: at most {watch.used // MIB} MB of disk, in the end {watch.kept // MIB} MB\n")
    assert "Nothing to do" in fresh.install()


@pytest.mark.parametrize(
    "words",
    ["Unpacking release", "Running the roles", "  debros : Make the host's keys"],
    ids=["unpacking", "roles", "secrets"],
)
def test_full_at(fresh, words):
    fresh.carry()
    group = fresh.start(OUTPUT)
    eventually(lambda: words in fresh.machine.root(f"cat {OUTPUT}"), f"it does not say {words!r}", 300, 0.1)
    bed("fill", fresh.machine.name)
    said = eventually(lambda: ended(fresh, group), "the installer does not end", 600, 1)
    sys.stdout.write(f"\n{said}\n")
    errors = said[said.index("error: ") :]
    assert "No space left on the disk of /" in errors, errors
    assert "Traceback" not in said
    bed("unfill", fresh.machine.name)
    fresh.install()
    assert fresh.gateway.health()["status"] == "ok"
    assert "Nothing to do" in fresh.install()


def ended(host, group):
    """What it has said, once none of its processes is left."""
    running = host.machine.attempt(f"sudo kill -0 -- -{group}").returncode == 0
    return "" if running else host.machine.root(f"cat {OUTPUT}")
