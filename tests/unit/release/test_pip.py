"""What pip's failures are turned into; the programs are stand-ins."""

import sys

import pytest

from debros.release import pip
from debros.release.errors import ReleaseError


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "its hash differs"),
        ("pip._vendor.urllib3.exceptions.NewConnectionError: x", "the package index gives no answer"),
        ("ERROR: No matching distribution found for x==1", "pip failed:\n  ERROR: No matching distribution"),
    ],
)
def test_a_failure_says_what_to_do(tmp_path, words, message):
    # In place of the wheel stands a directory with a program of pip's name.
    (tmp_path / "pip").write_text(f"import sys; sys.exit({words!r})")
    with pytest.raises(ReleaseError, match=message.replace("(", "\\(")):
        pip.Pip(tmp_path, tmp_path).run("download")


def test_an_interpreter_without_pip_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(pip.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ReleaseError, match=r"has neither pip .* apt-get install .* python3-venv"):
        pip.get(tmp_path / "cache", lambda _: None)
    assert sys.executable
