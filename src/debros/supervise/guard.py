"""Run a command that dies with its supervisor: `python guard.py <supervisor's pid> <command> [argument …]`.

The kernel kills the process when the parent ends (PR_SET_PDEATHSIG, prctl(2)), however the parent ended, kill -9
included. The setting survives exec. It has to be made in the child, and a `preexec_fn` would run Python between fork
and exec, where a thread's lock may be held for ever; a fresh interpreter (15 ms) has no such trap.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
CANNOT_START = 127  # the shell's code for "command not found"


def main() -> None:
    """Tie this process to the supervisor and become the command."""
    supervisor, command = int(sys.argv[1]), sys.argv[2:]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        sys.exit(f"cannot tie {command[0]} to its supervisor: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != supervisor:
        sys.exit("the supervisor ended before the start")  # no signal would ever come
    # Python ignores SIGPIPE and SIGXFSZ; an ignored signal would stay ignored in the command.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)  # noqa: S606 -- a command of the caller's spec, on purpose without a shell
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error.strerror}\n")
        sys.exit(CANNOT_START)


if __name__ == "__main__":
    main()
