import os
import shutil
import subprocess
from pathlib import Path

from debros.supervise import ProcessIdentity, identify, is_running


def test_this_process_is_running() -> None:
    identity = identify(os.getpid())
    assert identity is not None
    assert is_running(identity)


def test_the_same_number_with_another_start_time_is_another_process() -> None:
    mine = identify(os.getpid())
    assert not is_running(ProcessIdentity(mine.pid, mine.start_time + 1))


def test_a_name_that_looks_like_the_rest_of_the_line(tmp_path: Path) -> None:
    program = tmp_path / "a) Z 1 2"
    shutil.copy2(shutil.which("sleep"), program)
    process = subprocess.Popen([program, "600"])
    try:
        identity = identify(process.pid)
        assert identity is not None
        assert is_running(identity)
    finally:
        process.kill()
        process.wait()


def test_a_zombie_is_not_running() -> None:
    process = subprocess.Popen(["sleep", "600"])
    identity = identify(process.pid)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended and nobody has collected it
    assert identity is not None
    assert not is_running(identity)
    process.wait()
    assert identify(process.pid) is None
