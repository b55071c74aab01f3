"""Waiting for what must become true."""

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def eventually(what: Callable[[], Answer], otherwise: str, seconds: float = 60, pause: float = 0.3) -> Answer:
    """Ask until the answer is true and return it; an assertion that fails counts as "not yet"."""
    end = time.monotonic() + seconds
    while True:
        last = ""
        try:
            if answer := what():
                return answer
        except AssertionError as problem:
            last = f": {problem}"
        assert time.monotonic() < end, f"{otherwise}, for {seconds:.0f} s{last}"
        time.sleep(pause)
