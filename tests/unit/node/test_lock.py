import os
import subprocess
import sys

import pytest

from debros.node.lock import DataDirError, data_dir_lock


def test_one_holder_at_a_time(tmp_path):
    data = tmp_path / "data"
    refused = pytest.raises(DataDirError, match=rf"another node \(process {os.getpid()}\)")
    with data_dir_lock(data), refused, data_dir_lock(data):
        pass
    with data_dir_lock(data):
        pass


def test_a_holder_that_dies_leaves_no_lock_behind(tmp_path):
    code = (
        "import sys, pathlib, time\nfrom debros.node.lock import data_dir_lock\n"
        "with data_dir_lock(pathlib.Path(sys.argv[1])):\n print('held', flush=True)\n time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(DataDirError, match=f"process {holder.pid}"), data_dir_lock(tmp_path):
            pass
        holder.kill()
        holder.wait(10)
    with data_dir_lock(tmp_path):
        pass


def test_a_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataDirError, match=r"make node\.data_dir writable"), data_dir_lock(tmp_path / "file" / "data"):
        pass
