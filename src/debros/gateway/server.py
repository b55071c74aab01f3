"""uvicorn, set up for this application: our protocols, our sockets, a clean end on SIGTERM."""

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Iterator
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from debros.config import GatewayConfig
from debros.gateway import watchdog
from debros.gateway.protocols.http import bounded_http
from debros.gateway.protocols.limits import ConnectionLimits, ServerState
from debros.gateway.protocols.websocket import bounded_websocket
from debros.gateway.watchdog import LivenessProbe
from debros.systemd import Notifier

# Seconds that requests under way and sockets get at a stop; what follows takes about one more (see Relay.close).
GRACE = 8
_BACKLOG = 2048
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class ListenError(Exception):
    """The gateway cannot listen; the text is one line for the operator."""


class Server(uvicorn.Server):
    """A server that ends with exit status 0 when it is told to stop.

    uvicorn raises the signal again after the shutdown, which ends the process as if it had been killed.
    """

    def __init__(self, config: uvicorn.Config, state: ServerState, notifier: Notifier) -> None:
        super().__init__(config)
        self._state = state
        self._notifier = notifier
        self._reporting: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so once connections are accepted."""
        await super().startup(sockets)
        if self.started and sockets and self._notifier.listened_to:
            self._notifier.ready(self.describe())
            probe = LivenessProbe(sockets[0], self._state, self.config.ssl, timeout=self._notifier.feed_every)
            self._reporting = asyncio.create_task(
                watchdog.report(self._notifier, check=probe.ask, status=self.describe), name="watchdog"
            )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, at once; finish what is under way; then end.

        Of a socket that systemd holds only our copy is closed: new connections wait in its queue for our successor.
        """
        self._state.stopping = True
        self._notifier.stopping("finishing the requests under way")
        if self._reporting is not None:
            self._reporting.cancel()
        await super().shutdown(sockets)

    def describe(self) -> str:
        """Return one line for `systemctl status`."""
        state = self.server_state
        return f"{len(state.connections)} connections; {state.total_requests} requests answered"

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGINT and SIGTERM; a second one does not wait any more."""
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """Begin to stop, or hurry up."""
        self.force_exit = self.should_exit
        self.should_exit = True


def build(
    app: Starlette, config: GatewayConfig, tls: ssl.SSLContext | None = None, notifier: Notifier | None = None
) -> Server:
    """Return a server for the application; give its `serve()` the socket of listen(), or those of `listeners`."""
    state = ServerState()
    limits = ConnectionLimits(
        header_timeout=float(config.limits.header_timeout),
        idle_timeout=float(config.limits.idle_timeout),
        max_connections=config.limits.max_connections,
        ping_interval=float(config.pubsub.ping_interval),
    )
    settings = uvicorn.Config(
        app,
        loop="uvloop",
        http=bounded_http(limits, state),
        ws=bounded_websocket(limits),
        ws_max_size=config.limits.max_message_bytes,
        ws_ping_interval=limits.ping_interval,
        # Payload is opaque and mostly small; a compressor a socket costs memory and a bomb's worth of trust.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=max(1, round(limits.idle_timeout)),
        timeout_graceful_shutdown=GRACE,
        ssl_context_factory=(lambda _config, _default: tls) if tls else None,
    )
    return Server(settings, state, notifier or Notifier())


def listen(address: str) -> socket.socket:
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
        raise ListenError(f"cannot listen on {address}: {error.strerror}; {_ADVICE}") from None
    return bound


_ADVICE = "choose another --listen-addr or stop what uses it"


def tls_context(config: GatewayConfig) -> ssl.SSLContext | None:
    """Return the TLS context when the configuration wants TLS.

    Raises:
        ListenError: The certificate or its key cannot be used.
    """
    security = config.security
    if not security.enable_tls:
        return None
    if security.certificate_file is None or security.private_key_file is None:
        raise ListenError("TLS needs security.certificate_file and security.private_key_file")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(security.certificate_file, security.private_key_file)
    except (OSError, ssl.SSLError) as error:
        raise ListenError(f"cannot use the TLS certificate {security.certificate_file}: {error}") from None
    return context
