"""A host that already has the release, but not the packages a bundle brings with it."""

import pytest

from hostkit.bed import bed
from hostkit.installer import PLACE
from hostkit.paths import PROJECT
from hostkit.release import present

pytestmark = pytest.mark.timeout(1200)


def test_a_bundle_installs_its_packages_where_the_plain_release_was_placed_before(fresh):
    plain = present()
    assert plain.id == fresh.bundle.id
    for file in (plain.archive, PROJECT / "src/debros/release/unpack.py"):
        bed("push", fresh.machine.name, file, PLACE)
    fresh.machine.root(f"python3 {PLACE}/unpack.py {PLACE}/{plain.archive.name} --into /opt/debros/src --switch")
    assert fresh.machine.attempt("command -v ufw").returncode == 1
    fresh.machine.root(f"rm {PLACE}/{plain.archive.name}")
    fresh.carry()
    assert "Installing packages of the bundle" in fresh.install()
    assert fresh.gateway.health()["status"] == "ok"
    assert "Status: active" in fresh.machine.root("ufw status")
    assert "Nothing to do" in fresh.install()
