"""How hosts become one cluster, and never two: the flags are those of production, the disks come and go."""

import asyncio
import contextlib
import functools
import json
import signal
import socket
import ssl

import pytest

from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import AccessDenied, RqliteError
from debros.rqlite.health import wait_ready
from debros.rqlite.membership import is_member
from debros.rqlite.types import Credentials, Level, Statement
from debros.rqlite.version import Capabilities
from testkit.tls import Authority

READY = 120
ADMIN = Credentials("admin", "a:secret")
# Twice the interval at which a waiting host tries again: what it could do wrong, it has done by then.
TRIES = 5
# A host that is told to end while it waits or joins: 8.26 calls that a failure of clustering and exits with 1.
ENDED = (0, 1, -signal.SIGTERM)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def auth_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("auth") / "rqlite-auth.json"
    path.touch(0o600)
    users = [
        {"username": ADMIN.username, "password": ADMIN.password, "perms": ["all"]},
        {"username": "cluster", "password": "c", "perms": ["join", "join-read-only", "remove"]},
        {"username": "node", "password": "n", "perms": ["status", "ready", "query"]},
    ]
    path.write_text(json.dumps(users))
    return path


@pytest.fixture
def hosts(make_server, authority, auth_file):
    """Three servers with passwords and mutual TLS; `form(n)` gives the first n one list of each other."""
    servers = [make_server() for _ in range(3)]
    for server in servers:
        key, certificate = authority.issue(server.id)
        server.configure(
            rqlite_auth_file=auth_file,
            rqlite_tls_cert_file=certificate,
            rqlite_tls_key_file=key,
            rqlite_tls_ca_file=authority.certificate,
        )
    yield servers
    for server in servers:
        server.kill()


def told_of(servers):
    """Give each of the servers the same list, and the number of them to wait for."""
    join = ",".join(server.raft for server in servers)
    for server in servers:
        server.configure(rqlite_join_address=join, rqlite_bootstrap_expect=len(servers))
    return servers


@contextlib.asynccontextmanager
async def asking(*servers, credentials=ADMIN):
    async with RqliteClient([server.url for server in servers], credentials=credentials) as client:
        yield client


async def ready(*servers):
    for server in servers:
        async with asking(server) as client:
            await wait_ready(client, READY)


async def voters(server):
    async with asking(server) as client:
        return {node.id for node in await client.nodes() if node.voter and node.reachable}


async def write(server, value, *, create=False):
    async with asking(server) as client:
        if create:
            await client.execute(Statement("CREATE TABLE t (a)"))
        await client.execute(Statement("INSERT INTO t VALUES (?)", [value]))


async def read(server, level=Level.STRONG):
    async with asking(server) as client:
        return [a for (a,) in (await client.query(Statement("SELECT a FROM t ORDER BY a"), level)).values]


async def stays_alone(server):
    """See that a server neither leads nor follows anybody, however often it tries; it goes on trying."""
    attempts = 0
    async with asking(server) as client:
        while attempts < TRIES:
            with pytest.raises(RqliteError):
                await client.query(Statement("SELECT 1"))
            attempts = server.log.read_text().rpartition("launch command")[2].count("failed to notify all targets")
            await asyncio.sleep(0.2)
    assert server.process.poll() is None
    assert not is_member(server.config.database.data_dir)


async def complete(eventually, servers):
    wanted = {server.id for server in servers}
    for server in servers:

        async def sees_all(server=server):
            with contextlib.suppress(RqliteError):
                return await voters(server) == wanted

        await eventually(sees_all)


async def test_three_empty_hosts_with_one_list_form_one_cluster(hosts, eventually):
    for server in told_of(hosts):
        server.start()
    await ready(*hosts)
    await complete(eventually, hosts)
    await write(hosts[0], 1, create=True)
    assert await read(hosts[2]) == [1]
    # All at once, as after a power cut; nobody is told to join any more.
    for server in hosts:
        server.kill()
    for server in hosts:
        server.start()
    await ready(*hosts)
    assert await read(hosts[1]) == [1]
    assert await voters(hosts[1]) == {server.id for server in hosts}


async def test_from_one_host_to_three(hosts, eventually):
    first, *others = hosts
    told_of([first])[0].start()
    await ready(first)
    await write(first, 1, create=True)
    first.stop()
    told_of(hosts)
    # The new ones start while the first is away: two of three must not be enough.
    for server in others:
        server.start()
    for server in others:
        await stays_alone(server)
    first.start()
    await ready(*hosts)
    await complete(eventually, hosts)
    assert await read(others[1]) == [1]


async def has_row(server):
    with contextlib.suppress(RqliteError):
        return await read(server, Level.NONE) == [1]


@pytest.mark.parametrize("lost", [0, 2], ids=["the first host", "the last host"])
async def test_a_host_rebuilt_with_an_empty_disk_comes_back(hosts, eventually, lost):
    for server in told_of(hosts):
        server.start()
    await ready(*hosts)
    await complete(eventually, hosts)
    await write(hosts[1], 1, create=True)
    # The one that is wiped may have been of the majority that acknowledged it.
    for server in hosts:
        await eventually(functools.partial(has_row, server))
    for server in hosts:
        server.kill()
    hosts[lost].wipe()
    hosts[lost].start()
    await stays_alone(hosts[lost])  # it is alone, and waits
    for server in hosts:
        if server.process is None:
            server.start()
    await ready(*hosts)
    await complete(eventually, hosts)
    assert await read(hosts[lost]) == [1]


async def test_two_empty_disks_get_the_data_of_the_one_that_is_left(hosts, eventually):
    for server in told_of(hosts):
        server.start()
    await ready(*hosts)
    await complete(eventually, hosts)
    await write(hosts[0], 1, create=True)
    # The two that are wiped may have been the majority that acknowledged it.
    await eventually(functools.partial(has_row, hosts[0]))
    for server in hosts:
        server.kill()
    for server in hosts[1:]:
        server.wipe()
        server.start()
    for server in hosts[1:]:
        await stays_alone(server)
    hosts[0].start()
    await ready(*hosts)
    await complete(eventually, hosts)
    assert await read(hosts[2]) == [1]


async def test_a_member_is_known_by_its_snapshot_too(hosts, eventually):
    (first,) = told_of(hosts[:1])
    first.start("-raft-snap", "16", "-raft-snap-int", "1s")
    await ready(first)
    async with asking(first) as client:
        await client.execute(Statement("CREATE TABLE t (a)"))
        snapshots = first.config.database.data_dir

        async def snapshot():
            for _ in range(40):
                await client.execute(Statement("INSERT INTO t VALUES (1)"))
            return any(snapshots.glob("?snapshots/*/meta.json"))

        await eventually(snapshot)
    first.kill()
    assert is_member(snapshots)
    first.start()
    await ready(first)


def answers_a_stranger(server, authority, *, certificate):
    """Ask a Raft port's cluster service for the HTTP address, as every rqlite client does; tell whether it answers."""
    context = ssl.create_default_context(cafile=authority.certificate)
    if certificate:
        key, own = authority.issue("stranger")
        context.load_cert_chain(own, key)
    host, _, port = server.raft.rpartition(":")
    with (
        socket.create_connection((host, int(port)), READY) as plain,
        context.wrap_socket(plain, server_hostname="debros-raft") as tls,
    ):
        try:
            # Header of the cluster service, length of the command, and the command GET_NODE_API_URL.
            tls.sendall(b"\x02" + (2).to_bytes(8, "little") + b"\x08\x01")
            return tls.recv(1) != b""
        except OSError:
            return False


async def test_the_raft_port_asks_for_a_certificate(hosts, authority, rqlited):
    (first,) = told_of(hosts[:1])
    first.start()
    await ready(first)
    assert answers_a_stranger(first, authority, certificate=True)
    # A version that does not ask for one is known and warned about; see Capabilities.verifies_hosts.
    refuses = not answers_a_stranger(first, authority, certificate=False)
    assert refuses is Capabilities.of(rqlited.version).verifies_hosts


async def test_a_host_without_tls_or_of_another_authority_stays_outside(hosts, make_server, auth_file, tmp_path):
    (first,) = told_of(hosts[:1])
    first.start()
    await ready(first)
    bare, foreign = make_server(first.raft), make_server(first.raft)
    bare.configure(rqlite_auth_file=auth_file)
    other = Authority(tmp_path / "other")
    key, certificate = other.issue("foreign")
    foreign.configure(
        rqlite_auth_file=auth_file,
        rqlite_tls_cert_file=certificate,
        rqlite_tls_key_file=key,
        rqlite_tls_ca_file=other.certificate,
    )
    for server, reason in ((bare, "failed to join"), (foreign, "unknown authority")):
        server.start()
        async with asyncio.timeout(READY):
            while not server.logged(reason):  # noqa: ASYNC110 - it is written by another process
                await asyncio.sleep(0.1)
        server.kill()
    assert await voters(first) == {first.id}


async def test_a_host_with_the_wrong_password_stays_outside(hosts, authority, make_server, tmp_path):
    (first,) = told_of(hosts[:1])
    first.start()
    await ready(first)
    wrong = tmp_path / "auth.json"
    wrong.touch(0o600)
    wrong.write_text(json.dumps([{"username": "cluster", "password": "wrong", "perms": ["join"]}]))
    stranger = make_server(first.raft)
    key, certificate = authority.issue("other")
    stranger.configure(
        rqlite_auth_file=wrong,
        rqlite_tls_cert_file=certificate,
        rqlite_tls_key_file=key,
        rqlite_tls_ca_file=authority.certificate,
    )
    stranger.start()
    async with asyncio.timeout(READY):
        while not stranger.logged("unauthorized"):  # noqa: ASYNC110 - it is written by another process
            await asyncio.sleep(0.1)
    assert await voters(first) == {first.id}

    # It is still joining, and ends at once when it is told to.
    process = stranger.process
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(READY) in ENDED


async def test_a_waiting_host_ends_when_it_is_told_to(hosts):
    server = told_of(hosts)[0].start()
    await stays_alone(server)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(READY) in ENDED


async def test_passwords_and_permissions_are_asked_for(hosts):
    (first,) = told_of(hosts[:1])
    first.start()
    await ready(first)
    for credentials in (None, Credentials("node", "wrong"), Credentials("nobody", "n")):
        async with asking(first, credentials=credentials) as client:
            with pytest.raises(AccessDenied):
                await client.query(Statement("SELECT 1"))
            with pytest.raises(AccessDenied):
                await client.status()
    async with asking(first, credentials=Credentials("node", "n")) as client:
        assert await client.ready()
        assert [node.id for node in await client.nodes()] == [first.id]
        with pytest.raises(AccessDenied):
            await client.execute(Statement("CREATE TABLE t (a)"))
