"""Logging for every process: structlog in front, the standard library's handlers behind, one place where they meet.

Other libraries log through the same handler and so look the same. A handler writes a record whole and under a lock, so
lines do not interleave, whether they come from asyncio, trio or a thread.
"""

import logging
import os
import sys
import time
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

from debros.config.types import LoggingSection
from debros.journal import Journal, is_journal
from debros.loghandlers import FileHandler, JournalHandler, OneLine, RateLimit, StreamHandler, Writer
from debros.logrender import Console, Json, timestamp

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}

# Loggers that come with handlers or levels of their own.
_ADOPTED = ("uvicorn", "uvicorn.error", "aiohttp", "asyncio", "libp2p")
# The gateway writes its own access log, with the namespace and the request id.
_SILENCED = ("uvicorn.access",)
# Talkative below this level without saying anything about our service.
_AT_LEAST_WARNING = ("libp2p", "httpx", "httpcore")
# What the standard library's logging methods take beside the message.
_OPTIONS = ("exc_info", "stack_info", "stacklevel")


class _Attached(logging.Logger):
    """The logger of libp2p, which detaches it when imported (libp2p.utils.logging); this one stays with the others."""

    @property
    def propagate(self) -> bool:
        """Always: the rate limit and the level of the handler do the filtering."""
        return True

    @propagate.setter
    def propagate(self, value: bool) -> None:
        """Ignore what libp2p says."""


class Frequent:
    """A logger for what is said at every request: the same lines as of any other, without a record on their way.

    That takes a quarter of the time. Whatever stands in the way (another handler, as of a test; a stream that cannot
    take the line) makes it an ordinary logger. Values bound to the context are left out, so they are given as fields.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._logger = logging.getLogger(name)
        self._ordinary = get(name)

    def debug(self, event: str, **fields: Any) -> None:
        """Log what is rarely wanted, in the ordinary way."""
        self._ordinary.debug(event, **fields)

    def info(self, event: str, **fields: Any) -> None:
        """Log an event; no field is called like one that every line has."""
        if not self._logger.isEnabledFor(logging.INFO):
            return
        handlers = logging.root.handlers
        if len(handlers) == 1 and isinstance(handlers[0], StreamHandler | FileHandler | JournalHandler):
            found = {"timestamp": timestamp(time.time()), "level": "info", "logger": self._name, "event": event}
            try:
                handlers[0].say(found | fields)
            except Exception:  # noqa: BLE001, S110 - the ordinary way knows what to do about it
                pass
            else:
                return
        self._ordinary.info(event, **fields)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """Get a logger: ``get(__name__).info("listening", address=address)``. It may be got before ``configure``."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def configure(
    logging_: LoggingSection,
    *,
    service: str,
    stream: TextIO | None = None,
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Set up logging of this process; a second call replaces the first.

    Args:
        logging_: level, format and file.
        service: the program's name, under which the journal and JSON file its lines.
        stream: where lines go without a file; standard output by default.
        environ: NO_COLOR, TERM and JOURNAL_STREAM are looked at.

    Raises:
        OSError: the log file cannot be opened.
    """
    handler = _handler(logging_, service, stream or sys.stdout, environ)
    handler.addFilter(RateLimit("libp2p"))
    level = _LEVELS[logging_.level]
    if level > logging.DEBUG:
        handler.addFilter(OneLine("libp2p"))
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, StreamHandler | FileHandler | JournalHandler)]:
        root.removeHandler(old)
        old.close()
    handler.setLevel(level)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _ADOPTED:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
    logging.getLogger("libp2p").__class__ = _Attached
    for name in _AT_LEAST_WARNING:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    for name in _SILENCED:
        logging.getLogger(name).disabled = True


def _handler(logging_: LoggingSection, service: str, stream: TextIO, environ: Mapping[str, str]) -> logging.Handler:
    journal = None
    handler: Writer
    if logging_.output_file:
        logging_.output_file.parent.mkdir(parents=True, exist_ok=True)
        handler, colors = FileHandler(logging_.output_file), False
    else:
        handler, colors = StreamHandler(stream), _wants_colors(stream, environ)
        if logging_.format == "console" and (is_journal(stream, environ) or is_journal(sys.stderr, environ)):
            journal = Journal.open()
    handler.setFormatter(Json(service) if logging_.format == "json" else Console(colors=colors))
    return JournalHandler(journal, service, handler) if journal else handler


def _wants_colors(stream: TextIO, environ: Mapping[str, str]) -> bool:
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def _to_record(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> tuple[tuple[str], dict[str, Any]]:
    """Hand structlog's event to the standard library: the event is the message, the rest travels beside it."""
    options: dict[str, Any] = {key: fields.pop(key) for key in _OPTIONS if key in fields}
    event = str(fields.pop("event", ""))
    return (event,), {**options, "extra": {"fields": dict(fields)}}


structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.PositionalArgumentsFormatter(),
        _to_record,
    ],
    wrapper_class=structlog.stdlib.BoundLogger,
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
