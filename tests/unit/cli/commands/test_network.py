"""The commands `status`, `peers` and `version`."""

import json

import pytest

STATUS = {"server": {"uptime": "1h"}, "network": {"node_id": "n1", "connected": True, "peer_count": 2}}


def test_status_without_a_key_shows_the_public_part(gateway, run) -> None:
    gateway.answer("/v1/status", STATUS)
    done = run("status")
    assert done.exit_code == 0
    assert "network.peer_count\t2\n" in done.stdout
    assert "network.connected\ttrue\n" in done.stdout
    assert [seen.path for seen in gateway.requests] == ["/v1/status"]


@pytest.mark.usefixtures("key")
def test_status_with_a_key_adds_details(gateway, run) -> None:
    gateway.answer("/v1/status", STATUS)
    gateway.answer("/v1/network/status", {"node_id": "n1", "raft_role": "leader"})
    status = json.loads(run("status", "--format", "json").stdout)
    assert status["network"] == STATUS["network"] | {"raft_role": "leader"}


@pytest.mark.usefixtures("key")
def test_status_has_a_line_for_each_node_of_the_cluster(gateway, run) -> None:
    heard = {
        "age": 3.2,
        "peers": 2,
        "cpu_percent": 1.5,
        "memory_bytes": 2**27,
        "database_role": "leader",
        "version": "1",
    }
    nodes = [{"name": "n1", "state": "up"} | heard, {"name": "n2", "state": "unknown", "age": None}]
    gateway.answer("/v1/status", STATUS)
    gateway.answer("/v1/network/status", {"node_id": "n1", "nodes": nodes})
    shown = run("status").stdout
    assert "node.n1\tup, heard 3 s ago, 2 peers, 1.5 % CPU, 128 MiB, database leader, version 1\n" in shown
    assert "node.n2\tunknown\n" in shown
    assert json.loads(run("status", "--format", "json").stdout)["network"]["nodes"] == nodes


@pytest.mark.parametrize(("status", "exit_code"), [(401, 0), (403, 0), (503, 5)])
@pytest.mark.usefixtures("key")
def test_status_with_a_key_that_opens_nothing_shows_the_public_part(status, exit_code, gateway, run) -> None:
    gateway.answer("/v1/status", STATUS)
    gateway.refuse("/v1/network/status", status, "code", "why not")
    done = run("status")
    assert done.exit_code == exit_code
    assert "why not" in done.stderr


@pytest.mark.usefixtures("key")
def test_peers(gateway, run) -> None:
    peers = [
        {
            "id": "12D3",
            "addresses": ["/ip4/1.2.3.4/tcp/1", "/ip6/::1/tcp/1"],
            "connected": True,
            "last_seen": None,
            "state": "up",
            "age": 2.5,
        }
    ]
    gateway.answer("/v1/network/peers", {"peers": peers})
    assert run("peers").stdout == (
        "id\tconnected\tlast_seen\tstate\tage\taddresses\n12D3\ttrue\t\\N\tup\t2.5\t/ip4/1.2.3.4/tcp/1 /ip6/::1/tcp/1\n"
    )
    assert json.loads(run("peers", "--format", "json").stdout) == {"peers": peers}


def test_when_a_peer_was_seen_is_a_time_people_can_read(gateway, run) -> None:
    gateway.answer("/v1/network/peers", {"peers": [{"id": "12D3", "last_seen": 1700000000.25}]})
    assert "2023-11-14 22:13:20+00:00" in run("peers").stdout


def test_no_peers_is_a_table_without_rows(gateway, run) -> None:
    gateway.answer("/v1/network/peers", {"peers": []})
    done = run("peers")
    assert (done.exit_code, done.stdout) == (0, "id\tconnected\tlast_seen\tstate\tage\taddresses\n")


def test_version_of_both(gateway, run) -> None:
    gateway.answer("/v1/version", {"version": "9.9", "commit": "abc"})
    shown = json.loads(run("version", "--format", "json").stdout)
    assert shown["gateway"] == {"url": gateway.url, "version": "9.9", "commit": "abc"}
    assert shown["client"]["version"]
    assert "gateway version\t9.9\n" in run("version").stdout


def test_version_without_a_gateway_is_no_failure(run) -> None:
    done = run("version", "--format", "json", "--gateway", "http://127.0.0.1:1")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["gateway"] is None
    assert "does not answer" in done.stderr
