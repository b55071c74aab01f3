import errno
import os
from pathlib import Path

import pytest

from debros.supervise import RotatingLog


def files(path: Path) -> list[Path]:
    """Return the log's files, oldest first."""
    return sorted(path.parent.glob(f"{path.name}*"), reverse=True)


def content(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in files(path))


@pytest.mark.parametrize("chunk", [1, 7, 64, 1000])
def test_rotation_keeps_every_line_whole_and_in_order(tmp_path: Path, chunk: int) -> None:
    path = tmp_path / "a.log"
    lines = b"".join(b"line %d\n" % n for n in range(60))
    log = RotatingLog(path, max_bytes=200, keep=10)
    for start in range(0, len(lines), chunk):
        log.write(lines[start : start + chunk])
    log.close()
    assert content(path) == lines
    assert len(files(path)) > 2
    assert all(
        file.stat().st_size <= 200 + len("line 99") for file in files(path)
    )  # the line open at the bound is ended
    assert all(file.read_bytes().endswith(b"\n") for file in files(path))


def test_only_the_newest_files_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    log = RotatingLog(path, max_bytes=50, keep=3)
    for n in range(100):
        log.write(b"line %d\n" % n)
    log.close()
    assert [file.name for file in files(path)] == ["a.log.2", "a.log.1", "a.log"]
    kept = content(path).decode().splitlines()
    assert kept == [f"line {n}" for n in range(100 - len(kept), 100)]


def test_a_line_longer_than_the_bound_is_cut_at_twice_the_bound(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    log = RotatingLog(path, max_bytes=100, keep=5)
    log.write(b"x" * 450 + b"\n")
    log.close()
    assert content(path) == b"x" * 450 + b"\n"
    assert all(file.stat().st_size <= 200 for file in files(path))


def test_an_existing_file_is_continued(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"before\n")
    log = RotatingLog(path)
    log.write(b"after\n")
    log.close()
    assert path.read_bytes() == b"before\nafter\n"


def test_others_may_not_read_it(tmp_path: Path) -> None:
    RotatingLog(tmp_path / "a.log").close()
    assert (tmp_path / "a.log").stat().st_mode & 0o777 == 0o600


def test_lost_output_is_counted_when_writing_fails_as_on_a_full_disk(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "a.log"
    log = RotatingLog(path)

    def refuse(_fd: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(os, "write", refuse)
        log.write(b"12345\n")
        log.write(b"6789\n")
    log.write(b"again\n")
    log.close()
    assert path.read_text() == "[11 bytes of output were lost: No space left on device]\nagain\n"


def test_a_missing_directory_is_survived(tmp_path: Path) -> None:
    path = tmp_path / "later" / "a.log"
    log = RotatingLog(path)
    log.write(b"1\n")
    path.parent.mkdir()
    log.write(b"2\n")
    log.close()
    assert path.read_text() == "[2 bytes of output were lost: No such file or directory]\n2\n"
