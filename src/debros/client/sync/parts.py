"""The parts of the client without asyncio; what each method does stands at the async one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.client import api_keys, migrations, network, owners, sessions, storage
from debros.client.pubsub import service
from debros.client.sql import database
from debros.client.sync.blocking import Blocking, BlockingAs, BlockingIterator, Facade
from debros.client.sync.subscription import Subscription

if TYPE_CHECKING:
    from debros.client.pubsub.subscription import Subscription as AsyncSubscription


class Database(Facade):
    """SQL of one namespace."""

    exec = Blocking(database.Database.exec)
    query = Blocking(database.Database.query)
    transaction = Blocking(database.Database.transaction)
    create_table = Blocking(database.Database.create_table)
    drop_table = Blocking(database.Database.drop_table)
    schema = Blocking(database.Database.schema)
    find = Blocking(database.Database.find)
    find_one = Blocking(database.Database.find_one)
    select = Blocking(database.Database.select)
    select_one = Blocking(database.Database.select_one)


class Storage(Facade):
    """Values of one namespace."""

    get = Blocking(storage.Storage.get)
    fetch = Blocking(storage.Storage.fetch)
    put = Blocking(storage.Storage.put)
    delete = Blocking(storage.Storage.delete)
    exists = Blocking(storage.Storage.exists)
    list = Blocking(storage.Storage.list)
    keys = BlockingIterator(storage.Storage.keys)


class PubSub(Facade):
    """Topics of one namespace."""

    subscribe = BlockingAs(service.PubSub.subscribe, Subscription)
    publish = Blocking(service.PubSub.publish)
    topics = Blocking(service.PubSub.topics)
    presence = Blocking(service.PubSub.presence)

    def unsubscribe(self, topic: str | Subscription) -> None:
        """Close a subscription, or all of this client to a topic. Harmless when there is none."""
        wanted: str | AsyncSubscription = topic._part if isinstance(topic, Subscription) else topic  # noqa: SLF001 - ours
        self._loop.run(self._part.unsubscribe(wanted))


class Network(Facade):
    """The cluster."""

    status = Blocking(network.Network.status)
    peers = Blocking(network.Network.peers)
    connect = Blocking(network.Network.connect)
    disconnect = Blocking(network.Network.disconnect)


class Migrations(Facade):
    """Migrations of one namespace."""

    apply = Blocking(migrations.Migrations.apply)
    status = Blocking(migrations.Migrations.status)


class ApiKeys(Facade):
    """Keys that open the namespace."""

    create = Blocking(api_keys.ApiKeys.create)
    list = Blocking(api_keys.ApiKeys.list)
    revoke = Blocking(api_keys.ApiKeys.revoke)


class Owners(Facade):
    """Wallets that own the namespace."""

    list = Blocking(owners.Owners.list)
    add = Blocking(owners.Owners.add)
    remove = Blocking(owners.Owners.remove)


class Sessions(Facade):
    """Where the wallet is signed in."""

    list = Blocking(sessions.Sessions.list)
    end = Blocking(sessions.Sessions.end)
