"""Peers that come and go, a million messages, peers that mean no good: do nodes keep their memory, and their word?

    make endurance [ENDURANCE="cycles --count 10000"]
    make endurance ENDURANCE="messages --count 1000000"
    make endurance ENDURANCE="hostile --minutes 60 --seed 7"

Without arguments all three, with these numbers. Three real nodes on loopback, of which two hear each other only through
the third; the load is on that one, and numbered messages cross it all the time. Ends with 1 when one of them was lost,
came twice or out of order, when a node ended, wrote a stack trace, grew (the last third of the run against its middle
third) or kept descriptors, or when a newcomer was not let in.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testkit.endurance import run

if TYPE_CHECKING:
    from collections.abc import Sequence


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=("all", "cycles", "messages", "hostile"), default="all")
    parser.add_argument("--count", type=int, help="cycles (default: 10,000), or messages (default: a million)")
    parser.add_argument("--minutes", type=float, default=60, help="of hostile peers")
    parser.add_argument("--at-once", type=int, default=0, help="visitors (default: 4) or attackers (12) at a time")
    parser.add_argument(
        "--rate",
        type=float,
        default=1000,
        help="messages a second at most; 0: as fast as they are heard (default: 1,000)",
    )
    parser.add_argument("--size", type=int, default=100, help="bytes of a message")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the nodes' directories, logs among them, here")
    return parser


async def _part(name: str, given: argparse.Namespace) -> Any:
    with ExitStack() as stack:
        folder = given.keep / name if given.keep else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        async with run.three_nodes(folder) as nodes:
            if name == "cycles":
                return await run.cycles(nodes, count=given.count or 10_000, at_once=given.at_once or 4, seed=given.seed)
            if name == "messages":
                count = given.count or 1_000_000
                return await run.messages(nodes, count=count, size=given.size, rate=given.rate or None)
            seconds = given.minutes * 60
            return await run.hostile(nodes, seconds=seconds, at_once=given.at_once or 12, seed=given.seed)


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    wrong = 0
    for name in ("cycles", "messages", "hostile") if given.part == "all" else (given.part,):
        report = asyncio.run(_part(name, given))
        print(f"{name} (seed {given.seed})")
        for line in report.seen:
            print(f"  {line}")
        for line in report.wrong:
            print(f"  WRONG {line}")
        sys.stdout.flush()
        wrong += len(report.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
