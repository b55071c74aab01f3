"""How many processes a gateway consists of, as people write it: a number, or auto."""

import os
from typing import Final

AUTO: Final = "auto"
# Far above what one host needs, and below what the memory that workers share has room for.
MOST: Final = 64


def parse(value: int | str) -> int:
    """Return the number; `auto` is one for each processor core that this process may use.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, str) and value.strip() == AUTO:
        return min(len(os.sched_getaffinity(0)), MOST)
    number = int(value)
    if not 1 <= number <= MOST:
        raise ValueError(f"must be between 1 and {MOST}, or {AUTO}")
    return number
