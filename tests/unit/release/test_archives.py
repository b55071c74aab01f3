"""Where the packages of other distributions come from."""

import pytest

from debros.release import archives
from debros.release.errors import ReleaseError

SCRIPT = """
amd64)
\tdefault_mirror http://old-releases.example/ubuntu
\tdefault_mirror http://archive.example/ubuntu
*)
\tdefault_mirror http://ports.example/ubuntu-ports
"""


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch, tmp_path):
    for family in ("DEBIAN", "UBUNTU"):
        monkeypatch.delenv(f"DEBROS_{family}_ARCHIVE", raising=False)
    monkeypatch.setattr(archives, "_mirror", lambda _: "")
    monkeypatch.setattr(archives, "_SUITES", tmp_path)
    monkeypatch.setattr(archives.shutil, "which", lambda *_, **__: None)


@pytest.mark.parametrize("family", ["Debian", "Ubuntu"])
def test_where_nobody_knows_an_archive_it_says_how_to_name_one(family) -> None:
    with pytest.raises(ReleaseError, match=f"name one with DEBROS_{family.upper()}_ARCHIVE"):
        archives._places(family, "any", "amd64")


def test_what_the_environment_names_comes_first(monkeypatch) -> None:
    monkeypatch.setattr(archives, "_mirror", lambda label: f"http://apt.example/{label}")
    monkeypatch.setenv("DEBROS_UBUNTU_ARCHIVE", "http://mine.example/ubuntu")
    assert archives._places("Ubuntu", "noble", "arm64")[0] == "http://mine.example/ubuntu"
    assert archives._places("Debian", "trixie", "amd64") == (
        "http://apt.example/Debian",
        "http://apt.example/Debian-Security",
    )


@pytest.mark.parametrize(
    ("architecture", "archive"),
    [("amd64", "http://archive.example/ubuntu"), ("arm64", "http://ports.example/ubuntu-ports")],
)
@pytest.mark.parametrize("name", ["noble", "gutsy"])
def test_debootstrap_knows_others(tmp_path, name, architecture, archive) -> None:
    (tmp_path / name).write_text(SCRIPT)
    assert archives._places("Ubuntu", "noble", architecture) == (archive, archive)


def test_security_updates_of_debian_lie_beside_its_archive(monkeypatch) -> None:
    monkeypatch.setenv("DEBROS_DEBIAN_ARCHIVE", "http://mine.example/debian/")
    assert archives._places("Debian", "trixie", "amd64")[1] == "http://mine.example/debian-security"
