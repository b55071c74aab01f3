"""The client without asyncio, in threads."""

import asyncio
import threading

import pytest

from debros.client import Gap, Message, SqlError, TooLargeError, Write
from debros.client.sync import NetworkClient


@pytest.fixture
def options(relayed):
    return {"endpoints": relayed.url, "auth": relayed.http.headers["X-API-Key"]}


async def test_sql_and_storage(options, name) -> None:
    def use() -> None:
        with NetworkClient(**options) as client:
            client.database.create_table(f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, data BLOB)")
            client.database.transaction([Write(f"INSERT INTO {name}(data) VALUES (?)", [b"\xff"])])
            assert client.database.find_one(name, blobs=["data"]) == {"id": 1, "data": b"\xff"}
            with pytest.raises(SqlError):
                client.database.exec(f"INSERT INTO {name}(id) VALUES (1)")
            client.storage.put(f"{name}/a", "1")
            client.storage.put(f"{name}/b", "2")
            assert list(client.storage.keys(f"{name}/")) == [f"{name}/a", f"{name}/b"]
            assert client.health().server.uptime >= 0
            assert client.network.status().connected
            assert (client.namespace, client.endpoint) == ("default", options["endpoints"])

    await asyncio.to_thread(use)
    assert [thread.name for thread in threading.enumerate() if thread.name == "debros client"] == []


async def test_pubsub(options, name) -> None:
    def use() -> None:
        with NetworkClient(**options) as client, client.pubsub.subscribe(name, queue=2) as subscription:
            assert subscription.connected
            for number in range(4):
                client.pubsub.publish(name, str(number))
            with client.pubsub.subscribe(name) as second:
                client.pubsub.publish(name, "4")
                assert second.get(timeout=60) == Message(name, b"4")
                with pytest.raises(TimeoutError):
                    second.get(timeout=0.01)
            events = []
            for event in subscription:
                events.append(event)
                if event == Message(name, b"4"):
                    break
            assert subscription.dropped == sum(event.dropped for event in events if isinstance(event, Gap))
            client.pubsub.unsubscribe(subscription)
            assert list(subscription) == []
            with pytest.raises(TooLargeError):
                client.pubsub.publish(name, b"x" * 1_100_000)

    await asyncio.to_thread(use)


async def test_many_threads_share_a_client(options, name) -> None:
    with NetworkClient(**options) as client:
        await asyncio.to_thread(client.database.create_table, f"CREATE TABLE {name}(n)")
        await asyncio.gather(
            *(
                asyncio.to_thread(client.database.exec, f"INSERT INTO {name} VALUES (?)", [n], idempotency=False)
                for n in range(20)
            )
        )
        rows = await asyncio.to_thread(client.database.query, f"SELECT count(*) FROM {name}")
        assert rows.scalar() == 20
        await asyncio.to_thread(client.close)
