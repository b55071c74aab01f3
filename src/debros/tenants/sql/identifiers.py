"""Names inside the one database: `n<number of the namespace>_` before a tenant's own; nobody's name is another's.

Numbers are given out once and for ever. Since `_` follows the digits, no prefix is the beginning of another one.
"""

import re

from debros.rqlite.sqltext import Kind, Token

# What an object may be called that is not this tenant's: another one's, the gateway's, SQLite's. Every object in the
# database has such a name, so a text in which no name begins like this (but for the tenant's prefix) can reach none.
_RESERVED = re.compile(r"n[0-9]+_|_gw|schema_migrations|sqlite_|pragma_", re.IGNORECASE)
_PHYSICAL = re.compile(r"n[0-9]+_", re.IGNORECASE)
_OTHERS = re.compile(r"(?<![\w$])n[0-9]+_[\w$]+")
# Functions, not objects; SQLite lets nobody make a table whose name begins with sqlite_.
_HARMLESS = frozenset({"sqlite_version"})


def prefix_of(namespace_id: int) -> str:
    """Return what every physical name of a namespace begins with."""
    return f"n{namespace_id}_"


def name_of(token: Token) -> str:
    """Return the name or text a token stands for, without its quotes and in lower case, as SQLite compares names."""
    return fold(unquoted(token))


def unquoted(token: Token) -> str:
    """Return the name or text a token stands for, without its quotes."""
    text = token.text
    if token.kind in {Kind.QUOTED, Kind.STRING}:
        quote = text[-1]
        text = text[1:-1] if quote == "]" else text[1:-1].replace(quote * 2, quote)
    return text


def fold(name: str) -> str:
    """Return a name in the form in which SQLite compares it: only ASCII letters have no case."""
    return name.lower() if name.isascii() else "".join(c.lower() if c.isascii() else c for c in name)


def is_reserved(name: str) -> bool:
    """Tell whether a name may be that of something that is not the tenant's."""
    return _RESERVED.match(name) is not None and name.lower() not in _HARMLESS


def is_physical(name: str) -> bool:
    """Tell whether a name looks like a physical one: a tenant can give it to nothing, not even to a column."""
    return _PHYSICAL.match(name) is not None


def quoted(name: str) -> str:
    """Return the name of an object or column as SQL."""
    return '"' + name.replace('"', '""') + '"'


def back_quoted(name: str) -> str:
    """Return a name as SQL that SQLite takes for nothing else; in double quotes it may be a text."""
    return "`" + name.replace("`", "``") + "`"


def in_own_words(message: str, prefix: str) -> str:
    """Return a message of the database in the tenant's names, and without anybody else's."""
    own = re.sub(rf"(?<![A-Za-z0-9_$]){re.escape(prefix)}", "", message, flags=re.IGNORECASE)
    return _OTHERS.sub("(another object)", own)
