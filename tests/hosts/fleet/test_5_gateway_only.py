"""A host with a gateway and nothing else, beside those that have a database. The last of the fleet's tests."""

import asyncio
import json
import re
from types import SimpleNamespace

import httpx
import pytest

from hostkit.bed import bed
from hostkit.fleet import ADD, REMOVE, mentions, voters
from hostkit.gateway import Gateway, heard
from hostkit.machine import Machine
from hostkit.patience import eventually

pytestmark = pytest.mark.timeout(3000)

HOSTS = ("n1", "n2", "n3", "n4")
PORTS = (4001, 5001, 6001, 7001, 8001)
DAEMON = "[d]ebros.p2p.daemon"
ENDED = {"ActiveState": "inactive", "Result": "success"}


@pytest.fixture(scope="module")
def lone(fleet):
    """The bare host that becomes a gateway alone, and goes again."""
    if not fleet.names:  # this file is run by itself
        fleet.be("n1", "n2")
        fleet.play("site.yml")
    machine = Machine(next(name for name in HOSTS if name not in fleet.names))
    address = machine.address
    bed("down", machine.name)
    bed("up", f"{machine.name}={address}")
    return machine


@pytest.fixture(scope="module")
def here(fleet, lone):
    return Gateway(lone.address, fleet.cluster.key)


@pytest.fixture(scope="module")
def there(fleet):
    """A gateway beside a node."""
    return fleet.cluster.gateway(fleet.cluster.machines[0])


def daemon(machine):
    return [int(word) for word in machine.attempt(f"pgrep -f {DAEMON}").stdout.split()]


def healthy(gateway):
    assert gateway.health()["status"] == "ok"
    return True


def hear_each_other(here, there, topic):
    for mouth, ear in ((here, there), (there, here)):
        assert asyncio.run(heard(mouth, ear, topic)) == topic.encode()


def files(machine, pattern):
    return machine.root(f"cd / && ls -d {pattern} 2>/dev/null | xargs -rn 1 basename").split()


@pytest.mark.usefixtures("lone")
def test_a_member_must_go_before_it_comes_back_as_a_gateway_alone(fleet):
    *stay, member = fleet.names
    fleet.be(*stay, alone=[member])
    said = fleet.refused("site.yml")
    assert f"debros_gateway_only: {member} has a database; take it out of the cluster first" in said
    assert f"member {member} ({Machine(member).address}:7001) of the running cluster has debros_gateway_only in" in said
    fleet.be(*stay, member)


def test_a_bare_host_becomes_one(fleet, lone, here):
    names = fleet.names
    # The first of the inventory: nothing may take it for one that can be asked.
    cluster = fleet.be(*names, alone=[lone.name])
    assert fleet.attempt("site.yml", "--check").status == 0
    assert lone.attempt("test -e /opt/debros").returncode == 1
    result = fleet.play(ADD, "-e", f"node={lone.name}")
    assert result.recap[lone.name]["failed"] == 0
    cluster.until_whole()
    healthy(here)
    assert voters(cluster.machines[0]) == set(names)
    assert fleet.play("site.yml").changed_tasks() == []


def test_it_has_a_gateway_and_nothing_else(fleet, lone, stranger_to):
    assert set(files(lone, "/etc/systemd/system/debros-*.*[!d]")) == {
        *("debros-check.service", "debros-check.timer", "debros-gateway-closed.target"),
        *("debros-gateway.service", "debros-gateway.socket"),
    }
    assert set(files(lone, "/opt/debros/keys/*")) == {"api-keys", "raft-ca.crt", "rqlite-gateway", "server-key"}
    assert files(lone, "/opt/debros/configs/*") == ["gateway.yaml"]
    machines = [lone, *fleet.cluster]
    is_open = {port: [m for m in machines if stranger_to(SimpleNamespace(machine=m), port)] for port in PORTS}
    assert is_open == {4001: machines[1:], 5001: [], 6001: machines, 7001: [], 8001: []}


def test_its_unit_is_confined_like_every_gateway_s(lone):
    shown = lone.unit("debros-gateway.service", "ActiveState", "NRestarts")
    assert shown == {"ActiveState": "active", "NRestarts": "0"}
    for unit in ("debros-gateway.service", "debros-check.service"):
        last = lone.root(f"systemd-analyze security --no-pager {unit}").splitlines()[-1]
        assert float(re.search(r": ([0-9.]+) ", last)[1]) <= 1.2
    (pid,) = daemon(lone)
    status = lone.root(f"cat /proc/{pid}/status /proc/{pid}/cgroup")
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    assert re.search(r"CapEff:\s+0+\n", status)
    assert "/debros.slice/debros-gateway.service" in status
    assert lone.run(f"ps -o user= -p {pid}").strip() == "debros"


def test_it_is_looked_at(lone):
    assert "BAD" not in lone.root("debros-host check")
    lone.root("systemctl start debros-check.service")
    assert lone.run("systemctl list-units --failed --no-legend --plain") == ""
    refused = lone.attempt("sudo debros-host leader")
    assert refused.returncode == 1
    assert "this host has a gateway alone" in refused.stderr
    warnings = lone.root("journalctl -o json -p warning -u debros-gateway --no-pager").splitlines()
    assert [json.loads(line)["MESSAGE"] for line in warnings] == []


def test_nodes_know_it_for_one_of_the_cluster(fleet, lone):
    def named(machine, unit, said):
        text = machine.root(f"journalctl -o json -u {unit} --no-pager --grep '{said}' || true")
        return re.findall(r"12D3KooW\w{44}", text)

    (peer,) = set(named(lone, "debros-gateway", "which peer this gateway is"))
    for machine in fleet.cluster:
        assert peer in named(machine, "debros-node", "gateways without a node have changed")


def test_who_signed_in_at_another_gateway_is_signed_in_here(here, there):
    for first, second in ((there, here), (here, there)):
        token = first.json("POST", "/v1/auth/token")["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        url = f"http://{second.address}:6001/v1/auth/whoami"
        whoami = httpx.get(url, headers=bearer, trust_env=False, timeout=10).json()
        assert (whoami["authenticated"], whoami["method"]) == (True, "jwt")


def test_what_is_written_here_is_read_there(here, there):
    here.json("POST", "/v1/storage/put?key=lone", content=b"from a gateway alone")
    assert there.ask("GET", "/v1/storage/get?key=lone").content == b"from a gateway alone"


def test_messages_and_presence_go_both_ways(here, there):
    hear_each_other(here, there, "lone")

    async def seen(mine, other, member):
        topic = f"lone-{member}"
        async with mine.socket(f"{topic}&presence=true&member_id={member}"), asyncio.timeout(60):
            while True:
                path = f"/v1/pubsub/presence?topic={topic}"
                members = (await asyncio.to_thread(other.json, "GET", path))["members"]
                if members:
                    return [one["member_id"] for one in members]
                await asyncio.sleep(0.2)

    assert asyncio.run(seen(here, there, "here")) == ["here"]
    assert asyncio.run(seen(there, here, "there")) == ["there"]


def test_a_daemon_that_is_killed_comes_back(lone, here, there):
    (before,) = daemon(lone)
    lone.root(f"kill -9 {before}")
    eventually(lambda: daemon(lone) not in ([], [before]), "no other daemon")
    hear_each_other(here, there, "again")
    eventually(lambda: healthy(here), "not healthy again")
    assert lone.unit("debros-gateway.service", "NRestarts") == {"NRestarts": "0"}


def test_a_restart_and_a_stop_leave_no_daemon_behind(lone, here, there):
    (before,) = daemon(lone)
    lone.root("debros-host restart debros-gateway")
    (after,) = daemon(lone)
    assert after != before
    hear_each_other(here, there, "restarted")
    (gateway,) = lone.unit("debros-gateway.service", "MainPID").values()
    lone.root(f"kill -9 {gateway}")
    eventually(lambda: healthy(here), "not healthy again", 60)
    assert len(daemon(lone)) == 1
    lone.root("systemctl stop debros-gateway.socket debros-gateway.service")
    assert daemon(lone) == []
    assert lone.unit("debros-gateway.service", "ActiveState", "Result") == ENDED
    lone.root("systemctl start debros-gateway.socket debros-gateway.service")
    eventually(lambda: healthy(here), "not healthy again", 60)


def test_it_goes_and_the_databases_close_their_door(fleet, lone):
    fleet.play(REMOVE, "-e", f"node={lone.name}")
    cluster = fleet.be(*fleet.names)
    cluster.until_whole()
    assert mentions(cluster, lone.address) == []
    listening = "ss -Hltn sport = :5001"
    assert {machine.root(listening).split()[3] for machine in cluster} == {"127.0.0.1:5001"}
    assert files(lone, "/etc/systemd/system/debros*") == []
    assert daemon(lone) == []
    assert fleet.play("site.yml").changed_tasks() == []
