"""What pip's failures are turned into; the programs are stand-ins."""

import sys
import zipfile
from pathlib import Path

import pytest

from debros.release import lock, pip
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


def test_another_process_that_was_first_is_no_failure(tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    pins = lock.read(pip._TOOLS)

    def download(words, _):
        work = Path(words[words.index("-d") + 1])
        home = cache / ("tools-" + "-".join(f"{pin.name}-{pin.version}" for pin in pins.values()))
        for folder in (work, home):
            folder.mkdir()
            with zipfile.ZipFile(folder / f"setuptools-{pins['setuptools'].version}-py3-none-any.whl", "w") as wheel:
                wheel.writestr("made by", folder.name)

    monkeypatch.setattr(pip, "_run", download)
    monkeypatch.setattr(pip, "_any_pip", lambda _: ["pip"])
    got = pip.get(cache, lambda _: None)
    assert got.wheel.parent.name.startswith("tools-pip-")
    assert [path.name for path in cache.iterdir()] == [got.wheel.parent.name]
