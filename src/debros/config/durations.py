"""Durations as people write them: 15s, 24h, 1h30m, 250ms."""

import re
from decimal import Decimal
from typing import Self

# The units and their spelling are those of Go's time.ParseDuration, which existing configuration files use.
_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_PART = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<unit>ms|s|m|h)")
_WHOLE = re.compile(rf"(?:{_PART.pattern.replace('?P<number>', '?:').replace('?P<unit>', '?:')})+")
_ZERO = re.compile(r"0+")

# About 290 years: what fits Go's int64 nanoseconds, so that rqlite and other Go readers accept the same value.
_LONGEST_HOURS = 2_562_047


class Duration(float):
    """A length of time in seconds that prints the way it is written in a configuration file."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str | float) -> Self:
        """Read a duration.

        Args:
            text: for example ``15s``, ``1h30m``, ``250ms``; 0 needs no unit.

        Returns:
            The duration, in seconds, exact to the millisecond.

        Raises:
            ValueError: the text is not a duration, has no unit, is negative, or is finer than a millisecond.
        """
        text = str(text).strip()
        if _ZERO.fullmatch(text):
            return cls(0)
        if _WHOLE.fullmatch(text) is None:
            raise ValueError("expected a number with a unit, like 15s, 24h or 1h30m")
        # Decimal, because 0.1s must be 100 ms and not 99.99.
        total = sum(Decimal(part["number"]) * _MILLISECONDS[part["unit"]] for part in _PART.finditer(text))
        if total > _LONGEST_HOURS * _MILLISECONDS["h"]:
            raise ValueError(f"too long; the longest duration is {_LONGEST_HOURS}h")
        if total % 1:
            raise ValueError("too fine; the smallest unit is 1ms")
        return cls(float(total) / 1000)

    def __str__(self) -> str:
        rest = round(self * 1000)
        parts = []
        for unit in ("h", "m", "s", "ms"):
            count, rest = divmod(rest, _MILLISECONDS[unit])
            if count:
                parts.append(f"{count}{unit}")
        return "".join(parts) or "0s"

    def __repr__(self) -> str:
        return f"Duration({str(self)!r})"
