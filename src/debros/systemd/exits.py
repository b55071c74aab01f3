"""With which exit status a service ends, so that the service manager knows whether trying again can help."""

import os
from collections.abc import Mapping
from typing import Final

_FAILURE: Final = 1
# EX_CONFIG of sysexits.h; our units name it in RestartPreventExitStatus=.
_CONFIG: Final = 78


def startup_failure(*, lasting: bool, environ: Mapping[str, str] | None = None) -> int:
    """Return the exit status of a program that cannot start: 1, which everybody who starts it by hand gets.

    Args:
        lasting: trying again cannot help. To systemd this is 78, after which our units are not started again and stay
            failed. Its own main process is told by SYSTEMD_EXEC_PID (systemd.exec(5), since 248).
        environ: the environment; by default that of the process.
    """
    environ = os.environ if environ is None else environ
    return _CONFIG if lasting and environ.get("SYSTEMD_EXEC_PID") == str(os.getpid()) else _FAILURE
