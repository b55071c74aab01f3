import pytest

from debros.gateway.errors import Problem
from debros.gateway.middleware.rate_limit import RateLimit
from debros.gateway.rates import Buckets


def few() -> Buckets:
    return Buckets(1, 2)


def many() -> Buckets:
    return Buckets(1000, 1000)


async def answer(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200})


async def statuses(drive, limit, times, path="/v1/auth/verify", **options):
    found = []
    for _ in range(times):
        try:
            found.append((await drive(limit, path, **options)).status)
        except Problem as problem:
            found.append(problem.status if int(problem.headers["Retry-After"]) >= 1 else 0)
    return found


async def test_sign_in_is_counted_more_strictly(drive) -> None:
    limit = RateLimit(answer, requests=many(), sign_in=few())
    assert await statuses(drive, limit, 3, method="POST") == [200, 200, 429]
    assert await statuses(drive, limit, 3, "/v1/rqlite/exec", method="POST") == [200] * 3
    assert await statuses(drive, limit, 3, "/v1/auth/whoami") == [200] * 3


async def test_every_route_is_counted(drive) -> None:
    limit = RateLimit(answer, requests=few(), sign_in=many())
    assert await statuses(drive, limit, 3, "/v1/storage/get") == [200, 200, 429]
    with pytest.raises(Problem):
        await drive(limit, "/v1/pubsub/ws", kind="websocket")


async def test_a_credential_is_counted_wherever_it_comes_from(drive) -> None:
    limit = RateLimit(answer, requests=few(), sign_in=many())
    limit._all.take = lambda caller, _take=limit._all.take: _take(caller) if caller.startswith("c") else 0.0
    headers = {"X-API-Key": "one"}
    assert await statuses(drive, limit, 3, headers=headers) == [200, 200, 429]
    assert await statuses(drive, limit, 1, headers={"Authorization": "Bearer one"}) == [429]
    assert await statuses(drive, limit, 2, headers={"X-API-Key": "two"}) == [200, 200]
