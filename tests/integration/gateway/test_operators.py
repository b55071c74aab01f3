"""What operators do to the network over HTTP: two real nodes, the second keeps the first as its bootstrap peer."""

import pytest

from debros.identity import Identity

OPERATOR = {"key": "ak_operator", "namespace": "default", "scope": "admin"}
NOBODY = Identity.from_seed(bytes(32)).peer_id


async def test_a_peer_is_disconnected_and_connected_again(operated, eventually, tables) -> None:
    gateway, address, peer_id = operated.gateway, operated.address, operated.peer_id
    answer = await gateway.http.post("/v1/network/disconnect", json={"peer_id": peer_id})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    await eventually(operated.gone)
    answer = await gateway.http.post("/v1/network/connect", json={"multiaddr": address})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    await eventually(operated.there)
    unreachable = f"/ip4/127.0.0.1/tcp/1/p2p/{NOBODY}"
    answer = await gateway.http.post("/v1/network/connect", json={"multiaddr": unreachable})
    assert (answer.status_code, answer.json()["code"]) == (422, "peer_unreachable")
    assert answer.json()["error"].startswith("/ip4/127.0.0.1/tcp/1: nothing listens there (connection refused); see ")
    mistaken = address.replace(peer_id, NOBODY)
    answer = await gateway.http.post("/v1/network/connect", json={"multiaddr": mistaken})
    assert (answer.status_code, answer.json()["code"]) == (422, "peer_mismatch")
    assert answer.json()["error"].endswith(f": the peer there is {peer_id}; correct the peer id or the address")
    await gateway.services.auth.audit.flush()
    rows = await tables(
        "SELECT event, outcome, credential, detail FROM _gw_audit"
        " WHERE detail IN (?, ?, ?) AND event LIKE 'peer%' ORDER BY rowid",
        peer_id,
        address,
        unreachable,
    )
    (key,) = {credential for _, _, credential, _ in rows}
    assert key.startswith("static-")
    assert [(event, outcome, detail) for event, outcome, _, detail in rows] == [
        ("peer_disconnect", "granted", peer_id),
        ("peer_connect", "granted", address),
        ("peer_connect", "failed", unreachable),
    ]


@pytest.mark.parametrize(
    ("what", "body", "status", "code"),
    [
        ("connect", {"multiaddr": "nonsense"}, 400, "invalid_multiaddr"),
        ("connect", {"multiaddr": "/ip4/127.0.0.1/tcp/1"}, 400, "invalid_multiaddr"),
        ("connect", {"multiaddr": "/ip4/127.0.0.1/udp/1/p2p/" + NOBODY}, 400, "invalid_multiaddr"),
        ("connect", {"multiaddr": "/ip4/127.0.0.1/tcp/1/p2p/" + NOBODY}, 422, "peer_unreachable"),
        ("connect", {"multiaddr": ""}, 400, "invalid_body"),
        ("connect", {"multiaddr": "x" * 513}, 400, "invalid_body"),
        ("connect", {}, 400, "invalid_body"),
        ("disconnect", {"peer_id": "nobody"}, 400, "invalid_peer_id"),
        ("disconnect", {"peer_id": 5}, 400, "invalid_body"),
    ],
)
async def test_what_cannot_be_done_says_why(relayed_by_operator, what, body, status, code) -> None:
    answer = await relayed_by_operator.http.post(f"/v1/network/{what}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_the_node_itself_is_no_peer(relayed_by_operator) -> None:
    status = await relayed_by_operator.services.p2p.status()
    for what, body in (("connect", {"multiaddr": status.addresses[0]}), ("disconnect", {"peer_id": status.peer_id})):
        answer = await relayed_by_operator.http.post(f"/v1/network/{what}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter"), what


async def test_who_is_no_operator_is_refused(relayed_by_operator) -> None:
    gateway = relayed_by_operator
    token = (await gateway.http.post("/v1/auth/token")).json()["access_token"]
    assert (await gateway.http.get("/v1/auth/whoami")).json()["admin"] is True
    for credential in ("ak_tenant", token):
        answer = await gateway.http.post(
            "/v1/network/connect", json={"multiaddr": "nonsense"}, headers={"X-API-Key": credential}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "admin_required")
        who = await gateway.http.get("/v1/auth/whoami", headers={"X-API-Key": credential})
        assert who.json()["admin"] is False


async def test_without_a_node(make_gateway) -> None:
    gateway = await make_gateway(api_keys=[OPERATOR], pubsub={"relay_timeout": "200ms"})
    answer = await gateway.http.post("/v1/network/disconnect", json={"peer_id": NOBODY})
    assert (answer.status_code, answer.json()["code"]) == (503, "node_unavailable")


@pytest.fixture
async def relayed_by_operator(make_gateway, node, eventually):
    gateway = await make_gateway(
        p2p_socket=str(node.socket), api_keys=[OPERATOR, {"key": "ak_tenant", "namespace": "default"}]
    )
    await eventually(lambda: gateway.services.p2p.connected)
    return gateway


async def test_every_node_of_the_cluster_is_shown_with_the_age_of_its_last_word(operated, eventually) -> None:
    gateway, peer_id = operated.gateway, operated.peer_id

    async def heard():
        nodes = (await gateway.http.get("/v1/network/status")).json()["nodes"]
        said = [(node["state"], node["peers"]) for node in nodes]
        return nodes if said == [("up", 1), ("up", 1)] else None  # a first word may be older than their connection

    own, other = await eventually(heard)
    assert other["peer_id"] == other["name"] == peer_id != own["peer_id"]
    assert other["age"] >= 0
    (peer,) = (await gateway.http.get("/v1/network/peers")).json()["peers"]
    assert (peer["id"], peer["state"]) == (peer_id, "up")
    assert peer["age"] >= 0
    await gateway.services.metrics.upstream.look()
    value = gateway.services.metrics.registry.get_sample_value
    assert value("debros_cluster_node_state", {"node": peer_id, "state": "up"}) == 1
    assert value("debros_cluster_node_state", {"node": peer_id, "state": "down"}) == 0
    assert value("debros_cluster_node_peers", {"node": peer_id}) == 1
