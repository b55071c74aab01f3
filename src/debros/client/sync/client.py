"""A client without asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypedDict, Unpack

from debros.client.client import DEFAULT_ENDPOINT
from debros.client.client import NetworkClient as AsyncClient
from debros.client.sync.blocking import Blocking, Facade
from debros.client.sync.loop import LoopThread
from debros.client.sync.parts import ApiKeys, Database, Migrations, Network, Owners, PubSub, Sessions, Storage

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence
    from types import TracebackType

    from debros.client.credentials import Credential


class ClientOptions(TypedDict, total=False):
    """Arguments of the async client beside the endpoints; it says what they are."""

    auth: Credential | str | None
    namespace: str | None
    timeout: float
    connect_timeout: float
    repeats: int
    connections: int
    tls: ssl.SSLContext | None


class NetworkClient(Facade):
    """A client; use it as `with NetworkClient(…) as client:`. Its arguments are those of the async one.

    It may be used from several threads. What it calls back (`on_refresh`) runs in its own thread.

    Attributes:
        database: SQL.
        storage: Values by key.
        pubsub: Topics.
        network: The cluster.
        migrations: The namespace's schema, step by step.
        api_keys: Keys that open the namespace.
        owners: Wallets that own it.
        sessions: Where the wallet is signed in.
    """

    _part: AsyncClient

    def __init__(self, endpoints: str | Sequence[str] = DEFAULT_ENDPOINT, **options: Unpack[ClientOptions]) -> None:
        client = AsyncClient(endpoints, **options)
        super().__init__(LoopThread(), client)
        self.database = Database(self._loop, client.database)
        self.storage = Storage(self._loop, client.storage)
        self.pubsub = PubSub(self._loop, client.pubsub)
        self.network = Network(self._loop, client.network)
        self.migrations = Migrations(self._loop, client.migrations)
        self.api_keys = ApiKeys(self._loop, client.api_keys)
        self.owners = Owners(self._loop, client.owners)
        self.sessions = Sessions(self._loop, client.sessions)

    health = Blocking(AsyncClient.health)
    whoami = Blocking(AsyncClient.whoami)
    logout = Blocking(AsyncClient.logout)

    @property
    def namespace(self) -> str | None:
        """The namespace the credential opens; None while that is not known."""
        return self._part.namespace

    @property
    def endpoint(self) -> str:
        """The gateway that is asked now."""
        return self._part.endpoint

    def close(self) -> None:
        """Close every subscription and connection, and end the thread; calls under way fail. Again is harmless."""
        self._loop.close(self._part.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
