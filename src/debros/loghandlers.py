"""Where lines go: a stream, a file, the journal; and what keeps one logger from flooding them with lines or traces."""

import logging
import logging.handlers
import os
import sys
import time
from collections.abc import Callable
from typing import Any, Final, TextIO

from debros.journal import Journal
from debros.logrender import Console, Json, entry, journal_fields

# How a line of a stack trace begins, as the standard library's `traceback` writes it.
_FRAME: Final = '\n  File "'


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


class OneLine(logging.Filter):
    """Takes the stack traces off the records of one logger: what libp2p says when a peer hangs up is no defect of ours.

    Some of them stand in the message itself; then its first line, which names the error, is what stays.

    Args:
        name: the logger; those below it are meant as well.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        if super().filter(record):
            record.exc_info = record.exc_text = None
            if _FRAME in (message := record.getMessage()):
                record.msg, record.args = message.partition("\n")[0], None
        return True


class Writer(logging.StreamHandler[TextIO]):
    """What both handlers of text do for `Frequent`."""

    formatter: Console | Json

    def say(self, found: dict[str, Any]) -> None:
        """Write what `logrender.entry` would have found in a record.

        Raises:
            Exception: As the stream does; nothing was written.
        """
        self.acquire()
        try:
            self.stream.write(self.formatter.render(found) + self.terminator)
            self.flush()
        finally:
            self.release()


class StreamHandler(Writer):
    """Writes to a stream; when that fails, no stack trace appears where people expect a log."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- the standard library's name
        """Write what the stream can encode; a stream that is gone has nobody to tell."""
        if isinstance(sys.exc_info()[1], UnicodeEncodeError):
            self.stream.write(self.format(record).encode("ascii", "backslashreplace").decode() + self.terminator)
            self.flush()


class FileHandler(logging.handlers.WatchedFileHandler, Writer):
    """Appends to a file that its group may read and others may not, and follows logrotate."""

    def say(self, found: dict[str, Any]) -> None:
        """Write, to the file that has the name now."""
        self.acquire()
        try:
            self.reopenIfNeeded()
            super().say(found)
        finally:
            self.release()

    def _open(self) -> Any:
        def opener(path: str, flags: int) -> int:
            return os.open(path, flags, 0o640)

        return open(self.baseFilename, "a", encoding="utf-8", errors="backslashreplace", opener=opener)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- the standard library's name
        """Drop a record that cannot be written: a full disk must not stop the service."""


class JournalHandler(logging.Handler):
    """Sends to the journal, and to the fallback while nobody listens there."""

    def __init__(self, journal: Journal, service: str, fallback: Writer) -> None:
        super().__init__()
        self._journal, self._service, self._fallback = journal, service, fallback

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record."""
        try:
            self._journal.send(journal_fields(entry(record), self._service))
        except OSError:
            self._fallback.emit(record)

    def say(self, found: dict[str, Any]) -> None:
        """Send what `logrender.entry` would have found in a record.

        Raises:
            OSError: Nobody listens.
        """
        self._journal.send(journal_fields(found, self._service))

    def close(self) -> None:
        """Close the socket."""
        self._journal.close()
        super().close()
