"""Files written whole or not at all."""

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from debros import files


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("write", [files.create, files.replace])
def test_content_and_mode_whatever_the_umask(tmp_path, write) -> None:
    old = os.umask(0o077)
    try:
        write(tmp_path / "a", "ä\n", mode=0o644)
        write(tmp_path / "b", b"\x00\xff")
    finally:
        os.umask(old)
    assert (tmp_path / "a").read_bytes() == "ä\n".encode()
    assert (tmp_path / "b").read_bytes() == b"\x00\xff"
    assert (mode(tmp_path / "a"), mode(tmp_path / "b")) == (0o644, 0o600)
    assert names(tmp_path) == ["a", "b"]


def test_create_never_touches_what_is_there(tmp_path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(FileExistsError):
        files.create(path, "new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_of_many_creators_one_wins(tmp_path) -> None:
    path, won = tmp_path / "a", []

    def attempt(number: int) -> None:
        try:
            files.create(path, str(number))
            won.append(number)
        except FileExistsError:
            pass

    threads = [threading.Thread(target=attempt, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.read_text()] == [str(n) for n in won]


def test_replace_goes_through_a_symbolic_link(tmp_path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    files.replace(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


@pytest.mark.parametrize("write", [files.create, files.replace])
def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch, write) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        write(tmp_path / "a", "x")
    assert names(tmp_path) == []


def test_a_failed_replace_leaves_the_old_file(tmp_path, monkeypatch) -> None:
    (tmp_path / "a").write_text("old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        files.replace(tmp_path / "a", "x")
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_a_rehearsal_changes_nothing_and_fails_where_the_play_would(tmp_path) -> None:
    path, link = tmp_path / "a", tmp_path / "link"
    path.write_text("old")
    before = path.stat()
    files.rehearse(path, "new")
    assert (path.read_text(), path.stat()) == ("old", before)
    assert names(tmp_path) == ["a"]
    files.rehearse(tmp_path / "b", "new")
    assert names(tmp_path) == ["a"]
    link.symlink_to(tmp_path / "gone" / "c")
    for act in (files.rehearse, files.replace):
        with pytest.raises(FileNotFoundError):
            act(link, "new")
