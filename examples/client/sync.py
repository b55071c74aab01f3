"""The same without asyncio: in a script, a thread, a web framework of the older kind."""

from debros.client import ApiKey
from debros.client.sync import NetworkClient
from settings import KEY_FILE, URL, say


def main() -> None:
    """Use a bit of everything."""
    with NetworkClient(URL, auth=ApiKey.from_file(KEY_FILE), timeout=10) as client:
        say("rows:", list(client.database.query("SELECT 1 AS one, ? AS two", [2])))
        client.storage.put("example/sync", "hello")
        say("keys:", list(client.storage.keys("example/sync")))
        client.storage.delete("example/sync")
        with client.pubsub.subscribe("example/sync") as news:
            client.pubsub.publish("example/sync", "hi")
            say("event:", news.get(timeout=30))


main()
