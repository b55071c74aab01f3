"""A machine that will not do is told so, and left as it is."""

import pytest

from hostkit.installer import LOG
from hostkit.patience import eventually
from hostkit.snapshot import snapshot

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def untouched(host):
    return snapshot(host.machine)


def another_system(machine):
    machine.root("cp -P /etc/os-release /run/os-release.kept && rm /etc/os-release")
    machine.root("printf 'ID=alpine\\nVERSION_ID=3.20\\nPRETTY_NAME=\"Alpine Linux\"\\n' > /etc/os-release")


def the_system(machine):
    machine.root("rm /etc/os-release && mv /run/os-release.kept /etc/os-release")


def take_the_port(machine):
    machine.root("systemd-run --quiet --unit taken --property Type=exec python3 -m http.server 6001 --directory /mnt")
    eventually(lambda: ":1771 " in machine.run("cat /proc/net/tcp*"), "nobody listens on port 6001")


def free_the_port(machine):
    machine.root("systemctl stop taken.service")


def fill_the_disk(machine):
    left = "$(( $(df --output=avail -m /opt | tail -n 1) - 500 ))M"
    machine.root(f"fallocate -l {left} /var/filler")


def empty_the_disk(machine):
    machine.root("rm /var/filler")


REFUSALS = [
    pytest.param(another_system, the_system, "this system is Alpine Linux; supported are Debian 12", id="system"),
    pytest.param(take_the_port, free_the_port, "port 6001 is taken by python3 (process", id="port"),
    pytest.param(fill_the_disk, empty_the_disk, "MB left; 1000 MB are needed", id="disk"),
]


@pytest.mark.parametrize(("spoil", "mend", "words"), REFUSALS)
def test_refused_and_nothing_changed(host, untouched, spoil, mend, words):
    spoil(host.machine)
    try:
        done = host.piped(*host.offline)
    finally:
        mend(host.machine)
    assert done.returncode == 1
    first, *advice = done.stderr.splitlines()
    assert first.startswith("error: ")
    assert words in first
    assert advice, "it does not say what to do"
    assert "Traceback" not in done.stderr
    assert untouched.changes(snapshot(host.machine), ignore=(LOG,)) == []


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--join", "no invite"), "--join: that is no invite"),
        (("--join",), "--join needs an invite"),
        (("--frobnicate",), "unknown flag --frobnicate"),
    ],
)
def test_wrong_usage_is_status_2(host, untouched, flags, words):
    done = host.piped(*flags)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {words}")
    assert untouched.changes(snapshot(host.machine), ignore=(LOG,)) == []
