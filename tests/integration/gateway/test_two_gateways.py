"""Two gateways over one database: what one hands out the other knows, and what one takes back the other forgets."""

import asyncio
import json
import time

import jwt
import pytest

from testkit.wallets import Ethereum

WITHIN = 10  # seconds: what the product promises for a revocation


@pytest.fixture
async def both(make_gateway):
    return await make_gateway(), await make_gateway()


async def status(gateway, credential, path="/v1/storage/list") -> int:
    return (await gateway.http.get(path, headers={"Authorization": f"Bearer {credential}"})).status_code


async def until_refused(gateway, credential, code=401) -> None:
    async with asyncio.timeout(WITHIN):
        while True:
            if await status(gateway, credential) == code:
                return
            await asyncio.sleep(0.1)


async def test_credentials_of_one_are_good_at_the_other(both, people, name) -> None:
    one, other = both
    found = await people.sign_in(one, Ethereum(), name)
    for credential in (found["access_token"], found["api_key"]):
        assert await status(other, credential) == 200
    renewed = await other.http.post("/v1/auth/refresh", json={"refresh_token": found["refresh_token"]})
    assert renewed.status_code == 200
    assert await status(one, renewed.json()["access_token"]) == 200


async def test_a_challenge_of_one_is_answered_at_the_other_once(both, people, name) -> None:
    one, other = both
    wallet = Ethereum()
    challenge = await people.challenge(one, wallet, name)
    answers = await asyncio.gather(
        *(people.verify(gateway, wallet, challenge) for gateway in (one, other) for _ in range(25))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49


@pytest.mark.parametrize("how", ["key", "session", "owner"])
async def test_a_revocation_is_seen_at_the_other(both, people, name, how) -> None:
    one, other = both
    wallet, second = Ethereum(), Ethereum()
    found = await people.sign_in(one, wallet, name)
    headers = {"Authorization": f"Bearer {found['access_token']}"}
    credential = found["api_key"] if how == "key" else found["access_token"]
    assert await status(other, credential) == 200
    if how == "key":
        (listed,) = (await one.http.get("/v1/auth/api-keys", headers=headers)).json()["api_keys"]
        assert (await one.http.delete(f"/v1/auth/api-keys/{listed['id']}", headers=headers)).status_code == 200
    elif how == "session":
        assert (await one.http.post("/v1/auth/logout", headers=headers)).json()["revoked"] == 1
    else:
        path = f"/v1/namespaces/{name}/owners"
        assert (await one.http.post(path, json={"wallet": second.address}, headers=headers)).status_code == 201
        assert (await one.http.request("DELETE", f"{path}?wallet={wallet.address}", headers=headers)).status_code == 200
    await until_refused(other, credential, 403 if how == "owner" else 401)
    await until_refused(one, credential, 403 if how == "owner" else 401)
    if how == "owner":
        answer = await other.http.post("/v1/auth/refresh", json={"refresh_token": found["refresh_token"]})
        assert (answer.status_code, answer.json()["error"]) == (403, "forbidden: not an owner of namespace")
        who = await other.http.get("/v1/auth/whoami", headers=headers)
        assert (who.status_code, who.json()["owner"]) == (200, False)


async def test_a_warm_request_asks_the_database_nothing(both, people, name, monkeypatch, eventually) -> None:
    gateway = both[0]
    await eventually(lambda: gateway.services.auth.changes.current)
    found = await people.sign_in(gateway, Ethereum(), name)
    credentials = (found["access_token"], found["api_key"])
    for credential in credentials:
        assert await status(gateway, credential, "/v1/auth/whoami") == 200
    # Now and then these ask too, of tables that a request is not to ask of either.
    held = gateway.services
    for tasks, unasked in (
        (held.tasks, ("remove values that are over", "remove old idempotency keys")),
        (held.auth.tasks, ("uses of keys", "upkeep")),
    ):
        for task in unasked:
            tasks._tasks[task].cancel()
    asked = []
    client = gateway.services.rqlite
    original = client._transport.send

    async def counting(request):
        asked.append(request)
        return await original(request)

    monkeypatch.setattr(client._transport, "send", counting)
    for _ in range(200):
        for credential in credentials:
            assert await status(gateway, credential, "/v1/auth/whoami") == 200
    # What the background asks: changes, refusals to record, keys that a change announced; schemas, the database's size.
    background = (b"_gw_changes", b"_gw_audit", b"_gw_signing_keys", b"_gw_schemas", b"sqlite_version", b"page_count")
    assert [request for request in asked if not any(table in (request.body or b"") for table in background)] == []


async def test_keys_rotate_under_load_without_one_refused_request(make_gateway, people, name) -> None:
    settings = {
        "auth": {"signing_key_lifetime": "2s", "access_token_lifetime": "5s"},
        # A quick machine asks for more tokens in these seconds than one caller may.
        "rates": {"sign_in_per_second": 10_000, "sign_in_burst": 10_000},
    }
    one, other = await make_gateway(**settings), await make_gateway(**settings)
    found = await people.sign_in(one, Ethereum(), name)
    await asyncio.sleep(2)  # the other gateway has seen the first keys
    kids: set[str] = set()
    statuses: list[int] = []
    stop = time.monotonic() + 12

    async def ask() -> None:
        while time.monotonic() < stop:
            made = await one.http.post("/v1/auth/token", headers={"X-API-Key": found["api_key"]})
            assert made.status_code == 200, made.text
            statuses.append(made.status_code)
            token = made.json()["access_token"]
            kids.add(jwt.get_unverified_header(token)["kid"])
            for _ in range(10):
                statuses.append(await status(other, token, "/v1/auth/whoami"))
                statuses.append(await status(one, token, "/v1/auth/whoami"))

    await asyncio.gather(*(ask() for _ in range(4)))
    assert set(statuses) == {200}
    assert len(statuses) > 100
    assert len(kids) >= 3
    published = (await other.http.get("/v1/auth/jwks")).json()["keys"]
    assert kids & {key["kid"] for key in published}


async def test_tokens_survive_a_restart(make_gateway, people, name, tmp_path) -> None:
    gateway = await make_gateway(data_dir=str(tmp_path / "same"))
    found = await people.sign_in(gateway, Ethereum(), name)
    private = json.loads((tmp_path / "same" / "signing-keys.json").read_text())
    assert (tmp_path / "same" / "signing-keys.json").stat().st_mode & 0o777 == 0o600
    gateway.server.should_exit = True
    again = await make_gateway(data_dir=str(tmp_path / "same"))
    assert json.loads((tmp_path / "same" / "signing-keys.json").read_text()) == private
    for credential in (found["access_token"], found["api_key"]):
        assert await status(again, credential) == 200
    renewed = await again.http.post("/v1/auth/refresh", json={"refresh_token": found["refresh_token"]})
    assert renewed.status_code == 200


async def test_the_keys_are_published_for_everybody(both, eventually) -> None:
    one, other = both
    token = (await one.http.post("/v1/auth/token")).json()["access_token"]
    kid = jwt.get_unverified_header(token)["kid"]

    async def published():
        answer = await other.http.get("/v1/auth/jwks", headers={"X-API-Key": ""})
        assert answer.status_code == 200
        assert "max-age" in answer.headers["cache-control"]
        same = answer.json() == (await one.http.get("/.well-known/jwks.json")).json()
        return [key for key in answer.json()["keys"] if key["kid"] == kid] if same else []

    (key,) = await eventually(published)
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("OKP", "Ed25519", "EdDSA", "sig")
    assert set(key) == {"kty", "crv", "alg", "use", "x", "kid"}
    claims = jwt.decode(token, jwt.PyJWK(key), algorithms=["EdDSA"], audience="gateway", issuer="debros-gateway")
    assert claims["exp"] - claims["iat"] == 900
    assert {"sub", "namespace", "nbf", "jti"} <= claims.keys()


async def test_a_gateway_with_another_server_key_says_so(make_gateway, people, name, tmp_path, eventually) -> None:
    usual = await make_gateway()
    found = await people.sign_in(usual, Ethereum(), name)
    file = tmp_path / "server-key"
    file.touch(0o600)
    file.write_text("k" * 64 + "\n")
    odd = await make_gateway(auth={"server_key_file": str(file)})
    await eventually(lambda: odd.services.auth.gate.problem)
    answer = await odd.http.get("/v1/storage/list", headers={"X-API-Key": found["api_key"]})
    assert (answer.status_code, answer.json()["code"]) == (503, "server_key_differs")
    health = (await odd.http.get("/health")).json()["client"]["checks"]["database"]
    assert health == "the server key is not the cluster's"
    assert await status(odd, found["access_token"]) == 200
    assert (await odd.http.get("/v1/storage/list")).status_code == 200  # a static key


async def test_gateways_with_the_same_file_know_each_others_keys(make_rqlited, make_gateway, people, name, tmp_path):
    file = tmp_path / "server-key"
    file.touch(0o600)
    file.write_text("k" * 64 + "\n")
    settings = {"rqlite_dsn": make_rqlited().url, "auth": {"server_key_file": str(file)}}
    one, other = await make_gateway(**settings), await make_gateway(**settings)
    found = await people.sign_in(one, Ethereum(), name)
    assert await status(other, found["api_key"]) == 200
    late = await make_gateway(rqlite_dsn=settings["rqlite_dsn"])
    answer = await late.http.get("/v1/storage/list", headers={"X-API-Key": found["api_key"]})
    assert answer.json()["code"] in {"server_key_differs", "starting"}


async def test_without_the_database_nothing_is_believed_for_long(
    make_rqlited, make_gateway, people, name, eventually
) -> None:
    rqlited = make_rqlited()
    gateway = await make_gateway(rqlite_dsn=rqlited.url)
    found = await people.sign_in(gateway, Ethereum(), name)
    assert await status(gateway, found["access_token"], "/v1/auth/whoami") == 200
    rqlited.stop()
    async with asyncio.timeout(WITHIN + 20):
        while (code := await status(gateway, found["access_token"], "/v1/auth/whoami")) != 503:
            assert code == 200
            await asyncio.sleep(0.2)
    assert (await gateway.http.get("/v1/auth/whoami")).status_code == 200  # a static key needs no database
    rqlited.start()

    async def believed_again():
        return await status(gateway, found["access_token"], "/v1/auth/whoami") == 200

    await eventually(believed_again)
