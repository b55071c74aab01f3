"""What is counted about every request and every WebSocket."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from debros.gateway.errors import Problem

# Seconds: from an answer out of memory to the longest write that is waited for.
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_BYTES = (256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216)


class RequestFigures:
    """Counts requests; the labels are what `RouteNames` and our own answers give.

    Args:
        registry: Where the figures are shown.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "debros_gateway_requests",
            "Requests that are over, refused ones included; 101 is an accepted WebSocket, 499 a client that left.",
            ("route", "method", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "debros_gateway_request_duration_seconds",
            "From the request's head to the end of its answer; of a WebSocket to its acceptance.",
            ("route", "method"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._bytes = Histogram(
            "debros_gateway_response_bytes",
            "Size of the answers' bodies.",
            ("route",),
            buckets=_BYTES,
            registry=registry,
        )
        self._problems = Counter(
            "debros_gateway_problems",
            "Answers that were an error, by code (docs/errors.md); a reason tells rate limits apart.",
            ("code", "reason"),
            registry=registry,
        )
        self.under_way = Gauge(
            "debros_gateway_requests_in_flight", "Requests that have not been answered yet.", registry=registry
        )
        # labels() checks, converts and locks every time.
        self._requests_of = cache(lambda asked, status: self._requests.labels(*asked, str(status)))
        self._seconds_of = cache(lambda asked: self._seconds.labels(*asked))
        self._bytes_of = cache(self._bytes.labels)
        self.sockets = Gauge("debros_gateway_websockets_open", "WebSockets that are open.", registry=registry)

    def over(self, asked: tuple[str, str], status: int, seconds: float, size: int | None) -> None:
        """Count a request that is over.

        Args:
            asked: Template of the route, and method.
            status: HTTP status.
            seconds: How long it took.
            size: Bytes of the answer's body; None for a WebSocket.
        """
        self._requests_of(asked, status).inc()
        self._seconds_of(asked).observe(seconds)
        if size is not None:
            self._bytes_of(asked[0]).observe(size)

    def problem(self, problem: Problem) -> None:
        """Count an answer that was an error."""
        self._problems.labels(problem.code, problem.reason).inc()
