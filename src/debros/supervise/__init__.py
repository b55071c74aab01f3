"""Keep a set of processes running: start in order, restart with back-off, stop in reverse, leave nothing behind.

Knows nothing of databases or gateways; the local cluster is one user of it.
"""

from debros.supervise.logfile import RotatingLog
from debros.supervise.proc import ProcessIdentity, identify, is_running
from debros.supervise.spec import Backoff, LastExit, ProcessSpec, ProcessStatus, State
from debros.supervise.status import read_status, write_status
from debros.supervise.supervisor import Supervisor

__all__ = [
    "Backoff",
    "LastExit",
    "ProcessIdentity",
    "ProcessSpec",
    "ProcessStatus",
    "RotatingLog",
    "State",
    "Supervisor",
    "identify",
    "is_running",
    "read_status",
    "write_status",
]
