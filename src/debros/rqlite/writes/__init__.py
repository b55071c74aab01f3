"""Group commit: single writes of many callers share one request, and with it one entry of Raft's log.

While a few requests are on their way, the writes that come meanwhile wait, and go out together in the next one. Nothing
waits while fewer are, so a few callers lose nothing. Each caller gets its own result or error, because a
request without `?transaction` runs every statement for itself (tests/integration/rqlite/test_shared_requests.py).
"""

from debros.rqlite.writes.departure import Departure
from debros.rqlite.writes.figures import Histogram, WriteFigures
from debros.rqlite.writes.group import Writes
from debros.rqlite.writes.queue import QueueLimits

__all__ = ["Departure", "Histogram", "QueueLimits", "WriteFigures", "Writes"]
