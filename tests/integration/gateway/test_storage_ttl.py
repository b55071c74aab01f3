"""Values with an end, against a real rqlited; the clock is the test's own."""

import asyncio
from datetime import datetime

import pytest

from debros.clock import now_ms
from debros.rqlite.types import Statement
from debros.tenants.storage import Expiry
from debros.tenants.storage import expiry as expiry_module

PUT, GET, DELETE, EXISTS, LIST = (f"/v1/storage/{name}" for name in ("put", "get", "delete", "exists", "list"))
HOUR = 3_600_000
GRACE = 60_000


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = now_ms()

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock(gateway) -> Clock:
    gateway.services.storage._clock = Clock()
    return gateway.services.storage._clock


async def put(gateway, key: str, value: bytes = b"x", **params):
    answer = await gateway.http.post(PUT, params={"key": key, **params}, content=value)
    assert answer.status_code == 201, answer.text
    return answer


async def seen(gateway, key: str) -> list[bool]:
    """Return in which ways a key is seen: get, exists, list."""
    got = await gateway.http.get(GET, params={"key": key})
    assert got.status_code in (200, 404)
    exists = (await gateway.http.get(EXISTS, params={"key": key})).json()["exists"]
    listed = (await gateway.http.get(LIST, params={"prefix": key})).json()["keys"]
    return [got.status_code == 200, exists, key in listed]


async def kept(gateway, key: str) -> int:
    """Return how many rows there are, seen or not."""
    question = Statement("SELECT COUNT(*) FROM _gw_kv WHERE key = ?", (f"ns::default::{key}",))
    return (await gateway.services.rqlite.query(question)).values[0][0]


@pytest.mark.parametrize(
    ("ttl", "milliseconds"), [("60", 60_000), ("0.5", 500), ("1m30s", 90_000), ("24h", 24 * HOUR), ("1ms", 1)]
)
async def test_a_value_is_there_until_its_last_millisecond_and_then_for_nobody(
    gateway, clock, name, ttl, milliseconds
) -> None:
    answer = await put(gateway, name, ttl=ttl)
    end = clock.now + milliseconds
    said = datetime.fromisoformat(answer.json()["expires_at"])
    assert round(said.timestamp() * 1000) == end
    clock.now = end - 1
    assert await seen(gateway, name) == [True] * 3
    got = await gateway.http.get(GET, params={"key": name})
    assert got.headers["X-Expires-At"] == answer.json()["expires_at"]
    clock.now = end
    assert await seen(gateway, name) == [False] * 3
    assert await kept(gateway, name) == 1, "it is hidden, not removed"


@pytest.mark.parametrize("early", [1, 0])
@pytest.mark.parametrize("path", [PUT, DELETE])
async def test_a_condition_holds_until_the_last_millisecond(gateway, clock, name, path, early) -> None:
    tag = (await put(gateway, name, ttl=60)).headers["ETag"]
    clock.now += 60_000 - early
    match = await gateway.http.post(path, params={"key": name}, content=b"y", headers={"If-Match": tag})
    assert match.is_success is bool(early)
    tag = (await put(gateway, name, ttl=60)).headers["ETag"]
    clock.now += 60_000 - early
    for condition in (tag, "*"):
        answer = await gateway.http.post(path, params={"key": name}, content=b"y", headers={"If-None-Match": condition})
        assert (answer.status_code == 412) is bool(early)
        tag = (await put(gateway, name, ttl=60)).headers["ETag"]
        clock.now += 60_000 - early


@pytest.mark.parametrize(("ttl", "milliseconds"), [(60, 60_000), (0.25, 250), ("90s", 90_000), ("2", 2000)])
async def test_a_ttl_in_json(gateway, clock, name, ttl, milliseconds) -> None:
    answer = await gateway.http.post(PUT, json={"key": name, "value_base64": "", "ttl": ttl})
    assert answer.status_code == 201, answer.text
    clock.now += milliseconds - 1
    assert await seen(gateway, name) == [True] * 3
    clock.now += 1
    assert await seen(gateway, name) == [False] * 3


async def test_a_put_brings_its_own_end_or_none(gateway, clock, name) -> None:
    await put(gateway, name, ttl=60)
    assert "expires_at" not in (await put(gateway, name)).json()
    clock.now += HOUR
    got = await gateway.http.get(GET, params={"key": name})
    assert got.status_code == 200
    assert "X-Expires-At" not in got.headers
    await put(gateway, name, ttl=60)
    clock.now += 60_000
    assert await seen(gateway, name) == [False] * 3
    await put(gateway, name, b"again")
    assert await seen(gateway, name) == [True] * 3


async def test_pages_go_past_what_is_over(gateway, clock, name) -> None:
    for n in range(9):
        await put(gateway, f"{name}/{n}", **({"ttl": 60} if n % 3 else {}))
    clock.now += 60_000
    first = (await gateway.http.get(LIST, params={"prefix": f"{name}/", "limit": 2})).json()
    assert first["keys"] == [f"{name}/0", f"{name}/3"]
    params = {"prefix": f"{name}/", "limit": 2, "cursor": first["next_cursor"]}
    assert (await gateway.http.get(LIST, params=params)).json() == {"keys": [f"{name}/6"]}


@pytest.mark.parametrize(
    "ttl", ["0", "0s", "-1", "soon", "1e3", "nan", "inf", "0.0001", "9" * 30, "9" * 6000, "", "1 h"]
)
async def test_a_ttl_that_is_none_is_refused(gateway, name, ttl) -> None:
    asked = [
        {"params": {"key": name, "ttl": ttl}, "content": b"x"},
        {"json": {"key": name, "value_base64": "", "ttl": ttl}},
    ]
    for request in asked:
        answer = await gateway.http.post(PUT, **request)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
        assert answer.json()["error"].startswith("ttl must be")
    assert await kept(gateway, name) == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0", "invalid_parameter"),
        ("-5", "invalid_parameter"),
        ("0.0001", "invalid_parameter"),
        ("1e300", "invalid_parameter"),
        ("true", "invalid_body"),
        ("[]", "invalid_body"),
        ("NaN", "invalid_json"),
    ],
)
async def test_a_number_that_is_no_ttl_is_refused(gateway, name, text, code) -> None:
    body = f'{{"key": "{name}", "value_base64": "", "ttl": {text}}}'
    answer = await gateway.http.post(PUT, content=body.encode())
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text


async def test_two_ttl_are_one_too_many(gateway, name) -> None:
    answer = await gateway.http.post(PUT, params={"ttl": 5}, json={"key": name, "value_base64": "", "ttl": 6})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
    answer = await gateway.http.post(PUT, params={"ttl": 5}, json={"key": name, "value_base64": ""})
    assert "expires_at" in answer.json()


async def test_the_sweep_removes_what_is_over_and_nothing_else(gateway, clock, name) -> None:
    keys = {"over": 1, "in its grace": 30, "later": 3600, "for ever": None}
    for key, ttl in keys.items():
        await put(gateway, f"{name}{key}", **({"ttl": ttl} if ttl else {}))
    clock.now += 20_000 + GRACE
    expiry = Expiry(gateway.services.rqlite, ready=lambda: True, clock=clock)
    while await expiry.sweep():
        pass
    assert {key: await kept(gateway, f"{name}{key}") for key in keys} == {
        "over": 0,
        "in its grace": 1,
        "later": 1,
        "for ever": 1,
    }


async def test_a_gateway_sweeps_by_itself(make_rqlited, make_gateway, eventually, monkeypatch) -> None:
    monkeypatch.setattr(expiry_module, "_PERIOD", 0.05)
    monkeypatch.setattr(expiry_module, "_GRACE", 0)
    gateway = await make_gateway(rqlite_dsn=make_rqlited().url)
    await put(gateway, "over", ttl="1ms")
    await put(gateway, "later", ttl="1h")

    async def gone() -> bool:
        return not await kept(gateway, "over")

    await eventually(gone)
    assert await kept(gateway, "later") == 1


async def test_a_log_that_is_replayed_makes_the_same_rows(make_rqlited, make_gateway, eventually) -> None:
    """rqlited runs the writes of its log again when it starts: later, when much is over that was not."""
    rqlited = make_rqlited()
    gateway = await make_gateway(rqlite_dsn=rqlited.url)
    clock = gateway.services.storage._clock = Clock()
    clock.now -= HOUR  # whatever the database thought of its own clock, these are over by it
    for n in range(6):
        tag = (await put(gateway, f"k{n}", b"%d" % n, ttl=n + 1)).headers["ETag"]
        condition = {"If-Match": tag} if n % 2 else {"If-None-Match": "*"}
        clock.now += 1000
        answer = await gateway.http.post(PUT, params={"key": f"k{n}"}, content=b"second", headers=condition)
        assert answer.status_code == (201 if n == 0 or n % 2 else 412)
    expiry = Expiry(gateway.services.rqlite, ready=lambda: True, clock=lambda: clock.now + GRACE)
    while await expiry.sweep():
        pass

    async def rows():
        client = gateway.services.rqlite
        columns = "key, hex(value), size, content_type, version, expires_at, created_at, updated_at"
        return (await client.query(Statement(f"SELECT {columns} FROM _gw_kv ORDER BY key"))).values

    before = await rows()
    assert [row[0][-2:] for row in before] == ["k0", "k1", "k3", "k4", "k5"]
    rqlited.stop()
    rqlited.start()
    await eventually(gateway.services.rqlite.ready)
    await put(gateway, "z")  # stands in the log behind the others, so they have been applied when it is
    assert (await rows())[:-1] == before


async def test_a_sweep_without_work_writes_nothing(gateway, clock, name, monkeypatch) -> None:
    await put(gateway, name, ttl=600)
    expiry = Expiry(gateway.services.rqlite, ready=lambda: True, clock=clock)
    while await expiry.sweep():  # what other tests have left behind
        pass
    monkeypatch.delattr(type(gateway.services.rqlite), "execute")
    assert not await expiry.sweep()
    assert not await Expiry(gateway.services.rqlite, ready=lambda: False, clock=clock).sweep()


async def test_sweeps_side_by_side_take_bounded_batches(make_rqlited, make_gateway, monkeypatch) -> None:
    """Two gateways at once: every batch within its bounds, each row removed once, all of them in the end."""
    url = make_rqlited().url
    gateways = [await make_gateway(rqlite_dsn=url) for _ in range(2)]
    for n in range(60):  # the first half in rows of 1000 bytes, the others of 10; the order of their ends is that of n
        await put(gateways[0], f"k{n:02}", b"x" * (1000 if n < 30 else 10), ttl=f"{n + 1}m")
    await put(gateways[0], "stays", b"y")
    monkeypatch.setattr(expiry_module, "_BATCH_ROWS", 7)
    monkeypatch.setattr(expiry_module, "_BATCH_BYTES", 2000)
    removed: list[int] = []

    async def sweep(gateway) -> None:
        client = gateway.services.rqlite
        execute = client.execute

        async def counted(statement):
            result = await execute(statement)
            removed.append(result.rows_affected)
            return result

        monkeypatch.setattr(client, "execute", counted)
        expiry = Expiry(client, ready=lambda: True, clock=lambda: now_ms() + 2 * HOUR)
        while await expiry.sweep():
            pass

    await asyncio.gather(*(sweep(gateway) for gateway in gateways))
    assert sum(removed) == 60
    # 2000 bytes are two of the large rows; of the others seven may go at once. In between a batch has some of both.
    assert max(removed) == 7
    assert removed.count(2) >= 14
    left = await gateways[1].services.rqlite.query(Statement("SELECT key FROM _gw_kv"))
    assert left.values == [["ns::default::stays"]]
