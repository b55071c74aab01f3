"""The playbook on a cloud image: what it has not, such as the firewall, comes from the distribution's packages."""

import pytest
import yaml

from hostkit.bed import bed, bed_dir
from hostkit.playbook import play

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture
def inventory(fresh):
    """Return an inventory of the bare host, which has a way out."""
    folder = bed_dir() / "bare"
    folder.mkdir(exist_ok=True)
    document = {
        "debros": {
            "hosts": {fresh.machine.name: {"ansible_host": fresh.machine.address}},
            "vars": {"debros_secrets_dir": str(folder / "secrets"), "rqlite_third_party": True},
        }
    }
    (folder / "hosts.yml").write_text(yaml.safe_dump(document))
    bed("online")
    yield folder  # with its secrets from the second run on
    bed("offline")


def test_from_a_cloud_image_to_a_host_that_serves(fresh, inventory, stranger_to):
    assert fresh.machine.attempt("command -v ufw").returncode != 0, "the image is not bare"
    planned = play("--check", inventory=inventory)
    assert planned.count("changed") > 0
    assert fresh.machine.attempt("command -v ufw || test -e /opt/debros").returncode != 0
    play(inventory=inventory)
    assert "Status: active" in fresh.machine.root("ufw status")
    assert stranger_to(fresh, 6001)
    assert not stranger_to(fresh, 5001)
    assert play(inventory=inventory).changed_tasks() == []
