"""A machine of our own: an empty PATH to put fake tools on, an empty cache, and programs that claim to be rqlited."""

import base64
import hashlib
import io
import tarfile

import pytest


def script(text):
    return f"#!/bin/sh\n{text}\n"


@pytest.fixture
def program():
    """Return the text of a program that claims to be some rqlited."""

    def write(version="v10.2.7", extra=""):
        return script(f"{extra}\necho 'rqlited {version} linux amd64 go1.26.1 sqlite3.51.2 (commit abc)'")

    return write


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """A function that puts a tool on the PATH, which is otherwise empty."""
    directory = tmp_path / "tools"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))

    def put(name, text):
        path = directory / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    return put


@pytest.fixture
def cache_dir(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def tarball(tmp_path):
    """Write a .tar.gz with one program in it and return its path."""

    def write(name, member, text):
        path = tmp_path / name
        data = text.encode()
        with tarfile.open(path, "w:gz") as archive:
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        return path

    return write


@pytest.fixture
def integrity():
    def of(path):
        return "sha512-" + base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()

    return of
