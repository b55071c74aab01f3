"""network-cli as somebody runs it: a process with a home, a browser and settings of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PATH = Path(sys.executable).parent / "network-cli"
_DEADLINE = 300  # seconds, for what has to happen


class Program:
    """The program, and who runs it.

    Args:
        home: Their home directory; `opened` in it is the page that their browser was to show.

    Attributes:
        home: Their home directory.
        env: What the program finds in its environment.
        opened: The file with the page; it is there once one was opened.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.opened = home / "opened"
        browser = home / "browser"
        browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {self.opened}.part && mv {self.opened}.part {self.opened}\n')
        browser.chmod(0o755)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("DEBROS_")}
        self.env = clean | {"HOME": str(home), "BROWSER": f"{browser} %s"}
        self._running: list[subprocess.Popen[str]] = []

    @property
    def stored(self) -> Path:
        return self.home / ".debros" / "credentials.json"

    def secret(self, name: str, text: str, mode: int = 0o600) -> str:
        """Write a file that holds a secret and return its path."""
        path = self.home / name
        path.touch(0o600)
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Start the program; stderr of its process may be read while it runs."""
        process = subprocess.Popen(
            [PATH, *arguments],
            env=self.env | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._running.append(process)
        return process

    def end(self, process: subprocess.Popen[str]) -> tuple[int, str, str]:
        """Wait for the end and return exit code, stdout and stderr."""
        out, err = process.communicate(timeout=_DEADLINE)
        return process.returncode, out, err

    def run(self, *arguments: str, **env: str) -> tuple[int, str, str]:
        """Run the program to its end and return exit code, stdout and stderr."""
        return self.end(self.start(*arguments, **env))

    def refused(self, *arguments: str, **env: str) -> dict[str, Any]:
        """Run what has to fail and return its error, which is all that it says."""
        code, out, err = self.run(*arguments, "--format", "json", **env)
        error: dict[str, Any] = json.loads(err)
        assert (code, out) == (error["exit_code"], ""), err
        return error

    def close(self) -> None:
        """End what still runs."""
        for process in self._running:
            process.kill()
            process.communicate()
