"""Hosts on loopback: each with configuration, keys and a real rqlited that wants passwords and certificates.

Its programs are the installed ones; only systemd is a stand-in (testkit.systemctl), because there is none here.
"""

import contextlib
import os
import subprocess
from pathlib import Path

import pytest

from debros.rqlite import binary
from testkit.ca import Ca
from testkit.hosts import READY, USERS, Host


@pytest.fixture(scope="session")
def rqlited():
    return binary.find(None, allow_third_party=True).path


@pytest.fixture(scope="session")
def ca():
    return Ca()


@contextlib.contextmanager
def _factory(tmp_path_factory, rqlited, ca):
    made = []

    def make(count, *, full=False, apart=False):
        passwords = {user: f"{user}:§-{count}" for user in USERS}
        root = tmp_path_factory.mktemp("hosts")
        hosts = [
            Host(root / name, name, rqlited, passwords, full=full, address=f"127.0.0.{number if apart else 1}")
            for number, name in ((number, f"h{number}") for number in range(1, count + 1))
        ]
        made.extend(hosts)
        for host in hosts:
            (host.keys / "raft-ca.crt").write_bytes(ca.pem)
            request = host.json("csr", "--name", host.name, "--address", host.address)["csr"]
            host.json("certificate", "install", stdin=ca.sign(request.encode()))
            host.configure(hosts)
        for host in hosts:
            host.start()
        for host in hosts:
            host.json("wait-ready", "--voters", str(count), "--timeout", str(READY))
        return hosts

    try:
        yield make
    finally:
        for host in made:
            host.halt()


@pytest.fixture(scope="module")
def make_hosts(tmp_path_factory, rqlited, ca):
    """A factory of clusters that end with the module; the keys and certificates are made by the commands under test.

    With apart, each host has an address of its own.
    """
    with _factory(tmp_path_factory, rqlited, ca) as make:
        yield make


@pytest.fixture(scope="session")
def make_lasting_hosts(tmp_path_factory, rqlited, ca):
    """The same for clusters that several modules use."""
    with _factory(tmp_path_factory, rqlited, ca) as make:
        yield make


@pytest.fixture(scope="session")
def _cluster(make_lasting_hosts):
    return make_lasting_hosts(3)


@pytest.fixture
def cluster(_cluster):
    """Three hosts, all ready; what a test has stopped is started again."""
    for host in _cluster:
        if not _runs(host):
            host.start()
    for host in _cluster:
        host.json("wait-ready", "--voters", "3", "--timeout", str(READY))
    return _cluster


@pytest.fixture(scope="session")
def single(make_lasting_hosts):
    return make_lasting_hosts(1)[0]


@pytest.fixture
def roles(cluster):
    """The leader, and the followers."""
    leads = {host.name: host.json("leader")["is_leader"] for host in cluster}
    (leader,) = [host for host in cluster if leads[host.name]]
    return leader, [host for host in cluster if host is not leader]


def _runs(host):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(host.pid, 0)
        return "State:\tZ" not in Path(f"/proc/{host.pid}/status").read_text()
    return False


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 16 MB."""
    path = tmp_path / "disk"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs", str(path)], check=True)
    yield path
    subprocess.run(["umount", str(path)], check=True)


@pytest.fixture(scope="session")
def make_ca():
    return Ca


@pytest.fixture
def host(single):
    """A host with an empty directory of backups and one table of every kind of value."""
    tables = [row[0].replace('"', '""') for row in single.sql("SELECT name FROM sqlite_master WHERE type = 'table'")[0]]
    single.write(*(f'DROP TABLE "{name}"' for name in tables), "SELECT 1")
    single.write(
        "CREATE TABLE all_kinds (a INTEGER PRIMARY KEY, b TEXT, c REAL, d BLOB, e)",
        "CREATE INDEX by_b ON all_kinds (b)",
        "INSERT INTO all_kinds VALUES (1, 'ä\n\"''', 1.5, x'00ff', NULL), (2, '', -0.0, x'', 9223372036854775807)",
        'CREATE TABLE "a ""quoted"" name" (k TEXT PRIMARY KEY, v) WITHOUT ROWID',
        'INSERT INTO "a ""quoted"" name" VALUES (\'k\', \'v\')',
        "CREATE TABLE blank (a)",
    )
    for path in single.backups.glob("*"):
        path.unlink()
    return single
