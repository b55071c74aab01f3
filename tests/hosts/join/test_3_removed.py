"""A host is taken out, and the others close to it; set up anew, it may come again."""

import pytest

from hostkit import rqlite
from hostkit.joined import NAMES
from hostkit.patience import eventually

pytestmark = pytest.mark.timeout(3600)


def test_the_others_close_their_doors(hosts):
    address = hosts["n3"].machine.address
    hosts["n1"].machine.root("debros-host members remove n3")
    hosts.until_followed("n1", "n2")
    for name in ("n1", "n2"):
        assert list(rqlite.nodes(hosts[name].machine)) == ["n1", "n2"]
        assert address not in hosts[name].machine.root("ufw show added")
        assert address not in hosts[name].machine.run("systemctl cat debros-rqlite.service")
        assert hosts[name].gateway.health()["status"] == "ok"


def test_it_cannot_come_back_by_itself(hosts):
    members = hosts["n3"].members()
    hosts["n3"].machine.root("systemctl restart debros-rqlite.service")
    # It knows the list from its own copy of the data, which may have been cut off before it heard of the removal.

    def stays_out():
        done = hosts["n3"].machine.attempt("sudo debros-host members apply")
        said = done.stdout + done.stderr  # while its database opens, it knows nothing
        return "nothing new" in said or "n3 is not in the cluster's list of members any more" in said

    eventually(stays_out, "it does not read the list")
    assert hosts["n3"].members() == members
    assert list(rqlite.nodes(hosts["n1"].machine)) == ["n1", "n2"]


def test_uninstalled_it_says_that_its_place_stays(hosts):
    said = hosts["n3"].install("--uninstall", "--dry-run")
    assert "nothing was removed" in said
    said = hosts["n3"].install("--purge")
    assert "Its place in the cluster of n1, n2, n3 stays" in said
    assert "sudo debros-host members remove n3" in said
    left = hosts["n3"].machine.attempt(
        "ls -d /etc/debros /var/lib/*debros* /var/lib/private/*debros* /run/*debros* /opt/debros"
    )
    assert left.stdout == ""
    assert "debros" not in hosts["n3"].machine.run(
        "systemctl list-unit-files --no-legend --plain 'debros*'; ls /etc/systemd/system"
    )


def test_set_up_anew_it_comes_again(hosts):
    said = hosts["n3"].install(*hosts["n3"].offline, "--join", hosts.invite("n1"))
    assert "Its cluster: n1, n2, n3." in said
    hosts.until_followed(*NAMES)
    rows = hosts["n3"].gateway.rows("SELECT note FROM notes", level="strong")
    assert rows == [["of one host"], ["of three"]]
    # n1 has given out others that were refused, and are still good.
    hosts["n1"].machine.root("network-cli invite --revoke")
    assert "debros-invite" not in hosts["n1"].machine.root("ufw show added")
    assert hosts["n1"].machine.unit("debros-enrol.service", "ActiveState") == {"ActiveState": "inactive"}
