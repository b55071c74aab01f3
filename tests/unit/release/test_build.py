"""Building from a small project, with a program that claims to be rqlited and wheels that were there before."""

import json
import platform
import shutil
import tarfile
from pathlib import Path

import pytest

from debros.release import build, cli, debs, wheels
from debros.release.errors import ReleaseError
from debros.release.rqlited import Wanted
from debros.rqlite.binary import Release

HASH = "--hash=sha256:" + "0" * 64
INSTALLER = 'DEBROS_VERSION=""\nDEBROS_SHA256SUMS=""\n'


@pytest.fixture
def program(tmp_path):
    def write(version="v10.2.7"):
        path = tmp_path / "rqlited"
        path.write_text(f"#!/bin/sh\necho 'rqlited {version} linux amd64'\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture(autouse=True)
def index(tmp_path, monkeypatch):
    """Stand-ins for the package index and the cache; returns how often wheels were asked for."""
    (tmp_path / "pip-1-py3-none-any.whl").write_text("pip")
    asked = []

    def collect(pins, *_):
        asked.append(sorted(pins))
        paths = {
            name: tmp_path / f"{name.replace('-', '_')}-{pin.version}-py3-none-any.whl" for name, pin in pins.items()
        }
        for name, path in paths.items():
            path.write_text(name)
        return {name: [path] for name, path in paths.items()}

    monkeypatch.setattr(wheels, "collect", collect)
    monkeypatch.setattr(wheels, "pip_wheel", lambda *_: tmp_path / "pip-1-py3-none-any.whl")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return asked


@pytest.fixture
def top(project):
    (project / "requirements.txt").write_text(f"six==1.0 {HASH}\n")
    (project / "requirements-deploy.txt").write_text(f"ansible-core==2 {HASH}\n")
    (project / "scripts/install-debros-network.sh").write_text(INSTALLER)
    return project


@pytest.fixture
def run(top, program, capsys):
    def run(*words, command="build", root=top, code=0):
        rqlited = [] if "--rqlited" in words or root != top else ["--rqlited", str(program())]
        assert cli.main([command, "--root", str(root), "--json", *rqlited, *words]) == code
        out, err = capsys.readouterr()
        return json.loads(out) if code == 0 else err

    return run


def names(path):
    with tarfile.open(path) as tar:
        return tar.getnames()


def test_a_release_holds_everything_and_is_made_once(run, top, index):
    first = run()
    assert first["changed"]
    assert first["path"] == str(top / "dist" / f"debros-{first['id']}.tar.gz")
    inside = names(first["path"])
    assert inside[0] == "release.json"
    assert {"wheels/debros-1.2.3-py3-none-any.whl", "wheels/six-1.0-py3-none-any.whl", "wheels/pip-1-py3-none-any.whl",
            "bin/rqlited", "requirements.txt", "requirements-deploy.txt", "src/debros/release/__init__.py", "site.yml",
            "playbooks"} <= set(inside)  # fmt: skip
    assert run() == {**first, "changed": False}
    assert len(index) == 1


def test_the_requirements_name_exactly_the_wheels_inside(run):
    with tarfile.open(run()["path"]) as tar:
        runtime = tar.extractfile("requirements.txt").read().decode()
        deploy = tar.extractfile("requirements-deploy.txt").read().decode()
        digests = {name: digest for name, (digest, _) in json.load(tar.extractfile("release.json"))["files"].items()}
    assert f"six==1.0 --hash=sha256:{digests['wheels/six-1.0-py3-none-any.whl']}\n" in runtime
    assert f"debros==1.2.3 --hash=sha256:{digests['wheels/debros-1.2.3-py3-none-any.whl']}\n" in runtime
    assert "ansible" not in runtime
    assert f"ansible-core==2 --hash=sha256:{digests['wheels/ansible_core-2-py3-none-any.whl']}\n" in deploy


def test_a_changed_source_makes_another_release(run, top):
    first = run()
    (top / "roles/node/tasks/main.yml").write_text("---\n# new\n")
    second = run()
    assert second["changed"]
    assert second["id"] != first["id"]
    assert second["runtime"] == first["runtime"]


def test_an_archive_that_is_damaged_or_gone_is_made_again(run):
    first = run()
    Path(first["path"]).write_bytes(b"x")
    assert run() == first
    Path(first["path"]).unlink()
    assert run() == first


def test_old_archives_go(run, top):
    for number in range(5):
        (top / "site.yml").write_text(f"--- # {number}\n")
        run()
    assert len(list((top / "dist").glob("debros-*.tar.gz"))) == 3
    assert len(list((top / "dist").glob(".debros-*.json"))) == 3


def test_an_unpacked_release_packs_itself_again(run, tmp_path):
    first = run()
    home = tmp_path / "unpacked"
    with tarfile.open(first["path"]) as tar:
        tar.extractall(home, filter="data")
    again = run(root=home)
    assert again == {**first, "path": again["path"]}
    assert Path(again["path"]).parent == tmp_path / "cache/debros/release/packed"
    assert run(root=home)["changed"] is False
    assert "without --version" in run("--version", "9.9", root=home, code=1)
    (home / "site.yml").write_text("tampered\n")
    Path(again["path"]).unlink()
    assert "has changed meanwhile or is damaged" in run(root=home, code=1)


def test_an_unpacked_release_that_got_other_debs_is_packed_anew(run, tmp_path, monkeypatch):
    (tmp_path / "debs").mkdir()
    monkeypatch.setattr(debs, "here", lambda: "debian-12")
    monkeypatch.setattr(debs, "collect", lambda *_: tmp_path / "debs")
    home = tmp_path / "unpacked"
    packed = []
    for name in ("ufw_1_all.deb", "ufw_2_all.deb"):
        for old in (tmp_path / "debs").iterdir():
            old.unlink()
        (tmp_path / "debs" / name).write_text(name)
        made = run(command="bundle")
        shutil.rmtree(home, ignore_errors=True)
        with tarfile.open(made["path"]) as tar:
            tar.extractall(home, filter="data")
        packed.append(run(root=home))
        assert f"debs/debian-12/{name}" in names(packed[-1]["path"])
    assert packed[0]["path"] == packed[1]["path"]
    assert run(root=home)["changed"] is False


def test_the_operators_version(run):
    assert run("--version", "2.0.0rc1")["id"].startswith("2.0.0rc1-")
    assert "not a version" in run("--version", "../2", code=1)


def test_an_old_rqlited_is_only_taken_when_that_was_said(run, program):
    said = run("--rqlited", str(program("v8.26.0")), code=1)
    assert "9.3.13 or newer is asked for" in said
    assert "--third-party" in said
    assert run("--rqlited", str(program("v8.26.0")), "--third-party")["rqlite"] == "8.26.0 (configured)"


def test_the_path_is_not_searched_for_an_rqlited(top, program, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", f"{program().parent}:/usr/bin:/bin")
    nowhere = Release(base_url="http://127.0.0.1:1", api_url="http://127.0.0.1:1")
    wanted = Wanted(None, third_party=False, machine=platform.machine(), releases=nowhere)
    request = build.Request(root=top, out=top / "dist", cache=tmp_path / "cache", rqlited=wanted)
    with pytest.raises(ReleaseError, match="no rqlited for the release") as caught:
        build.build(request, lambda _: None)
    assert "- release: cannot be fetched: [Errno 111] Connection refused" in str(caught.value)
    assert not (top / "dist").exists()


def test_a_bundle_comes_with_an_installer_that_knows_it(run, top, tmp_path, monkeypatch):
    (tmp_path / "debs").mkdir()
    (tmp_path / "debs" / "ufw_1_all.deb").write_text("deb")
    monkeypatch.setattr(debs, "here", lambda: "debian-12")
    monkeypatch.setattr(debs, "collect", lambda *_: tmp_path / "debs")
    made = run(command="bundle")
    name = f"debros-bundle-{made['id']}.tar.gz"
    for system in ("debian-12", "debian-13", "ubuntu-24.04"):
        assert f"debs/{system}/ufw_1_all.deb" in names(made["path"])
    assert (top / "dist/SHA256SUMS").read_text() == f"{made['sha256']}  {name}\n"
    stamped = (top / "dist/install-debros-network.sh").read_text()
    assert stamped == f'DEBROS_VERSION="1.2.3"\nDEBROS_SHA256SUMS="{made["sha256"]}  {name}"\n'
    assert run()["id"] == made["id"]  # with or without .deb files it is the same release
    assert run(command="bundle") == {**made, "changed": False}


def test_an_installer_without_a_place_for_the_stamps_is_refused(run, top, tmp_path, monkeypatch):
    monkeypatch.setattr(debs, "here", lambda: "debian-12")
    monkeypatch.setattr(debs, "collect", lambda *_: tmp_path)
    (top / "scripts/install-debros-network.sh").write_text("nothing\n")
    assert 'has no line DEBROS_VERSION=""' in run(command="bundle", code=1)


def test_a_disk_that_cannot_be_written_is_named(run, tmp_path):
    (tmp_path / "file").touch()
    assert "Not a directory" in run("--out", str(tmp_path / "file" / "x"), code=1)
