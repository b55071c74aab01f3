"""Storage through the client library."""

import asyncio
from datetime import UTC, datetime

import pytest

from debros.client import NotFoundError, PreconditionFailedError, TooLargeError


async def test_a_value_goes_in_and_comes_out(client, name) -> None:
    storage = client.storage
    key = f"{name}/ä %_?&#+"
    made = await storage.put(key, b"\x00\xff", content_type="image/png")
    assert (made.key, made.size, made.expires_at) == (key, 2, None)
    assert await storage.get(key) == b"\x00\xff"
    stored = await storage.fetch(key)
    assert (stored.data, stored.etag, stored.content_type, stored.expires_at) == (
        b"\x00\xff", made.etag, "image/png", None,
    )  # fmt: skip
    assert await storage.exists(key)
    await storage.delete(key)
    await storage.delete(key)
    assert not await storage.exists(key)
    with pytest.raises(NotFoundError) as missing:
        await storage.get(key)
    assert missing.value.code == "key_not_found"


async def test_text_is_utf_8_and_an_end_is_told(client, name) -> None:
    made = await client.storage.put(name, "grüße", ttl=3600)
    assert 0 < (made.expires_at - datetime.now(UTC)).total_seconds() <= 3600
    assert (await client.storage.fetch(name)).expires_at == made.expires_at
    assert (await client.storage.get(name)).decode() == "grüße"
    await client.storage.put(name, b"", ttl=0.05)
    await asyncio.sleep(0.1)
    assert not await client.storage.exists(name)


async def test_conditions(client, name) -> None:
    storage = client.storage
    first = await storage.put(name, "1", if_none_match="*")
    with pytest.raises(PreconditionFailedError):
        await storage.put(name, "2", if_none_match="*")
    assert await storage.fetch(name, if_none_match=['"other"', first.etag]) is None
    second = await storage.put(name, "2", if_match=first.etag)
    with pytest.raises(PreconditionFailedError):
        await storage.delete(name, if_match=first.etag)
    assert (await storage.fetch(name, if_none_match=first.etag)).etag == second.etag
    await storage.delete(name, if_match=second.etag)


async def test_keys_come_in_pages_and_all_at_once(client, name) -> None:
    keys = [f"{name}/{number:02}" for number in range(5)]
    await asyncio.gather(*(client.storage.put(key, "x") for key in keys))
    page = await client.storage.list(f"{name}/", limit=3)
    assert page.keys == keys[:3]
    rest = await client.storage.list(f"{name}/", limit=3, cursor=page.next_cursor)
    assert (rest.keys, rest.next_cursor) == (keys[3:], None)
    assert [key async for key in client.storage.keys(f"{name}/")] == keys
    assert (await client.storage.list(f"{name}-none")).keys == []


async def test_large_values(client, name) -> None:
    large = b"x" * (3 * 1024 * 1024)
    await client.storage.put(name, large)
    assert await client.storage.get(name) == large
    with pytest.raises(TooLargeError) as refused:
        await client.storage.put(name, large * 2)
    assert refused.value.status == 413


async def test_a_ttl_that_is_none_is_told(client, name) -> None:
    for ttl in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="ttl"):
            await client.storage.put(name, "x", ttl=ttl)
