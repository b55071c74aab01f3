"""Show how a start goes: a live table on a terminal, one line per change elsewhere."""

import time
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table

STYLES = {"ready": "green", "failed": "bold red", "backoff": "yellow", "waiting": "dim"}
WORDS = {"backoff": "exited, starts again", "failed": "fails"}


class Progress:
    """Shows the state of named processes; use it as a context manager around the wait."""

    def __init__(self, names: list[str], out: TextIO) -> None:
        self._states = dict.fromkeys(names, "")
        self._since = time.monotonic()
        self._took: dict[str, float] = {}
        self._out = out
        self._live: Live | None = None
        if out.isatty():
            console = Console(file=out)
            self._live = Live(console=console, refresh_per_second=8, transient=True, get_renderable=self._table)

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def update(self, name: str, state: str) -> None:
        """Tell the state of a process; the same state again is no news."""
        before = self._states[name]
        if before == state:
            return
        self._states[name] = state
        self._took[name] = time.monotonic() - self._since
        # What was ready before anything was waited for needs no line.
        if not self._live and (before or state != "ready") and state in {"ready", "backoff", "failed"}:
            self._out.write(f"  {name:<16} {WORDS.get(state, state)} ({self._took[name]:.1f} s)\n")
            self._out.flush()

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for name, state in self._states.items():
            took = f"{self._took[name]:.1f} s" if state == "ready" else ""
            table.add_row(f"  {name}", f"[{STYLES.get(state, 'default')}]{WORDS.get(state, state)}[/]", took)
        return table
