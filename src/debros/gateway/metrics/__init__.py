"""Figures of one gateway for Prometheus, served on a listener of their own; docs/metrics.md lists them.

Nothing a caller chooses becomes a label: no path, namespace, wallet, topic or address. Labels are routes, methods,
status codes, problem codes and names of our own, so the number of series has an end.
"""

from prometheus_client import disable_created_metrics

from debros.gateway.metrics.figures import Distribution, Figures
from debros.gateway.metrics.service import Metrics

# The moment each series began, as a series of its own: twice as many, and nobody asks for them.
disable_created_metrics()  # type: ignore[no-untyped-call] # its only function without types

__all__ = ["Distribution", "Figures", "Metrics"]
