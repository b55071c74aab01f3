"""Sign-in for a program on a machine without a browser: its code, the people's code, and what each is told."""

import asyncio

import pytest

from debros.gateway.auth import device_logins
from testkit.wallets import Ethereum


async def post(gateway, path, body, headers=None):
    return await gateway.http.post(f"/v1/auth/device{path}", json=body, headers={"X-API-Key": ""} | (headers or {}))


async def begin(gateway, **asked):
    answer = await post(gateway, "", asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def poll(gateway, codes):
    answer = await post(gateway, "/token", {"device_code": codes["device_code"]})
    return answer.status_code, answer.json().get("code"), answer


def stopped(gateway):
    """Stop the clock of a gateway for its devices, and return its time: a slow machine is not a patient program."""
    held = gateway.services.auth.device_logins
    now = held._clock()
    held._clock = lambda: now
    return now


async def approve(gateway, people, wallet, namespace, codes, headers=None, **more):
    challenge = await people.challenge(gateway, wallet, namespace)
    body = {
        "user_code": codes["user_code"],
        "wallet": wallet.address,
        "nonce": challenge["nonce"],
        "signature": wallet.sign(challenge["message"]),
        "chain_type": wallet.chain_type,
    }
    return await post(gateway, "/approve", body | more, headers)


async def test_a_device_is_approved(gateway, people, name, tables) -> None:
    wallet = Ethereum()
    codes = await begin(gateway, namespace=name, client_name="network-cli on host-7")
    assert (codes["expires_in"], codes["interval"]) == (600, 5)
    page = f"{gateway.url}/v1/auth/login"
    assert codes["verification_uri"] == f"{page}?device=1"
    assert codes["verification_uri_complete"] == f"{page}?user_code={codes['user_code']}"
    assert (await poll(gateway, codes))[:2] == (400, "authorization_pending")
    typed = codes["user_code"].lower().replace("-", " ")
    shown = (await post(gateway, "/lookup", {"user_code": typed})).json()
    assert (shown["client_name"], shown["namespace"], shown["address"]) == ("network-cli on host-7", name, "127.0.0.1")
    assert (await approve(gateway, people, wallet, name, codes)).json() == {"status": "ok"}
    status, _, answer = await poll(gateway, codes)
    assert status == 200
    found = answer.json()
    assert (found["subject"], found["namespace"], found["signature_verified"]) == (wallet.address, name, True)
    assert found["api_key"].endswith(f":{name}")
    who = await gateway.http.get("/v1/auth/whoami", headers={"X-API-Key": found["access_token"]})
    assert who.json()["subject"] == wallet.address
    gone = await post(gateway, "/lookup", {"user_code": codes["user_code"]})
    assert (gone.status_code, gone.json()["code"]) == (404, "user_code_not_found")
    # Nobody finds a code in the database.
    rows = str(await tables("SELECT * FROM _gw_device_logins")) + str(await tables("SELECT * FROM _gw_login_grants"))
    assert codes["device_code"] not in rows
    assert codes["user_code"] not in rows
    events = await tables("SELECT event, outcome FROM _gw_audit WHERE namespace = ? ORDER BY id", name)
    assert events == [["device_login", "granted"], ["sign_in", "granted"]]


async def test_a_device_without_a_body_leaves_the_choice(gateway, people, name) -> None:
    codes = (await gateway.http.post("/v1/auth/device", headers={"X-API-Key": ""})).json()
    shown = (await post(gateway, "/lookup", {"user_code": codes["user_code"]})).json()
    assert (shown["namespace"], shown["client_name"]) == (None, "a program")
    assert (await approve(gateway, people, Ethereum(), name, codes)).status_code == 200
    assert (await poll(gateway, codes))[2].json()["namespace"] == name


async def test_who_asks_too_often_is_slowed_down(gateway, people, name, tables) -> None:
    held = gateway.services.auth.device_logins
    now = stopped(gateway)
    codes = await begin(gateway, namespace=name)
    assert [(await poll(gateway, codes))[1] for _ in range(3)] == ["authorization_pending", "slow_down", "slow_down"]
    assert await tables("SELECT pause FROM _gw_device_logins WHERE namespace = ?", name) == [[15_000]]
    held._clock = lambda: now + 14_000  # a second earlier than told, as a busy network may have it
    assert (await poll(gateway, codes))[1] == "authorization_pending"
    # What is approved is handed over, however early.
    assert (await approve(gateway, people, Ethereum(), name, codes)).status_code == 200
    assert (await poll(gateway, codes))[0] == 200


async def test_a_device_is_denied(gateway, people, name, tables) -> None:
    codes = await begin(gateway, namespace=name)
    body = {"user_code": codes["user_code"]}
    assert (await post(gateway, "/deny", body)).json() == {"status": "ok"}
    assert (await poll(gateway, codes))[:2] == (400, "access_denied")
    assert (await poll(gateway, codes))[:2] == (400, "access_denied")
    late = await approve(gateway, people, Ethereum(), name, codes)
    assert (late.status_code, late.json()["code"]) == (404, "user_code_not_found")
    assert (await post(gateway, "/deny", body)).status_code == 404
    assert await tables("SELECT wallet FROM _gw_owners WHERE namespace = ?", name) == []
    events = await tables("SELECT event, outcome FROM _gw_audit WHERE namespace = ?", name)
    assert events == [["device_login", "denied"]]


async def test_a_device_waits_ten_minutes(gateway, people, name) -> None:
    held = gateway.services.auth.device_logins
    now, held._clock = held._clock, lambda: now() - device_logins.LIFETIME - 1
    codes = await begin(gateway, namespace=name)
    held._clock = now
    assert (await poll(gateway, codes))[:2] == (400, "expired_token")
    late = await approve(gateway, people, Ethereum(), name, codes)
    assert (late.status_code, late.json()["code"]) == (404, "user_code_not_found")


async def test_a_device_code_of_nobody(gateway) -> None:
    for code in ("", "x", "x" * 5000):
        assert (await poll(gateway, {"device_code": code}))[:2] == (400, "expired_token")


async def test_fifty_at_once_get_one_session_and_end_it(gateway, people, name, tables, eventually) -> None:
    codes = await begin(gateway, namespace=name)
    assert (await approve(gateway, people, Ethereum(), name, codes)).status_code == 200
    answers = await asyncio.gather(*(poll(gateway, codes) for _ in range(50)))
    assert sorted(str(code) for _, code, _ in answers) == ["None", *["expired_token"] * 49]
    assert len(await tables("SELECT id FROM _gw_sessions WHERE namespace = ?", name)) == 1
    (token,) = [answer.json()["access_token"] for status, _, answer in answers if status == 200]

    async def ended():
        return (await gateway.http.get("/v1/auth/whoami", headers={"X-API-Key": token})).status_code == 401

    await eventually(ended)


async def test_two_who_approve_at_once_give_one_answer(gateway, people, name, tables) -> None:
    codes = await begin(gateway, client_name="contested")
    wallets = [Ethereum() for _ in range(8)]
    answers = await asyncio.gather(
        *(approve(gateway, people, wallet, f"{name}-{n}", codes) for n, wallet in enumerate(wallets))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 7
    (winner,) = [n for n, answer in enumerate(answers) if answer.status_code == 200]
    assert (await poll(gateway, codes))[2].json()["subject"] == wallets[winner].address
    like = "SELECT subject FROM _gw_audit WHERE event = 'device_login' AND namespace LIKE ?"
    assert await tables(like, f"{name}-%") == [[wallets[winner].address]]


async def test_another_namespace_than_the_device_asked_for(gateway, people, name) -> None:
    codes = await begin(gateway, namespace=name)
    answer = await approve(gateway, people, Ethereum(), f"{name}-other", codes)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_namespace")
    assert name in answer.json()["error"]


async def test_a_namespace_of_others(gateway, people, name) -> None:
    await people.sign_in(gateway, Ethereum(), name)
    codes = await begin(gateway, namespace=name)
    answer = await approve(gateway, people, Ethereum(), name, codes)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_owner")
    assert (await poll(gateway, codes))[1] == "authorization_pending"


async def test_a_foreign_page_is_refused(gateway, people, name) -> None:
    codes = await begin(gateway, namespace=name)
    headers = {"Origin": "https://evil.example"}
    for answer in (
        await approve(gateway, people, Ethereum(), name, codes, headers),
        await post(gateway, "/deny", {"user_code": codes["user_code"]}, headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")


@pytest.mark.parametrize("typed", ["BCDF-GHJK", "no code"])
async def test_wrong_codes_are_counted(gateway, name, tables, typed) -> None:
    gateway.services.auth.device_logins._wrong._clock = lambda: 0.0
    codes = await begin(gateway, namespace=name)
    answers = [await post(gateway, "/lookup", {"user_code": typed}) for _ in range(12)]
    assert [answer.status_code for answer in answers] == [404] * 10 + [429] * 2
    assert answers[-1].headers["retry-after"] == "10"
    for path in ("/lookup", "/deny"):  # a right one does not help who has guessed
        assert (await post(gateway, path, {"user_code": codes["user_code"]})).status_code == 429
    await gateway.services.auth.audit.flush()
    assert await tables("SELECT detail FROM _gw_audit WHERE event = 'device_code' AND outcome = 'denied'")


async def test_begun_at_one_gateway_and_approved_at_the_other(make_gateway, people, name) -> None:
    one, other = await make_gateway(), await make_gateway()
    for gateway in (one, other):
        stopped(gateway)
    codes = await begin(one, namespace=name)
    assert (await poll(other, codes))[1] == "authorization_pending"
    assert (await poll(one, codes))[1] == "slow_down"
    assert (await approve(other, people, Ethereum(), name, codes)).status_code == 200
    assert (await poll(one, codes))[0] == 200
    assert (await poll(other, codes))[1] == "expired_token"


async def test_the_page_is_at_the_configured_name(make_gateway) -> None:
    gateway = await make_gateway(auth={"domains": ["gw.example.org"]})
    assert (await begin(gateway))["verification_uri"] == "http://gw.example.org/v1/auth/login?device=1"
