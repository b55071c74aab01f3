"""Token buckets: so many a second in the long run, and a burst at once after a silence."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache

from debros.gateway.errors import Problem

_MOST = 100_000  # callers remembered; the one longest unseen is forgotten, which only ever lets it ask more
_IPV6_SITE = 64  # bits that one customer of a provider shares


class Buckets:
    """One bucket for each caller.

    Args:
        per_second: How fast a bucket fills.
        burst: What it holds.
        clock: A monotonic clock, seconds.
    """

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str) -> float:
        """Return the seconds until a caller may take one, 0.0 when now; takes nothing."""
        level = self._level(caller, self._clock())
        return 0.0 if level >= 1 else (1 - level) / self._rate

    def take(self, caller: str) -> float:
        """Take one from a caller's bucket; return 0.0, or when there is none the seconds until there will be."""
        now = self._clock()
        level = self._level(caller, now)
        if level < 1:
            return (1 - level) / self._rate
        self._buckets[caller] = (level - 1, now)
        self._buckets.move_to_end(caller)
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        return 0.0

    def _level(self, caller: str, now: float) -> float:
        level, seen = self._buckets.get(caller, (self._burst, now))
        return min(self._burst, level + (now - seen) * self._rate)


@lru_cache(4096)
def address_key(address: str) -> str:
    """Return by what callers of an address are counted: an IPv4 address, an IPv6 network of 64 bits."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, _IPV6_SITE), strict=False))
    return address


def too_many(wait: float, limit: str) -> Problem:
    """Return the answer to who asks too often; `wait` in seconds, `limit` is which one it was, for figures."""
    return Problem(
        429,
        "rate_limited",
        "too many requests; ask again later",
        headers={"Retry-After": str(max(1, round(wait + 0.5)))},
        reason=limit,
    )
