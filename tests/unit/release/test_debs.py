"""Choosing .deb files, with an apt-get that is a stand-in."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from debros.release import archives, debs
from debros.release.errors import ReleaseError

# On an empty system, apt would install libc6 and python3 for the base, and with UFW asked for also ufw and iptables.
APT = r"""#!/bin/sh
BASE=libc6_1_amd64.deb UFW=ufw_0.36_all.deb IPTABLES=iptables_2%3a1_amd64.deb
echo "$@" >> "$CALLS"
for word; do case $word in Dir::Cache::archives=*) archives=${word#*=};; esac; done
case "$*" in
  *" update "*) ;;
  *--print-uris*ufw*) printf "'http://m/%s' %s 10 SHA256:0\n" a $BASE b python3_3_all.deb c $UFW d $IPTABLES ;;
  *--print-uris*) printf "'http://m/%s' %s 10 SHA256:0\n" a $BASE b python3_3_all.deb ;;
  *--download-only*) cd "$archives" && touch $BASE python3_3_all.deb $UFW $IPTABLES ;;
esac
"""


@pytest.fixture
def apt(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setattr(debs, "here", lambda: "debian-12")
    # Whether debootstrap is installed here must not matter.
    monkeypatch.setattr(archives, "_debootstrap", lambda family, *_: f"http://debootstrap.example/{family.lower()}")

    def put(text=APT):
        (tmp_path / "bin/apt-get").write_text(text)
        (tmp_path / "bin/apt-get").chmod(0o755)

    put()
    return put


def collect(tmp_path, system="debian-12"):
    return debs.collect(system, "x86_64", tmp_path / "cache", lambda _: None)


@pytest.mark.usefixtures("apt")
def test_what_every_system_has_stays_out_and_a_fresh_set_is_taken_again(tmp_path):
    home = collect(tmp_path)
    assert sorted(path.name for path in home.iterdir()) == ["iptables_2.1_amd64.deb", "ufw_0.36_all.deb"]
    calls = (tmp_path / "calls").read_text()
    assert "Dir::State::status=" in calls
    collect(tmp_path)
    assert (tmp_path / "calls").read_text() == calls
    long_ago = time.time() - 2 * 24 * 3600
    os.utime(home, (long_ago, long_ago))
    assert collect(tmp_path) == home
    assert (tmp_path / "calls").read_text() != calls


def test_a_failing_apt_is_quoted_and_leaves_nothing(apt, tmp_path):
    apt("#!/bin/sh\necho 'E: no such suite' >&2\nexit 100\n")
    with pytest.raises(ReleaseError, match=r"apt-get update failed:\n  E: no such suite"):
        collect(tmp_path)
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.usefixtures("apt")
def test_a_distribution_nobody_knows_is_fetched_over_there(tmp_path):
    with pytest.raises(ReleaseError, match=r"fetched with ubuntu-25\.10's own apt, and this is debian-12"):
        collect(tmp_path, "ubuntu-25.10")
    with pytest.raises(ReleaseError, match="expected a name such as"):
        collect(tmp_path, "../x")


def test_which_system_this_is(tmp_path):
    (tmp_path / "os-release").write_text('PRETTY_NAME="Debian"\nID=debian\nVERSION_ID="12"\n')
    assert debs.here(tmp_path / "os-release") == "debian-12"
    (tmp_path / "os-release").write_text("ID=arch\n")
    with pytest.raises(ReleaseError, match="names no ID and VERSION_ID"):
        debs.here(tmp_path / "os-release")


@pytest.fixture
def keyrings(tmp_path, monkeypatch):
    """Where keys of distributions are installed: Debian's only."""
    folder = tmp_path / "keyrings"
    folder.mkdir()
    (folder / "debian-archive-keyring.gpg").touch()
    monkeypatch.setattr(archives, "_KEYRINGS", folder)
    return folder


@pytest.mark.usefixtures("apt")
def test_another_supported_distribution_comes_from_its_own_archive(tmp_path, keyrings):
    home = collect(tmp_path, "debian-13")
    assert sorted(path.name for path in home.iterdir()) == ["iptables_2.1_amd64.deb", "ufw_0.36_all.deb"]
    first, _, *others = (tmp_path / "calls").read_text().splitlines()
    assert first.startswith("indextargets")
    for call in others[1:]:
        assert "Dir::Etc::sourceparts=-" in call, "this machine's own sources would be asked as well"
    (keyrings / "debian-archive-keyring.gpg").unlink()
    with pytest.raises(ReleaseError, match="install debian-archive-keyring"):
        debs.collect("debian-13", "aarch64", tmp_path / "cache", lambda _: None)


APT_WITH_KEYS = r"""
for word; do case $word in Dir::Etc::sourcelist=*) sources=${word#*=};; esac; done
case "$*" in
  indextargets*) echo "Debian http://d/debian/"; echo "Debian-Security http://d/security/" ;;
  *" download "*) cp "$KEYS" . ;;
esac
[ -z "$sources" ] || cat "$sources" >> "$SOURCES"
"""


@pytest.fixture
def sources(apt, tmp_path, monkeypatch):
    """What apt is given as sources, when Ubuntu's archive has a package of keys."""
    package = tmp_path / "package"
    (package / "DEBIAN").mkdir(parents=True)
    (package / "DEBIAN/control").write_text(
        "Package: ubuntu-keyring\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n"
    )
    (package / "usr/share/keyrings").mkdir(parents=True)
    (package / "usr/share/keyrings/ubuntu-archive-keyring.gpg").write_text("keys")
    built = tmp_path / "ubuntu-keyring_1_all.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", package, built], check=True, capture_output=True)
    monkeypatch.setenv("KEYS", str(built))
    monkeypatch.setenv("SOURCES", str(tmp_path / "sources"))
    apt(APT.replace("#!/bin/sh", f"#!/bin/sh\n{APT_WITH_KEYS}", 1))
    return lambda: (tmp_path / "sources").read_text().splitlines()


@pytest.mark.usefixtures("keyrings")
def test_of_ubuntus_unproven_keys_one_is_named_and_only_the_keys_are_taken_unproven(tmp_path, sources):
    home = collect(tmp_path, "ubuntu-24.04")
    assert sorted(path.name for path in home.iterdir()) == ["iptables_2.1_amd64.deb", "ufw_0.36_all.deb"]
    lines = sources()
    unproven = [line for line in lines if "trusted" in line]
    assert len(unproven) == 2 * 3, "update and download, and nothing else"
    for line in lines[len(unproven) :]:
        assert f"/keys/usr/share/keyrings/ubuntu-archive-keyring.gpg,{archives.UBUNTU_KEY}]" in line
        assert line.split()[2].endswith("/ubuntu")


@pytest.mark.usefixtures("keyrings")
def test_security_updates_come_from_this_machines_mirrors(tmp_path, sources):
    collect(tmp_path, "debian-13")
    assert [line.split("] ")[1] for line in sources()[:3]] == [
        "http://d/debian/ trixie main",
        "http://d/debian/ trixie-updates main",
        "http://d/security/ trixie-security main",
    ]


@pytest.mark.usefixtures("keyrings")
def test_all_that_can_be_had_are_collected_and_what_cannot_is_said(apt, tmp_path):
    said = []
    apt(APT.replace('case "$*" in', 'case "$*" in\n  *" download "*) echo "E: no such host" >&2; exit 100 ;;', 1))
    found = debs.collect_all("x86_64", tmp_path / "cache", said.append)
    assert [system for system, _ in found] == ["debian-12", "debian-13"]
    (warning,) = [line for line in said if line.startswith("WITHOUT")]
    assert "packages for ubuntu-24.04" in warning
    assert "E: no such host" in warning


def test_the_key_of_ubuntu_is_the_one_the_test_hosts_are_made_with():
    distro = Path(__file__).parents[3] / "tests/hosts/bed.d/distro.sh"
    assert f"UBUNTU_KEY={archives.UBUNTU_KEY}\n" in distro.read_text()
