"""Telling somebody about every request to rqlite: what it was, how it ended, how long it took."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.rqlite.errors import RqliteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


@contextlib.contextmanager
def observed(observer: Callable[[Call], None] | None, path: str) -> Iterator[None]:
    """Tell the observer, if there is one, about what happens inside."""
    if observer is None:
        yield
        return
    begin = time.perf_counter()
    outcome = "cancelled"
    try:
        yield
        outcome = "ok"
    except RqliteError as error:
        outcome = _WORDS.sub("_", type(error).__name__).lower()
        raise
    finally:
        observer(Call(operation(path), outcome, time.perf_counter() - begin))
