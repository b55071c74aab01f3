"""`debros-host` in a process of its own for each call, without the half second its imports take: all are forked from
one process that has imported every command and runs none.

What differs from `python -m debros.hosts.main` is only how the interpreter comes into being.
"""

import atexit
import contextlib
import functools
import os
import pickle
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from importlib import import_module
from pathlib import Path

from debros.hosts import main as program

_LOOK_EVERY = 5.0  # seconds between two looks whether the tests have ended without saying so
_lock = threading.Lock()


def run(words, env, *, stdin=b"", timeout=200, largest_file=None):
    """Run it with these words and this environment; with largest_file (bytes) no file it writes may grow beyond."""
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        files[0].write(stdin)
        files[0].seek(0)
        asked = stack.enter_context(socket.socket(socket.AF_UNIX))
        with _lock:
            asked.connect(_started())
        socket.send_fds(asked, [b"x"], [file.fileno() for file in files])
        asked.sendall(pickle.dumps((words, env, Path.cwd(), largest_file)))
        asked.shutdown(socket.SHUT_WR)
        asked.settimeout(timeout)
        answers = stack.enter_context(asked.makefile("r"))
        pid = int(answers.readline())
        try:
            code = answers.readline()
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(words, timeout) from None
        for file in files:
            file.seek(0)
        # Who does not tell its exit code was killed.
        return subprocess.CompletedProcess(words, int(code or -signal.SIGKILL), files[1].read(), files[2].read())


@functools.cache
def _started():
    """Start the process that forks; return its address."""
    directory = tempfile.mkdtemp(prefix="warm-")
    address = f"{directory}/socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen(16)
        process = subprocess.Popen([sys.executable, __file__], stdin=server)

    def end():
        process.kill()
        process.wait()
        shutil.rmtree(directory)

    atexit.register(end)
    return address


def _serve(server):
    for command in program.COMMANDS:
        import_module(f"debros.hosts.commands.{command.replace('-', '_')}")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: they tell how they ended
    tests = os.getppid()
    server.settimeout(_LOOK_EVERY)
    while os.getppid() == tests:
        with contextlib.suppress(TimeoutError):
            asked, _ = server.accept()
            with asked:
                if os.fork() == 0:
                    os._exit(_answer(server, asked))


def _answer(server, asked):
    code = 1
    try:
        server.close()
        asked.settimeout(None)
        _, fds, *_ = socket.recv_fds(asked, 1, 3)
        with asked.makefile("rb") as file:
            words, env, directory, largest_file = pickle.load(file)
        asked.sendall(f"{os.getpid()}\n".encode())
        _become(words, env, directory, fds)
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        program.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as an interpreter does it
        traceback.print_exc()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    asked.sendall(f"{code}\n".encode())
    return code


def _become(words, env, directory, fds):
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    random.seed()
    os.environ.clear()
    os.environ.update(env)
    os.chdir(directory)
    sys.argv[:] = ["debros-host", *words]


if __name__ == "__main__":
    # The tests' own modules are not there for the program.
    sys.path.remove(str(Path(__file__).parent))
    _serve(socket.socket(fileno=os.dup(0)))
