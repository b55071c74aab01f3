"""A terminal of its own for a program that a test types to, and what a person would see on it."""

import os
import re
from collections.abc import Mapping, Sequence

import pexpect

_DEADLINE = 120  # seconds to wait for an event; never a measurement
# What moves the cursor, colours, names the window, and chooses character sets (ECMA-48: CSI, OSC; ISO 2022).
_STEERING = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-B]|[=>a-zA-Z])|[\x00\x07\x08]"
)


class Terminal:
    """The test's end of it.

    Args:
        command: Program and arguments.
        env: What the program finds in its environment; None for that of the tests.
        columns: How wide it is.
    """

    def __init__(self, command: Sequence[str], env: Mapping[str, str] | None = None, *, columns: int = 80) -> None:
        environ = {"TERM": "xterm"} | dict(os.environ if env is None else env)
        self._child = pexpect.spawn(
            command[0],
            list(command[1:]),
            env={name: value for name, value in environ.items() if name not in {"COLUMNS", "LINES"}},
            dimensions=(24, columns),
            encoding="utf-8",
            codec_errors="replace",
            timeout=_DEADLINE,
        )
        self.raw = ""
        self._seen = 0

    @property
    def text(self) -> str:
        """All that was shown, without what steers the terminal."""
        return _STEERING.sub("", self.raw).replace("\r\n", "\n")

    def type(self, keys: str) -> None:
        """Press keys, such as "\\t" and "\\r"; from now on only what comes after counts for `shows`."""
        self._seen = len(self.text)
        self._child.send(keys)

    def shows(self, *words: str) -> None:
        """Wait until all of these stand on the terminal, as far as it is of since the last keys."""
        while not all(word in self.text[self._seen :] for word in words):
            assert self._read(), f"ended, and showed only: {self.text}"

    def end(self) -> int:
        """Wait for the program's end and return its exit code, or the negative number of the signal."""
        while self._read():
            pass
        self._child.close()
        code = self._child.exitstatus
        return -int(self._child.signalstatus or 0) if code is None else int(code)

    def close(self) -> None:
        """End the program, if it still runs."""
        self._child.close(force=True)

    def _read(self) -> bool:
        """Take what comes next; return False when nothing more will."""
        try:
            self.raw += self._child.read_nonblocking(65536, _DEADLINE)
        except pexpect.EOF:
            return False
        except pexpect.TIMEOUT:
            raise AssertionError(f"nothing more came; shown so far: {self.text}") from None
        return True
