"""uvicorn, set up for this application: our protocols, our sockets, a clean end on SIGTERM."""

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from debros import logs
from debros.config import GatewayConfig
from debros.gateway import watchdog
from debros.gateway.protocols.limits import ConnectionLimits, ServerState
from debros.gateway.protocols.serving import settings
from debros.gateway.protocols.websocket import bounded_websocket
from debros.gateway.tls import Tls
from debros.gateway.watchdog import LivenessProbe
from debros.gateway.workers.tally import Counted
from debros.systemd import Notifier

_log = logs.get("debros.gateway")
BACKLOG = 2048
# Seconds between two looks whether somebody is in a hurry.
_LOOK = 0.1
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class ListenError(Exception):
    """The gateway cannot listen; the text is one line for the operator."""


class Server(uvicorn.Server):
    """A server that ends with exit status 0 when it is told to stop.

    uvicorn raises the signal again after the shutdown, which ends the process as if it had been killed.
    """

    def __init__(
        self, config: uvicorn.Config, state: ServerState, notifier: Notifier, *, drain_delay: float = 0
    ) -> None:
        super().__init__(config)
        self._drain_delay = drain_delay
        self._state = state
        self._notifier = notifier
        self._reporting: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so once connections are accepted."""
        await self._begin(sockets)
        self._loop = asyncio.get_running_loop()
        if self.started and sockets and self._notifier.listened_to:
            self._notifier.ready(self.describe())
            check = self._self_check(sockets)
            self._reporting = asyncio.create_task(
                watchdog.report(self._notifier, check=check, status=self.describe), name="watchdog"
            )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that we drain and go on for `drain_delay`; then stop accepting, finish what is under way, and end.

        Of a socket that systemd holds only our copy is closed: new connections wait in its queue for our successor.
        """
        self._state.draining = True
        self._notifier.stopping("finishing the requests under way")
        until = time.monotonic() + self._drain_delay
        while time.monotonic() < until and not self.force_exit:  # noqa: ASYNC110 - which a signal handler sets
            await asyncio.sleep(_LOOK)
        self._state.stopping = True
        if self._reporting is not None:
            self._reporting.cancel()
        await super().shutdown(sockets)
        if self.force_exit:  # uvicorn then leaves this out, and with it what is written last
            await self.lifespan.shutdown()

    def describe(self) -> str:
        """Return one line for `systemctl status`."""
        state = self.server_state
        return f"{len(state.connections)} connections; {state.total_requests} requests answered"

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGINT and SIGTERM; a second one does not wait any more. SIGHUP reads the certificate again."""
        before = {number: signal.signal(number, handler) for number, handler in self._handlers().items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _handlers(self) -> dict[signal.Signals, Callable[[int, FrameType | None], None]]:
        return {**dict.fromkeys(_SIGNALS, self.handle_exit), signal.SIGHUP: self.handle_hangup}

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """Begin to stop, or hurry up."""
        self.force_exit = self.should_exit
        self.should_exit = True

    def handle_hangup(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - see handle_exit
        """Have the certificate read again, between two steps of the event loop."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._reload)

    async def _begin(self, sockets: list[socket.socket] | None) -> None:
        await super().startup(sockets)

    def _self_check(self, sockets: list[socket.socket]) -> Callable[[], Awaitable[str]]:
        """Return what says whether we answer: "" or what is wrong."""
        return LivenessProbe(sockets[0], self._state, self.config.ssl, timeout=self._notifier.feed_every).ask

    def _reload(self) -> None:
        if self._state.tls is None:
            _log.info("SIGHUP: the gateway speaks no TLS, so there is no certificate to read again")
        else:
            self._state.tls.reload()


def build(
    app: Starlette,
    config: GatewayConfig,
    tls: Tls | None = None,
    notifier: Notifier | None = None,
    kind: type[Server] = Server,
) -> Server:
    """Return a server for the application; give its `serve()` the socket of listen(), or those of `listeners`."""
    state: ServerState = app.state.services.server
    limits = ConnectionLimits(
        header_timeout=float(config.limits.header_timeout),
        idle_timeout=float(config.limits.idle_timeout),
        max_connections=config.limits.max_connections,
        ping_interval=float(config.pubsub.ping_interval),
    )
    serving = settings(
        app,
        limits,
        state,
        grace=float(config.limits.drain_timeout),
        ws=bounded_websocket(limits),
        ws_max_size=config.limits.max_message_bytes,
        ws_ping_interval=limits.ping_interval,
        # Payload is opaque and mostly small; a compressor a socket costs memory and a bomb's worth of trust.
        ws_per_message_deflate=False,
        backlog=BACKLOG,
        ssl_context_factory=(lambda _config, _default: tls.context) if tls else None,
    )
    built = kind(serving, state, notifier or Notifier(), drain_delay=float(config.limits.drain_delay))
    state.tls = tls
    state.connections = built.server_state.connections = Counted(state.tally)
    return built


def listen(address: str, advice: str = "choose another --addr or stop what uses it") -> socket.socket:
    """Return a bound socket for `host:port`; an empty host is every address, IPv4 and IPv6.

    Raises:
        ListenError: The address is none, is taken, or may not be used.
    """
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise ListenError(f"cannot listen on {address}: {error}") from None
    if not host and socket.has_dualstack_ipv6():
        family, target = socket.AF_INET6, ("::", int(target[1]), 0, 0)
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1 if host else 0)
        bound.bind(target)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        raise ListenError(f"cannot listen on {address}: {error.strerror}; {advice}") from None
    return bound
