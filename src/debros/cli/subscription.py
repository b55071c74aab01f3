"""One topic read through the gateway's WebSocket, kept up across restarts of the gateway."""

from __future__ import annotations

import base64
import binascii
import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, reconnect

from debros.cli import unreachable
from debros.cli.answers import RefusedError, refusal, unexpected
from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from debros.cli.access import Access
    from debros.cli.settings import Settings

_LARGEST_FRAME = 64 * 1024 * 1024  # bytes; the gateway sets the real limit (1 MiB a message, base64 in an envelope)
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 10.0  # seconds between attempts to reconnect
_STEADY = 10.0  # seconds after which a connection counts as one that works
_TOO_SLOW = 1013  # close code a gateway uses for a reader that does not keep up
_UNAUTHORIZED = 401
_CLOSE_TIMEOUT = 1.0  # seconds to wait for the other side's goodbye


@dataclass(frozen=True)
class Message:
    """A message of a topic.

    Attributes:
        topic: its topic.
        data: the payload.
        timestamp: milliseconds since 1970, by the gateway's clock.
    """

    topic: str
    data: bytes
    timestamp: int

    def as_json(self) -> dict[str, Any]:
        """Return the message for `--format json`: `data` when it is UTF-8 text, else `data_base64`."""
        try:
            data = {"data": self.data.decode()}
        except UnicodeDecodeError:
            data = {"data_base64": base64.b64encode(self.data).decode("ascii")}
        return {"topic": self.topic} | data | {"timestamp": self.timestamp}


class _Connection(reconnect):
    """Connects once; never follows a redirect, because the API key would go along to wherever it points."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def messages(settings: Settings, access: Access, topic: str, duration: float | None) -> Generator[Message, None, None]:
    """Yield the messages of a topic as they come.

    The first connection must succeed; later ones are tried again, with a notice, until `duration` is over.

    Args:
        settings: for the timeout of the handshake, and how much to say.
        access: the gateway, and what is presented to it.
        topic: its bare name.
        duration: seconds, None for ever.

    Raises:
        CliError: no connection at first, a refusal at any time, or no connection at the end of the duration.
    """
    deadline = None if duration is None else time.monotonic() + duration
    delay = _FIRST_DELAY
    lost: str | None = None
    while deadline is None or time.monotonic() < deadline:
        if lost is not None:
            output.say(settings, f"Notice: {lost}; reconnecting in {delay:g}s; may have missed messages")
            time.sleep(delay if deadline is None else max(0, min(delay, deadline - time.monotonic())))
            delay = min(delay * 2, _LONGEST_DELAY)
        try:
            connection = _open_with_credential(settings, access, topic)
        except CliError as exc:
            if lost is None or exc.exit_code != ExitCode.UNAVAILABLE:
                raise
            lost = exc.message
            continue
        opened = time.monotonic()
        output.say(settings, f"{'subscribed' if lost is None else 'subscribed again'} to {topic}")
        lost = None
        try:
            with connection:
                yield from _read(connection, topic, deadline)
        except ConnectionClosed as exc:
            lost = _why(exc)
        if time.monotonic() - opened > _STEADY:
            delay = _FIRST_DELAY
    if lost is not None:
        message = f"not subscribed to {topic} at the end: {lost}"
        raise CliError(message, code="subscription_lost", exit_code=ExitCode.UNAVAILABLE)


def _open_with_credential(settings: Settings, access: Access, topic: str) -> ClientConnection:
    """Connect; once more when the credential was not good and another one can be got."""
    try:
        return _open(settings, access, topic)
    except RefusedError as exc:
        if exc.status != _UNAUTHORIZED or not access.replace():
            raise
    return _open(settings, access, topic)


def _open(settings: Settings, access: Access, topic: str) -> ClientConnection:
    target, headers = access.target, access.headers()
    url = target.url.replace("http", "ws", 1)  # https becomes wss
    # Asked for even where it is not the default: it carries the gateway's time, and says what is a message.
    query = urlencode({"topic": topic, "envelope": "json"})
    output.trace(settings, f"> WebSocket {url}/v1/pubsub/ws?{query}")
    logger = logging.getLogger("debros.cli.websocket")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    try:
        return _Connection(
            f"{url}/v1/pubsub/ws?{query}",
            additional_headers=headers or None,
            open_timeout=settings.timeout,
            close_timeout=_CLOSE_TIMEOUT,
            max_size=_LARGEST_FRAME,
            proxy=None if target.loopback else True,
            logger=logger,
        ).connect()
    except InvalidStatus as exc:
        response = exc.response
        raise refusal(target, response.status_code, response.headers, bytes(response.body or b"")) from exc
    except TimeoutError as exc:
        raise unreachable.timed_out(target, settings.timeout, writing=False) from exc
    except OSError as exc:
        raise unreachable.explain(exc, target) from exc
    except InvalidHandshake as exc:
        if isinstance(exc.__cause__, EOFError):  # closed in the middle: a gateway that is just stopping
            raise unreachable.explain(exc, target) from exc
        raise unexpected(target.url, None) from exc


def _read(connection: ClientConnection, topic: str, deadline: float | None) -> Iterator[Message]:
    while True:
        remaining = None if deadline is None else deadline - time.monotonic()
        if remaining is not None and remaining <= 0:
            return
        try:
            frame = connection.recv(remaining)
        except TimeoutError:
            return
        message = _message(frame, topic)
        if message is not None:
            yield message


def _message(frame: str | bytes, topic: str) -> Message | None:
    """Return the message of a frame; None for a frame about presence or a heartbeat."""
    if isinstance(frame, bytes):  # a gateway that does not know envelopes
        return Message(topic, frame, time.time_ns() // 1_000_000)
    try:
        envelope = json.loads(frame)
        data = base64.b64decode(envelope["data"], validate=True)
        return Message(str(envelope.get("topic", topic)), data, int(envelope["timestamp"]))
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error):
        return None


def _why(exc: ConnectionClosed) -> str:
    if exc.rcvd is not None and exc.rcvd.code == _TOO_SLOW:
        return "the gateway closed the connection because messages were not read fast enough"
    return "connection to the gateway lost"
