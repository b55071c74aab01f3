"""rqlite's HTTP API for machines of a list: they get in with a password, nobody else gets in at all.

The last test here, since it runs the playbook, which restarts the database and closes the door again. So it must not
ask for one `machine` after the other: pytest would then run it between the other tests of one host and the next one's.
"""

import json

import httpx
import pytest

from hostkit.playbook import play
from hostkit.rqlite import ask

KNOCK = """
import json, sys, urllib.error, urllib.request
try:
    with urllib.request.urlopen(f"http://{sys.argv[1]}:5001/status", timeout=5) as answer:
        print(json.dumps(answer.status))
except urllib.error.HTTPError as error:
    print(json.dumps(error.code))
except OSError:
    print(json.dumps("nothing"))
"""

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def opened(cluster):
    """The door, open for this machine: the gateway of the bed's network."""
    here = cluster.machines[0].address.rpartition(".")[0] + ".1"
    play("-e", json.dumps({"rqlite_http_allowed_from": [here]}))
    cluster.until_whole()
    yield cluster
    play()
    cluster.until_whole()
    for machine in cluster:
        listening = machine.run("ss -Htln sport = 5001").split()
        assert "127.0.0.1:5001" in listening
        assert "5001" not in machine.root("ufw status")


def test_who_is_on_the_list_needs_a_password(opened):
    for machine in opened:
        url = f"http://{machine.address}:5001/db/query?q=SELECT+1"
        credentials = tuple(machine.root("cat /opt/debros/keys/rqlite-node").strip().split(":", 1))
        assert httpx.get(url, trust_env=False).status_code == 401
        assert httpx.get(url, trust_env=False, auth=(credentials[0], "wrong")).status_code == 401
        answer = httpx.get(url, trust_env=False, auth=credentials)
        assert answer.status_code == 200
        assert answer.json()["results"][0]["values"] == [[1]]


def test_nobody_else_gets_an_answer(opened, stranger):
    for machine in opened:
        assert stranger.python(KNOCK, machine.address) == "nothing"
        if len(opened) > 1:
            assert opened.after(machine).python(KNOCK, machine.address) == "nothing"


def test_the_unit_lets_nobody_else_in_either(opened):
    """Without the firewall the service itself still does not hear strangers."""
    for machine in opened:
        allowed = machine.unit("debros-rqlite.service", "IPAddressAllow")["IPAddressAllow"].split()
        assert [entry for entry in allowed if entry.startswith(machine.address.rpartition(".")[0])]
        assert not [entry for entry in allowed if entry.endswith("/0")]


def test_the_services_of_the_host_notice_nothing(opened):
    for machine in opened:
        assert ask(machine, "/readyz?sync")[0] == 200
