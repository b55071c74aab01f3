"""Sign-in in a browser for a program on the same machine: whose code is worth what, and how often."""

import asyncio

import pytest

from debros.gateway.auth import logins
from testkit.login import Program
from testkit.wallets import Ethereum, Solana


async def complete(gateway, people, wallet, namespace, program, headers=None, **more):
    challenge = await people.challenge(gateway, wallet, namespace)
    body = {
        "wallet": wallet.address,
        "nonce": challenge["nonce"],
        "signature": wallet.sign(challenge["message"]),
        "chain_type": wallet.chain_type,
        **program.asks,
    }
    headers = {"X-API-Key": ""} | (headers or {})
    return await gateway.http.post("/v1/auth/login/complete", json=body | more, headers=headers)


async def code_for(gateway, people, wallet, namespace, program):
    answer = await complete(gateway, people, wallet, namespace, program)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return program.code(answer.json()["redirect_to"])


async def exchange(gateway, body):
    return await gateway.http.post("/v1/auth/exchange", json=body, headers={"X-API-Key": ""})


async def status(gateway, credential):
    answer = await gateway.http.get("/v1/auth/whoami", headers={"X-API-Key": credential})
    return answer.status_code


@pytest.mark.parametrize("kind", [Ethereum, Solana])
async def test_a_code_becomes_a_session(gateway, people, name, tables, kind) -> None:
    wallet, program = kind(), Program()
    code = await code_for(gateway, people, wallet, name, program)
    assert await tables("SELECT id FROM _gw_sessions WHERE namespace = ?", name) == []
    answer = await exchange(gateway, program.exchange(code))
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert (found["token_type"], found["expires_in"], found["signature_verified"]) == ("Bearer", 900, True)
    assert (found["subject"], found["namespace"]) == (wallet.address, name)
    assert found["api_key"].endswith(f":{name}")
    for credential in (found["access_token"], found["api_key"]):
        assert await status(gateway, credential) == 200
    renewed = await gateway.http.post("/v1/auth/refresh", json={"refresh_token": found["refresh_token"]})
    assert renewed.status_code == 200
    again = Program()
    second = await exchange(gateway, again.exchange(await code_for(gateway, people, wallet, name, again)))
    assert "api_key" not in second.json()
    await gateway.services.auth.audit.flush()
    rows = await tables("SELECT event, outcome, subject FROM _gw_audit WHERE namespace = ? ORDER BY id", name)
    granted = [event for event, outcome, subject in rows if (outcome, subject) == ("granted", wallet.address)]
    assert granted == ["login_code", "sign_in", "refresh", "login_code", "sign_in"]


async def test_fifty_at_once_get_one_session_and_end_it(gateway, people, name, tables, eventually) -> None:
    wallet, program = Ethereum(), Program()
    code = await code_for(gateway, people, wallet, name, program)
    answers = await asyncio.gather(*(exchange(gateway, program.exchange(code)) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49
    assert {answer.json()["code"] for answer in answers if answer.status_code == 401} == {"invalid_code"}
    assert len(await tables("SELECT id FROM _gw_sessions WHERE namespace = ?", name)) == 1
    (found,) = [answer.json() for answer in answers if answer.status_code == 200]

    async def ended():
        return await status(gateway, found["access_token"]) == 401

    await eventually(ended)
    renewed = await gateway.http.post("/v1/auth/refresh", json={"refresh_token": found["refresh_token"]})
    assert (renewed.status_code, renewed.json()["code"]) == (401, "invalid_refresh_token")
    events = await tables("SELECT event FROM _gw_audit WHERE namespace = ? AND outcome = 'denied'", name)
    assert events.count(["login_reuse"]) == 1


async def test_a_code_is_nothing_without_its_verifier_and_its_callback(gateway, people, name) -> None:
    wallet, program, thief = Ethereum(), Program(), Program()
    code = await code_for(gateway, people, wallet, name, program)
    wrong = [
        thief.exchange(code),
        program.exchange(code, code_verifier=program.challenge),
        program.exchange(code, code_verifier="short"),
        program.exchange(code, redirect_uri="http://127.0.0.1:49153/callback"),
        program.exchange(code, redirect_uri=""),
        program.exchange(code[:-1]),
        program.exchange(""),
        program.exchange("x" * 5000),
    ]
    for body in wrong:
        answer = await exchange(gateway, body)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_code"), body
    found = await exchange(gateway, program.exchange(code))
    assert found.status_code == 200
    # Who has seen the code in a browser's history can end nothing with it either.
    assert (await exchange(gateway, thief.exchange(code))).status_code == 401
    await gateway.services.auth.changes.look()
    assert await status(gateway, found.json()["access_token"]) == 200


async def test_a_code_ends_after_a_minute(gateway, people, name) -> None:
    held, program = gateway.services.auth.logins, Program()
    now, held._clock = held._clock, lambda: now() - logins.LIFETIME - 1
    code = await code_for(gateway, people, Ethereum(), name, program)
    answer = await exchange(gateway, program.exchange(code))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_code")


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("callback", "https://evil.example/callback", "invalid_callback"),
        ("callback", "http://127.0.0.1:80@evil.example/", "invalid_callback"),
        ("state", "", "invalid_state"),
        ("code_challenge", "plain", "invalid_code_challenge"),
    ],
)
async def test_what_is_no_waiting_program_spends_nothing(gateway, people, name, tables, member, value, code) -> None:
    answer = await complete(gateway, people, Ethereum(), name, Program(), **{member: value})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert await tables("SELECT nonce FROM _gw_nonces WHERE namespace = ? AND attempt IS NOT NULL", name) == []


async def test_a_foreign_page_is_refused(gateway, people, name) -> None:
    wallet = Ethereum()
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}):
        answer = await complete(gateway, people, wallet, name, Program(), headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")
    own = {"Origin": gateway.url, "Sec-Fetch-Site": "same-origin"}
    assert (await complete(gateway, people, wallet, name, Program(), own)).status_code == 200


async def test_a_namespace_of_others_is_refused_before_there_is_a_code(gateway, people, name, tables) -> None:
    await people.sign_in(gateway, Ethereum(), name)
    stranger = Ethereum()
    answer = await complete(gateway, people, stranger, name, Program())
    assert (answer.status_code, answer.json()["code"]) == (403, "not_owner")
    assert await tables("SELECT hash FROM _gw_login_grants WHERE wallet = ?", stranger.address) == []


async def test_who_is_no_owner_any_more_gets_no_session(gateway, people, name) -> None:
    first, second, program = Ethereum(), Ethereum(), Program()
    owner = {"X-API-Key": (await people.sign_in(gateway, first, name))["access_token"]}
    path = f"/v1/namespaces/{name}/owners"
    assert (await gateway.http.post(path, json={"wallet": second.address}, headers=owner)).status_code == 201
    code = await code_for(gateway, people, second, name, program)
    assert (await gateway.http.delete(f"{path}?wallet={second.address}", headers=owner)).status_code == 200
    answer = await exchange(gateway, program.exchange(code))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_owner")


async def test_a_nonce_is_spent_by_the_code(gateway, people, name) -> None:
    wallet, program = Ethereum(), Program()
    challenge = await people.challenge(gateway, wallet, name)
    first = await people.verify(gateway, wallet, challenge, path="login/complete", body=program.asks)
    assert first.status_code == 200
    for path, body in (("login/complete", program.asks), ("verify", {})):
        again = await people.verify(gateway, wallet, challenge, path=path, body=body)
        assert (again.status_code, again.json()["code"]) == (401, "invalid_nonce")


async def test_begun_at_one_gateway_and_finished_at_others(make_gateway, people, name, eventually) -> None:
    one, other = await make_gateway(), await make_gateway()
    wallet, program = Ethereum(), Program()
    challenge = await people.challenge(one, wallet, name)
    answer = await people.verify(other, wallet, challenge, bare=False, path="login/complete", body=program.asks)
    code = program.code(answer.json()["redirect_to"])
    found = await exchange(one, program.exchange(code))
    assert found.status_code == 200
    assert await status(other, found.json()["access_token"]) == 200
    assert (await exchange(other, program.exchange(code))).status_code == 401

    async def ended_everywhere():
        return [await status(gateway, found.json()["access_token"]) for gateway in (one, other)] == [401, 401]

    await eventually(ended_everywhere)
