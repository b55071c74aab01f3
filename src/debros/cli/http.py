"""Requests to the gateway, and its refusals as errors with an exit code. Nothing is ever repeated by itself."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import httpx

from debros.cli import target, unreachable
from debros.cli.answers import refusal, unexpected
from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from debros.cli.settings import Settings

_LARGEST_ANSWER = 256 * 1024 * 1024  # bytes; far above every limit of a gateway, below what hurts this process


@dataclass(frozen=True)
class Answer:
    """What the gateway answered.

    Attributes:
        status: HTTP status.
        body: the bytes of the body.
        url: the gateway's address, for errors.
        headers: of the answer.
    """

    status: int
    body: bytes
    url: str
    headers: httpx.Headers

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object; integers of any size stay exact.

        Raises:
            CliError: it is not one, so this is not a gateway.
        """
        try:
            value = json.loads(self.body)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise unexpected(self.url, self.status)
        return value


class Gateway:
    """A connection to the gateway the settings name; use it as a context manager.

    Attributes:
        target: the gateway and its key.
    """

    def __init__(self, settings: Settings, *, timeout: float | None = None) -> None:
        self.target = target.resolve(settings)
        self._settings = settings
        self._timeout = timeout or settings.timeout
        headers = {"User-Agent": "network-cli", "Accept": "application/json"}
        if self.target.api_key:
            headers["X-API-Key"] = self.target.api_key
        # What is on this host is never asked for through a proxy.
        direct = {f"all://{urlsplit(self.target.url).hostname}": None} if self.target.loopback else {}
        self._client = httpx.Client(headers=headers, timeout=self._timeout, mounts=direct)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, path: str, *, accept: Iterable[int] = (), **params: str | int | None) -> Answer:
        """Ask for something; a parameter of None is left out. See `_request`."""
        return self._request("GET", path, params, accept=accept)

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
        """Send a JSON body, or raw bytes. See `_request`.

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
        content: bytes | None = None,
        accept: Iterable[int] = (),
        writing: bool = False,
    ) -> Answer:
        """Send one request and return the answer.

        Raises:
            CliError: no connection, no answer in time, or a status that is neither 2xx nor in `accept`.
        """
        given = {name: value for name, value in params.items() if value is not None}
        request = self._client.build_request(
            method, self.target.url + path, params=given, headers=headers, content=content
        )
        started = time.monotonic()
        output.trace(self._settings, f"> {method} {self.target.url}{path}")
        try:
            response = self._client.send(request, stream=True)
            try:
                body = self._read(response, started + self._timeout, writing=writing)
            finally:
                response.close()
        except httpx.TimeoutException as exc:
            if isinstance(exc, httpx.ConnectTimeout):
                writing = False
            raise unreachable.timed_out(self.target, self._timeout, writing=writing) from exc
        except httpx.HTTPError as exc:
            raise self._broken(exc, writing=writing) from exc
        elapsed = (time.monotonic() - started) * 1000
        request_id = response.headers.get("X-Request-ID", "-")
        output.trace(self._settings, f"< {response.status_code} in {elapsed:.0f} ms, request id {request_id}")
        if response.is_success or response.status_code in accept:
            return Answer(response.status_code, body, self.target.url, response.headers)
        raise refusal(self.target, response.status_code, response.headers, body)

    def _read(self, response: httpx.Response, deadline: float, *, writing: bool) -> bytes:
        """Read a body; httpx bounds each read, this bounds them all together."""
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > _LARGEST_ANSWER:
                raise CliError(f"the answer of {self.target.url} is too large", code="answer_too_large")
            if time.monotonic() > deadline:
                raise unreachable.timed_out(self.target, self._timeout, writing=writing)
        return bytes(body)

    def _broken(self, exc: httpx.HTTPError, *, writing: bool) -> CliError:
        if isinstance(exc, httpx.DecodingError):
            return unexpected(self.target.url, None)
        if writing and not isinstance(exc, httpx.ConnectError):
            return CliError(
                f"the connection to {self.target.url} broke before the answer; the change may have been made",
                code="outcome_unknown",
                exit_code=ExitCode.UNAVAILABLE,
                hint="look whether it was made before repeating it",
            )
        return unreachable.explain(exc, self.target)
