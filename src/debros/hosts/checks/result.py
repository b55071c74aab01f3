"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum


class State(IntEnum):
    """How bad it is; the order is that of the textfile's numbers.

    OK: nothing to do. UNKNOWN: it cannot be found out here, which is no fault. WARN: look at it in daytime.
    BAD: something does not work, or will not for long.
    """

    OK = 0
    UNKNOWN = 1
    WARN = 2
    BAD = 3


@dataclass(frozen=True, slots=True)
class Metric:
    """One sample for node_exporter.

    Attributes:
        name: without the prefix `debros_host_`.
        value: in base units (seconds, bytes).
        labels: by name.
    """

    name: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found.

    Attributes:
        name: of the check.
        state: how bad it is.
        text: what it saw, with what to do when it is not good; one line.
        metrics: figures behind it.
    """

    name: str
    state: State
    text: str
    metrics: tuple[Metric, ...] = ()
