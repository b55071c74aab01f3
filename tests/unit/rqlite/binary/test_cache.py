import json
from pathlib import Path

import pytest

from debros.rqlite.binary import cache
from debros.rqlite.binary.inspect import SourceError
from debros.rqlite.version import Version

V10 = Version(10, 2, 7)


def fetched(cache_dir, text):
    cache_dir.mkdir(exist_ok=True)
    path = cache_dir / "fetched"
    path.write_text(text)
    return path


def test_what_was_stored_is_found_again(cache_dir, program):
    stored = cache.store(cache_dir, fetched(cache_dir, program()), "release", V10)
    assert stored.path == cache_dir / "release-10.2.7" / "rqlited"
    assert cache.load(cache_dir, "release", V10) == stored
    assert cache.load(cache_dir, "go", V10) is None
    record = json.loads((cache_dir / "release-10.2.7" / "rqlited.json").read_text())
    assert record == {"source": "release", "version": "10.2.7", "sha256": stored.sha256, "note": ""}
    assert sorted(path.name for path in stored.path.parent.iterdir()) == ["rqlited", "rqlited.json"]


def test_a_program_of_another_version_is_not_stored(cache_dir, program):
    with pytest.raises(SourceError, match=r"expected rqlite 10\.2\.7, got 9\.4\.5"):
        cache.store(cache_dir, fetched(cache_dir, program("v9.4.5")), "release", V10)
    assert cache.load(cache_dir, "release", V10) is None


def test_a_changed_program_is_refused(cache_dir, program):
    stored = cache.store(cache_dir, fetched(cache_dir, program()), "release", V10)
    stored.path.write_text(program(extra="true"))
    with pytest.raises(SourceError, match="is not the file that was fetched"):
        cache.load(cache_dir, "release", V10)


@pytest.mark.parametrize("damage", [None, "{", "[]", "{}"])
def test_a_program_without_its_note_is_refused(cache_dir, program, damage):
    cache.store(cache_dir, fetched(cache_dir, program()), "release", V10)
    sidecar = cache_dir / "release-10.2.7" / "rqlited.json"
    if damage is None:
        sidecar.unlink()
    else:
        sidecar.write_text(damage)
    with pytest.raises(SourceError, match="cannot be trusted"):
        cache.load(cache_dir, "release", V10)


def test_only_one_holds_the_lock(cache_dir):
    with (
        cache.lock(cache_dir, 0),
        pytest.raises(SourceError, match="another fetch holds"),
        cache.lock(cache_dir, 0),
    ):
        pytest.fail("both hold it")
    with cache.lock(cache_dir, 0):
        pass


def test_a_directory_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match="cannot be written: Not a directory"), cache.lock(tmp_path / "file" / "x", 0):
        pytest.fail("locked")


@pytest.mark.parametrize("xdg", ["", "relative/path", None])
def test_the_default_is_below_home(xdg, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    environ = {} if xdg is None else {"XDG_CACHE_HOME": xdg}
    assert cache.default_directory(environ) == tmp_path / ".cache" / "debros" / "rqlite"


def test_xdg_cache_home():
    assert cache.default_directory({"XDG_CACHE_HOME": "/var/tmp/c"}) == Path("/var/tmp/c/debros/rqlite")
