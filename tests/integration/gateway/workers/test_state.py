"""What one worker has done holds at the other."""

import asyncio
import json
import urllib.request

from testkit.wallets import Ethereum

from .conftest import DEADLINE


async def sign_in(client, namespace):
    wallet = Ethereum()
    body = {"wallet": wallet.address, "namespace": namespace, "chain_type": wallet.chain_type}
    challenge = (await client.post("/v1/auth/challenge", json=body)).json()
    signed = body | {"nonce": challenge["nonce"], "signature": wallet.sign(challenge["nonce"])}
    answer = await client.post("/v1/auth/verify", json=signed)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_schema_of_one_is_that_of_the_other_at_once(crew, name) -> None:
    one, other = await crew.client(0), await crew.client(1)

    async def run(client, sql, route="exec"):
        return await client.post(f"/v1/rqlite/{route}", json={"sql": sql, "args": []})

    for number in range(5):
        table = f"{name}_{number}"
        done = await one.post("/v1/rqlite/create-table", json={"schema": f"CREATE TABLE {table} (a INTEGER)"})
        assert done.status_code in {200, 201}, done.text
        assert (await run(other, f"INSERT INTO {table}(a) VALUES (1)")).status_code == 200
        added = await other.post("/v1/rqlite/exec", json={"sql": f"ALTER TABLE {table} ADD COLUMN b TEXT"})
        assert added.status_code == 200, added.text
        answer = await run(one, f"SELECT * FROM {table}", "query")
        assert (answer.json()["columns"], answer.json()["rows"]) == (["a", "b"], [[1, None]])


async def test_a_token_of_one_is_good_at_the_other_and_ends_there_when_the_answer_comes(crew, name) -> None:
    one, other = await crew.client(0, key=None), await crew.client(1, key=None)
    for signs, hears in ((one, other), (other, one)):
        for number in range(5):
            found = await sign_in(signs, f"{name}-{number}-{'ab'[signs is one]}")
            headers = {"Authorization": f"Bearer {found['access_token']}"}
            assert (await hears.get("/v1/storage/list", headers=headers)).status_code == 200
            done = await signs.post("/v1/auth/logout", json={"refresh_token": found["refresh_token"]}, headers=headers)
            assert done.status_code == 200, done.text
            assert (await hears.get("/v1/storage/list", headers=headers)).status_code == 401


async def test_each_worker_signs_with_keys_of_its_own(crew) -> None:
    files = [crew.directory / "data" / file for file in ("signing-keys.json", "signing-keys-2.json")]
    await crew.until(lambda: all(file.exists() for file in files))
    seeds = [{key["seed"] for key in json.loads(file.read_text())["keys"]} for file in files]
    assert not seeds[0] & seeds[1]
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]


async def test_a_repeated_write_is_recognised_at_the_other_worker(crew, name) -> None:
    one, other = await crew.client(0), await crew.client(1)
    headers = {"Idempotency-Key": name}
    first = await one.post("/v1/storage/put", params={"key": name}, content=b"x", headers=headers)
    again = await other.post("/v1/storage/put", params={"key": name}, content=b"x", headers=headers)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_the_gateway_runs_since_one_moment(crew) -> None:
    answers = [(await (await crew.client(index)).get("/v1/version")).json() for index in (0, 1)]
    assert answers[0]["started_at"] == answers[1]["started_at"]
    assert answers[0]["uptime"] < answers[1]["uptime"]


async def test_one_page_tells_the_figures_of_all(crew, name) -> None:
    clients = [await crew.client(index) for index in (0, 1)]
    await crew.socket(0, name)
    await crew.socket(1, name)
    await crew.until(lambda: open_connections(crew, 4))  # those to the wrong worker have been closed
    before = await crew.figures()
    asked = ("debros_gateway_requests_total", "GET", "/v1/storage/list", "200")
    for number in range(7):
        assert (await clients[number % 2].get("/v1/storage/list")).status_code == 200
    found = await crew.figures()
    assert found[asked] - before.get(asked, 0) == 7
    assert found[("debros_gateway_websockets_open",)] == 2
    assert found[("debros_gateway_workers", "serving")] == 2
    assert found[("debros_gateway_node_connected",)] == 1
    assert found[("debros_rqlite_voters",)] == 1
    assert found[("debros_gateway_source_up", "node")] == 1
    text = (await asyncio.to_thread(page, crew.metrics_port)).splitlines()
    series = [line.rpartition(" ")[0] for line in text if not line.startswith("#")]
    assert len(series) == len(set(series))


async def open_connections(crew, number):
    return (await crew.figures())[("debros_gateway_connections_open",)] == number


def page(port):
    return urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=DEADLINE).read().decode()
