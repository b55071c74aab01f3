"""An older release runs; the newer installer takes over, with a backup first. Each test goes on from the one before."""

import sys

import pytest

from hostkit.bed import bed, bed_dir
from hostkit.installer import MEANWHILE, BareHost, bare_host
from hostkit.paths import PROJECT
from hostkit.release import make, previous
from hostkit.snapshot import snapshot

pytestmark = pytest.mark.timeout(1800)

DROP_IN = "/etc/systemd/system/debros-gateway.service.d/override.conf"
IDENTITIES = "sha256sum /etc/debros/secrets/* /opt/debros/keys/* 2>/dev/null | grep -v ': Is a directory'"


@pytest.fixture(scope="module")
def older(bundle):
    """A host with the bundle of an earlier commit, installed by that commit's own installer."""
    release, words = previous()
    flags = ("--version", "0.0.9") if release.tree == PROJECT else ()
    old = make("bundle", release.tree, bed_dir() / "older", *flags)
    sys.stdout.write(f"\n    older release: {old.id}, {words}; this release: {bundle.id}\n")
    host = bare_host("older", old)
    host.carry()
    host.install()
    yield host
    bed("down", "older")


@pytest.fixture(scope="module")
def newer(older, bundle):
    """The same host with what is carried to it for the upgrade."""
    host = BareHost(older.machine, bundle)
    host.carry()
    return host


def test_the_older_release_serves(older):
    assert older.machine.root("readlink /opt/debros/src/current").strip() == older.bundle.id
    older.gateway.execute("CREATE TABLE kept (text TEXT)")
    older.gateway.execute("INSERT INTO kept VALUES (?)", "written before")
    older.machine.root(f"mkdir -p {DROP_IN.rpartition('/')[0]} && cat > {DROP_IN}", stdin="[Service]\nNice=1\n")


def test_a_dry_run_names_the_backup_and_changes_nothing(newer):
    before, runs = snapshot(newer.machine), newer.runs()
    done = newer.piped("--dry-run", *newer.offline)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "take a backup, since another release runs here" in done.stdout
    assert f"unpack release {newer.bundle.id}" in done.stdout
    assert before.changes(snapshot(newer.machine), ignore=MEANWHILE) == []
    assert newer.runs() == runs


def test_the_newer_installer_takes_over_with_a_backup_first(older, newer):
    identities = newer.machine.root(IDENTITIES)
    said = newer.install()
    assert said.index(f"Taking a backup before release {newer.bundle.id} takes over") < said.index("runs on this host")
    assert newer.machine.root("readlink /opt/debros/src/current").strip() == newer.bundle.id
    assert newer.machine.attempt(f"test -d /opt/debros/src/{older.bundle.id}").returncode == 0, "no way back"
    assert newer.machine.root("ls /opt/debros/data/backups").strip()
    assert newer.machine.root(IDENTITIES) == identities
    assert newer.gateway.health()["status"] == "ok"
    assert newer.gateway.rows("SELECT text FROM kept", level="strong") == [["written before"]]
    assert newer.machine.unit("debros-gateway.service", "Nice") == {"Nice": "1"}


def test_a_second_run_has_nothing_to_do(newer):
    runs = newer.runs()
    assert "Nothing to do" in newer.install()
    assert newer.runs() == runs
