"""What is counted about the gateway's own requests to rqlite."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram

from debros.rqlite.observe import Call

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class DatabaseFigures:
    """Counts requests to rqlite; `observe` is what `RqliteClient` wants."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            "debros_gateway_rqlite_calls",
            "Requests to rqlite that are over: ok, cancelled, or the kind of error.",
            ("operation", "outcome"),
            registry=registry,
        )
        self._seconds = Histogram(
            "debros_gateway_rqlite_call_duration_seconds",
            "How long they took, other nodes that were tried included.",
            ("operation",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._calls_of = cache(self._calls.labels)  # see RequestFigures
        self._seconds_of = cache(self._seconds.labels)

    def observe(self, call: Call) -> None:
        """Count a request that is over."""
        self._calls_of(call.operation, call.outcome).inc()
        self._seconds_of(call.operation).observe(call.seconds)
