import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from debros.local.errors import LocalError
from debros.local.layout import MAX_HOSTS, Layout
from debros.local.preflight import check_directory, check_space
from testkit.disks import fill, small_disk


def test_the_directory_is_created_for_the_owner_only(tmp_path: Path) -> None:
    check_directory(Layout(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(LocalError, match=r"/a: is in the way: a directory is needed"):
        check_directory(Layout(tmp_path / "a"))
    with pytest.raises(LocalError, match=r"/a/b: cannot be written: Not a directory.*DEBROS_HOME"):
        check_directory(Layout(tmp_path / "a" / "b"))


@pytest.mark.skipif(os.getuid() == 0, reason="root writes everywhere")
def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(LocalError, match=r"cannot be written: Permission denied.*DEBROS_HOME"):
        check_directory(Layout(tmp_path))


def test_a_path_too_deep_for_a_socket_is_refused_and_one_byte_less_is_not(tmp_path: Path) -> None:
    overhead = len(str(Layout(tmp_path / "x").host(MAX_HOSTS).p2p_socket)) - 1
    check_directory(Layout(tmp_path / ("x" * (107 - overhead))))
    with pytest.raises(LocalError, match=r"too long by 1 bytes.*DEBROS_HOME=/var/tmp/debros"):
        check_directory(Layout(tmp_path / ("x" * (108 - overhead))))


def test_an_ordinary_disk_has_room(tmp_path: Path) -> None:
    check_space(Layout(tmp_path))


def test_a_full_disk_as_statvfs_would_report_it(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=499, f_frsize=1_000_000))
    with pytest.raises(LocalError, match=r"only 499 MB free on its disk; a cluster needs 500 MB.*DEBROS_HOME"):
        check_space(Layout(tmp_path))


def test_a_really_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path, "size=1m"):
        with pytest.raises(LocalError, match="only 1 MB free"):
            check_space(Layout(tmp_path))
        fill(tmp_path)
        with pytest.raises(LocalError, match="cannot be written: No space left on device"):
            check_directory(Layout(tmp_path))
