"""The set of processes: started along their dependencies, stopped against them."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterable, Iterator

from debros.supervise.keeper import Keeper
from debros.supervise.spec import ProcessSpec, ProcessStatus


class Supervisor:
    """Runs processes until `stop`, SIGTERM or SIGINT; `on_change` is called after every change of a process' state.

    A process starts when those it comes `after` are ready, and is stopped when those that come after it have stopped;
    processes that do not depend on each other start and stop side by side.
    """

    def __init__(self, specs: Iterable[ProcessSpec], *, on_change: Callable[[], None] = lambda: None) -> None:
        self._keepers: dict[str, Keeper] = {}
        self._on_change = on_change
        self._stop_requested = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        for spec in specs:
            self.add(spec)

    def add(self, spec: ProcessSpec) -> None:
        """Add a process; while running, it is started.

        Raises:
            ValueError: The name is taken, or `after` names a process that is not there (so cycles cannot be built).
        """
        if spec.name in self._keepers:
            raise ValueError(f"{spec.name}: added twice")
        unknown = [name for name in spec.after if name not in self._keepers]
        if unknown:
            raise ValueError(f"{spec.name}: comes after {unknown[0]}, which is not there")
        keeper = Keeper(spec, [self._keepers[name] for name in spec.after], self._on_change)
        self._keepers[spec.name] = keeper
        if self._tasks is not None and not self._stop_requested.is_set():
            self._tasks.create_task(keeper.run())

    def status(self) -> list[ProcessStatus]:
        """Return what is known about each process, in the order they were added."""
        return [keeper.status() for keeper in self._keepers.values()]

    def stop(self) -> None:
        """Ask `run` to stop everything and return."""
        self._stop_requested.set()

    async def run(self, *, handle_signals: bool = True) -> None:
        """Keep the processes running until asked to stop; return when all have ended.

        Args:
            handle_signals: Take SIGTERM and SIGINT as the request to stop.
        """
        with self._signals_handled() if handle_signals else contextlib.nullcontext():
            async with asyncio.TaskGroup() as self._tasks:
                for keeper in self._keepers.values():
                    self._tasks.create_task(keeper.run())
                await self._stop_requested.wait()
                await asyncio.gather(*(self._stop_after_dependents(keeper) for keeper in self._keepers.values()))

    async def _stop_after_dependents(self, keeper: Keeper) -> None:
        for other in self._keepers.values():
            if keeper in other.after:
                await other.stopped.wait()
        await keeper.stop()

    @contextlib.contextmanager
    def _signals_handled(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)
