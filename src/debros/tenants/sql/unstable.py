"""Time and randomness in a statement, settled before it is sent.

Every host runs every write by itself, and again when it replays its log: a write that asks the clock or the dice would
leave different rows on different hosts, and other ones after a restart. So the gateway answers, once a statement: the
time is the same throughout, as in SQLite; every random() in the text has a value of its own, but one that would have to
differ from row to row is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.rqlite.sqltext import Kind, Token
from debros.tenants.errors import SqlRefused
from debros.tenants.sql.identifiers import name_of
from debros.tenants.sql.template import Edit, Moment, Randomness
from debros.tenants.sql.vocabulary import RANDOM_FUNCTIONS, TIME_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

_WORDS = {
    "CURRENT_DATE": Moment.DATE,
    "CURRENT_TIME": Moment.TIME,
    "CURRENT_TIMESTAMP": Moment.DATETIME,
}
_CALLS = TIME_FUNCTIONS | RANDOM_FUNCTIONS
# Bytes that one randomblob() may have: they travel in the statement's text.
_MAX_BLOB = 65_536
_TOO_LARGE = f"randomblob() in a write takes a plain number up to {_MAX_BLOB}; or send random values in args"
_ROW_BY_ROW = (
    "{name}() here would have to differ from row to row, and every host would throw its own dice; "
    "use it in VALUES or in SET, or send random values in args"
)


def edits(tokens: Sequence[Token], per_row: Container[int], span: range | None = None) -> Iterator[Edit]:
    """Yield the edits that settle time and randomness.

    Args:
        tokens: Those of a statement.
        per_row: Places of tokens that SQLite evaluates row by row.
        span: Only these tokens.

    Raises:
        SqlRefused: Randomness that cannot be settled.
    """
    for place in span or range(len(tokens)):
        token = tokens[place]
        if token.kind is not Kind.WORD:
            continue
        form = _WORDS.get(token.upper)
        if form is not None and not _is_named(tokens, place):
            yield Edit(token.start, token.end, (form,))
        elif _is_call(tokens, place):
            name = name_of(token)
            if name in RANDOM_FUNCTIONS:
                if place in per_row:
                    raise SqlRefused("sql_refused", _ROW_BY_ROW.format(name=name))
                yield from _random(tokens, place, name)
            else:
                yield from _time(tokens, place, name)


def is_unstable(tokens: Sequence[Token]) -> bool:
    """Tell whether an expression or statement asks for the time or for randomness."""
    for place, token in enumerate(tokens):
        if token.kind is not Kind.WORD:
            continue
        if token.upper in _WORDS and not _is_named(tokens, place):
            return True
        if _is_call(tokens, place) and (
            name_of(token) in RANDOM_FUNCTIONS or any(True for _ in _time(tokens, place, name_of(token)))
        ):
            return True
    return False


def time_parameters(tokens: Sequence[Token]) -> frozenset[int]:
    """Return the places of parameters that a time function takes as its time: the caller may send 'now' for them."""
    found = set()
    for place, token in enumerate(tokens):
        if token.kind is Kind.WORD and _is_call(tokens, place) and name_of(token) in TIME_FUNCTIONS:
            arguments = _arguments(tokens, place + 1)
            for argument in _times(name_of(token), arguments):
                if len(argument) == 1 and tokens[argument[0]].kind is Kind.PARAM:
                    found.add(argument[0])
    return frozenset(found)


def _time(tokens: Sequence[Token], place: int, name: str) -> Iterator[Edit]:
    arguments = _arguments(tokens, place + 1)
    if name == "strftime" and len(arguments) == 1:
        end = tokens[arguments[0][-1]].end if arguments[0] else tokens[place + 1].end
        yield Edit(end, end, (", ", Moment.NOW))
    elif not arguments and name not in {"timediff", "strftime"}:
        end = tokens[place + 1].end
        yield Edit(end, end, (Moment.NOW,))
    for argument in _times(name, arguments):
        if len(argument) == 1:
            token = tokens[argument[0]]
            if token.kind is Kind.STRING and name_of(token) == "now":
                yield Edit(token.start, token.end, (Moment.NOW,))


def _times(name: str, arguments: list[range]) -> list[range]:
    """Return those arguments of a time function that are times, not formats or modifiers."""
    match name:
        case "strftime":
            return arguments[1:2]
        case "timediff":
            return arguments[:2]
    return arguments[:1]


def _random(tokens: Sequence[Token], place: int, name: str) -> Iterator[Edit]:
    arguments = _arguments(tokens, place + 1)
    close = arguments[-1].stop if arguments else place + 2
    if close >= len(tokens) or (name == "random") != (not arguments):
        return  # no SQL; SQLite says so
    if name == "random":
        yield Edit(tokens[place].start, tokens[close].end, (Randomness(),))
        return
    number = tokens[arguments[0][0]] if len(arguments) == 1 and len(arguments[0]) == 1 else None
    if number is None or number.kind is not Kind.NUMBER or not number.text.isdigit() or int(number.text) > _MAX_BLOB:
        raise SqlRefused("sql_refused", _TOO_LARGE)
    yield Edit(tokens[place].start, tokens[close].end, (Randomness(int(number.text)),))


def _arguments(tokens: Sequence[Token], opening: int) -> list[range]:
    """Return the arguments of a call, without commas and the parentheses around them."""
    found: list[range] = []
    depth, start = 0, opening + 1
    for place in range(opening, len(tokens)):
        word = tokens[place].upper
        if word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
            if depth == 0:
                if place > start or found:
                    found.append(range(start, place))
                break
        elif word == "," and depth == 1:
            found.append(range(start, place))
            start = place + 1
    return found


def _is_call(tokens: Sequence[Token], place: int) -> bool:
    return (
        name_of(tokens[place]) in _CALLS
        and place + 1 < len(tokens)
        and tokens[place + 1].upper == "("
        and (place == 0 or tokens[place - 1].upper not in {"INTO", "TABLE", "VIEW", "."})
    )


def _is_named(tokens: Sequence[Token], place: int) -> bool:
    """Tell whether a word of time is a name here: behind AS or next to a dot."""
    before = tokens[place - 1].upper if place else ""
    after = tokens[place + 1].upper if place + 1 < len(tokens) else ""
    return before in {"AS", "."} or after == "."
