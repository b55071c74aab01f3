from pathlib import Path

from debros.local.logs import Follower
from debros.supervise import RotatingLog


def test_only_what_is_added_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("old\n")
    follower = Follower(path)
    assert list(follower.lines()) == []
    with path.open("a") as file:
        file.write("one\ntw")
        file.flush()
        assert list(follower.lines()) == ["one"]
        file.write("o\n")
        file.flush()
        assert list(follower.lines()) == ["two"]
    follower.close()


def test_a_log_that_does_not_exist_yet(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    follower = Follower(path)
    assert list(follower.lines()) == []
    path.write_text("first\n")
    assert list(follower.lines()) == ["first"]
    follower.close()


def test_nothing_is_missed_when_the_log_rotates(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    log = RotatingLog(path, max_bytes=100)
    follower = Follower(path)
    seen = []
    for n in range(100):
        log.write(b"line %d\n" % n)
        if n % 5 == 0:
            seen += follower.lines()
    seen += follower.lines()
    follower.close()
    log.close()
    assert seen == [f"line {n}" for n in range(100)]
