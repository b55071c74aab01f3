"""Sign-in with a wallet against a real database: what it gives, to whom, and how often."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from debros.gateway.auth import siwe
from debros.gateway.auth.wallets import Chain, Wallet
from testkit.wallets import Ethereum, Solana


@pytest.mark.parametrize("kind", [Ethereum, Solana])
@pytest.mark.parametrize("bare", [True, False])
async def test_a_wallet_signs_in(gateway, people, name, kind, bare) -> None:
    wallet = kind()
    challenge = await people.challenge(gateway, wallet, name)
    assert (challenge["wallet"], challenge["namespace"]) == (wallet.address, name)
    assert len(bytes.fromhex(challenge["nonce"])) == 32
    assert f"Nonce: {challenge['nonce']}\n" in challenge["message"]
    expires = datetime.fromisoformat(challenge["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=4) < expires <= timedelta(minutes=5)
    answer = await people.verify(gateway, wallet, challenge, bare=bare)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert (found["token_type"], found["expires_in"], found["signature_verified"]) == ("Bearer", 900, True)
    assert (found["subject"], found["namespace"], found["nonce"]) == (wallet.address, name, challenge["nonce"])
    assert found["api_key"].startswith("ak_")
    assert found["api_key"].endswith(f":{name}")
    for credential, method in ((found["access_token"], "jwt"), (found["api_key"], "api_key")):
        headers = {"Authorization": f"Bearer {credential}"}
        who = (await gateway.http.get("/v1/auth/whoami", headers=headers)).json()
        assert (who["authenticated"], who["method"], who["subject"]) == (True, method, wallet.address)
        assert (who["namespace"], who["owner"]) == (name, True)
        assert credential not in str(who)
        put = await gateway.http.post("/v1/storage/put?key=k", content=b"v", headers=headers)
        assert put.status_code == 201, put.text


async def test_a_challenge_creates_no_namespace(gateway, people, name, tables) -> None:
    await people.challenge(gateway, Ethereum(), name)
    for table, column in (("_gw_namespaces", "name"), ("_gw_owners", "namespace")):
        assert await tables(f"SELECT * FROM {table} WHERE {column} = ?", name) == []


async def test_a_wrong_signature_creates_nothing_and_leaves_the_nonce_good(gateway, people, name, tables) -> None:
    wallet, other = Ethereum(), Ethereum()
    challenge = await people.challenge(gateway, wallet, name)
    refused = await people.verify(gateway, wallet, challenge, signature=other.sign(challenge["nonce"]))
    assert (refused.status_code, refused.json()["code"]) == (401, "signature_mismatch")
    assert await tables("SELECT * FROM _gw_owners WHERE namespace = ?", name) == []
    assert (await people.verify(gateway, wallet, challenge)).status_code == 200


async def test_fifty_replays_of_one_signature_give_one_success(gateway, people, name, tables) -> None:
    wallet = Ethereum()
    challenge = await people.challenge(gateway, wallet, name)
    answers = await asyncio.gather(*(people.verify(gateway, wallet, challenge) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49
    assert {answer.json()["code"] for answer in answers if answer.status_code == 401} == {"invalid_nonce"}
    for table in ("_gw_sessions", "_gw_api_keys", "_gw_owners"):
        assert len(await tables(f"SELECT * FROM {table} WHERE namespace = ?", name)) == 1


@pytest.mark.parametrize("kind", [Ethereum, Solana])
async def test_the_first_wallet_owns_and_others_are_refused_until_added(gateway, people, name, kind) -> None:
    first, second = kind(), Ethereum()
    owner = await people.sign_in(gateway, first, name)
    refused = await people.verify(gateway, second, await people.challenge(gateway, second, name))
    assert (refused.status_code, refused.json()["error"]) == (403, "forbidden: not an owner of namespace")
    headers = {"Authorization": f"Bearer {owner['access_token']}"}
    path = f"/v1/namespaces/{name}/owners"
    added = await gateway.http.post(path, json={"wallet": second.address.upper().replace("X", "x", 1)}, headers=headers)
    assert (added.status_code, added.json()["wallet"]) == (201, second.address)
    again = await gateway.http.post(path, json={"wallet": second.address}, headers=headers)
    assert again.status_code == 200
    listed = (await gateway.http.get(path, headers=headers)).json()
    assert [one["wallet"] for one in listed["owners"]] == [first.address, second.address]
    theirs = await people.sign_in(gateway, second, name)
    removed = await gateway.http.request(
        "DELETE", path, json={"wallet": first.address}, headers={"X-API-Key": theirs["access_token"]}
    )
    assert removed.status_code == 200
    last = await gateway.http.delete(f"{path}?wallet={second.address}", headers={"X-API-Key": theirs["access_token"]})
    assert (last.status_code, last.json()["code"]) == (409, "last_owner")


async def test_two_wallets_at_the_same_moment_get_one_owner(gateway, people, name, tables) -> None:
    wallets = [Ethereum() for _ in range(8)]
    challenges = [await people.challenge(gateway, wallet, name) for wallet in wallets]
    answers = await asyncio.gather(*(people.verify(gateway, *pair) for pair in zip(wallets, challenges, strict=True)))
    assert sorted(answer.status_code for answer in answers) == [200] + [403] * 7
    assert len(await tables("SELECT * FROM _gw_owners WHERE namespace = ?", name)) == 1


async def test_a_reserved_namespace_cannot_be_claimed_but_given(make_gateway, people, name) -> None:
    gateway = await make_gateway(
        auth={"reserved_namespaces": [name]}, api_keys=[{"key": "operators-key", "namespace": name}]
    )
    wallet = Ethereum()
    refused = await people.verify(gateway, wallet, await people.challenge(gateway, wallet, name))
    assert refused.status_code == 403
    headers = {"X-API-Key": "operators-key"}
    path = f"/v1/namespaces/{name}/owners"
    assert (await gateway.http.post(path, json={"wallet": wallet.address}, headers=headers)).status_code == 201
    await people.sign_in(gateway, wallet, name)


async def test_the_namespace_is_the_gateways_own_when_none_is_named(gateway) -> None:
    answer = await gateway.http.post("/v1/auth/challenge", json={"wallet": Ethereum().address})
    assert answer.json()["namespace"] == gateway.config.client_namespace


@pytest.mark.parametrize("v", [0, 1, 27, 28])
async def test_signatures_of_every_kind_of_wallet(gateway, people, name, v) -> None:
    wallet = Ethereum()
    challenge = await people.challenge(gateway, wallet, name)
    # Of a nonce the recovery id is what it is: ask until it is the one under test.
    while bytes.fromhex(wallet.sign(challenge["nonce"], v=0, prefix=""))[64] != v % 27:
        challenge = await people.challenge(gateway, wallet, name)
    signature = wallet.sign(challenge["nonce"], v=27 * (v >= 27), prefix="" if v % 2 else "0x")
    body = {"wallet": wallet.address.upper()[2:]}
    answer = await people.verify(gateway, wallet, challenge, body=body, signature=signature)
    assert answer.status_code == 200, answer.text
    assert answer.json()["subject"] == wallet.address


async def test_an_expired_nonce(make_gateway, people, name) -> None:
    gateway = await make_gateway(auth={"nonce_lifetime": "1s"})
    wallet = Ethereum()
    challenge = await people.challenge(gateway, wallet, name)
    await asyncio.sleep(1.1)
    answer = await people.verify(gateway, wallet, challenge)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_nonce")


async def test_a_nonce_is_for_one_wallet_one_chain_and_one_namespace(gateway, people, name) -> None:
    wallet, other = Ethereum(), Ethereum()
    challenge = await people.challenge(gateway, wallet, name)
    theirs = await people.verify(gateway, other, challenge)
    assert (theirs.status_code, theirs.json()["code"]) == (401, "invalid_nonce")
    elsewhere = await people.verify(gateway, wallet, challenge, namespace=f"{name}-x")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (401, "signature_mismatch")
    solana = Solana()
    chain = await people.verify(gateway, solana, challenge)
    assert (chain.status_code, chain.json()["code"]) == (401, "invalid_nonce")


async def test_bare_nonces_can_be_refused(make_gateway, people, name) -> None:
    gateway = await make_gateway(auth={"allow_bare_nonce": False, "domains": ["gw.example.org"]})
    wallet = Ethereum()
    challenge = await people.challenge(gateway, wallet, name)
    assert challenge["message"].startswith("gw.example.org wants you to sign in")
    bare = await people.verify(gateway, wallet, challenge)
    assert (bare.status_code, bare.json()["code"]) == (401, "signature_mismatch")
    assert (await people.verify(gateway, wallet, challenge, bare=False)).status_code == 200


@pytest.mark.parametrize(
    ("field", "change", "word"),
    [
        ("none", {}, ""),
        ("domain", {"domain": "evil.example"}, "domain"),
        ("uri", {"uri": "https://evil.example/x"}, "URI"),
        ("nonce", {"nonce": "0" * 64}, "Nonce"),
        ("chain", {"chain_id": "137"}, "Chain ID"),
        ("over", {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "Expiration Time"),
        ("too early", {"issued_at": datetime(2100, 1, 1, tzinfo=UTC)}, "Issued At"),
        ("other wallet", {"wallet": Wallet(Chain.ETHEREUM, "0x" + "1" * 40)}, "address"),
    ],
)
async def test_a_message_of_the_clients_own(gateway, people, name, field, change, word) -> None:
    wallet = Ethereum()
    challenge = await people.challenge(gateway, wallet, name)
    domain = f"127.0.0.1:{gateway.port}"
    said = {
        "wallet": Wallet(Chain.ETHEREUM, wallet.address),
        "domain": domain,
        "uri": f"http://{domain}/login",
        "chain_id": "1",
        "nonce": challenge["nonce"],
        "namespace": name,
        "issued_at": datetime.now(UTC),
        "expires_at": datetime.now(UTC) + timedelta(minutes=1),
    }
    message = siwe.write(**(said | change))
    answer = await people.verify(gateway, wallet, challenge, signature=wallet.sign(message), message=message)
    if field == "none":
        assert answer.status_code == 200, answer.text
    else:
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_mismatch")
        assert word in answer.json()["error"]


WALLET = Ethereum()
SIGNED = {"wallet": WALLET.address, "nonce": "0" * 64, "signature": "0x" + "1" * 130}
MALFORMED = [
    ("challenge", {}, "invalid_body"),
    ("challenge", {"wallet": 5}, "invalid_body"),
    ("challenge", {"wallet": ""}, "invalid_wallet"),
    ("challenge", {"wallet": "0x" + "g" * 40}, "invalid_wallet"),
    ("challenge", {"wallet": "0x" + "1" * 41}, "invalid_wallet"),
    ("challenge", {"wallet": WALLET.address, "chain_type": "DOGE"}, "invalid_chain_type"),
    ("challenge", {"wallet": WALLET.address, "chain_type": "SOL"}, "invalid_wallet"),
    ("challenge", {"wallet": "1" * 31, "chain_type": "SOL"}, "invalid_wallet"),
    ("challenge", {"wallet": WALLET.address, "chain_id": -1}, "invalid_chain_id"),
    ("challenge", {"wallet": WALLET.address, "namespace": "No Such"}, "invalid_namespace"),
    ("challenge", {"wallet": WALLET.address, "namespace": "-a"}, "invalid_namespace"),
    ("challenge", {"wallet": WALLET.address, "namespace": "a" * 64}, "invalid_namespace"),
    ("challenge", {"wallet": WALLET.address, "namespace": "a::b"}, "invalid_namespace"),
    ("challenge", {"wallet": WALLET.address, "purpose": "x" * 200}, "invalid_name"),
    ("challenge", {"wallet": WALLET.address, "purpose": "a\nb"}, "invalid_name"),
    ("verify", {"wallet": WALLET.address, "nonce": "n"}, "invalid_body"),
    ("verify", SIGNED | {"nonce": ""}, "invalid_nonce"),
    ("verify", SIGNED | {"nonce": "x" * 10_000}, "invalid_nonce"),
    ("verify", SIGNED | {"nonce": "\u00e9"}, "invalid_nonce"),
    ("verify", SIGNED, "invalid_nonce"),
    ("refresh", {}, "invalid_body"),
    ("refresh", {"refresh_token": ""}, "invalid_refresh_token"),
    ("refresh", {"refresh_token": "rt_x"}, "invalid_refresh_token"),
    ("refresh", {"refresh_token": "x" * 10_000}, "invalid_refresh_token"),
    ("logout", {}, "missing_api_key"),
    ("logout", {"all": "yes"}, "invalid_body"),
    ("api-key", {}, "missing_api_key"),
    ("api-key", SIGNED | {"plan": "x" * 200}, "invalid_name"),
    ("register", SIGNED | {"wallet": "0x1"}, "invalid_wallet"),
    ("verify", {"wallet": "x" * 20_000}, "body_too_large"),
]


async def test_malformed_requests_are_answered_with_what_is_wrong(gateway) -> None:
    for path, body, code in MALFORMED:
        answer = await gateway.http.post(f"/v1/auth/{path}", json=body, headers={"X-API-Key": ""})
        assert 400 <= answer.status_code < 500, (path, body, answer.text)
        assert answer.json()["code"] == code, (path, body, answer.text)


@pytest.mark.parametrize(
    "signature",
    ["", "0x", "zz", "0x" + "1" * 128, "0x" + "1" * 132, "0x" + "1" * 128 + "02", "0x" + "1" * 128 + "1d"],
)
async def test_malformed_signatures(gateway, people, name, signature) -> None:
    wallet = Ethereum()
    challenge = await people.challenge(gateway, wallet, name)
    answer = await people.verify(gateway, wallet, challenge, signature=signature)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_signature")


@pytest.mark.parametrize("signature", ["0x" + "0" * 128 + "1b", "0x" + "f" * 128 + "00", "0x" + "1" * 128 + "1c"])
async def test_signatures_of_nobody(gateway, people, name, signature) -> None:
    wallet = Ethereum()
    answer = await people.verify(gateway, wallet, await people.challenge(gateway, wallet, name), signature=signature)
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_mismatch")


async def test_an_app_is_registered(gateway, people, name) -> None:
    wallet = Ethereum()
    challenge = await people.challenge(gateway, wallet, name)
    answer = await people.verify(gateway, wallet, challenge, path="register", name="Chat")
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert found["signature_verified"] is True
    assert found["client_id"] == found["app"]["app_id"]
    assert (found["app"]["name"], found["app"]["namespace"]) == ("Chat", name)
    assert found["app"]["wallet"] == wallet.address
    assert found["app"]["public_key"].startswith("0x04")
    assert (await people.verify(gateway, wallet, challenge, path="register")).status_code == 401
    headers = {"X-API-Key": (await people.sign_in(gateway, wallet, name))["access_token"]}
    listed = (await gateway.http.get("/v1/apps", headers=headers)).json()
    assert [app["app_id"] for app in listed["apps"]] == [found["client_id"]]


async def test_apps_of_a_namespace(gateway, people, name) -> None:
    headers = {"X-API-Key": (await people.sign_in(gateway, Ethereum(), name))["api_key"]}
    http = gateway.http
    assert (await http.get("/v1/apps", headers=headers)).json()["apps"] == []
    made = await http.post("/v1/apps", json={"name": "One", "public_key": "pk"}, headers=headers)
    assert made.status_code == 201
    path = f"/v1/apps/{made.json()['app_id']}"
    assert (await http.get(path, headers=headers)).json() == made.json()
    assert (await http.put(path, json={"name": "Two"}, headers=headers)).json()["name"] == "Two"
    assert (await http.get(path, headers=headers)).json()["public_key"] == "pk"
    for wrong in ({}, {"name": ""}, {"name": "x" * 200}, {"public_key": "x" * 2000}):
        assert (await http.put(path, json=wrong, headers=headers)).status_code == 400
    strangers = {"X-API-Key": (await people.sign_in(gateway, Ethereum(), f"{name}-b"))["api_key"]}
    for method in ("GET", "DELETE"):
        assert (await http.request(method, path, headers=strangers)).json()["code"] == "app_not_found"
    assert (await http.put(path, json={"name": "Mine"}, headers=strangers)).status_code == 404
    assert (await http.delete(path, headers=headers)).status_code == 200
    assert (await http.delete(path, headers=headers)).status_code == 404


async def test_everything_is_in_the_audit_table_and_the_log(gateway, people, name, tables, caplog, eventually) -> None:
    caplog.set_level("INFO")
    wallet, stranger = Ethereum(), Ethereum()
    await people.sign_in(gateway, wallet, name)
    await people.verify(gateway, stranger, await people.challenge(gateway, stranger, name))

    async def rows():
        found = await tables("SELECT event, outcome, subject, detail FROM _gw_audit WHERE namespace = ?", name)
        return found if len(found) >= 2 else None

    found = await eventually(rows)
    assert ["sign_in", "granted", wallet.address, ""] in found
    assert ["access", "denied", stranger.address, "not_owner /v1/auth/verify"] in found
    fields = [record.fields for record in caplog.records if record.name == "debros.gateway.audit"]
    assert {entry["namespace"] for entry in fields} == {name}
    assert all(entry["request_id"] for entry in fields)
