"""The product, from outside: what one host is given, the others have."""

import asyncio
import uuid

import pytest

from hostkit.gateway import heard
from hostkit.patience import eventually

TABLE = "verify_notes"


@pytest.fixture
def here(cluster, machine):
    return cluster.gateway(machine)


@pytest.fixture
def there(cluster, machine):
    """The gateway of another host (of a single host: the same)."""
    return cluster.gateway(cluster.after(machine))


@pytest.fixture
def token():
    return uuid.uuid4().hex


def test_health(here):
    health = here.health()
    assert health["status"] == "ok"
    assert set(health["client"]["checks"]) >= {"connection", "database", "pubsub"}


def test_a_caller_without_a_key_is_refused(here):
    here.key = ""
    assert here.ask("GET", "/v1/storage/list").status_code == 401
    here.key = "ak_of_somebody_else"
    assert here.ask("GET", "/v1/storage/list").status_code == 401


def test_rows_written_here_are_read_there(here, there, token):
    here.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (note TEXT PRIMARY KEY, size INTEGER)")
    here.execute(f"INSERT INTO {TABLE} (note, size) VALUES (?, ?)", token, 2**53 + 1)
    for level in ("weak", "strong"):
        rows = there.rows(f"SELECT note, size FROM {TABLE} WHERE note = ?", token, level=level)
        assert rows == [[token, 2**53 + 1]]


def test_values_stored_here_are_found_there(here, there, token):
    value = bytes(range(256))
    here.json("POST", "/v1/storage/put", params={"key": token}, content=value)
    assert there.ask("GET", "/v1/storage/get", params={"key": token}).content == value
    there.json("POST", "/v1/storage/delete", params={"key": token})
    assert here.ask("GET", "/v1/storage/get", params={"key": token}).status_code == 404


async def test_messages_sent_here_are_heard_there(here, there, token):
    assert await heard(here, there, token) == token.encode()


async def test_who_is_present_here_is_seen_there(here, there, token):
    def seen(*expected):
        listed = there.json("GET", "/v1/pubsub/presence", params={"topic": token})["members"]
        return [member["member_id"] for member in listed] == list(expected)

    async with here.socket(f"{token}&presence=true&member_id=somebody"):
        await asyncio.to_thread(eventually, lambda: seen("somebody"), "not seen")
    await asyncio.to_thread(eventually, seen, "still seen")


def test_every_host_knows_the_others(cluster, here):
    status = here.json("GET", "/v1/network/status")
    assert status["peer_count"] >= len(cluster) - 1
    assert here.json("GET", "/v1/network/peers")["peers"] or len(cluster) == 1
