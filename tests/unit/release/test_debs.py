"""Choosing .deb files, with an apt-get that is a stand-in."""

import os
import time

import pytest

from debros.release import debs
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
def test_another_distribution_is_fetched_over_there(tmp_path):
    with pytest.raises(ReleaseError, match=r"fetched with ubuntu-24\.04's own apt, and this is debian-12"):
        collect(tmp_path, "ubuntu-24.04")
    with pytest.raises(ReleaseError, match="expected a name such as"):
        collect(tmp_path, "../x")


def test_which_system_this_is(tmp_path):
    (tmp_path / "os-release").write_text('PRETTY_NAME="Debian"\nID=debian\nVERSION_ID="12"\n')
    assert debs.here(tmp_path / "os-release") == "debian-12"
    (tmp_path / "os-release").write_text("ID=arch\n")
    with pytest.raises(ReleaseError, match="names no ID and VERSION_ID"):
        debs.here(tmp_path / "os-release")
