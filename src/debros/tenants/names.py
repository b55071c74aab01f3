"""Names a tenant chooses, and what they are called inside: `ns::<namespace>::<name>`, topics and storage keys alike.

A namespace holds no colon, so two namespaces never share an inner name.
"""

import re

from debros.tenants.errors import InvalidName

NAMESPACE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_PREFIX = "ns::"
# C0 and C1 control characters, NUL among them: never meant, invisible in logs and terminals.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_QUOTED_LENGTH = 40


def scope(namespace: str) -> str:
    """Return what every topic and storage key of a namespace starts with inside."""
    return f"{_PREFIX}{namespace}::"


def wire_topic(namespace: str, topic: str) -> str:
    """Return a topic's name between hosts."""
    return scope(namespace) + topic


def inner_key(namespace: str, key: str) -> str:
    """Return the name under which a storage key is kept."""
    return scope(namespace) + key


def check_topic(topic: str, max_bytes: int) -> str:
    """Return the topic.

    Raises:
        InvalidName: It is empty, longer than `max_bytes` in UTF-8, or holds control characters.
    """
    return _check("topic", topic, max_bytes)


def check_member(member_id: str, max_bytes: int) -> str:
    """Return what somebody is called in a topic.

    Raises:
        InvalidName: It is empty, longer than `max_bytes` in UTF-8, or holds control characters.
    """
    return _check("member", member_id, max_bytes)


def check_key(key: str, max_bytes: int) -> str:
    """Return the storage key.

    Raises:
        InvalidName: It is empty, longer than `max_bytes` in UTF-8, or holds control characters.
    """
    return _check("key", key, max_bytes)


def check_prefix(prefix: str, max_bytes: int) -> str:
    """Return the prefix of a listing; unlike a key it may be empty.

    Raises:
        InvalidName: It is longer than `max_bytes` in UTF-8, or holds control characters.
    """
    return _check("prefix", prefix, max_bytes) if prefix else prefix


def check_table(table: str) -> str:
    """Return the table's name, safe between double quotes.

    Raises:
        InvalidName: It is not an ASCII identifier of at most 128 characters.
    """
    if not _TABLE.fullmatch(table):
        raise InvalidName(
            "invalid_table",
            f"invalid table name {_short(table)}; use letters, digits and _, not starting with a digit, at most 128",
        )
    return table


def _check(what: str, name: str, max_bytes: int) -> str:
    if not name:
        raise InvalidName(f"invalid_{what}", f"{what} is empty; give it at least one character")
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise InvalidName(f"invalid_{what}", f"{what} {_short(name)} is not valid Unicode") from None
    if size > max_bytes:
        raise InvalidName(f"invalid_{what}", f"{what} is {size} bytes long; at most {max_bytes} are allowed")
    if _CONTROL.search(name):
        raise InvalidName(f"invalid_{what}", f"{what} {_short(name)} holds control characters; remove them")
    return name


def _short(text: str) -> str:
    return ascii(text if len(text) <= _QUOTED_LENGTH else text[:_QUOTED_LENGTH] + "…")
