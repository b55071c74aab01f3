"""The client library without asyncio: the same client in an event loop of its own, in a thread of its own.

Every method is the async one, made blocking; so each has the same arguments, result and errors. It may be used from
several threads.
"""

from debros.client.sync.client import NetworkClient
from debros.client.sync.parts import Database, Migrations, Network, PubSub, Storage
from debros.client.sync.subscription import Subscription

__all__ = ["Database", "Migrations", "Network", "NetworkClient", "PubSub", "Storage", "Subscription"]
