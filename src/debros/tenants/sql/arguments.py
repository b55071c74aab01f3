"""Values for a statement's parameters: what JSON can carry and SQLite can hold without loss."""

import math
from collections.abc import Sequence

from debros.rqlite.types import Value
from debros.tenants.errors import SqlRefused

# SQLite's integers are 64-bit two's complement; rqlite would turn a larger one into a REAL without a word.
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
# SQLITE_MAX_VARIABLE_NUMBER (https://www.sqlite.org/limits.html)
MAX_ARGUMENTS = 32766


def check(args: Sequence[Value], where: str = "$.args") -> Sequence[Value]:
    """Return the values.

    Args:
        args: Values for `?` in order.
        where: Their path in the request, for the error's text.

    Raises:
        SqlRefused: One does not fit, or there are more than SQLite has parameters.
    """
    if len(args) > MAX_ARGUMENTS:
        raise SqlRefused("invalid_argument", f"{where} has {len(args)} values; at most {MAX_ARGUMENTS} are possible")
    for position, value in enumerate(args):
        if type(value) is int and not _INT_MIN <= value <= _INT_MAX:
            raise SqlRefused("invalid_argument", f"{where}[{position}]: {value} exceeds 64 bits; send it as text")
        if type(value) is float and not math.isfinite(value):
            raise SqlRefused("invalid_argument", f"{where}[{position}]: {value} is not a finite number")
    return args
