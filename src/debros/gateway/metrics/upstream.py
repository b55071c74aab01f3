"""What rqlite and the node say of themselves, asked when the figures are asked for."""

import asyncio
import time
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from debros import logs
from debros.gateway.cached import Cached
from debros.gateway.metrics import node, rqlite
from debros.p2p.client import P2PClient, RelayUnavailable
from debros.p2p.protocol import P2PError
from debros.p2p.state import NodeStatus
from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import RqliteError
from debros.rqlite.types import RaftNode

_log = logs.get("debros.gateway.metrics")
T = TypeVar("T")
# However many ask for figures, each source is asked once a second at most.
_KEEP = 1.0
# Seconds for each source; all are asked at once. Prometheus itself gives up after ten by default.
_TIMEOUT = 2.0
_SOURCES = ("rqlite_status", "rqlite_nodes", "rqlite_vars", "node")


@dataclass(frozen=True, slots=True)
class _Look:
    """The answers; None for what did not answer, and how long each took."""

    status: dict[str, Any] | None = None
    nodes: list[RaftNode] | None = None
    variables: dict[str, Any] | None = None
    node: NodeStatus | None = None
    seconds: tuple[float, ...] = ()


class Upstream(Collector):
    """The figures of others; `look()` before they are collected, because collecting cannot wait."""

    def __init__(self, registry: CollectorRegistry, client: RqliteClient, p2p: P2PClient) -> None:
        self._client = client
        self._p2p = p2p
        self._cached = Cached(self._ask, _KEEP)
        self._last = _Look()
        registry.register(self)

    async def look(self) -> None:
        """Ask everybody. Never raises: who does not answer in time is shown as not answering."""
        self._last = await self._cached.get()

    def collect(self) -> Iterable[Metric]:
        """Show the last look."""
        last = self._last
        success = GaugeMetricFamily(
            "debros_gateway_source_up", "1 when this source of figures answered in time.", labels=("source",)
        )
        duration = GaugeMetricFamily(
            "debros_gateway_source_duration_seconds", "How long its answer took.", labels=("source",)
        )
        answers = (last.status, last.nodes, last.variables, last.node)
        for name, answer, seconds in zip(_SOURCES, answers, last.seconds, strict=False):
            success.add_metric((name,), float(answer is not None))
            duration.add_metric((name,), seconds)
        yield success
        yield duration
        yield from rqlite.from_status(last.status or {})
        yield from rqlite.from_nodes(last.nodes)
        yield from rqlite.from_variables(last.variables or {})
        yield from node.from_status(last.node)
        yield from node.from_cluster(last.node.nodes if last.node else [])

    def describe(self) -> Iterable[Metric]:
        """Name what there will be."""
        return self.collect()

    async def _ask(self) -> _Look:
        (status, a), (nodes, b), (variables, c), (told, d) = await asyncio.gather(
            _timed(self._client.status()),
            _timed(self._client.nodes()),
            _timed(self._client.variables()),
            _timed(self._node()),
        )
        return _Look(status, nodes, variables, told, (a, b, c, d))

    async def _node(self) -> NodeStatus:
        if not self._p2p.connected:
            raise RelayUnavailable("the node is not connected")
        return await self._p2p.status()


async def _timed(asking: Awaitable[T]) -> tuple[T | None, float]:
    begin = time.perf_counter()
    answer = None
    try:
        async with asyncio.timeout(_TIMEOUT):
            answer = await asking
    except (TimeoutError, RqliteError, P2PError, RelayUnavailable) as error:
        _log.debug("a source of figures does not answer", reason=str(error) or type(error).__name__)
    return answer, time.perf_counter() - begin
