"""The commands `peer-id`, `connect` and `disconnect`; the gateway's side is a fake."""

import json

import pytest

from debros import identity

PEER_ID = "12D3KooWA1bQTf2vt5Dhej4zvZGnnpz8pFKBr1o2DTgqTpdEnQyZ"
PEER = f"/ip4/10.0.0.7/tcp/4001/p2p/{PEER_ID}"


def test_the_peer_id_of_the_gateways_node(gateway, run) -> None:
    gateway.answer("/v1/status", {"network": {"node_id": PEER_ID}})
    assert run("peer-id").stdout == f"{PEER_ID}\n"
    assert json.loads(run("peer-id", "--format", "json").stdout) == {"peer_id": PEER_ID}
    assert "x-api-key" not in gateway.last.headers


@pytest.mark.parametrize("network", [None, {}, {"node_id": ""}])
def test_a_gateway_without_a_node(network, gateway, run) -> None:
    gateway.answer("/v1/status", {"network": network})
    done = run("peer-id")
    assert (done.exit_code, done.stdout) == (5, "")
    assert "has no node beside it" in done.stderr


def test_the_peer_id_of_a_key_file(gateway, run, tmp_path) -> None:
    key = identity.load_or_create(tmp_path / "identity.key")
    assert run("peer-id", "--identity", str(tmp_path / "identity.key")).stdout == f"{key.peer_id}\n"
    (tmp_path / "other.key").write_bytes(b"no key")
    done = run("peer-id", "--identity", str(tmp_path / "other.key"))
    assert done.exit_code == 1
    assert "other.key" in done.stderr
    assert gateway.requests == []


@pytest.mark.usefixtures("key")
def test_connect(gateway, run) -> None:
    gateway.answer("/v1/network/connect", {"status": "ok"})
    done = run("connect", PEER, "--format", "json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"status": "ok"})
    assert gateway.last.json() == {"multiaddr": PEER}
    assert f"Connected to {PEER_ID}" in done.stderr


@pytest.mark.parametrize("given", ["10.0.0.7:4001", "/ip4/10.0.0.7/tcp/4001", "/ip4/x/tcp/1/p2p/y", f"{PEER}x"])
def test_what_is_no_peer_with_an_id_is_a_usage_error(given, gateway, run) -> None:
    done = run("connect", given)
    assert done.exit_code == 2
    assert given in done.stderr
    assert gateway.requests == []


@pytest.mark.usefixtures("key")
def test_disconnect(gateway, run) -> None:
    gateway.answer("/v1/network/disconnect", {"status": "ok"})
    done = run("disconnect", PEER_ID)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"Disconnected from {PEER_ID}\n")
    assert gateway.last.json() == {"peer_id": PEER_ID}


@pytest.mark.parametrize(("given", "told"), [("nobody", "network-cli peers"), (PEER, "behind /p2p/")])
def test_what_is_no_peer_id_is_a_usage_error(given, told, gateway, run) -> None:
    done = run("disconnect", given)
    assert done.exit_code == 2
    assert f"{given!r} is not a peer id" in done.stderr
    assert told in done.stderr
    assert gateway.requests == []


@pytest.mark.parametrize(
    ("status", "exit_code", "said"),
    [(403, 3, "a key with scope admin"), (404, 4, "older than the command"), (503, 5, "")],
)
@pytest.mark.usefixtures("key")
def test_connect_that_is_refused(status, exit_code, said, gateway, run) -> None:
    gateway.refuse("/v1/network/connect", status, "some_code", "no")
    done = run("connect", PEER)
    assert done.exit_code == exit_code
    assert said in done.stderr
