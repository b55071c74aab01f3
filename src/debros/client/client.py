"""A client of one namespace, at whichever gateway of the cluster answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from debros.client.account import Identity, logout, whoami
from debros.client.api_keys import ApiKeys
from debros.client.calls.caller import Caller, positive
from debros.client.calls.endpoints import Endpoints
from debros.client.calls.transport import Transport
from debros.client.credentials import ApiKey, Credential
from debros.client.migrations import Migrations
from debros.client.network import Health, Network, health
from debros.client.owners import Owners
from debros.client.pubsub.service import PubSub
from debros.client.sessions import Sessions
from debros.client.sql.database import Database
from debros.client.storage import Storage

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence
    from types import TracebackType

DEFAULT_ENDPOINT = "http://localhost:6001"
_TIMEOUT = 30.0  # seconds
_CONNECT_TIMEOUT = 5.0  # seconds
_REPEATS = 4
_CONNECTIONS = 100


class NetworkClient:
    """A client; use it as `async with NetworkClient(…) as client:`, in one event loop.

    Args:
        endpoints: URL of a gateway, or of several of one cluster: when one fails the next is asked.
        auth: `ApiKey`, `Tokens` or `WalletKey`; a text is an API key; None asks only for what is open to everybody.
        namespace: The one you mean. A credential for another is refused here, before anything is asked.
        timeout: Seconds for a call, waiting and repeats included; each call may say otherwise.
        connect_timeout: Seconds to reach a gateway.
        repeats: How often a request is sent again at most where that is harmless; 0 for never.
        connections: Most that are open to one gateway.
        tls: What to trust, for https; None for what the system trusts.

    Attributes:
        database: SQL.
        storage: Values by key.
        pubsub: Topics.
        network: The cluster.
        migrations: The namespace's schema, step by step.
        api_keys: Keys that open the namespace.
        owners: Wallets that own it.
        sessions: Where the wallet is signed in.

    Raises:
        ValueError: An argument is none of its kind.
    """

    def __init__(
        self,
        endpoints: str | Sequence[str] = DEFAULT_ENDPOINT,
        *,
        auth: Credential | str | None = None,
        namespace: str | None = None,
        timeout: float = _TIMEOUT,
        connect_timeout: float = _CONNECT_TIMEOUT,
        repeats: int = _REPEATS,
        connections: int = _CONNECTIONS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        credential = ApiKey(auth) if isinstance(auth, str) else auth
        _check_namespace(namespace, credential)
        if repeats < 0 or connections < 1:
            raise ValueError("repeats must be at least 0, and connections at least 1")
        transport = Transport(
            connect_timeout=positive("connect_timeout", connect_timeout), connections=connections, tls=tls
        )
        self._namespace = namespace
        self._caller = Caller(
            transport,
            Endpoints([endpoints] if isinstance(endpoints, str) else endpoints),
            credential,
            timeout=positive("timeout", timeout),
            repeats=repeats,
        )
        self.database = Database(self._caller)
        self.storage = Storage(self._caller)
        self.pubsub = PubSub(self._caller)
        self.network = Network(self._caller)
        self.migrations = Migrations(self.database)
        self.api_keys = ApiKeys(self._caller)
        self.owners = Owners(self._caller)
        self.sessions = Sessions(self._caller)

    @property
    def namespace(self) -> str | None:
        """The namespace the credential opens; None while that is not known."""
        credential = self._caller.credential
        return self._namespace or (credential.namespace if credential else None)

    @property
    def endpoint(self) -> str:
        """The gateway that is asked now."""
        return self._caller.endpoints.current

    async def health(self, *, timeout: float | None = None) -> Health:
        """Return how the gateway is that is asked now, also when it is not well; needs no credential."""
        return await health(self._caller, timeout)

    async def whoami(self, *, timeout: float | None = None) -> Identity:
        """Return who the gateway takes the client for."""
        return await whoami(self._caller, timeout)

    async def logout(self, *, everywhere: bool = False, timeout: float | None = None) -> int:
        """End the session, and return how many have ended; an API key has none, and stays good.

        After it the tokens open nothing. A `WalletKey` signs in again at the next call.

        Args:
            everywhere: All sessions of the wallet in its namespace, those of other machines as well.
            timeout: Seconds; None for the client's.
        """
        return await logout(self._caller, everywhere=everywhere, timeout=timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every subscription and connection; calls under way fail. Again is harmless."""
        await self.pubsub.close()
        if self._caller.credential is not None:
            await self._caller.credential.close()
        await self._caller.transport.close()


def _check_namespace(wanted: str | None, credential: Credential | None) -> None:
    opened = credential.namespace if credential else None
    if wanted is not None and opened is not None and wanted != opened:
        raise ValueError(f"namespace: {wanted!r} was asked for, but the credential opens {opened!r}")
