"""The gateway the settings name, asked with the credential that opens it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

from debros.cli.access import Access, Need
from debros.cli.answers import RefusedError
from debros.cli.connection import Connection
from debros.cli.target import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from debros.cli.connection import Answer
    from debros.cli.settings import Settings

_UNAUTHORIZED = 401


class Gateway:
    """A connection to the gateway the settings name; use it as a context manager.

    A request that is refused for want of a good credential is the one thing that is repeated, because it changed
    nothing: once, when another credential could be got.

    Args:
        settings: which gateway, and how to speak.
        timeout: seconds one exchange may take; those of the settings when None.
        need: what its requests need.

    Attributes:
        target: the gateway, and the credential that was known at first.
        access: what its requests present.
    """

    def __init__(self, settings: Settings, *, timeout: float | None = None, need: Need = Need.SIGN_IN) -> None:
        self.target = resolve(settings)
        self._connection = Connection(settings, self.target, timeout or settings.timeout)
        self.access = Access(settings, self.target, self._connection, need)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def get(self, path: str, *, accept: Iterable[int] = (), public: bool = False, **params: str | int | None) -> Answer:
        """Ask for something; a parameter of None is left out. See `Connection.request`.

        Args:
            path: of the route.
            accept: statuses that are no failure beside 2xx.
            public: anybody may ask for it, so nothing is presented.
            params: query parameters.
        """
        if public:
            return self._connection.request("GET", path, params, accept=accept)
        return self._request("GET", path, params, accept=accept)

    def delete(self, path: str) -> Answer:
        """Remove something. See `Connection.request`."""
        return self._request("DELETE", path, {}, writing=True)

    def post(
        self,
        path: str,
        *,
        body: Any = None,
        content: bytes | None = None,
        writing: bool = True,
        headers: Mapping[str, str] | None = None,
        **params: str | None,
    ) -> Answer:
        """Send a JSON body, or raw bytes. See `Connection.request`.

        Args:
            path: of the route.
            body: what to send as JSON, None for nothing.
            content: what to send as it is.
            writing: it changes something at the gateway.
            headers: more of them, or other ones than usual.
            params: query parameters; None is left out.
        """
        kind = {"Content-Type": "application/octet-stream" if body is None else "application/json"}
        if body is not None:
            content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        return self._request(
            "POST", path, params, headers={**kind, **(headers or {})}, content=content or b"", writing=writing
        )

    def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int | None],
        *,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Answer:
        presented = self.access.headers()
        try:
            return self._connection.request(method, path, params, headers={**presented, **(headers or {})}, **options)
        except RefusedError as exc:
            if exc.status != _UNAUTHORIZED or not self.access.replace():
                raise
        presented = self.access.headers()
        return self._connection.request(method, path, params, headers={**presented, **(headers or {})}, **options)
