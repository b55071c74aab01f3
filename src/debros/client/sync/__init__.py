"""The client library without asyncio: the same client in an event loop of its own, in a thread of its own.

Every method is the async one, made blocking; so each has the same arguments, result and errors. It may be used from
several threads.
"""

from debros.client.sync.client import NetworkClient
from debros.client.sync.parts import ApiKeys, Database, Migrations, Network, Owners, PubSub, Sessions, Storage
from debros.client.sync.subscription import Subscription

__all__ = [
    "ApiKeys",
    "Database",
    "Migrations",
    "Network",
    "NetworkClient",
    "Owners",
    "PubSub",
    "Sessions",
    "Storage",
    "Subscription",
]
