"""The life of one host, in order, of every distribution: looked at, installed, left, uninstalled, installed, purged."""

import re

import pytest

from hostkit import rqlite
from hostkit.cluster import SERVICES
from hostkit.installer import LOG, MEANWHILE, UNITS
from hostkit.snapshot import snapshot

pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.parametrize("host", ["bookworm", "trixie", "noble"], indirect=True, scope="module"),
]

# What UFW, iptables and their packages leave behind; they stay.
OF_PACKAGES = (
    "/etc/alternatives",
    "/etc/default/ufw",
    "/etc/logrotate.d/ufw",
    "/etc/rsyslog.d/20-ufw.conf",
    "/etc/ufw",
    "/etc/init.d/ufw",
    "/etc/networks",
    "/etc/rc",
    "/var/cache/debconf",
    "/var/cache/ldconfig",
    "/var/lib/dpkg",
    "/var/lib/systemd/deb-systemd-helper",
    "/var/lib/ucf",
    "/var/lib/ufw",
    "/var/log/alternatives.log",
    "/var/log/dpkg.log",
    "/var/log/ufw.log",
    "/etc/ld.so.cache",
    "/run/ufw.lock",
)
EMPTY_UFW = (
    "rules: + Added user rules (see 'ufw status' for running firewall):",
    "rules: + (None)",
    "rules: + Status: inactive",
)
# A folder that systemd makes when it first needs it; empty it stays.
FOLDERS = ("/var/lib/systemd/timers: ",)
# Copies that useradd and userdel make of what they change.
OF_SHADOW = tuple(f"/etc/{name}-" for name in ("passwd", "group", "shadow", "gshadow"))


@pytest.fixture(scope="module")
def before(host):
    """How the host was before anything was done to it."""
    return snapshot(host.machine)


def installed_by_packages(machine, names):
    """Return every path that belongs to these packages."""
    paths = machine.run(f"dpkg --listfiles {' '.join(names)}").split("\n")
    return {*paths, *(f"/usr{path}" for path in paths)}  # /lib and its like are links into /usr


@pytest.fixture(scope="module")
def packages_before(host):
    return set(host.machine.run("dpkg-query --show --showformat '${Package}\\n'").split())


@pytest.mark.usefixtures("packages_before")
def test_a_dry_run_changes_nothing(host, before):
    done = host.piped("--dry-run", *host.offline)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "That was a dry run: nothing was changed." in done.stdout
    assert f"unpack release {host.bundle.id}" in done.stdout
    for change in ("firewall : Install UFW", "rqlite : "):
        assert re.search(f"^  {change}", done.stdout, re.MULTILINE), f"what the roles would change lacks {change!r}"
    changes = before.changes(snapshot(host.machine))
    assert not changes, "a dry run changed:\n" + "\n".join(changes)


def test_the_script_through_a_pipe_installs_without_a_network(host):
    said = host.install()
    assert "runs on this host" in said
    assert f"http://{host.machine.address}:6001" in said


def test_the_host_serves(host, stranger_to):
    assert host.gateway.health()["status"] == "ok"
    host.gateway.execute("CREATE TABLE kept (text TEXT)")
    host.gateway.execute("INSERT INTO kept VALUES (?)", "written before")
    assert host.machine.root("readlink /opt/debros/src/current").strip() == host.bundle.id
    assert list(rqlite.nodes(host.machine)) == ["bare"]
    assert {port: stranger_to(host, port) for port in (22, 4001, 5001, 6001, 7001)} == {
        22: True, 4001: True, 5001: False, 6001: True, 7001: False,
    }  # fmt: skip


@pytest.mark.parametrize("unit", [*UNITS, "debros-backup.timer", "debros-check.timer"])
def test_active_now_and_at_boot(host, unit):
    shown = host.machine.unit(unit, "ActiveState", "UnitFileState")
    assert shown == {"ActiveState": "active", "UnitFileState": "enabled"}


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_runs_as_root(host, service):
    assert host.machine.unit(f"{service}.service", "User", "NRestarts") == {"User": "debros", "NRestarts": "0"}


def test_a_second_run_has_nothing_to_do(host):
    runs, all_of_it = host.runs(), snapshot(host.machine)
    said = host.install()
    assert f"Nothing to do: release {host.bundle.id} runs and everything is as it should be." in said
    recaps = re.findall(r"changed=(\d+) .*failed=(\d+)", host.machine.root(f"cat {LOG}"))
    assert recaps[-1] == ("0", "0")
    assert host.runs() == runs
    assert all_of_it.changes(snapshot(host.machine), ignore=(*MEANWHILE, LOG)) == []


# As if the release had come without packages: what a fleet's playbook brings.
PLAIN = """
import json, pathlib, shutil
release = pathlib.Path("/opt/debros/src/current").resolve()
about = json.loads((release / "release.json").read_text())
shutil.rmtree(release / "debs")
about["files"] = {name: entry for name, entry in about["files"].items() if not name.startswith("debs/")}
(release / "release.json").write_text(json.dumps(about))
print("null")
"""


def test_a_bundle_completes_a_plain_release_and_restarts_nothing(host):
    runs, all_of_it = host.runs(), snapshot(host.machine)
    host.machine.python(PLAIN, root=True)
    said = host.install("--dry-run", *host.offline)
    assert f"unpack release {host.bundle.id}" in said
    assert "runs on this host" in host.install()
    assert host.machine.root("ls /opt/debros/src/current/debs/*/ufw_*.deb")
    assert host.runs() == runs
    changes = all_of_it.changes(snapshot(host.machine), ignore=(*MEANWHILE, LOG))
    assert [change for change in changes if "/debs" not in change] == []


def test_uninstall_keeps_the_data_and_a_later_install_finds_it(host):
    identity = host.machine.root("sha256sum /opt/debros/keys/identity.key")
    said = host.install("--uninstall")
    assert "Data, keys and configuration stay" in said
    units = host.machine.run("systemctl list-unit-files --no-legend --plain 'debros*'; ls /etc/systemd/system")
    assert "debros" not in units
    assert host.machine.attempt("pgrep -u debros").stdout == ""
    assert host.machine.root("ufw show added").count("debros:") == 0
    assert host.machine.attempt("test -e /usr/local/bin/network-cli -o -e /opt/debros/src").returncode == 1
    assert host.machine.run("find /usr/local/share -name '*network-cli*'") == ""
    host.install()
    assert host.gateway.rows("SELECT text FROM kept", level="strong") == [["written before"]]
    assert host.machine.root("sha256sum /opt/debros/keys/identity.key") == identity


def test_purge_leaves_nothing(host, before, packages_before):
    said = host.install("--purge")
    assert "is gone from this machine, with its data" in said
    new = set(host.machine.run("dpkg-query --show --showformat '${Package}\\n'").split()) - packages_before
    assert "ufw" in new
    stays = installed_by_packages(host.machine, new)
    after = snapshot(host.machine)
    left = [
        line for line in before.changes(after, ignore=(*OF_PACKAGES, *OF_SHADOW))
        if line.split(":")[0] not in stays and not harmless(line)
    ]  # fmt: skip
    assert not left, "left behind:\n" + "\n".join(left)
    assert host.machine.root("ufw status").strip() == "Status: inactive"
    everything = [path for path in after.seen["files"] if "debros" in path and not path.startswith("/home/")]
    assert everything == []


def harmless(line):
    """Whether a line of a comparison is UFW's own unit, rules that are not there, bytecode dpkg made, or a folder."""
    return (
        line.startswith("units: + ufw.service ")
        or line in EMPTY_UFW
        or line.startswith(FOLDERS)
        or "/__pycache__" in line
        or "'/etc/alternatives/" in line
        or "/ufw.service: " in line
    )
