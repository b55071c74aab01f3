"""SSH on the port that the inventory names stays open when the firewall is switched on, and no other port is."""

import pytest
import yaml

from hostkit.bed import bed, bed_dir
from hostkit.doors import KNOCK
from hostkit.paths import INVENTORY
from hostkit.playbook import play

pytestmark = pytest.mark.timeout(1200)

PORT = 2222
DROP_IN = "/etc/ssh/sshd_config.d/port.conf"


@pytest.fixture
def moved(cluster):
    """Make the last host anew, with sshd on another port; its own inventory says so."""
    machine = cluster.machines[-1]
    config = bed_dir() / "ssh_config"
    usual = config.read_text()
    bed("down", machine.name)
    bed("up", f"{machine.name}={machine.address}")
    machine.root(f"echo 'Port {PORT}' > {DROP_IN} && systemctl restart ssh")
    # A connection that was made before would go on working, whatever the firewall does.
    config.write_text(f"Host {machine.address}\nPort {PORT}\nControlMaster no\nControlPath none\n{usual}")
    document = yaml.safe_load(INVENTORY.read_text())
    document["debros"]["hosts"][machine.name]["ansible_port"] = PORT
    inventory = bed_dir() / "moved.yml"
    inventory.write_text(yaml.safe_dump(document))
    yield machine, inventory
    config.write_text(usual)
    bed("down", machine.name)
    bed("up", f"{machine.name}={machine.address}")
    play()


def test_it_stays_open_and_the_usual_one_is_shut(cluster, moved, stranger):
    machine, inventory = moved
    play(inventory=inventory)
    cluster.until_whole()
    assert machine.run("true") == ""
    machine.root("systemd-run --quiet --unit=usual python3 -m http.server 22")
    assert stranger.python(KNOCK, machine.address, data=[22, PORT, 5001]) == [PORT]
    assert play(inventory=inventory).changed_tasks() == []
