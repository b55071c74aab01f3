"""Limits are those of the gateway, whichever worker counts."""

import asyncio

import httpx
import pytest
from websockets.exceptions import InvalidStatus


async def test_a_caller_has_one_bucket_at_all_workers(make_crew, rqlited) -> None:
    """A bucket of 40 that does not fill in the time of a test; what the clients' own first requests took counts too."""
    rates = {"requests_per_second": 1, "requests_burst": 40, "sign_in_per_second": 1, "sign_in_burst": 40}
    crew = await make_crew(rqlite_dsn=rqlited.url, rates=rates).start()
    clients = [await crew.client(index) for index in (0, 1)]
    found = [await clients[number % 2].get("/livez") for number in range(60)]
    statuses = [answer.status_code for answer in found]
    assert statuses.count(200) <= 40
    assert statuses[-1] == 429
    # Each worker alone would have let its thirty pass.
    assert 429 in statuses[0::2]
    assert 429 in statuses[1::2]
    assert all(answer.json()["code"] == "rate_limited" for answer in found if answer.status_code == 429)


async def test_wrong_credentials_are_counted_over_all_workers(make_crew, rqlited) -> None:
    rates = {"failures_per_second": 1, "failures_burst": 10}
    crew = await make_crew(rqlite_dsn=rqlited.url, rates=rates).start()
    clients = [await crew.client(index) for index in (0, 1)]
    statuses = [
        (await clients[number % 2].get("/v1/storage/list", headers={"X-API-Key": f"wrong{number}"})).status_code
        for number in range(16)
    ]
    assert statuses[:10] == [401] * 10
    assert 429 in statuses[10:]


async def test_sockets_and_connections_are_bounded_together(make_crew, rqlited, node, name) -> None:
    limits = {"max_sockets": 3, "max_connections": 8}
    crew = await make_crew(rqlite_dsn=rqlited.url, p2p_socket=str(node.socket), limits=limits).start()
    for index in (0, 1, 0):
        await crew.socket(index, name)
    with pytest.raises(InvalidStatus) as refused:
        await crew.socket(1, name)
    assert refused.value.response.status_code == 503
    async with httpx.AsyncClient(base_url=crew.url) as client:  # the fourth: three sockets are open
        assert (await client.get("/livez")).status_code == 200
        held = [await asyncio.open_connection("127.0.0.1", crew.port) for _ in range(4)]
        await crew.until(lambda: full(crew))
        assert (await client.get("/livez")).status_code == 200
        for _, writer in held:
            writer.close()
            await writer.wait_closed()


async def full(crew):
    """Say whether a new connection is turned away."""
    async with httpx.AsyncClient(base_url=crew.url) as client:
        answer = await client.get("/livez")
    return answer.status_code == 503 and answer.json()["code"] == "too_many_connections"
