"""Shorthands for cerberus field definitions, so that a schema file reads as a table.

Every field carries in ``meta`` what cerberus does not know: the help text (``help``), its rule in words (``rule``), the
environment variable (``env``), the flag (``flag``), the default under NETWORK_DEV_LOCAL=1 (``local``), whether the
value must never be shown (``secret``), and which program opens the file or directory it names (``used_by``): under
systemd the others cannot see it, so they do not look.
"""

from typing import Any

# A cerberus rules set.
Field = dict[str, Any]

_META = ("env", "flag", "local", "rule", "secret", "used_by")


def text(default: str, help_: str, **options: Any) -> Field:
    """A string."""
    return _field("string", default, help_, options)


def integer(default: int, help_: str, **options: Any) -> Field:
    """A whole number."""
    return _field("integer", default, help_, options)


def workers(default: int, help_: str, **options: Any) -> Field:
    """A number of processes, or auto."""
    return _field("workers", default, help_, {"check_with": "worker_count", **options})


def port(default: int, help_: str, **options: Any) -> Field:
    """A TCP port."""
    return _field("integer", default, help_, {"between": [1, 65535], **options})


def boolean(default: bool, help_: str, **options: Any) -> Field:  # noqa: FBT001 -- the default value of a field
    """True or false."""
    return _field("boolean", default, help_, options)


def duration(default: str, help_: str, **options: Any) -> Field:
    """A length of time such as 15s."""
    return _field("duration", default, help_, {"check_with": "duration", **options})


def path(default: str, help_: str, **options: Any) -> Field:
    """A path in which ``~`` and ``$VAR`` expand; "" where it may be left out."""
    return _field("path", default, help_, {"check_with": "path", **options})


def strings(default: list[str], help_: str, *, each: Field | None = None, **options: Any) -> Field:
    """A list of strings; ``each`` adds rules for its items."""
    return _field("list", default, help_, {"schema": {"type": "string", **(each or {})}, **options})


def section(help_: str, fields: dict[str, Field]) -> Field:
    """A mapping of fields."""
    return _field("dict", {}, help_, {"schema": fields})


def _field(type_: str, default: Any, help_: str, options: dict[str, Any]) -> Field:
    rules = {name: value for name, value in options.items() if name not in _META}
    meta = {name: options[name] for name in _META if name in options}
    return {"type": type_, "default": default, "meta": {"help": help_, **meta}, **rules}
