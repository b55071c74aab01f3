"""The bed itself, without DeBros: hosts, faults, two beds at once, and nothing left behind."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from hostkit.paths import BED
from hostkit.patience import eventually

pytestmark = pytest.mark.timeout(600)


class Bed:
    """A bed of this test's own, beside whatever else runs on this machine."""

    def __init__(self, folder: Path, name: str, net: str) -> None:
        self.name = name
        self.folder = folder / name
        self.net = net
        self.environment = os.environ | {
            "BED_ID": name,
            "BED_NET": net,
            "BED_DIR": str(self.folder),
            "BED_DISK": "512M",
        }

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen([BED, *arguments], env=self.environment, start_new_session=True)

    def try_(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [BED, *arguments],
            check=False,
            capture_output=True,
            text=True,
            env=self.environment,
            stdin=subprocess.DEVNULL,
        )

    def __call__(self, *arguments: str) -> str:
        done = self.try_(*arguments)
        assert done.returncode == 0, f"bed {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def reaches(self, name: str, address: str, port: int = 22) -> bool:
        knock = f"timeout 2 bash -c '</dev/tcp/{address}/{port}'"
        return self.try_("ssh", name, knock).returncode == 0

    def left(self) -> list[str]:
        """What there is of this bed in the kernel: processes, mounts, loop devices, network, cgroups."""
        found = [f"mount: {line}" for line in Path("/proc/self/mountinfo").read_text().splitlines() if self.ours(line)]
        found += [f"loop: {line}" for line in command("losetup", "--list", "--noheadings") if self.ours(line)]
        found += [f"namespace: {line}" for line in command("ip", "netns") if line.split()[0] == f"{self.name}-sw"]
        found += [f"link: {line}" for line in command("ip", "-o", "link") if f" {self.name}0@" in line]
        found += [f"cgroup: {path}" for path in Path("/sys/fs/cgroup").glob(f"*/{self.name}")]
        found += [f"cgroup: {path}" for path in Path("/sys/fs/cgroup").glob(self.name)]
        for process in Path("/proc").glob("[0-9]*"):
            try:
                line = (process / "cmdline").read_text().replace("\0", " ")
                if self.ours(line + (process / "environ").read_text(errors="replace")):
                    found.append(f"process: {process.name} {line}")
            except OSError:
                continue  # it has ended
        return found

    def ours(self, text: str) -> bool:
        return str(self.folder) in text


def command(*words: str) -> list[str]:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.fixture
def beds():
    """Two beds with templates; the folder is short and on a real disk, as sockets and overlays ask for."""
    folder = Path(f"/var/tmp/bt{os.getpid()}")
    made = [Bed(folder, f"bt{os.getpid() % 1000}a", "10.77.1"), Bed(folder, f"bt{os.getpid() % 1000}b", "10.77.2")]
    try:
        for bed in made:
            bed("template", os.environ.get("BED_DISTRO", "bookworm"))
        yield made
    finally:
        for bed in made:
            bed("down")
        subprocess.run(["rm", "-rf", folder], check=True)


@pytest.fixture
def bed(beds):
    return beds[0]


def test_a_host_is_a_server_of_its_own(bed):
    bed("up", "a", "b=10.77.1.50")
    assert bed("list").splitlines() == ["a 10.77.1.11 up", "b 10.77.1.50 up"]
    assert bed("ssh", "a", "cat /proc/1/comm").strip() == "systemd"
    eventually(lambda: bed.try_("ssh", "a", "systemctl is-system-running").stdout.strip() == "running", "not up")
    assert bed("ssh", "a", "hostname").strip() == "a"
    assert bed("ssh", "a", "cat /etc/machine-id") != bed("ssh", "b", "cat /etc/machine-id")
    assert bed.reaches("a", "10.77.1.50")


def test_limits_of_units_are_enforced(bed):
    bed("up", "a")
    eat = "sudo systemd-run --quiet --wait -p MemoryMax=32M python3 -c 'x = bytearray(100 << 20)'"
    assert bed.try_("ssh", "a", eat).returncode != 0
    assert bed.try_("ssh", "a", eat.replace("32M", "200M")).returncode == 0


def test_power(bed):
    bed("up", "a")
    bed("ssh", "a", "sudo touch /var/kept && sync")
    for off in ("kill", "stop"):
        bed(off, "a")
        assert bed("list") == "a 10.77.1.11 off\n"
        assert bed("logs", "a", "-n", "1")
        bed("boot", "a")
        bed("ssh", "a", "test -e /var/kept")
    boot = bed("ssh", "a", "stat -c %Y /proc/1; journalctl --list-boots 2> /dev/null | wc -l")
    bed.try_("ssh", "a", "sudo systemctl reboot")
    eventually(
        lambda: bed.try_("ssh", "a", "sudo journalctl --list-boots | wc -l").stdout.strip() == "4", f"no reboot: {boot}"
    )


def test_firewall_is_the_hosts_own_and_survives_a_reboot(bed):
    bed("up", "a", "b")
    bed("ssh", "a", "sudo ufw allow 22/tcp && sudo ufw --force enable")
    bed("ssh", "a", "sudo systemd-run --quiet python3 -m http.server 8000")
    assert bed.reaches("b", "10.77.1.11", 22)
    assert not bed.reaches("b", "10.77.1.11", 8000)
    bed("kill", "a")
    bed("boot", "a")
    assert "Status: active" in bed("ssh", "a", "sudo ufw status")
    assert "Status: inactive" in bed("ssh", "b", "sudo ufw status")


def test_cable_partition_and_loss(bed):
    bed("up", "a", "b", "c")
    address = bed("ip", "b").strip()
    for broken, mended in (
        (("cut", "b"), ("heal", "b")),
        (("part", "a", "b"), ("join", "b", "a")),
        (("lose", "b", "99"), ("lose", "b", "0")),
    ):
        assert bed.reaches("a", address)
        bed(*broken)
        assert not bed.reaches("a", address)
        assert bed.reaches("c", address) == (broken[0] == "part")
        bed(*mended)
        eventually(lambda: bed.reaches("a", address), f"{mended} did not help")


def test_slow_cable(bed):
    bed("up", "a", "b")
    bed("delay", "b", "200")
    ask = f"import socket, time; t = time.monotonic(); socket.create_connection(('{bed('ip', 'b').strip()}', 22))"
    waited = float(bed("ssh", "a", f'python3 -c "{ask}; print(time.monotonic() - t)"'))
    bed("delay", "b", "0")
    assert waited >= 0.4  # there and back: what the wire holds back cannot come sooner


def test_full_disk(bed):
    bed("up", "a")
    bed("fill", "a")
    assert "No space left" in bed.try_("ssh", "a", "sudo cp /bin/ls /var/lib/x").stderr
    bed("unfill", "a")
    bed("ssh", "a", "sudo cp /bin/ls /var/lib/x")
    bed("fill", "a", "20")
    assert int(bed("ssh", "a", "df --output=avail -m / | tail -n 1")) in (19, 20)


def test_hanging_host(bed):
    bed("up", "a", "b")
    bed("freeze", "b")
    greet = "timeout 3 bash -c 'read -r line < /dev/tcp/10.77.1.12/22 && echo $line'"
    assert bed.try_("ssh", "a", greet).stdout == ""
    bed("thaw", "b")
    assert bed("ssh", "a", greet).startswith("SSH-2.0")


def test_files_are_pushed_as_root(bed, tmp_path):
    bed("up", "a")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("text")
    bed("push", "a", str(tmp_path / "folder"), "/opt/pushed")
    assert bed("ssh", "a", "cat /opt/pushed/folder/file") == "text"
    assert bed("ssh", "a", "stat -c %U /opt/pushed/folder/file") == "root\n"


def test_hosts_are_offline_until_told_otherwise(bed):
    bed("up", "a")
    ask = "timeout 3 getent hosts $(grep -o '//[^/]*' /etc/apt/sources.list | tr -d / | head -n 1)"
    assert bed.try_("ssh", "a", ask).returncode != 0
    bed("online")
    bed("online")  # twice is once
    bed("ssh", "a", ask)
    assert bed.try_("ssh", "a", "sudo apt-get -qq update").stderr == ""
    bed("offline")
    assert bed.try_("ssh", "a", ask).returncode != 0


def test_hosts_of_two_distributions_side_by_side(bed):
    usual = os.environ.get("BED_DISTRO", "bookworm")
    other = next(name for name in ("trixie", "bookworm") if name != usual)
    for name in (other, usual):  # the last is that of hosts for which none is named
        bed("template", name)
    bed("up", "a", f"b=10.77.1.50@{other}", f"c@{usual}")
    release = "grep ^VERSION_CODENAME= /etc/os-release"
    assert [bed("ssh", name, release).strip().partition("=")[2] for name in "abc"] == [usual, other, usual]
    assert bed("ip", "b") == "10.77.1.50\n"
    assert bed.reaches("a", "10.77.1.50")


def test_baking_changes_this_bed_only(beds):
    one, two = beds
    one("bake", "touch", "/baked")
    one("up", "a")
    two("up", "a")
    one("ssh", "a", "test -e /baked")
    two("ssh", "a", "test ! -e /baked")


def test_two_beds_at_once(beds):
    one, two = beds
    for bed in beds:
        bed("up", "a", "b")
    assert one("ip", "a") != two("ip", "a")
    assert not one.reaches("a", two("ip", "a").strip())
    for bed in beds:
        bed("online")
    one("cut", "b")
    assert two.reaches("a", two("ip", "b").strip())
    one("down")
    assert one.left() == []
    assert two.reaches("a", two("ip", "b").strip())
    two("down")
    assert two.left() == []


def test_down_leaves_nothing(bed):
    bed("up", "a", "b", "c")
    bed("online")
    bed("delay", "a", "20")
    bed("freeze", "b")
    bed("kill", "c")
    assert {entry.split(":")[0] for entry in bed.left()} >= {"mount", "loop", "namespace", "link", "cgroup", "process"}
    bed("down")
    assert bed.left() == []
    bed("down")  # with nothing there


def test_an_aborted_run_can_be_cleaned_up(bed):
    for moment in (0.02, 0.05, 0.1, 0.2, 0.4, 0.8):
        aborted = bed.start("up", "a", "b", "c")
        time.sleep(moment)
        os.killpg(aborted.pid, signal.SIGKILL)
        aborted.wait()
        bed("down")
        assert bed.left() == []
    bed("up", "a")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("boot", "nobody"), "no host nobody"),
        (("cut",), "which host?"),
        (("up", "Bad"), "bad name 'Bad'"),
        (("up", "a=192.0.2.1"), "192.0.2.1 is not in 10.77.1.0/24"),
        (("up", "a@slackware"), "unknown distribution 'slackware'"),
        (("up", "a@noble"), "no template; first: bed template noble"),
        (("template", "slackware"), "unknown distribution 'slackware'; known: bookworm, trixie, noble"),
        (("template", "bookworm", "naked"), "unknown flavour 'naked'"),
    ],
)
def test_mistakes_are_told(bed, arguments, complaint):
    done = bed.try_(*arguments)
    assert done.returncode != 0
    assert complaint in done.stderr
