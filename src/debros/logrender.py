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
_PLAIN = str | int | float | bool | None


def entry(record: logging.LogRecord) -> dict[str, Any]:
    """Read a record, ours or another library's: time, level, logger and event first, then the fields."""
    fields: dict[str, Any] | None = getattr(record, "fields", None)
    if fields is None:
        # Another library's record: the request it belongs to is in the context all the same.
        fields = structlog.contextvars.get_contextvars()
    found = {
        "timestamp": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="microseconds")[:-6] + "Z",
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


class Console(logging.Formatter):
    """A line for people; a traceback, where one was asked for, follows it."""

    def __init__(self, *, colors: bool) -> None:
        super().__init__()
        # plain_traceback, because the default one prints local variables, and those hold secrets.
        self._render = structlog.dev.ConsoleRenderer(
            colors=colors, pad_event_to=0, sort_keys=False, exception_formatter=structlog.dev.plain_traceback
        )

    def format(self, record: logging.LogRecord) -> str:
        """Render a record."""
        found = entry(record)
        found["event"] = _printable(found["event"])
        shown = {key: value if isinstance(value, _PLAIN) else repr(value) for key, value in found.items()}
        return str(self._render(None, "", shown))


class Json(logging.Formatter):
    """One JSON object a line."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Render a record."""
        found = {"service": self._service, **entry(record)}
        try:
            return orjson.dumps(found, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
        except TypeError:
            # Integers over 64 bits, or text that is not UTF-8: slower, but it writes everything.
            return json.dumps(found, default=str, skipkeys=True)


def journal_fields(record: logging.LogRecord, service: str) -> dict[str, str]:
    """Render a record as journal fields; MESSAGE repeats them, since plain `journalctl` shows nothing else."""
    found = entry(record)
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


def _quoted(value: str) -> str:
    return value if value.isprintable() and value and not set(value) & set(" =\"'") else repr(value)


def _printable(text: str) -> str:
    """Escape line ends and terminal controls, so that nobody's input can forge a line of the log."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
