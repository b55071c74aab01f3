"""Refresh tokens, API keys, tokens made from them, tickets: their lives and their ends."""

import asyncio

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from debros.gateway.auth import sessions
from testkit.wallets import Ethereum


@pytest.fixture
async def signed_in(gateway, people, name):
    return await people.sign_in(gateway, Ethereum(), name)


async def refresh(gateway, token, **more):
    return await gateway.http.post("/v1/auth/refresh", json={"refresh_token": token, **more})


async def works(gateway, credential) -> int:
    answer = await gateway.http.get("/v1/storage/list", headers={"Authorization": f"Bearer {credential}"})
    return answer.status_code


async def test_a_refresh_gives_two_new_tokens(gateway, signed_in, name) -> None:
    answer = await refresh(gateway, signed_in["refresh_token"], namespace=name)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["refresh_token"] != signed_in["refresh_token"]
    assert (found["subject"], found["namespace"]) == (signed_in["subject"], name)
    assert await works(gateway, found["access_token"]) == 200
    assert (await refresh(gateway, found["refresh_token"])).status_code == 200


async def test_a_lost_answer_may_be_asked_for_once_more(gateway, signed_in) -> None:
    first = (await refresh(gateway, signed_in["refresh_token"])).json()
    second = await refresh(gateway, signed_in["refresh_token"])
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first["refresh_token"]
    third = await refresh(gateway, second.json()["refresh_token"])
    assert third.status_code == 200
    # Somebody has the answer that was believed lost: one of the two is a thief.
    stolen = await refresh(gateway, first["refresh_token"])
    assert (stolen.status_code, stolen.json()["code"]) == (401, "invalid_refresh_token")
    assert (await refresh(gateway, third.json()["refresh_token"])).status_code == 401


async def test_the_third_use_ends_the_family(gateway, signed_in, eventually) -> None:
    token = signed_in["refresh_token"]
    assert [(await refresh(gateway, token)).status_code for _ in range(2)] == [200, 200]
    last = (await refresh(gateway, token)).json()
    assert last["code"] == "invalid_refresh_token"
    await eventually(lambda: ended(gateway, signed_in["access_token"]))


async def test_a_used_token_whose_successor_was_used_ends_the_family(gateway, signed_in, tables) -> None:
    first = (await refresh(gateway, signed_in["refresh_token"])).json()
    second = (await refresh(gateway, first["refresh_token"])).json()
    assert (await refresh(gateway, signed_in["refresh_token"])).status_code == 401
    assert (await refresh(gateway, second["refresh_token"])).status_code == 401
    rows = await tables(
        "SELECT event, outcome FROM _gw_audit WHERE subject = ? AND event = 'refresh_reuse'", signed_in["subject"]
    )
    assert rows == [["refresh_reuse", "denied"]]


async def test_after_the_grace_a_used_token_ends_the_family(gateway, signed_in, monkeypatch) -> None:
    monkeypatch.setattr(sessions, "GRACE", -1)
    new = (await refresh(gateway, signed_in["refresh_token"])).json()
    assert (await refresh(gateway, signed_in["refresh_token"])).status_code == 401
    assert (await refresh(gateway, new["refresh_token"])).status_code == 401


async def test_twenty_at_once_get_two_answers_and_end_the_family(gateway, signed_in) -> None:
    answers = await asyncio.gather(*(refresh(gateway, signed_in["refresh_token"]) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200, 200] + [401] * 18
    for answer in answers:
        if answer.status_code == 200:
            assert (await refresh(gateway, answer.json()["refresh_token"])).status_code == 401


async def test_a_token_is_of_one_namespace(gateway, signed_in) -> None:
    answer = await refresh(gateway, signed_in["refresh_token"], namespace="another")
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden: not an owner of namespace")
    assert (await refresh(gateway, signed_in["refresh_token"])).status_code == 200


async def test_refresh_tokens_end(make_gateway, people, name) -> None:
    gateway = await make_gateway(auth={"refresh_token_lifetime": "1s"})
    found = await people.sign_in(gateway, Ethereum(), name)
    await asyncio.sleep(1.1)
    assert (await refresh(gateway, found["refresh_token"])).status_code == 401


async def test_access_tokens_end(make_gateway, people, name) -> None:
    gateway = await make_gateway(auth={"access_token_lifetime": "60s", "clock_skew": "0s"})
    found = await people.sign_in(gateway, Ethereum(), name)
    assert await works(gateway, found["access_token"]) == 200
    tokens = gateway.services.auth.tokens
    now = tokens._clock
    tokens._clock = lambda: now() + 61_000
    assert await works(gateway, found["access_token"]) == 401


async def logout(gateway, body, credential=""):
    return await gateway.http.post("/v1/auth/logout", json=body, headers={"X-API-Key": credential})


async def ended(gateway, credential):
    return await works(gateway, credential) == 401


async def test_logout_with_the_credential_ends_its_session(gateway, signed_in) -> None:
    assert await works(gateway, signed_in["access_token"]) == 200  # and is remembered
    for revoked in (1, 0, 0):
        answer = await logout(gateway, {}, signed_in["access_token"])
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"status": "ok", "revoked": revoked}
        assert await ended(gateway, signed_in["access_token"])
    assert (await refresh(gateway, signed_in["refresh_token"])).status_code == 401
    assert (await logout(gateway, {}, signed_in["access_token"])).json()["revoked"] == 0


async def test_logout_with_the_refresh_token_needs_nothing_else(gateway, signed_in) -> None:
    assert (await logout(gateway, {"refresh_token": signed_in["refresh_token"]})).json()["revoked"] == 1
    assert (await logout(gateway, {"refresh_token": signed_in["refresh_token"]})).json()["revoked"] == 0
    assert (await logout(gateway, {"refresh_token": "rt_unknown"})).json()["revoked"] == 0


async def test_logout_everywhere(gateway, people, name) -> None:
    wallet = Ethereum()
    found = [await people.sign_in(gateway, wallet, name) for _ in range(3)]
    for one in found:
        assert await works(gateway, one["access_token"]) == 200
    assert [("api_key" in one) for one in found] == [True, False, False]
    answer = await logout(gateway, {"all": True}, found[0]["access_token"])
    assert answer.json() == {"status": "ok", "revoked": 3}
    for one in found:
        assert await ended(gateway, one["access_token"])
    assert await works(gateway, found[0]["api_key"]) == 200


async def test_logout_with_a_wrong_credential(gateway) -> None:
    assert (await logout(gateway, {}, "wrong")).status_code == 401
    assert (await gateway.http.post("/v1/auth/logout", headers={"X-API-Key": ""})).status_code == 401


async def test_keys_are_made_listed_and_revoked(gateway, people, name) -> None:
    wallet = Ethereum()
    found = await people.sign_in(gateway, wallet, name)
    headers = {"Authorization": f"Bearer {found['access_token']}"}
    made = await gateway.http.post("/v1/auth/api-key", json={"name": "ci", "plan": "gold"}, headers=headers)
    assert made.status_code == 200, made.text
    assert {**made.json(), "api_key": ""} == {
        "api_key": "", "namespace": name, "plan": "gold", "wallet": wallet.address,
    }  # fmt: skip
    signed = await people.verify(
        gateway, wallet, await people.challenge(gateway, wallet, name), path="api-key", name="signed"
    )
    assert signed.status_code == 200, signed.text
    listed = (await gateway.http.get("/v1/auth/api-keys", headers=headers)).json()["api_keys"]
    assert [one["name"] for one in listed] == ["first sign-in", "ci", "signed"]
    assert made.json()["api_key"].startswith(listed[1]["prefix"])
    assert made.json()["api_key"] not in str(listed)
    assert await works(gateway, made.json()["api_key"]) == 200
    path = f"/v1/auth/api-keys/{listed[1]['id']}"
    assert (await gateway.http.delete(path, headers=headers)).status_code == 200
    assert await ended(gateway, made.json()["api_key"])
    assert (await gateway.http.delete(path, headers=headers)).json()["code"] == "api_key_not_found"
    assert await works(gateway, signed.json()["api_key"]) == 200


async def test_a_key_can_do_no_more_than_give_itself_up(gateway, people, name) -> None:
    wallet = Ethereum()
    found = await people.sign_in(gateway, wallet, name)
    key = {"X-API-Key": found["api_key"]}
    token = await gateway.http.post("/v1/auth/token", headers=key)
    assert token.status_code == 200, token.text
    assert token.json()["expires_in"] == 900
    made = {"X-API-Key": token.json()["access_token"]}
    assert await works(gateway, token.json()["access_token"]) == 200
    await people.verify(gateway, wallet, await people.challenge(gateway, wallet, name), path="api-key")
    listed = (await gateway.http.get("/v1/auth/api-keys", headers=key)).json()["api_keys"]
    for headers in (key, made):
        for answer in (
            await gateway.http.post("/v1/auth/api-key", json={}, headers=headers),
            await gateway.http.post(
                f"/v1/namespaces/{name}/owners", json={"wallet": Ethereum().address}, headers=headers
            ),
            await gateway.http.delete(f"/v1/auth/api-keys/{listed[1]['id']}", headers=headers),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "wallet_required")
    assert (await gateway.http.post("/v1/auth/token", headers=made)).json()["code"] == "api_key_required"
    assert (await gateway.http.delete(f"/v1/auth/api-keys/{listed[0]['id']}", headers=key)).status_code == 200
    assert await ended(gateway, found["api_key"])
    assert await ended(gateway, token.json()["access_token"])


async def test_a_static_key_gets_a_token_and_keeps_working(gateway) -> None:
    answer = await gateway.http.post("/v1/auth/token")
    assert answer.status_code == 200
    who = (await gateway.http.get("/v1/auth/whoami", headers={"X-API-Key": answer.json()["access_token"]})).json()
    assert (who["method"], who["namespace"]) == ("jwt", "default")
    assert await works(gateway, answer.json()["access_token"]) == 200


async def test_the_use_of_a_key_is_noted(gateway, people, name) -> None:
    found = await people.sign_in(gateway, Ethereum(), name)
    headers = {"X-API-Key": found["api_key"]}
    listed = (await gateway.http.get("/v1/auth/api-keys", headers=headers)).json()["api_keys"]
    assert listed[0]["last_used_at"] is None
    await gateway.services.auth.api_keys.record_uses(now=True)
    listed = (await gateway.http.get("/v1/auth/api-keys", headers=headers)).json()["api_keys"]
    assert listed[0]["last_used_at"] is not None


@pytest.mark.parametrize("parameter", ["token", "api_key", "ticket"])
async def test_a_websocket_opens_with_what_a_browser_can_send(gateway, signed_in, parameter) -> None:
    credential = {"token": signed_in["access_token"], "api_key": signed_in["api_key"]}.get(parameter)
    if parameter == "ticket":
        answer = await gateway.http.post("/v1/auth/ws-ticket", headers={"X-API-Key": signed_in["access_token"]})
        assert answer.json()["expires_in"] == 30
        credential = answer.json()["ticket"]
    query = f"&{parameter}={credential}"
    async with gateway.socket("t", query, key=None) as ws:
        await ws.send("hello")
        assert await ws.recv() == b"hello"
    if parameter == "ticket":
        with pytest.raises(InvalidStatus) as refused:
            await gateway.socket("t", query, key=None)
        assert refused.value.response.status_code == 401


async def test_one_ticket_opens_one_socket_however_many_try(gateway, signed_in) -> None:
    answer = await gateway.http.post("/v1/auth/ws-ticket", headers={"X-API-Key": signed_in["access_token"]})
    query = f"&ticket={answer.json()['ticket']}"
    tries = await asyncio.gather(
        *(gateway.socket("t", query, key=None).__aenter__() for _ in range(10)), return_exceptions=True
    )
    opened = [one for one in tries if not isinstance(one, BaseException)]
    assert len(opened) == 1
    await opened[0].close()


async def test_a_revocation_closes_open_sockets(gateway, signed_in) -> None:
    async with gateway.socket("t", key=signed_in["access_token"]) as ws:
        await ws.send("hello")
        assert await ws.recv() == b"hello"
        assert (await logout(gateway, {}, signed_in["access_token"])).json()["revoked"] == 1
        with pytest.raises(ConnectionClosed) as closed:
            await ws.recv()
        assert closed.value.rcvd.code == 1008


async def sessions_of(gateway, found):
    answer = await gateway.http.get("/v1/auth/sessions", headers={"X-API-Key": found["access_token"]})
    assert answer.status_code == 200, answer.text
    return answer.json()["sessions"]


async def end(gateway, found, identity):
    return await gateway.http.delete(f"/v1/auth/sessions/{identity}", headers={"X-API-Key": found["access_token"]})


async def test_a_wallet_sees_where_it_is_signed_in_and_ends_that(gateway, people, name) -> None:
    wallet = Ethereum()
    old, here = [await people.sign_in(gateway, wallet, name) for _ in range(2)]
    await people.sign_in(gateway, wallet, f"{name}-other")
    renewed = (await refresh(gateway, old["refresh_token"])).json()
    listed = await sessions_of(gateway, here)
    assert sorted((one["current"], one["renewed_at"] is None) for one in listed) == [(False, False), (True, True)]
    assert all(one["created_at"] < one["expires_at"] for one in listed)
    for secret in (old["refresh_token"], renewed["refresh_token"], here["refresh_token"]):
        assert secret not in str(listed)
    (other,) = [one["id"] for one in listed if not one["current"]]
    assert await works(gateway, renewed["access_token"]) == 200  # and is remembered
    ended_now = await end(gateway, here, other)
    assert (ended_now.status_code, ended_now.json()) == (200, {"status": "ok", "id": other})
    assert await ended(gateway, renewed["access_token"])
    assert (await refresh(gateway, renewed["refresh_token"])).status_code == 401
    assert [one["current"] for one in await sessions_of(gateway, here)] == [True]
    assert (await end(gateway, here, other)).json()["code"] == "session_not_found"


async def test_nobody_sees_or_ends_the_sessions_of_others(gateway, people, signed_in, name) -> None:
    stranger = await people.sign_in(gateway, Ethereum(), f"{name}-other")
    friend = Ethereum()
    headers = {"X-API-Key": signed_in["access_token"]}
    owners = f"/v1/namespaces/{name}/owners"
    assert (await gateway.http.post(owners, json={"wallet": friend.address}, headers=headers)).status_code == 201
    another_owner = await people.sign_in(gateway, friend, name)
    (mine,) = await sessions_of(gateway, signed_in)
    for found in (stranger, another_owner):
        assert mine["id"] not in str(await sessions_of(gateway, found))
        answer = await end(gateway, found, mine["id"])
        assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")
    assert await works(gateway, signed_in["access_token"]) == 200


async def test_sessions_are_a_wallets_own_matter(gateway, signed_in) -> None:
    for key in (signed_in["api_key"], gateway.config.api_keys[0].key):
        headers = {"X-API-Key": key}
        for answer in (
            await gateway.http.get("/v1/auth/sessions", headers=headers),
            await gateway.http.delete("/v1/auth/sessions/ses_none", headers=headers),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "wallet_required")
