"""Telling somebody about every request to rqlite: what it was, how it ended, how long it took."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.rqlite.errors import RqliteError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Call:
    """One request that is over, all nodes that were tried for it together.

    Attributes:
        operation: execute, transaction, query, readyz, status, nodes or vars: a word of ours, never of a caller.
        outcome: ok, the name of the error (no_leader, unavailable, unknown_outcome …), or cancelled.
        seconds: How long it took.
    """

    operation: str
    outcome: str
    seconds: float


def operation(path: str) -> str:
    """Return what a request with this path is called in figures."""
    if path.startswith("/db/execute?transaction"):
        return "transaction"
    return path.partition("?")[0].rpartition("/")[2]


class observed:  # noqa: N801 - used like a function; a class, because contextlib's generators take four times as long
    """Tell the observer, if there is one, about what happens inside."""

    __slots__ = ("_begin", "_observer", "_path")

    def __init__(self, observer: Callable[[Call], None] | None, path: str) -> None:
        self._observer = observer
        self._path = path

    def __enter__(self) -> None:
        self._begin = time.perf_counter()

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if self._observer is None:
            return
        outcome = "ok" if error is None else "cancelled"
        if isinstance(error, RqliteError):
            outcome = _WORDS.sub("_", type(error).__name__).lower()
        self._observer(Call(operation(self._path), outcome, time.perf_counter() - self._begin))
