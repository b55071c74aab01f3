"""The published script downloads the bundle it was stamped with, from a web server on this machine."""

import functools
import http.server
import os
import shutil
import subprocess
import threading

import pytest

from hostkit.bed import bed_dir
from hostkit.installer import LOG, TRIAL
from hostkit.snapshot import snapshot
from testkit.documents import server_commands

pytestmark = pytest.mark.timeout(600)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def site(bundle, fresh):
    """Serve script and bundle; the address and the folder."""
    folder = bed_dir() / "served"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for file in (bundle.archive, fresh.script):
        shutil.copy(file, folder)
    gateway = os.environ.get("BED_NET", "10.77.0") + ".1"
    server = http.server.ThreadingHTTPServer((gateway, 0), functools.partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{gateway}:{server.server_port}", folder
    server.shutdown()
    thread.join()
    server.server_close()
    shutil.rmtree(folder)


def from_the_web(host, address) -> subprocess.CompletedProcess[str]:
    """Run the command of README with this machine in GitHub's place."""
    command = server_commands()[0]
    for readmes, ours in (
        ("https://github.com/DeBrosOfficial/network/releases/latest/download", address),
        ("sudo bash", f"sudo DEBROS_RELEASE_URL={address} bash -s -- {TRIAL}"),
    ):
        assert command.count(readmes) == 1, command
        command = command.replace(readmes, ours)
    assert command.startswith(f"curl -sSL {address}/{host.script.name} | sudo")
    return host.machine.attempt(command, timeout=600)


def test_downloaded_and_installed(fresh, site):
    done = from_the_web(fresh, site[0])
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Downloading {fresh.bundle.archive.name}" in done.stdout
    assert fresh.gateway.health()["status"] == "ok"
    assert fresh.machine.root("readlink /opt/debros/src/current").strip() == fresh.bundle.id


def test_a_bundle_with_another_checksum_is_not_used(fresh, site):
    address, folder = site
    before = snapshot(fresh.machine)
    with (folder / fresh.bundle.archive.name).open("r+b") as file:
        file.seek(1000)
        byte = file.read(1)
        file.seek(1000)
        file.write(bytes([byte[0] ^ 1]))
    done = from_the_web(fresh, address)
    assert done.returncode == 1
    assert "it was not used" in done.stderr
    assert "expected" in done.stderr
    assert before.changes(snapshot(fresh.machine), ignore=(LOG, "/var/cache/debros")) == []
    taken = fresh.machine.root("find /var/cache/debros -name '*.tar.gz'")
    assert taken == "", "the wrong file lies where right ones do"


def test_a_download_that_breaks_off_runs_nothing(fresh):
    """Only the script's last line calls anything."""
    text = fresh.script.read_text()
    before = snapshot(fresh.machine)
    done = fresh.machine.attempt("sudo bash -s -- --yes", stdin=text[: len(text) - 20])
    assert done.stdout == ""
    assert before.changes(snapshot(fresh.machine)) == []
