"""The figures of one gateway, put together; no registry is shared with anybody."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, Gauge

from debros import version
from debros.gateway.metrics.database import DatabaseFigures
from debros.gateway.metrics.figures import Figures
from debros.gateway.metrics.process import ProcessFigures
from debros.gateway.metrics.requests import RequestFigures
from debros.gateway.metrics.upstream import Upstream
from debros.gateway.presence import Presence
from debros.gateway.protocols.limits import ServerState
from debros.gateway.pubsub.hub import Hub
from debros.gateway.tasks import Tasks
from debros.p2p.client import P2PClient
from debros.rqlite.client import RqliteClient
from debros.rqlite.writes import Writes

# As WriteFigures calls them.
_NOT_DONE: Final = ("failed", "not_applied", "unknown", "refused_own", "refused_full", "expired", "left")
_TASK_STATES: Final = ("running", "done", "failed")


class Metrics:
    """Every figure of one gateway.

    Attributes:
        registry: Where they are.
        requests: What the middleware counts.
        database: What the client of rqlite tells.
        figures: Where more can be registered, whatever counts them.
        upstream: What rqlite and the node tell, once `connect` was called.
    """

    upstream: Upstream

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = RequestFigures(self.registry)
        self.database = DatabaseFigures(self.registry)
        self.figures = Figures(self.registry)
        ProcessFigures(registry=self.registry)
        build = version.current()
        info = Gauge("debros_gateway_info", "Which build runs.", ("version", "commit"), registry=self.registry)
        info.labels(build.version, build.commit).set(1)

    def connect(self, client: RqliteClient, p2p: P2PClient) -> None:
        """Show what rqlite and the node tell of themselves."""
        self.upstream = Upstream(self.registry, client, p2p)
        self.figures.gauge("debros_gateway_node_connected", "1 when the node answers.", lambda: float(p2p.connected))
        self.figures.counter(
            "debros_gateway_node_dropped",
            "Messages the node dropped because this gateway read too slowly.",
            lambda: p2p.dropped,
        )

    def show_server(self, state: ServerState) -> None:
        """Show what happens to connections before they become requests."""
        self.figures.gauge(
            "debros_gateway_connections_open", "Connections, WebSockets included.", lambda: len(state.connections)
        )
        self.figures.counter(
            "debros_gateway_connections_refused",
            "Answers below HTTP's routes, by code; `dropped` got none.",
            lambda: state.refused,
            ("code",),
        )
        self.figures.gauge(
            "debros_gateway_tls_certificate_expiry_timestamp_seconds",
            "When the certificate in use ends; none without TLS.",
            lambda: state.tls.expires if state.tls else None,
        )
        self.figures.counter(
            "debros_gateway_tls_reloads",
            "How often the certificate was read again: ok, or refused for being wrong.",
            lambda: state.tls.reloads if state.tls else None,
            ("result",),
        )
        self.figures.gauge("debros_gateway_draining", "1 when it has been told to stop.", lambda: float(state.draining))

    def show_hub(self, hub: Hub, presence: Presence) -> None:
        """Show what happens to messages, and who is present."""
        self.figures.gauge(
            "debros_gateway_presence_members", "Members of topics, on all gateways together.", presence.count
        )
        self.figures.gauge(
            "debros_gateway_presence_gateways", "Other gateways that tell who is present there.", presence.gateways
        )
        counters = hub.counters
        for name, text in (
            ("published", "Messages published by this gateway's WebSockets."),
            ("delivered", "Copies put into WebSockets' queues."),
            ("dropped", "Messages lost by WebSockets with on_slow=drop, counted when they end."),
            ("closed_slow", "WebSockets closed because they did not keep up."),
            ("not_relayed", "Messages that did not reach the node."),
            (
                "gaps",
                "Times at which other hosts' messages may have been missed: the node was away, or dropped some.",
            ),
        ):
            self.figures.counter(f"debros_gateway_pubsub_{name}", text, partial(getattr, counters, name))

    def show_writes(self, writes: Writes) -> None:
        """Show how single writes share requests, and what becomes of them."""
        figures = writes.figures
        self.figures.histogram(
            "debros_gateway_write_batch_size", "Writes that went to rqlite as one request.", lambda: figures.batch_sizes
        )
        self.figures.gauge("debros_gateway_writes_waiting", "Writes that wait for their turn.", lambda: writes.waiting)
        self.figures.gauge(
            "debros_gateway_writes_waiting_bytes", "Bytes of the writes that wait.", lambda: writes.waiting_bytes
        )
        self.figures.counter(
            "debros_gateway_writes_waited_seconds", "Seconds that writes have waited.", lambda: figures.waited
        )
        self.figures.counter(
            "debros_gateway_writes_stalled",
            "Requests without an answer after a second; the next one does not wait for them.",
            lambda: figures.stalled,
        )
        self.figures.counter(
            "debros_gateway_writes_ungrouped", "Writes sent by themselves: group commit is off.", lambda: figures.alone
        )
        self.figures.counter(
            "debros_gateway_writes_not_done",
            "Writes that were not applied, or may not have been, by the reason.",
            lambda: {reason: getattr(figures, reason) for reason in _NOT_DONE},
            ("reason",),
        )

    def show_tasks(self, *groups: Tasks) -> None:
        """Show what runs in the background, and whether it still does."""
        self.figures.gauge(
            "debros_gateway_background_task",
            "1 for the state a task is in: running, done (its work is over) or failed (a defect; see the log).",
            lambda: _states(groups),
            ("task", "state"),
        )


def _states(groups: Sequence[Tasks]) -> dict[tuple[str, ...], float]:
    return {
        (name, state): float(state == now)
        for group in groups
        for name, now in group.states().items()
        for state in _TASK_STATES
    }
