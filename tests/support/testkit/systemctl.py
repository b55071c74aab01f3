"""A stand-in for systemctl on machines without systemd: run as a program it knows `show`, `start`, `restart`, `stop`
and `reset-failed` for the units in the file that STAND_IN_UNITS names, and starts their commands as plain processes.

It keeps nothing running and isolates nothing; what only systemd can do is tested on real hosts.
"""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

_STOP_SECONDS = 60
_STARTING_SECONDS = 0.3  # who dies sooner has not started


def install(directory: Path, units: dict[str, list[str]], *, notify: Sequence[str] = ()) -> dict[str, str]:
    """Put a program `systemctl` into a directory; return the environment in which it is found and knows the units.

    Args:
        directory: a new one.
        units: name → command.
        notify: those that count as started when they say so (Type=notify).
    """
    directory.mkdir(parents=True)
    program = directory / "systemctl"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {__file__} "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    table = define(directory, units, notify=notify)
    return {"STAND_IN_UNITS": str(table), "PATH": f"{directory}:{os.environ['PATH']}"}


def define(directory: Path, units: dict[str, list[str]], *, notify: Sequence[str] = ()) -> Path:
    """Say, once more if need be, which units there are; return the file."""
    table = directory / "units.json"
    table.write_text(json.dumps({name: [name in notify, command] for name, command in units.items()}))
    return table


class Unit:
    def __init__(self, name: str) -> None:
        table = Path(os.environ["STAND_IN_UNITS"])
        self.notifies, self.command = json.loads(table.read_text()).get(name, (False, None))
        self.name = name
        self.pid_file = table.with_name(f"{name}.pid")
        self.log = table.with_name(f"{name}.log")

    @property
    def pid(self) -> int:
        return int(self.pid_file.read_text()) if self.pid_file.exists() else 0

    def state(self) -> str:
        if not self.pid:
            return "inactive"
        return "active" if self.alive() else "failed"

    def alive(self) -> bool:
        try:
            words = Path(f"/proc/{self.pid}/stat").read_text()
        except OSError:
            return False
        return words[words.rindex(")") + 2] not in "ZX"

    def stop(self, signum: int = signal.SIGTERM) -> None:
        if self.pid and self.alive():
            os.kill(self.pid, signum)
            deadline = time.monotonic() + _STOP_SECONDS
            while self.alive():
                if time.monotonic() > deadline:
                    os.kill(self.pid, signal.SIGKILL)
                time.sleep(0.02)
        self.pid_file.unlink(missing_ok=True)

    def start(self) -> bool:
        with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
            environment = dict(os.environ)
            if self.notifies:
                heard.bind(f"{directory}/notify")
                environment["NOTIFY_SOCKET"] = f"{directory}/notify"
            with self.log.open("ab") as log:
                process = subprocess.Popen(
                    self.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    env=environment,
                )
            self.pid_file.write_text(str(process.pid))
            if self.notifies:
                return self.hears(heard, process)
        time.sleep(_STARTING_SECONDS)
        return process.poll() is None

    @staticmethod
    def hears(heard: socket.socket, process: "subprocess.Popen[bytes]") -> bool:
        heard.settimeout(0.05)
        while True:
            ended = process.poll() is not None
            try:
                if b"READY=1" in heard.recv(4096):
                    return True
            except TimeoutError:
                if ended:
                    return False


def main() -> int:
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    verb, unit = words[0], Unit(words[1])
    if verb == "show":
        loaded = unit.command is not None
        state = unit.state() if loaded else "inactive"
        properties = {
            "LoadState": "loaded" if loaded else "not-found",
            "ActiveState": state,
            "SubState": "running" if state == "active" else state,
            "Result": "exit-code" if state == "failed" else "success",
        }
        sys.stdout.write("".join(f"{key}={value}\n" for key, value in properties.items()))
    elif unit.command is None:
        sys.stderr.write(f"Failed to {verb} {unit.name}: Unit {unit.name} not found.\n")
        return 5
    elif verb in {"restart", "start", "stop"}:
        if verb != "start":
            unit.stop()
        if verb != "stop" and unit.state() != "active" and not unit.start():
            sys.stderr.write(f"Job for {unit.name} failed because the control process exited with error code.\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
