"""How one log record looks: a line for people, a JSON object for machines, fields for the journal."""

import datetime as dt
import json
import logging
from typing import Any

import orjson
import structlog

from debros.journal import field_name

_LEVELS = {"WARNING": "warn", "CRITICAL": "error"}
# syslog's severities (RFC 5424, 6.2.1).
_PRIORITIES = {"debug": 7, "info": 6, "warn": 4, "error": 3}
_OWN_KEYS = frozenset({"timestamp", "level", "logger", "event", "exception", "service"})
# Characters for which ConsoleRenderer quotes a value.
_UNQUOTED = frozenset(" \t=\r\n\"'")
_PLAIN = str | int | float | bool | None


def entry(record: logging.LogRecord) -> dict[str, Any]:
    """Read a record, ours or another library's: time, level, logger and event first, then the fields."""
    fields: dict[str, Any] | None = getattr(record, "fields", None)
    if fields is None:
        # Another library's record: the request it belongs to is in the context all the same.
        fields = structlog.contextvars.get_contextvars()
    found = {
        "timestamp": timestamp(record.created),
        "level": _LEVELS.get(record.levelname, record.levelname.lower()),
        "logger": record.name,
        "event": record.getMessage(),
        **{f"{key}_" if key in _OWN_KEYS else key: value for key, value in fields.items()},
    }
    if suppressed := getattr(record, "suppressed", 0):
        found["suppressed"] = suppressed
    if record.exc_info and record.exc_info[0]:
        found["exception"] = logging.Formatter().formatException(record.exc_info)
    return found


def timestamp(seconds: float) -> str:
    """Return a moment, in seconds since 1970, as lines have it."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="microseconds")[:-6] + "Z"


class Console(logging.Formatter):
    """A line for people; a traceback, where one was asked for, follows it."""

    def __init__(self, *, colors: bool) -> None:
        super().__init__()
        self._colors = colors
        # plain_traceback, because the default one prints local variables, and those hold secrets.
        self._render = structlog.dev.ConsoleRenderer(
            colors=colors, pad_event_to=0, sort_keys=False, exception_formatter=structlog.dev.plain_traceback
        )

    def format(self, record: logging.LogRecord) -> str:
        """Render a record."""
        return self.render(entry(record))

    def render(self, found: dict[str, Any]) -> str:
        """Render what `entry` found."""
        found["event"] = _printable(found["event"])
        shown = {key: _shown(value) for key, value in found.items() if key != "exception"}
        if "exception" in found:
            shown["exception"] = found["exception"]
        return str(self._render(None, "", shown)) if self._colors else _uncoloured(shown)


class Json(logging.Formatter):
    """One JSON object a line."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Render a record."""
        return self.render(entry(record))

    def render(self, found: dict[str, Any]) -> str:
        """Render what `entry` found."""
        found = {"service": self._service, **found}
        try:
            return orjson.dumps(found, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
        except TypeError:
            # Integers over 64 bits, or text that is not UTF-8: slower, but it writes everything.
            return json.dumps(found, default=str, skipkeys=True)


def journal_fields(found: dict[str, Any], service: str) -> dict[str, str]:
    """Render what `entry` found as journal fields; MESSAGE repeats them, since plain `journalctl` shows nothing else.

    `found` is used up.
    """
    level, event, exception = found.pop("level"), found.pop("event"), found.pop("exception", None)
    del found["timestamp"]  # the journal has its own
    values = {key: value if isinstance(value, str) else str(value) for key, value in found.items()}
    pairs = [f"{key}={_quoted(value)}" for key, value in values.items() if key != "logger"]
    message = " ".join([_printable(event), *pairs])
    return {
        "MESSAGE": f"{message}\n{exception}" if exception else message,
        "PRIORITY": str(_PRIORITIES.get(level, 6)),
        "SYSLOG_IDENTIFIER": service,
        **{field_name(key): value for key, value in values.items()},
    }


def _uncoloured(shown: dict[str, Any]) -> str:
    """Return what structlog's ConsoleRenderer makes of plain values when it uses no colours, in a fifth of its time."""
    stamp, level, logger, event, exception = (
        shown.pop(key, "") for key in ("timestamp", "level", "logger", "event", "exception")
    )
    pairs = "".join(f" {key}={_worded(value)}" for key, value in shown.items())
    line = f"{stamp} [{level:<9}] {event} [{logger}]{pairs}".rstrip(" ")
    return f"{line}\n{exception}" if exception else line


def _shown(value: object) -> object:
    """Return what a renderer may be given: it quotes texts with line ends, and lets other controls through."""
    if type(value) is str:
        return value if value.isprintable() or not _UNQUOTED.isdisjoint(value) else _printable(value)
    return value if isinstance(value, _PLAIN) else repr(value)


def _worded(value: object) -> str:
    if type(value) is not str:
        return repr(value)
    return repr(value) if not _UNQUOTED.isdisjoint(value) else value


def _quoted(value: str) -> str:
    return value if value.isprintable() and value and not set(value) & set(" =\"'") else repr(value)


def _printable(text: str) -> str:
    """Escape line ends and terminal controls, so that nobody's input can forge a line of the log."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
