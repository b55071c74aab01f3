"""The figures of several workers as those of one gateway."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from prometheus_client.core import Metric

from debros.gateway.workers.messages import Family

_Merge = Callable[[Sequence[float]], float]
_Series = tuple[str, tuple[tuple[str, str], ...]]


def _first(values: Sequence[float]) -> float:
    return values[0]


# What every worker tells of somebody else, in the same words: it is told once, by the first that was asked for it.
_OF_OTHERS: Final = ("debros_rqlite_", "debros_node_", "debros_cluster_", "debros_gateway_source_")
# Of the rest counters, histograms and most gauges are sums. These are none.
_NO_SUMS: Final[dict[str, _Merge]] = {
    "debros_gateway_background_task": max,
    "debros_gateway_draining": max,
    "debros_gateway_info": max,
    "debros_gateway_node_connected": min,
    "debros_gateway_presence_gateways": max,
    "debros_gateway_presence_members": max,
    "debros_gateway_tls_certificate_expiry_timestamp_seconds": min,
    "process_start_time_seconds": min,
    "python_info": max,
}


def families(metrics: Iterable[Metric], *, upstream: bool) -> list[Family]:
    """Return figures as they travel.

    Args:
        metrics: Collected ones.
        upstream: Whether those that tell of somebody else are among them.
    """
    return [
        (metric.name, metric.documentation, metric.type, [(one.name, one.labels, one.value) for one in metric.samples])
        for metric in metrics
        if upstream or not metric.name.startswith(_OF_OTHERS)
    ]


def merged(told: Iterable[list[Family]]) -> list[Metric]:
    """Return one gateway's figures, made of those that each of its processes tells."""
    described: dict[str, tuple[str, str]] = {}
    found: dict[str, dict[_Series, list[float]]] = {}
    for worker in told:
        for name, text, kind, samples in worker:
            described.setdefault(name, (text, kind))
            series = found.setdefault(name, {})
            for sample, labels, value in samples:
                series.setdefault((sample, tuple(labels.items())), []).append(value)
    return [_metric(name, *described[name], series) for name, series in found.items()]


def _metric(name: str, text: str, kind: str, series: dict[_Series, list[float]]) -> Metric:
    metric = Metric(name, text, kind)
    merge: _Merge = _first if name.startswith(_OF_OTHERS) else _NO_SUMS.get(name, sum)
    for (sample, labels), values in series.items():
        metric.add_sample(sample, dict(labels), merge(values))
    return metric
