import pytest

from debros.rqlite.version import OLDEST, PRODUCTION, Capabilities, Version, is_bare


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("rqlited v10.2.7 linux amd64 go1.26.1 sqlite3.51.2 (commit abc)", Version(10, 2, 7)),
        ("rqlited v9.4.5 linux arm64 go1.25", Version(9, 4, 5)),
        ("rqlited 8 linux amd64 go1.22.5 sqlite3.45.1 (commit unknown)", Version(8, 26, 0)),
        ("v8.43.4", Version(8, 43, 4)),
        ("8", Version(8, 26, 0)),
        ("10", Version(10, 0, 0)),
        ("v9.4.5-rc1", Version(9, 4, 5)),
        ("unknown", None),
        ("", None),
        ("rqlited linux amd64 go1.22.5", None),
    ],
)  # fmt: skip
def test_find(text, version):
    assert Version.find(text) == version


def test_bare_numbers_are_guesses():
    assert is_bare("rqlited 8 linux amd64")
    assert not is_bare("rqlited v8.43.4 linux")
    assert not is_bare("unknown")


def test_versions_compare_as_numbers():
    assert Version(10, 0, 0) > Version(9, 4, 5) > Version(9, 4) > Version(8, 43, 4)
    assert str(PRODUCTION) == "10.2.7"


@pytest.mark.parametrize(
    ("version", "flag", "linearizable", "atomic_returning", "verifies_hosts", "safe"),
    [
        (OLDEST, "-raft-timeout", False, False, False, False),
        (Version(8, 32), "-raft-timeout", True, False, False, False),
        (Version(9, 3, 13), "-raft-timeout", True, False, False, True),
        (Version(9, 4, 5), "-raft-timeout", True, True, False, True),
        (PRODUCTION, "-raft-heartbeat-timeout", True, True, True, True),
    ],
)
def test_capabilities(version, flag, linearizable, atomic_returning, verifies_hosts, safe):
    assert Capabilities.of(version) == (flag, linearizable, atomic_returning, verifies_hosts, safe)
