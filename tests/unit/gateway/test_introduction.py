"""A gateway without a node enters its peer id where the nodes read it."""

import asyncio
from types import SimpleNamespace

import pytest

from debros.enrol import clients
from debros.gateway import introduction
from debros.gateway.introduction import Introduction
from debros.p2p.client import RelayUnavailable
from debros.rqlite.errors import NoLeader

DAY = 24 * 3600 * 1000
NOW = 100 * DAY


class Daemon:
    """What of a `P2PClient` is asked."""

    connected = True
    answers = True

    async def status(self):
        if not self.answers:
            raise RelayUnavailable("the daemon is gone")
        return SimpleNamespace(peer_id="12D3KooWhere")


class Rqlite:
    """Notes writes."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.written = []

    async def execute(self, statement, before=None):
        if self.failures:
            raise self.failures.pop()
        self.written.append((before, statement))


@pytest.fixture
def made():
    def made(*failures, ready=True):
        rqlite, daemon = Rqlite(*failures), Daemon()
        return Introduction(rqlite, daemon, ready=lambda: ready, clock=lambda: NOW), rqlite, daemon

    return made


async def test_it_is_entered_and_who_has_been_silent_for_a_day_goes(made) -> None:
    one, rqlite, _ = made()
    assert await one.enter()
    ((before, statement),) = rqlite.written
    assert (before.sql, before.args) == (clients.FORGET, (NOW - DAY,))
    assert (statement.sql, statement.args) == (clients.ENTER, ("12D3KooWhere", NOW))


async def test_nothing_is_written_before_tables_and_daemon_are_there(made) -> None:
    one, rqlite, _ = made(ready=False)
    assert not await one.enter()
    one, rqlite, daemon = made()
    daemon.connected = False
    assert not await one.enter()
    daemon.connected, daemon.answers = True, False
    assert not await one.enter()
    assert rqlite.written == []


async def test_it_tries_again_soon_and_renews_later(made, monkeypatch) -> None:
    pauses, enough = [], asyncio.Event()

    async def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            enough.set()
            await asyncio.Event().wait()

    one, rqlite, _ = made(NoLeader("election"))
    monkeypatch.setattr(introduction, "asyncio", SimpleNamespace(sleep=sleep))
    task = asyncio.create_task(one.run())
    async with asyncio.timeout(60):
        await enough.wait()
    task.cancel()
    first, *later = pauses
    assert first == introduction.RETRY
    assert all(introduction.PERIOD / 2 <= pause <= introduction.PERIOD * 1.5 for pause in later)
    assert len(rqlite.written) == 2
