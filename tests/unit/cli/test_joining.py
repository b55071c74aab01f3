"""The commands that `network-cli invite` tells are ones that the installer takes."""

import json
import subprocess
from pathlib import Path

import pytest

from debros.cli import joining

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
INVITE = "debros1-abc"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release as it lies on a host that has come with a bundle."""
    (tmp_path / "debs" / "debian-12").mkdir(parents=True)
    (tmp_path / "release.json").write_text(json.dumps({"rqlite": {"version": "10.2.7", "note": ""}}))
    return tmp_path


def test_a_host_that_came_with_a_bundle_tells_how_another_one_does(release) -> None:
    told = joining.by_bundle(INVITE, release)
    assert told == f"sudo bash install-debros-network.sh --offline debros-bundle-*.tar.gz --join {INVITE}"


def test_a_third_party_rqlite_is_accepted_in_the_open(release) -> None:
    (release / "release.json").write_text(
        json.dumps({"rqlite": {"note": "a third-party build, for local clusters and tests only"}})
    )
    told = joining.by_bundle(INVITE, release)
    assert told is not None
    assert f" --third-party-rqlite --join {INVITE}" in told


def test_a_host_that_came_by_the_network_has_no_bundle_to_carry(tmp_path) -> None:
    assert joining.by_bundle(INVITE, tmp_path) is None


def test_the_script_is_there_and_knows_the_flags(release) -> None:
    (release / "release.json").write_text(
        json.dumps({"rqlite": {"note": "a third-party build, for local clusters and tests only"}})
    )
    told = f"{joining.by_bundle(INVITE, release)} {joining.by_download(INVITE)}"
    usage = subprocess.run(
        ["bash", SCRIPTS / joining.SCRIPT, "--help"], capture_output=True, text=True, check=True
    ).stdout
    flags = {word for word in told.split() if word.startswith("--") and word != "--"}
    assert flags == {"--offline", "--third-party-rqlite", "--version", "--join"}
    assert [flag for flag in flags if f"  {flag}" not in usage] == []
