"""Values of an older gateway: those there were before the columns, and those it writes beside a newer one."""

from pathlib import Path

import pytest

from debros.clock import now_ms
from debros.rqlite import migrate
from debros.rqlite.client import RqliteClient
from debros.rqlite.health import wait_ready
from debros.rqlite.types import Statement

GET = "/v1/storage/get"
MIGRATIONS = Path(__file__).resolve().parents[3] / "migrations"
# What a gateway sends that knows nothing of migration 005.
OLD_PUT = (
    "INSERT INTO _gw_kv(key, value, size, created_at, updated_at) VALUES(?, unhex(?), ?, ?, ?)"
    " ON CONFLICT(key) DO UPDATE"
    " SET value = excluded.value, size = excluded.size, updated_at = excluded.updated_at"
)


def old_put(key: str, value: bytes, at: int) -> Statement:
    return Statement(OLD_PUT, (f"ns::default::{key}", value.hex(), len(value), at, at))


@pytest.fixture
async def upgraded(make_rqlited, make_gateway):
    """Return a gateway over a database that an older one has made and filled."""
    url = make_rqlited().url
    async with RqliteClient([url]) as client:
        await wait_ready(client, 120)
        await migrate.apply(client, migrate.load_directory(MIGRATIONS)[:4])
        await client.execute(old_put("old", b"\0\xffold", 1_700_000_000_000))
    return await make_gateway(rqlite_dsn=url)


async def test_what_was_there_before_is_as_good_as_new(upgraded) -> None:
    http = upgraded.http
    got = await http.get(GET, params={"key": "old"})
    assert (got.status_code, got.content) == (200, b"\0\xffold")
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert "X-Expires-At" not in got.headers
    tag = got.headers["ETag"]
    assert (await http.get(GET, params={"key": "old"}, headers={"If-None-Match": tag})).status_code == 304
    assert (await http.get("/v1/storage/list")).json() == {"keys": ["old"]}
    assert (await http.get("/v1/storage/exists", params={"key": "old"})).json() == {"exists": True}
    put = "/v1/storage/put"
    refused = await http.post(put, params={"key": "old"}, content=b"new", headers={"If-None-Match": "*"})
    assert refused.status_code == 412
    stored = await http.post(put, params={"key": "old"}, content=b"new", headers={"If-Match": tag})
    assert stored.status_code == 201
    assert stored.headers["ETag"] != tag
    assert (await http.post(put, params={"key": "old"}, content=b"x", headers={"If-Match": tag})).status_code == 412


async def test_what_an_older_gateway_puts_meanwhile_has_nothing_of_the_former_value(upgraded) -> None:
    http, client = upgraded.http, upgraded.services.rqlite
    stored = await http.post("/v1/storage/put?key=k&ttl=10h", content=b"typed", headers={"Content-Type": "text/plain"})
    tags = [stored.headers["ETag"]]
    for n in range(2):
        result = await client.execute(old_put("k", b"plain", now_ms() + n))
        assert result.rows_affected == 1
        got = await http.get(GET, params={"key": "k"})
        assert got.content == b"plain"
        assert got.headers["Content-Type"] == "application/octet-stream"
        assert "X-Expires-At" not in got.headers
        tags.append(got.headers["ETag"])
    assert len(set(tags)) == 3
    assert (await http.post("/v1/storage/delete?key=k", headers={"If-Match": tags[0]})).status_code == 412
    assert (await http.post("/v1/storage/delete?key=k", headers={"If-Match": tags[2]})).status_code == 200
