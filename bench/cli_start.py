"""How long network-cli takes to answer --help, of itself and of every command, as a ratio to bare `python -c pass`.

    python bench/cli_start.py [--rounds 9]

All commands take turns, round by round, with the bare interpreter before each, so that a neighbour on the machine slows
all; each cell is the median of its rounds. The processor time of the process, which neighbours hardly change, stands
beside what a clock on the wall says. A person takes 150 ms for at once.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from testkit import commandtree

PROGRAM = str(Path(sys.executable).with_name("network-cli"))
BARE = [sys.executable, "-c", "pass"]


@dataclass(frozen=True)
class Run:
    """One process from its start to its end, in milliseconds: by the wall, and of the processor."""

    wall: float
    processor: float


def run(command: list[str]) -> Run:
    """Run a command that has to end well."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    assert process.returncode == 0, command
    return Run(1000 * wall, 1000 * (used.ru_utime + used.ru_stime))


def median(runs: list[Run]) -> Run:
    """Return the medians of both."""
    return Run(statistics.median(one.wall for one in runs), statistics.median(one.processor for one in runs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    seen: dict[tuple[str, ...], list[Run]] = {words: [] for words, _ in commandtree.walk()}
    bare: list[Run] = []
    run(BARE)
    for words in seen:
        run([PROGRAM, *words, "--help"])  # the first one writes bytecode
    for _ in range(given.rounds):
        for words, runs in seen.items():
            bare.append(run(BARE))
            runs.append(run([PROGRAM, *words, "--help"]))
    nothing = median(bare)
    print("| | ms | ratio | processor, ms | ratio |")
    print("|---|---|---|---|---|")
    print(f"| python -c pass | {nothing.wall:.0f} | 1.0 | {nothing.processor:.0f} | 1.0 |")
    for words, runs in sorted(seen.items(), key=lambda one: median(one[1]).processor):
        one = median(runs)
        wall = f"{one.wall:.0f} | {one.wall / nothing.wall:.1f}"
        processor = f"{one.processor:.0f} | {one.processor / nothing.processor:.1f}"
        print(f"| {' '.join(('network-cli', *words, '--help'))} | {wall} | {processor} |")
    print(f"\nslowest: {max(median(runs).wall for runs in seen.values()):.0f} ms")


if __name__ == "__main__":
    main()
