"""Logging for every process: structlog in front, the standard library's handlers behind, one place where they meet.

Other libraries log through the same handler and so look the same. A handler writes a record whole and under a lock, so
lines do not interleave, whether they come from asyncio, trio or a thread.
"""

import logging
import logging.handlers
import os
import sys
import time
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TextIO

import structlog

from debros.config.types import LoggingSection
from debros.journal import Journal, is_journal
from debros.logrender import Console, Json, journal_fields

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}

# Loggers that come with handlers or levels of their own.
_ADOPTED = ("uvicorn", "uvicorn.error", "aiohttp", "asyncio", "libp2p")
# The gateway writes its own access log, with the namespace and the request id.
_SILENCED = ("uvicorn.access",)
# Talkative below this level without saying anything about our service.
_AT_LEAST_WARNING = ("libp2p", "httpx", "httpcore")
# What the standard library's logging methods take beside the message.
_OPTIONS = ("exc_info", "stack_info", "stacklevel")


class RateLimit(logging.Filter):
    """Lets few records of one logger pass, because a hostile peer can make libp2p write megabytes of warnings.

    The next record that passes carries the number of those that did not, as the field ``suppressed``.
    """

    def __init__(
        self,
        name: str,
        *,
        per_second: float = 5,
        burst: int = 50,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Limit a logger and those below it.

        Args:
            name: the logger.
            per_second: records a second that pass in the long run.
            burst: records that pass at once after a silence.
            clock: a monotonic clock, in seconds.
        """
        super().__init__(name)
        self._per_second, self._burst, self._clock = per_second, burst, clock
        self._allowed, self._last, self._suppressed = float(burst), clock(), 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a record passes."""
        if not super().filter(record):
            return True  # another logger's
        now = self._clock()
        self._allowed = min(float(self._burst), self._allowed + (now - self._last) * self._per_second)
        self._last = now
        if self._allowed < 1:
            self._suppressed += 1
            return False
        self._allowed -= 1
        record.suppressed, self._suppressed = self._suppressed, 0
        return True


class StreamHandler(logging.StreamHandler[TextIO]):
    """Writes to a stream; when that fails, no stack trace appears where people expect a log."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- the standard library's name
        """Write what the stream can encode; a stream that is gone has nobody to tell."""
        if isinstance(sys.exc_info()[1], UnicodeEncodeError):
            self.stream.write(self.format(record).encode("ascii", "backslashreplace").decode() + self.terminator)
            self.flush()


class FileHandler(logging.handlers.WatchedFileHandler):
    """Appends to a file that its group may read and others may not, and follows logrotate."""

    def _open(self) -> Any:
        def opener(path: str, flags: int) -> int:
            return os.open(path, flags, 0o640)

        return open(self.baseFilename, "a", encoding="utf-8", errors="backslashreplace", opener=opener)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- the standard library's name
        """Drop a record that cannot be written: a full disk must not stop the service."""


class JournalHandler(logging.Handler):
    """Sends to the journal, and to the fallback while nobody listens there."""

    def __init__(self, journal: Journal, service: str, fallback: logging.Handler) -> None:
        super().__init__()
        self._journal, self._service, self._fallback = journal, service, fallback

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record."""
        try:
            self._journal.send(journal_fields(record, self._service))
        except OSError:
            self._fallback.emit(record)

    def close(self) -> None:
        """Close the socket."""
        self._journal.close()
        super().close()


class _Attached(logging.Logger):
    """The logger of libp2p, which detaches it when imported (libp2p.utils.logging); this one stays with the others."""

    @property
    def propagate(self) -> bool:
        """Always: the rate limit and the level of the handler do the filtering."""
        return True

    @propagate.setter
    def propagate(self, value: bool) -> None:
        """Ignore what libp2p says."""


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
    handler: logging.Handler
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
