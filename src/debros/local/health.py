"""Wait until every process of every host answers, and say what is wrong with the one that does not."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from debros.local import probes, processes, running
from debros.local.errors import LocalError
from debros.local.layout import Host, Layout

INTERVAL = 0.2  # seconds between two rounds of questions
TAIL_LINES = 15


async def answers(hosts: list[Host]) -> dict[str, bool]:
    """Ask every process of the hosts once; return by name whether it answers as it should."""
    names = [name for host in hosts for name in processes.names(host)]
    questions = [probe(host) for host in hosts for probe in (probes.rqlite, probes.node, probes.gateway)]
    return dict(zip(names, await asyncio.gather(*questions), strict=True))


async def wait(layout: Layout, hosts: list[Host], *, timeout: float, show: Callable[[str, str], None]) -> None:  # noqa: ASYNC109 -- the message depends on what was missing
    """Return when everything answers.

    Args:
        layout: The cluster's directory.
        hosts: Those to wait for.
        timeout: Seconds for all of it.
        show: Called with a process' name and state, again and again.

    Raises:
        LocalError: A process fails for good, the supervisor died, or time is up; with the end of the log concerned.
    """
    deadline = time.monotonic() + timeout
    names = [name for host in hosts for name in processes.names(host)]
    while True:
        known = {process["name"]: process for process in running.status(layout)["processes"]}
        states = {name: str(known[name]["state"]) if name in known else "waiting" for name in names}
        if all(state == "ready" for state in states.values()):
            # The supervisor's "ready" is about the start; what counts is whether they answer now.
            well = await answers(hosts)
            states = {name: "ready" if well[name] else "starting" for name in names}
        for name, state in states.items():
            show(name, state)
        missing = [name for name in names if states[name] != "ready"]
        if not missing:
            return
        for name in missing:
            if states[name] == "failed":
                code = (known[name]["last_exit"] or {}).get("code")
                raise LocalError(_failure(name, f"exits with code {code} before it is ready, again and again", layout))
        if running.supervisor(layout) is None:
            raise LocalError(f"The supervisor ended by itself.{_tail(layout.log('supervisor'))}")
        if time.monotonic() > deadline:
            raise LocalError(_failure(missing[0], f"is not ready after {timeout:.0f} s", layout))
        await asyncio.sleep(INTERVAL)


def tail(path: Path, lines: int) -> list[str]:
    """Return the last lines of a log; empty when it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - 64 * 1024, 0))  # the last lines of any log of ours are within 64 KiB
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except OSError:
        return []


def _failure(name: str, what: str, layout: Layout) -> str:
    return f"{name} {what}.{_tail(layout.log(name))}"


def _tail(path: Path) -> str:
    # The gateway logs every request; those that only asked whether it is ready say nothing about why it is not.
    lines = [line for line in tail(path, 100 * TAIL_LINES) if "/health" not in line][-TAIL_LINES:]
    if not lines:
        return f" Its log is empty: {path}"
    return f" The end of its log, {path}:\n" + "\n".join(f"    {line}" for line in lines)
