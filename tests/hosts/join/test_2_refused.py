"""Invites that are not good, and hosts that do not fit: told so, and left as they are."""

import dataclasses
import os
import time

import pytest

from debros.enrol import invite as invites
from hostkit.installer import LOG
from hostkit.joined import NAMES
from hostkit.snapshot import snapshot

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def invite(hosts):
    return hosts.invite("n1", "--ttl 20m")


@pytest.fixture(scope="module")
def untouched(newcomer):
    return snapshot(newcomer.machine)


def refused(newcomer, invite):
    """Return what is said when the newcomer wants to join."""
    done = newcomer.piped("--join", invite, *newcomer.offline)
    assert done.returncode == 1, f"exit {done.returncode}:\n{done.stdout}{done.stderr}"
    # Where a host's own name cannot be looked up, sudo says so first.
    first, *_, last = [line for line in done.stderr.splitlines() if not line.startswith("sudo: ")]
    assert first.startswith("error: ")
    assert last == f"Everything that was said: {LOG}"
    assert "Traceback" not in done.stderr
    assert "Unpacking" not in done.stdout
    return done.stderr


def altered(invite, **values):
    return dataclasses.replace(invites.decode(invite), **values).encode()


def test_mistyped(newcomer, untouched, invite):
    assert "was cut off or mistyped: copy it whole" in refused(newcomer, invite[:-3])
    assert untouched.changes(snapshot(newcomer.machine), ignore=(LOG,)) == []


def test_of_another_authority(newcomer, untouched, invite):
    said = refused(newcomer, altered(invite, ca_sha256=os.urandom(32)))
    assert "Do not go on." in said
    assert "sudo network-cli invite" in said
    assert untouched.changes(snapshot(newcomer.machine), ignore=(LOG,)) == []


def test_of_somebody_who_does_not_answer(newcomer, untouched, invite, hosts):
    said = refused(newcomer, altered(invite, port=7003))
    assert f"{hosts['n1'].machine.address}:7003" in said
    assert "firewall" in said
    assert untouched.changes(snapshot(newcomer.machine), ignore=(LOG,)) == []


def test_unknown_to_the_member(newcomer, untouched, invite):
    said = refused(newcomer, altered(invite, secret=os.urandom(32)))
    assert "does not know the invite" in said
    assert untouched.changes(snapshot(newcomer.machine), ignore=(LOG,)) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_taken(newcomer, untouched, invite, hosts, name):
    newcomer.machine.root(f"hostname {name}")
    try:
        said = refused(newcomer, invite)
    finally:
        newcomer.machine.root("hostname newcomer")
    assert f"the cluster has a host called {name} already, at {hosts[name].machine.address}" in said
    assert "another hostname" in said
    assert f"sudo debros-host members remove {name}" in said
    assert untouched.changes(snapshot(newcomer.machine), ignore=(LOG,)) == []


@pytest.mark.usefixtures("invite")
def test_used_by_another_host(newcomer, untouched, hosts):
    said = refused(newcomer, hosts.invites[0])
    assert "used" in said
    assert untouched.changes(snapshot(newcomer.machine), ignore=(LOG,)) == []


def test_with_a_cluster_of_its_own(newcomer, untouched, invite):
    newcomer.machine.root("install -d -m 0700 /etc/debros/secrets")
    newcomer.machine.root(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=another -days 2 "
        "-keyout /etc/debros/secrets/ca.key -out /etc/debros/secrets/ca.crt 2>&1"
    )
    try:
        said = refused(newcomer, invite)
    finally:
        newcomer.machine.root("rm -r /etc/debros")
    assert "has a cluster of its own" in said
    assert "--purge" in said
    assert untouched.changes(snapshot(newcomer.machine), ignore=(LOG,)) == []


def test_expired(newcomer, untouched, hosts):
    short = hosts.invite("n2", "--ttl 1m")
    time.sleep(max(0, invites.decode(short).expires - time.time()) + 1)
    said = refused(newcomer, short)
    assert "expired" in said
    assert "network-cli invite" in said
    assert untouched.changes(snapshot(newcomer.machine), ignore=(LOG,)) == []


def test_a_dry_run_asks_nobody(newcomer, untouched, invite):
    done = newcomer.piped("--dry-run", "--join", altered(invite, port=7003), *newcomer.offline)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ask the host that made the invite" in done.stdout
    assert "That was a dry run: nothing was changed." in done.stdout
    assert untouched.changes(snapshot(newcomer.machine), ignore=(LOG,)) == []


def test_nobody_came(hosts):
    """And nobody was put on the list."""
    for name in NAMES:
        assert hosts[name].members() == list(NAMES)
