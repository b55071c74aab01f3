import os
import time
from pathlib import Path

import pytest

from debros.rqlite.binary.inspect import SourceError
from debros.rqlite.binary.process import run


def test_a_tools_answer(tmp_path):
    assert run(["pwd"], cwd=tmp_path, timeout=30).strip() == str(tmp_path)


def test_a_tool_that_takes_too_long_ends_with_its_children(tmp_path):
    command = ["sh", "-c", "sleep 600 & echo $! > child; wait"]
    with pytest.raises(SourceError, match=r"`sh -c` took longer than 3 s"):
        run(command, cwd=tmp_path, timeout=3)
    child = int((tmp_path / "child").read_text())
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        if "State:\tZ" in Path(f"/proc/{child}/status").read_text():
            return
        time.sleep(0.05)
    pytest.fail("the tool's child is still running")


def test_the_telling_lines_are_kept(tmp_path):
    with pytest.raises(SourceError) as caught:
        run(["sh", "-c", "echo one >&2; echo 'an Error: two' >&2; echo three >&2; exit 1"], cwd=tmp_path, timeout=30)
    assert str(caught.value) == "`sh -c` failed: an Error: two"
