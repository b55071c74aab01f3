"""A process under load: its memory and descriptors, sample by sample, and whether they stay."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

MIB = 1024 * 1024
TOLERANCE = 6 * MIB, 0.05  # the larger of the two: bytes, share


def own_memory(process: psutil.Process) -> int:
    """Bytes that a process has for itself alone."""
    return int(process.memory_full_info().uss)


def resident_memory(process: psutil.Process) -> int:
    """Bytes of a process that are in memory, those it shares with others among them; cheaper to ask for."""
    return int(process.memory_info().rss)


@dataclass
class Watched:
    """A process and what it used.

    Attributes:
        name: what it is called in the report.
        process: it.
        measure: how its memory is read.
        progress: what the load had done at each sample (seconds, messages, …); a slope is told per unit of it.
    """

    name: str
    process: psutil.Process
    measure: Callable[[psutil.Process], int] = own_memory
    progress: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)

    def look(self, progress: float = 0.0) -> None:
        """Take a sample."""
        self.progress.append(progress)
        self.memory.append(self.measure(self.process))
        self.descriptors.append(self.process.num_fds())

    def verdict(self, before: int, after: int) -> str:
        """Return what is wrong, "" when nothing is.

        Args:
            before: its descriptors before the load.
            after: its descriptors after it.
        """
        third = len(self.memory) // 3
        middle, last = (statistics.median(self.memory[a : a + third]) for a in (third, 2 * third))
        if last - middle > max(TOLERANCE[0], middle * TOLERANCE[1]):
            return f"memory grew from {middle / MIB:.1f} to {last / MIB:.1f} MiB"
        return f"{after} descriptors after the load, {before} before" if after > before else ""

    def slope(self) -> float:
        """Bytes per unit of progress in the second half of the samples, by least squares: what a long run adds."""
        half = len(self.memory) // 2
        progress, memory = self.progress[half:], self.memory[half:]
        if len(set(progress)) < 2:
            return 0.0
        return statistics.linear_regression(progress, memory).slope
