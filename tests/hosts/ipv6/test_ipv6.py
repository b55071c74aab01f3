"""A cluster whose hosts reach each other by IPv6, and whose users may do so too."""

import asyncio
import ipaddress
import json
import subprocess
import sys

import pytest

from hostkit import rqlite
from hostkit.bed import bed
from hostkit.doors import KNOCK, OPEN_TO_ALL, OPEN_TO_MEMBERS
from hostkit.gateway import Gateway
from hostkit.writer import Writer

ESTABLISHED = "ss -Htn state established '( dport = :{port} or sport = :{port} )'"


def address6(machine):
    return str(ipaddress.ip_address(bed("ip6", machine.name).strip()))


@pytest.fixture
def gateways(cluster):
    return [Gateway(f"[{address6(machine)}]", cluster.key) for machine in cluster]


def test_raft_speaks_ipv6(cluster):
    assert cluster.whole()
    for machine in cluster:
        found = {name: node["addr"] for name, node in rqlite.nodes(machine).items()}
        hosts = {name: ipaddress.ip_address(addr.rpartition(":")[0].strip("[]")) for name, addr in found.items()}
        assert hosts == {each.name: ipaddress.ip_address(address6(each)) for each in cluster}
        assert all(addr.startswith("[") and addr.endswith("]:7001") for addr in found.values())


def test_the_nodes_listen_on_both_and_meet_by_ipv6(cluster):
    for machine in cluster:
        listening = machine.run("ss -Htln sport = :4001")
        assert "0.0.0.0:4001" in listening
        assert "[::]:4001" in listening
        assert f"[{address6(cluster.after(machine))}]" in machine.run(ESTABLISHED.format(port=4001))
        peers = json.loads(machine.root("cat /opt/debros/configs/node.yaml | grep -c /ip6/ || true"))
        assert peers >= 2  # where it listens, and the other host


def test_users_come_by_ipv6(cluster, gateways):
    first, second = gateways
    with Writer(first) as writer:
        writer.more()
    writer.check(second)
    assert first.health()["status"] == second.health()["status"] == "ok"
    assert cluster.gateway(cluster["n1"]).health()["status"] == "ok"  # by IPv4 as well


def test_a_message_travels(gateways):
    first, second = gateways

    async def travel() -> bytes:
        async with second.socket("six") as listener, first.socket("six") as speaker:
            for _ in range(60):  # until the two nodes have told each other who listens to what
                await speaker.send(b"by the long road")
                try:
                    return await asyncio.wait_for(listener.recv(), 1)
                except TimeoutError:
                    continue
        raise AssertionError("nothing arrived")

    assert asyncio.run(travel()) == b"by the long road"


def test_doors(cluster, machine, stranger):
    ports = sorted({22, 80, 4001, 5001, 6001, 7001, 7002, 9090})
    there = address6(machine)
    assert set(stranger.python(KNOCK, there, data=ports)) == OPEN_TO_ALL
    assert set(cluster.after(machine).python(KNOCK, there, data=ports)) == OPEN_TO_ALL | OPEN_TO_MEMBERS
    knocked = subprocess.run(
        [sys.executable, "-c", KNOCK, there], check=True, capture_output=True, text=True, input=json.dumps(ports)
    )
    assert set(json.loads(knocked.stdout)) == OPEN_TO_ALL


def test_certificates_carry_the_address(machine):
    text = machine.root("openssl x509 -noout -ext subjectAltName -in /opt/debros/keys/raft.crt")
    found = [ipaddress.ip_address(part.split("Address:")[1].strip()) for part in text.split(",") if "Address:" in part]
    assert found == [ipaddress.ip_address(address6(machine))]
