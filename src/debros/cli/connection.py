"""Requests to an address, and refusals as errors with an exit code. Nothing is ever repeated by itself."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from debros.cli import unreachable
from debros.cli.answers import refusal, unexpected
from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from debros.cli.settings import Settings
    from debros.cli.target import Target

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


class Connection:
    """A pooled connection to a gateway that knows no credential; close it.

    Args:
        settings: how much to say.
        target: the gateway.
        timeout: seconds one exchange may take.

    Attributes:
        target: the gateway.
        latest: headers of the last answer, None before there is one.
    """

    def __init__(self, settings: Settings, target: Target, timeout: float) -> None:
        self.target = target
        self.latest: httpx.Headers | None = None
        self._settings = settings
        self._timeout = timeout
        headers = {"User-Agent": "network-cli", "Accept": "application/json"}
        # What is on this host is never asked for through a proxy.
        direct = {f"all://{urlsplit(target.url).hostname}": None} if target.loopback else {}
        self._client = httpx.Client(headers=headers, timeout=timeout, mounts=direct)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def post_json(self, path: str, body: Any, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a JSON body that changes nothing a caller would have to look for; see `request`."""
        kind = {"Content-Type": "application/json"}
        return self.request("POST", path, {}, headers=kind | dict(headers or {}), content=json.dumps(body).encode())

    def request(
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
        self.latest = response.headers
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
