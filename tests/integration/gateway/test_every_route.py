"""Every route there is, asked with every kind of credential: who gets past the door, and who does not."""

import pytest
from starlette.routing import Route, WebSocketRoute

from debros.gateway.auth.access import OPERATORS, OPTIONAL, Access, access
from debros.gateway.routes import all_routes
from testkit.wallets import Ethereum

# What needs a good credential, but not one of an owner.
_ANY_CREDENTIAL = {"/v1/auth/whoami", "/v1/network/status", "/v1/network/peers", "/v1/network/backups"}
# These would end what the test goes on with.
_LAST = ("/v1/auth/api-keys/{id}",)


def doors():
    found = []
    for route in all_routes():
        if isinstance(route, WebSocketRoute):
            continue  # its path is asked as a plain GET, which passes the same door
        assert isinstance(route, Route)
        found += [(method, route.path) for method in sorted((route.methods or set()) - {"HEAD"})]
    return found


@pytest.fixture
async def credentials(make_gateway, people, name, eventually):
    """A gateway and credentials: right ones, and every wrong kind."""
    gateway = await make_gateway(
        auth={"access_token_lifetime": "15m"},
        rates={"failures_burst": 10_000},
        pubsub={"relay_timeout": "200ms"},  # there is no node to wait for
    )
    owner, lost, stranger = Ethereum(), Ethereum(), Ethereum()
    right = await people.sign_in(gateway, owner, name)
    theirs = await people.sign_in(gateway, stranger, f"{name}-other")
    headers = {"X-API-Key": right["access_token"]}
    owners = f"/v1/namespaces/{name}/owners"
    assert (await gateway.http.post(owners, json={"wallet": lost.address}, headers=headers)).status_code == 201
    was_owner = await people.sign_in(gateway, lost, name)
    assert (await gateway.http.delete(f"{owners}?wallet={lost.address}", headers=headers)).status_code == 200
    signed_out = await people.sign_in(gateway, owner, name)
    await gateway.http.post("/v1/auth/logout", json={"refresh_token": signed_out["refresh_token"]})
    made = await gateway.http.post("/v1/auth/api-key", json={"name": "to revoke"}, headers=headers)
    listed = (await gateway.http.get("/v1/auth/api-keys", headers=headers)).json()["api_keys"]
    (revoked,) = [one["id"] for one in listed if one["name"] == "to revoke"]
    assert (await gateway.http.delete(f"/v1/auth/api-keys/{revoked}", headers=headers)).status_code == 200
    head, payload, signature = right["access_token"].split(".")
    tokens = gateway.services.auth.tokens
    clock, tokens._clock = tokens._clock, lambda: clock() - 3_600_000
    expired = tokens.issue(owner.address, name).token
    tokens._clock = clock

    async def ready():
        answer = await gateway.http.get("/v1/storage/list", headers={"X-API-Key": was_owner["access_token"]})
        return answer.status_code == 403

    await eventually(ready)
    refused = {
        "no": None,
        "a wrong one": "nonsense",
        "a key of nobody": "ak_" + "x" * 24 + f":{name}",
        "a key for another namespace's name": right["api_key"].rpartition(":")[0] + f":{name}-other",
        "a forged token": f"{head}.{payload}.{'A' * len(signature)}",
        "a token without algorithm": f"eyJhbGciOiJub25lIn0.{payload}.",
        "an expired token": expired,
        "a revoked key": made.json()["api_key"],
        "a session that has ended": signed_out["access_token"],
    }
    return gateway, right, theirs, was_owner, refused


async def ask(gateway, method, path, namespace, credential):
    filled = path.replace("{ns}", namespace).replace("{id}", "key_none").replace("{app_id}", "app_none")
    headers = {"X-API-Key": "" if credential is None else credential}
    return await gateway.http.request(method, filled, headers=headers, content=b"" if method == "GET" else b"{}")


async def test_every_route_with_every_credential(credentials, name) -> None:
    gateway, right, theirs, was_owner, refused = credentials
    assert len(doors()) > 40
    for method, path in doors():
        where = f"{method} {path}"
        if access(path) is Access.PUBLIC:
            if path != "/v1/auth/logout":
                answer = await ask(gateway, method, path, name, None)
                assert "missing API key" not in answer.text, where
            continue
        for what, credential in refused.items():
            answer = await ask(gateway, method, path, name, credential)
            text = "missing API key" if credential is None else "invalid API key"
            assert (answer.status_code, answer.json()["error"]) == (401, text), (where, what)
            assert answer.headers["www-authenticate"].startswith("Bearer"), (where, what)
        for kind in ("access_token", "api_key"):
            answer = await ask(gateway, method, path, name, was_owner.get(kind) or right[kind])
            if kind == "access_token" and path not in _ANY_CREDENTIAL | OPERATORS | OPTIONAL:
                assert (answer.status_code, answer.json()["error"]) == (
                    403, "forbidden: not an owner of namespace",
                ), where  # fmt: skip
            answer = await ask(gateway, method, path, name, theirs[kind])
            if "{ns}" in path:
                assert (answer.status_code, answer.json()["error"]) == (
                    403, "forbidden: not an owner of namespace",
                ), where  # fmt: skip
            answer = await ask(gateway, method, path, name, right[kind])
            assert answer.status_code != 401, where
            if answer.status_code == 403:
                assert answer.json()["code"] in {"admin_required", "wallet_required"}, (where, answer.text)
            assert answer.status_code < 500 or answer.json()["code"].endswith("unavailable"), (where, answer.text)


async def test_one_namespace_sees_nothing_of_another(credentials, name) -> None:
    gateway, right, theirs, _, _ = credentials
    mine, other = ({"X-API-Key": one["access_token"]} for one in (right, theirs))
    assert (await gateway.http.post("/v1/storage/put?key=secret", content=b"x", headers=mine)).status_code == 201
    made = await gateway.http.post("/v1/apps", json={"name": "mine"}, headers=mine)
    assert (await gateway.http.get("/v1/storage/list", headers=other)).json()["keys"] == []
    assert (await gateway.http.get("/v1/storage/get?key=secret", headers=other)).status_code == 404
    assert (await gateway.http.get("/v1/apps", headers=other)).json()["apps"] == []
    assert (await gateway.http.get(f"/v1/apps/{made.json()['app_id']}", headers=other)).status_code == 404
    names = [one["name"] for one in (await gateway.http.get("/v1/auth/api-keys", headers=other)).json()["api_keys"]]
    assert names == ["first sign-in"]
    assert (await gateway.http.get(f"/v1/namespaces/{name}/owners", headers=other)).status_code == 403
