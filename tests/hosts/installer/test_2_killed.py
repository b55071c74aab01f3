"""Killed without warning, the installer is simply run again."""

import pytest

from hostkit.installer import UNITS
from hostkit.patience import eventually

pytestmark = pytest.mark.timeout(1200)

OUTPUT = "/home/admin/output"


def until_said(host, words):
    eventually(lambda: words in host.machine.root(f"cat {OUTPUT}"), f"the installer does not say {words!r}", 300, 0.1)


def again(host):
    """Run it again as soon as it lets us: what the killed run has started may still be going on."""

    def run():
        done = host.piped(*host.offline)
        if "another run of this installer is going on" in done.stderr:
            return None
        assert done.returncode == 0, f"exit {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    return eventually(run, "the killed run does not end", 300, 1)


def is_whole(host):
    assert host.gateway.health()["status"] == "ok"
    for unit in UNITS:
        assert host.machine.unit(unit, "ActiveState") == {"ActiveState": "active"}
    assert host.machine.root("ls /var/tmp").count("debros-install.") == 0
    runs = host.runs()
    assert "Nothing to do" in host.install()
    assert host.runs() == runs


def test_killed_with_everything_it_started_while_it_unpacks(fresh):
    fresh.carry()
    group = fresh.start(OUTPUT)
    until_said(fresh, "Unpacking release")
    fresh.machine.root(f"kill -KILL -{group}")
    assert fresh.machine.attempt("test -e /opt/debros/src/current").returncode == 1, "it was killed too late"
    again(fresh)
    is_whole(fresh)


def test_killed_alone_while_the_roles_go_on(fresh):
    fresh.carry()
    leader = fresh.start(OUTPUT)
    until_said(fresh, "  debros : ")
    fresh.machine.root(f"kill -KILL {leader}")
    again(fresh)
    is_whole(fresh)
