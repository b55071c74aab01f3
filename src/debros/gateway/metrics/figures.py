"""Figures that something else counts already: registered with a function that reads them when they are asked for.

This is how a part of the gateway that knows nothing of Prometheus gets its plain counters shown::

    figures.counter("debros_gateway_batches", "Batches sent.", lambda: counters.batches)
    figures.histogram("debros_gateway_batch_size", "Writes in a batch.", lambda: counters.sizes)
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

# One number, or numbers by the values of the labels; a figure with one label may be given by plain strings.
Reading = float | Mapping[str, float] | Mapping[tuple[str, ...], float]
# What cannot be told at the moment has no sample.
Read = Callable[[], Reading | None]


class Distribution(Protocol):
    """A histogram as it is counted, such as `debros.rqlite.writes.Histogram`."""

    @property
    def bounds(self) -> Sequence[float]:
        """Upper bounds of the buckets, growing."""

    @property
    def counts(self) -> Sequence[int]:
        """How many values fell into each bucket, and at the end those above all bounds: one more than bounds."""

    @property
    def total(self) -> float:
        """The sum of all values."""


class Figures(Collector):
    """The figures that are read when they are asked for."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._makers: dict[str, Callable[[], Metric]] = {}
        registry.register(self)

    def counter(self, name: str, text: str, read: Read, labels: tuple[str, ...] = ()) -> None:
        """Show a number that only grows; `_total` is added to its name.

        Raises:
            ValueError: There is one of that name.
        """
        self._add(name, lambda: _filled(CounterMetricFamily(name, text, labels=labels), read()))

    def gauge(self, name: str, text: str, read: Read, labels: tuple[str, ...] = ()) -> None:
        """Show a number that goes up and down.

        Raises:
            ValueError: There is one of that name.
        """
        self._add(name, lambda: _filled(GaugeMetricFamily(name, text, labels=labels), read()))

    def histogram(self, name: str, text: str, read: Callable[[], Distribution]) -> None:
        """Show how values are distributed.

        Raises:
            ValueError: There is one of that name.
        """

        def make() -> Metric:
            family = HistogramMetricFamily(name, text)
            found = read()
            bounds = [*(f"{bound:g}" for bound in found.bounds), "+Inf"]
            family.add_metric((), list(zip(bounds, accumulate(found.counts), strict=True)), found.total)
            return family

        self._add(name, make)

    def collect(self) -> Iterable[Metric]:
        """Read everything."""
        return [make() for make in self._makers.values()]

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: what is registered later is checked here, not by the registry."""
        return []

    def _add(self, name: str, make: Callable[[], Metric]) -> None:
        if name in self._makers:
            raise ValueError(f"there is a figure named {name} already")
        self._makers[name] = make


def _filled(family: CounterMetricFamily | GaugeMetricFamily, reading: Reading | None) -> Metric:
    if isinstance(reading, Mapping):
        for labels, value in reading.items():
            family.add_metric((labels,) if isinstance(labels, str) else labels, value)
    elif reading is not None:
        family.add_metric((), reading)
    return family
