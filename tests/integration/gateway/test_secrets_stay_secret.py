"""Planted secrets are searched for: in the log, in the database and its log, and in the files of the gateway."""

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from testkit.login import Program
from testkit.wallets import Ethereum

CLIENTS = ("httpx", "httpcore", "websockets.client")


async def test_no_secret_is_written_anywhere(make_rqlited, make_gateway, people, name, tmp_path, caplog) -> None:
    caplog.set_level("DEBUG")
    rqlited = make_rqlited()
    file = tmp_path / "server-key"
    file.touch(0o600)
    file.write_text("planted-server-key-0123456789abcdef\n")
    gateway = await make_gateway(rqlite_dsn=rqlited.url, auth={"server_key_file": str(file)})
    wallet = Ethereum()
    found = await people.sign_in(gateway, wallet, name)
    headers = {"X-API-Key": found["access_token"]}
    renewed = (await gateway.http.post("/v1/auth/refresh", json={"refresh_token": found["refresh_token"]})).json()
    token = (await gateway.http.post("/v1/auth/token", headers={"X-API-Key": found["api_key"]})).json()
    ticket = (await gateway.http.post("/v1/auth/ws-ticket", headers=headers)).json()["ticket"]
    wrong = ["planted-wrong-key", "ak_" + "plantedplantedplantedpla" + ":x", "rt_planted-refresh", "wt_planted-ticket"]
    for text in wrong:
        await gateway.http.get("/v1/storage/list", headers={"Authorization": f"Bearer {text}"})
        await gateway.http.post("/v1/auth/refresh", json={"refresh_token": text})
        await gateway.http.post("/v1/auth/logout", json={"refresh_token": text})
        for parameter in ("api_key", "token", "ticket"):
            with pytest.raises(InvalidStatus) as refused:
                await gateway.socket("t", f"&{parameter}={text}", key=None)
            assert refused.value.response.status_code == 401
    for parameter, credential in (("token", found["access_token"]), ("api_key", found["api_key"]), ("ticket", ticket)):
        async with gateway.socket("t", f"&{parameter}={credential}", key=None) as ws:
            await ws.send("x")
            assert await ws.recv() == b"x"
    program = Program()
    challenge = await people.challenge(gateway, wallet, name)
    gone = await people.verify(gateway, wallet, challenge, path="login/complete", body=program.asks)
    code = program.code(gone.json()["redirect_to"])
    through = (await gateway.http.post("/v1/auth/exchange", json=program.exchange(code))).json()
    await gateway.http.post("/v1/auth/exchange", json=program.exchange("planted-code"))
    device = (await gateway.http.post("/v1/auth/device", json={"namespace": name})).json()
    await gateway.http.post("/v1/auth/device/token", json={"device_code": device["device_code"]})
    await gateway.http.get(f"/v1/auth/login?user_code={device['user_code']}")
    # A reused token, and a query that does not belong where it stands.
    await gateway.http.post("/v1/auth/refresh", json={"refresh_token": found["refresh_token"]})
    await gateway.http.post("/v1/auth/refresh", json={"refresh_token": found["refresh_token"]})
    await gateway.http.get("/v1/storage/list?api_key=planted-in-a-query")
    await gateway.services.auth.audit.flush()

    secrets = [
        found["access_token"], found["refresh_token"], found["api_key"], found["api_key"].rpartition(":")[0],
        renewed["refresh_token"], renewed["access_token"], token["access_token"], ticket, *wrong,
        code, program.verifier, through["access_token"], through["refresh_token"], "planted-code",
        device["device_code"], device["user_code"], "planted-server-key", "planted-in-a-query",
    ]  # fmt: skip
    # The test's own clients log what they ask.
    records = [record for record in caplog.records if not record.name.startswith(CLIENTS)]
    assert any(record.name.startswith("debros.gateway.access") for record in records)
    places = {"the log": "\n".join(f"{record.getMessage()} {vars(record)}" for record in records)}
    # Its files hold values compressed as well, so the database is asked, too.
    rows = await _dump(rqlited.url)
    places["the database"] = rows
    assert wallet.address in rows  # the search would find something
    for path in (*rqlited.directory.rglob("*"), *gateway.config.data_dir.rglob("*")):
        if path.is_file():
            places[str(path)] = path.read_bytes().decode("latin-1")
    for secret in secrets:
        assert [place for place, text in places.items() if secret in text] == [], secret
    seeds = (gateway.config.data_dir / "signing-keys.json").read_text()
    assert all(line.split('"')[3] not in rows for line in seeds.splitlines() if '"seed"' in line)


async def _dump(url: str) -> str:

    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{url}/db/backup?fmt=sql")
    assert answer.status_code == 200
    return answer.text
