"""The three endurance runs: two honest nodes that hear each other only through a third, and a load on that one.

Each run returns what it has seen, and what was wrong: an honest message that was lost, a process that has ended, grown,
kept descriptors or written a stack trace, a newcomer who was not let in.
"""

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import psutil

from testkit.endurance.astray import lead_astray
from testkit.endurance.honest import TOPIC, Traffic
from testkit.endurance.parent import Child
from testkit.nodes import Node
from testkit.watched import MIB, Watched, resident_memory

# Samples from which memory can be judged; a short run has fewer.
_ENOUGH_SAMPLES = 60
# Seconds in which the descriptors of connections that have just ended go; dead handshakes have five.
_SETTLING = 60
# Honest messages a second beside another load: a steady flow, not a load of its own.
_BESIDE = 128


@dataclass
class Report:
    """What a run has seen, and what of it was wrong."""

    seen: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Nodes:
    """Three running nodes: `relay`, to which `ends[0]` and `ends[1]` are connected."""

    def __init__(self, relay, *ends):
        self.relay = relay
        self.ends = ends

    @property
    def all(self):
        return (self.relay, *self.ends)


@asynccontextmanager
async def three_nodes(home):
    """Start three nodes with their directories under `home`; killed at the end if they still run."""
    made = []
    try:
        for name in ("relay", "one", "other"):
            made.append(Node(home / name, [made[0].address] if made else [], id=name).start())
        yield Nodes(*made)
    finally:
        for node in made:
            if node.process.poll() is None:
                node.kill()


@asynccontextmanager
async def _watched(nodes, report, progress, unit, pause):
    """Sample the nodes while the block runs, and judge them after it."""
    watched = [Watched(node.home.name, psutil.Process(node.process.pid), resident_memory) for node in nodes.all]
    before = {one.name: one.process.num_fds() for one in watched}

    async def look():
        while all(one.process.is_running() for one in watched):
            for one in watched:
                one.look(progress())
            await asyncio.sleep(pause)

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    for one, node in zip(watched, nodes.all, strict=True):
        if node.process.poll() is not None:
            report.wrong.append(f"{one.name} has ended with status {node.process.returncode}")
            continue
        after = await _settled(one.process, before[one.name])
        report.seen.append(_line(one, before[one.name], after, unit))
        if len(one.memory) >= _ENOUGH_SAMPLES and (said := one.verdict(before[one.name], after)):
            report.wrong.append(f"{one.name}: {said}")
    report.wrong += [f"{node.home.name}: a stack trace in its log" for node in nodes.all if _traced(node)]
    report.wrong += [f"{end.home.name}: its relay was lost: {line}" for end in nodes.ends for line in _lost(end, nodes)]


async def _settled(process, before):
    deadline = time.monotonic() + _SETTLING
    while (after := process.num_fds()) > before and time.monotonic() < deadline:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.5)
    return after


def _line(one, before, after, unit):
    third = max(1, len(one.memory) // 3)
    parts = [one.memory[start : start + third] for start in (0, third, 2 * third)]
    means = ", ".join(f"{sum(part) / len(part) / MIB:.1f}" for part in parts if part)
    return (
        f"{one.name}: resident memory {one.memory[0] / MIB:.1f} MiB at first, {means} in its thirds, "
        f"{one.memory[-1] / MIB:.1f} at last, {one.slope() / 1024:+.3f} KiB per {unit} in the second half; "
        f"descriptors {before} before, {max(one.descriptors)} at most, {after} after"
    )


def _lost(end, nodes):
    """What an honest node has said of the relay's leaving."""
    relay = nodes.relay.peer_id
    lines = end.log.read_text(errors="replace").splitlines()
    return [line for line in lines if "peer disconnected" in line and relay in line]


def _traced(node):
    return "Traceback (most recent call last)" in node.log.read_text(errors="replace")


async def cycles(nodes: Nodes, *, count: int, at_once: int = 4, seed: int = 0, pause: float = 1.0) -> Report:
    """Peers with ever new keys connect and disconnect, `count` in all, while honest messages flow."""
    report = Report()
    begun = time.monotonic()
    async with Traffic(nodes.ends[0].socket, [nodes.ends[1].socket], rate=_BESIDE) as traffic:
        child = Child("visitors", nodes.relay.address, "--count", count, "--at-once", at_once, "--seed", seed)
        async with _watched(nodes, report, lambda: child.told.get("done", 0), "cycle", pause), child:
            leaving = asyncio.create_task(child.wait())
            await traffic.run(lambda _sent: leaving.done())
    told = child.told
    report.seen.append(f"{told.get('done')} visits in {time.monotonic() - begun:.0f} s, {traffic.sent} honest messages")
    if told.get("done") != count or told["refused"] or told["deaf"]:
        report.wrong.append(f"of {count} visits: {told}")
    report.wrong += traffic.wrong()
    return report


async def messages(
    nodes: Nodes, *, count: int, size: int = 100, rate: float | None = None, pause: float = 1.0
) -> Report:
    """`count` messages with one relay in between, `rate` a second at most.

    Nodes remember what they have seen for two minutes, so their memory follows the rate:
    a run whose memory is judged has one.
    """
    report = Report()
    listeners = [nodes.relay.socket, nodes.ends[1].socket]
    async with Traffic(nodes.ends[0].socket, listeners, size=size, rate=rate) as traffic:
        begun = time.monotonic()
        async with _watched(nodes, report, lambda: traffic.sent, "message", pause):
            await traffic.run(lambda sent: sent >= count)
        seconds = time.monotonic() - begun
    report.seen.append(f"{traffic.sent} messages in {seconds:.0f} s, {traffic.sent / seconds:.0f} a second")
    report.wrong += traffic.wrong()
    return report


async def hostile(
    nodes: Nodes,
    *,
    attacks: int = 10**9,
    seconds: float | None = None,
    at_once: int = 12,
    seed: int = 0,
    pause: float = 1.0,
) -> Report:
    """Attacks of every kind on the relay, so many or so long, while honest messages flow and newcomers come."""
    report = Report()
    begun = time.monotonic()
    address = nodes.relay.address
    async with AsyncExitStack() as stack:
        traffic = await stack.enter_async_context(Traffic(nodes.ends[0].socket, [nodes.ends[1].socket], rate=_BESIDE))
        attackers = Child("hostile", address, "--count", attacks, "--at-once", at_once, "--seed", seed)
        # Each newcomer stays until it has heard an honest message.
        newcomers = Child("visitors", address, "--count", 10**9, "--at-once", 1, "--topic", TOPIC, "--seed", ~seed)
        await stack.enter_async_context(_watched(nodes, report, lambda: time.monotonic() - begun, "second", pause))
        async with attackers, newcomers, lead_astray(nodes, report):
            attacked = asyncio.create_task(attackers.wait())
            await traffic.run(
                lambda _sent: attacked.done() or (seconds is not None and time.monotonic() - begun > seconds)
            )
    told, came = attackers.told, newcomers.told
    report.seen.append(
        f"{told.get('done', 0)} attacks in {time.monotonic() - begun:.0f} s, {traffic.sent} honest messages, "
        f"{came.get('done', 0)} newcomers; {told.get('kinds')}"
    )
    if told.get("imposters_let_in"):
        report.wrong.append(f"{told['imposters_let_in']} peers were let in under another's identity")
    if not came.get("done") or came["refused"] or came["deaf"]:
        report.wrong.append(f"newcomers: {came}")
    report.wrong += traffic.wrong()
    return report
