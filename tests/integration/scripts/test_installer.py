"""The installer's own work (flags, refusals, getting a release, uninstalling) on a machine that is a directory.

Programs that would change this machine are stand-ins. Whole installations run on real hosts (molecule/installer).
"""

import functools
import hashlib
import http.server
import json
import os
import platform
import shutil
import subprocess
import threading
from pathlib import Path
from typing import IO

import pytest

from debros.release import archive, wheel
from debros.release.manifest import Entry, Manifest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "scripts/install-debros-network.sh"
DEBIAN = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
# Manual page and completions below /usr/local/share.
HELP = (
    "man/man1/network-cli.1",
    "bash-completion/completions/network-cli",
    "zsh/site-functions/_network-cli",
    "fish/vendor_completions.d/network-cli.fish",
)
# What the roles are to the installer: a program that prints Ansible's words and ends with a status.
PLAYBOOK = """
import os, sys
def main():
    print("ARGUMENTS", *sys.argv[1:])
    print("PLAY [debros]\\n\\nTASK [debros.network.node : Write the configuration] ***\\n" + WORDS)
    print("PLAY RECAP ***\\nhost : ok=3  changed=%d  unreachable=0  failed=0" % CHANGED)
    sys.exit(STATUS)
"""
# What a member's door is to it: a program that answers as it was told to, and notes who asked for what.
NEWCOMER = """
import json, os, pathlib, sys
words = sys.argv[1:]
flags = dict(zip(words[1::2], words[2::2]))
invite = sys.stdin.read().strip()
with open(os.environ["CALLS"], "a") as calls:
    print("enrol", words[0], *(f"{name}={flags.get(name)}" for name in ("--name", "--address", "--state")), file=calls)
secrets = pathlib.Path(flags["--secrets"])
if invite == "debros1-" + "refused" * 5:
    sys.exit("error: this invite was used already, by another host\\n  Make a new one.")
if words[0] == "check":
    members = [{"name": "n1", "address": "127.0.0.1"}, {"name": "n2", "address": "192.0.2.12"}]
    theirs = os.environ.get("THEIRS", "1.2.3 10.2.7").split()
    release = {"id": "1.2.3-0", "version": theirs[0], "rqlite": theirs[1]}
    print(json.dumps({"joined": (secrets / "ca.key").exists(), "members": members, "release": release}))
else:
    inventory = pathlib.Path(flags["--inventory"])
    secrets.mkdir(parents=True)
    inventory.mkdir()
    lines = [f'    "{name}":\\n      debros_address: "192.0.2.1{name[1]}"\\n' for name in ("n1", "n2")]
    lines.append(f'    "{flags["--name"]}":\\n      debros_address: "{flags["--address"]}"\\n')
    (inventory / "members.yml").write_text("debros:\\n  hosts:\\n" + "".join(lines))
    (secrets / "ca.key").write_text("k")
    print(json.dumps({"joined": True, "changed": True, "members": None}))
"""
HOST = """#!/bin/sh
echo "debros-host $*" >> "$CALLS"
case "$*" in *announce*) echo '{"changed": false}';; esac
"""
RECORDING = '#!/bin/sh\necho "${0##*/} $*" >> "$CALLS"\n'


class Machine:
    """A directory the installer takes for /, and stand-ins on the PATH."""

    def __init__(self, folder: Path) -> None:
        self.top = folder / "root"
        self.bin = folder / "bin"
        self.calls_file = folder / "calls"
        self.write({
            "etc/os-release": DEBIAN,
            "proc/1/comm": "systemd\n",
            "proc/meminfo": "MemTotal: 2000000 kB\n",
            "proc/net/tcp": "header\n",
            "run/systemd/system/.keep": "",
            "var/log/.keep": "", "var/tmp/debros-install.killed/x": "",
            "opt/.keep": "",
        })  # fmt: skip
        self.bin.mkdir()
        self.program("id", "#!/bin/sh\necho 0\n")
        self.program("ufw")
        for name in ("systemctl", "userdel", "groupdel", "dpkg"):
            self.program(name)
        # User and group are there until they were removed.
        self.program("getent", '#!/bin/sh\n! grep -qE "^(user|group)del $2" "$CALLS" 2> /dev/null\n')
        self.program("dpkg-query", "#!/bin/sh\nexit 1\n")

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def program(self, name: str, text: str = RECORDING) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def listen(self, port: int, pid: int, name: str, cgroup: str) -> None:
        """Let a process hold a port."""
        inode = 1000 + port
        with (self.top / "proc/net/tcp").open("a") as table:
            table.write(f"0: 00000000:{port:04X} 00000000:0000 0A 0:0 00:0 0 0 0 {inode} 1\n")
        self.write({f"proc/{pid}/comm": f"{name}\n", f"proc/{pid}/cgroup": f"0::{cgroup}\n"})
        (self.top / f"proc/{pid}/fd").mkdir()
        (self.top / f"proc/{pid}/fd/3").symlink_to(f"socket:[{inode}]")

    def run(
        self, *words: object, script: Path = SCRIPT, code: int = 0, stdin: IO[str] | None = None, **environ: str
    ) -> str:
        env = {
            **os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", "DEBROS_TEST_ROOT": str(self.top),
            "CALLS": str(self.calls_file), **environ,
        }  # fmt: skip
        done = subprocess.run(
            ["bash", script, *map(str, words)],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=stdin or subprocess.DEVNULL, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout
        return done.stdout

    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []

    def files(self) -> dict[str, bytes]:
        return {
            str(path): path.read_bytes() for path in self.top.rglob("*") if path.is_file() and "proc" not in path.parts
        }


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture(scope="module")
def pip_wheel() -> Path:
    from debros.release import build, wheels  # noqa: PLC0415 -- only needed when a bundle is made

    return wheels.pip_wheel(build.default_cache(), lambda _: None)


@pytest.fixture
def bundle(tmp_path: Path, pip_wheel: Path):
    """A release whose roles are a stand-in: `bundle(words, changed, status)` returns the archive."""

    def make(words: str = "ok: [host]", changed: int = 0, status: int = 0, note: str = "") -> Path:
        content = tmp_path / "content"
        shutil.rmtree(content, ignore_errors=True)
        (content / "wheels").mkdir(parents=True)
        code = f"WORDS, CHANGED, STATUS = {words!r}, {changed}, {status}\n{PLAYBOOK}"
        info = "ansible_core-1.dist-info"
        pack = {
            "playbook.py": code.encode(),
            f"{info}/METADATA": b"Metadata-Version: 2.1\nName: ansible-core\nVersion: 1\n",
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/entry_points.txt": b"[console_scripts]\nansible-playbook = playbook:main\n",
        }
        made = content / "wheels/ansible_core-1-py3-none-any.whl"
        wheel.pack(pack, made, 315532800, info=info)
        shutil.copy(pip_wheel, content / "wheels")
        (content / "requirements.txt").write_text("")
        (content / "requirements-deploy.txt").write_text(f"ansible-core==1 --hash=sha256:{archive.sha256(made)}\n")
        for name in ("ansible.cfg", "site.yml"):
            (content / name).write_text("")
        (content / "src/debros/release").mkdir(parents=True)
        shutil.copy(ROOT / "src/debros/release/unpack.py", content / "src/debros/release")
        (content / "src/debros/enrol").mkdir()
        (content / "src/debros/enrol/join.py").write_text(NEWCOMER)
        paths = sorted(path for path in content.rglob("*") if path.is_file())
        entries = [Entry(str(path.relative_to(content)), archive.sha256(path), source=path) for path in paths]
        rqlite = {"version": "10.2.7", "source": "release", "sha256": "", "note": note}
        whole = Manifest("1.2.3", "c", "t", platform.machine(), ("3.11", "3.12", "3.13"), rqlite, tuple(entries))
        target = tmp_path / "dist" / f"debros-bundle-{whole.id}.tar.gz"
        archive.write(whole, target)
        return target

    return make


def sample() -> str:
    """Return the file of a host's settings that the documentation shows."""
    (text,) = [
        text for text in (ROOT / "docs/install.md").read_text().split("```") if text.startswith("yaml\n# This host")
    ]
    return text.removeprefix("yaml\n")


def stamped(tmp_path: Path, file: Path, digest: str = "") -> Path:
    """Return an installer that knows a bundle."""
    text = SCRIPT.read_text().replace('DEBROS_VERSION=""', 'DEBROS_VERSION="1.2.3"')
    text = text.replace('SHA256SUMS=""', f'SHA256SUMS="{digest or archive.sha256(file)}  {file.name}"')
    (tmp_path / "stamped.sh").write_text(text)
    return tmp_path / "stamped.sh"


class TestFlags:
    def test_help_and_version_need_no_root(self, machine: Machine) -> None:
        machine.program("id", "#!/bin/sh\necho 1000\n")
        said = machine.run("--help")
        for flag in ("--yes", "--dry-run", "--version", "--join", "--uninstall", "--purge", "--offline"):
            assert f"  {flag}" in said
        assert "unstamped" in machine.run("--version")

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["--frobnicate"], "unknown flag --frobnicate"),
            (["--offline"], "--offline needs the path of a bundle"),
            (["--offline", "--yes"], "--offline needs the path of a bundle"),
            (["--join"], "--join needs an invite"),
            (["--join", "short"], "that is no invite"),
            (["--join", "$(reboot)" * 5], "that is no invite"),
            (["--join", "debros1-$(reboot)aaaaaaaaaaaaaaaa"], "that is no invite"),
            (["--join", "-"], "there was no invite on standard input"),
            (["--join", "debros1-" + "a" * 40, "--purge"], "exclude each other"),
            (["--version", "../1"], "expected something like 1.2.0"),
            (["--version", "1.2.0", "--offline", "x"], "exclude each other"),
        ],
    )
    def test_wrong_usage_is_said_and_does_nothing(self, machine: Machine, words: list[str], message: str) -> None:
        before = machine.files()
        said = machine.run(*words, code=2)
        assert message in said
        assert "Usage:" in said
        assert machine.files() == before

    def test_without_root_it_says_sudo(self, machine: Machine) -> None:
        machine.program("id", "#!/bin/sh\necho 1000\n")
        assert "Use sudo" in machine.run(code=1)


class TestChecks:
    @pytest.mark.parametrize(
        ("os_release", "found"),
        [
            (
                'ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\n',
                "Debian GNU/Linux 11 (bullseye)",
            ),
            ('ID=ubuntu\nVERSION_ID="22.04"\nPRETTY_NAME="Ubuntu 22.04.4 LTS"\n', "Ubuntu 22.04.4 LTS"),
            ('ID=fedora\nVERSION_ID=41\nPRETTY_NAME="Fedora Linux 41"\n', "Fedora Linux 41"),
            ('ID=arch\nPRETTY_NAME="Arch Linux"\n', "Arch Linux"),
            ("", "unknown"),
        ],
    )
    def test_another_system_is_refused_by_name(self, machine: Machine, os_release: str, found: str) -> None:
        machine.write({"etc/os-release": os_release})
        said = machine.run(code=1)
        assert f"this system is {found}" in said
        assert "supported are Debian 12, Debian 13 and Ubuntu 24.04 or newer" in said

    def test_without_systemd_it_names_make_up(self, machine: Machine) -> None:
        machine.write({"proc/1/comm": "tini\n"})
        said = machine.run(code=1)
        assert "systemd is not this machine's first process" in said
        assert "make up" in said

    def test_too_little_memory_is_refused_with_both_numbers(self, machine: Machine) -> None:
        machine.write({"proc/meminfo": "MemTotal: 500000 kB\n"})
        assert "has 488 MB of memory; 900 MB are needed" in machine.run(code=1)

    def test_a_taken_port_names_who_holds_it(self, machine: Machine) -> None:
        machine.listen(6001, 4711, "nginx", "/system.slice/nginx.service")
        machine.listen(80, 4712, "nginx", "/system.slice/nginx.service")
        said = machine.run(code=1)
        assert "port 6001 is taken by nginx (process 4711)" in said
        assert "port 80" not in said

    def test_ports_of_our_own_services_are_no_obstacle(self, machine: Machine) -> None:
        machine.listen(5001, 100, "rqlited", "/debros.slice/debros-rqlite.service")
        machine.listen(7001, 4711, "stranger", "/user.slice")
        said = machine.run(code=1)
        assert "5001" not in said
        assert "port 7001 is taken by stranger" in said

    def test_another_port_may_be_chosen_in_the_inventory(self, machine: Machine, tmp_path: Path) -> None:
        machine.listen(6001, 4711, "nginx", "/system.slice/nginx.service")
        machine.write(
            {"etc/debros/inventory/hosts.yml": sample().replace("vars:\n", "vars:\n    gateway_port: 6002\n")}
        )
        # Now it comes as far as the bundle, which is not there.
        assert "no such file" in machine.run("--offline", tmp_path / "none", code=1)
        machine.listen(6002, 4712, "caddy", "/system.slice/caddy.service")
        said = machine.run("--offline", tmp_path / "none", code=1)
        assert "port 6002 is taken by caddy (process 4712)" in said
        assert "6001" not in said
        assert f"gateway_port, node_port, … in {machine.top}/etc/debros/inventory/hosts.yml" in said

    def test_two_runs_at_once_are_kept_apart(self, machine: Machine) -> None:
        lock = machine.top / "run/debros-install.lock"
        with subprocess.Popen(
            ["flock", lock, "-c", "echo held; read line"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other:
            assert other.stdout is not None
            other.stdout.readline()
            assert "another run of this installer is going on" in machine.run(code=1)
            other.communicate(b"\n")
        assert lock.exists()  # the other's, not ours to remove


class TestRelease:
    def test_a_dry_run_shows_what_would_change_and_changes_nothing(
        self, machine: Machine, bundle, tmp_path: Path
    ) -> None:
        file = bundle("changed: [host]", changed=1)
        shutil.rmtree(machine.top / "var/tmp/debros-install.killed")
        before = machine.files()
        said = machine.run("--dry-run", "--offline", file, script=stamped(tmp_path, file))
        assert "unpack release 1.2.3-" in said
        assert "node : Write the configuration" in said
        assert said.endswith("That was a dry run: nothing was changed.\n")
        assert machine.files() == before
        assert list((machine.top / "var/tmp").iterdir()) == []

    def test_a_role_that_fails_is_named_with_its_words(self, machine: Machine, bundle) -> None:
        words = "fatal: [host]: FAILED! => \\n    msg: port 6001 is taken".replace("\\n", "\n")
        file = bundle(words, status=2)
        said = machine.run("--dry-run", "--offline", file, code=1)
        assert "msg: port 6001 is taken" in said
        assert "error: the roles stopped at: node : Write the configuration" in said

    def test_a_trace_of_ansible_is_for_the_log(self, machine: Machine, bundle) -> None:
        words = "ERROR: no space left\n\nTraceback (most recent call last):\n  File somewhere\nOSError: [Errno 28]"
        said = machine.run("--dry-run", "--offline", bundle(words, status=5), code=1)
        assert "  ERROR: no space left\n" in said
        assert "Traceback" not in said
        assert "OSError" not in said

    def test_a_bundle_that_is_not_the_installers_is_refused(self, machine: Machine, bundle, tmp_path: Path) -> None:
        file = bundle()
        said = machine.run("--offline", file, script=stamped(tmp_path, file, "0" * 64), code=1)
        assert "is not the bundle that this installer names" in said
        assert archive.sha256(file) in said
        assert not (machine.top / "opt/debros").exists()

    def test_a_list_of_checksums_beside_the_bundle_counts(self, machine: Machine, bundle) -> None:
        file = bundle()
        (file.parent / "SHA256SUMS").write_text(f"{'0' * 64}  {file.name}\n")
        assert f"is not the bundle that {file.parent}/SHA256SUMS names" in machine.run("--offline", file, code=1)

    def test_something_else_is_no_bundle(self, machine: Machine, tmp_path: Path) -> None:
        (tmp_path / "x").write_text("x")
        assert "is not a release, or damaged" in machine.run("--offline", tmp_path / "x", code=1)
        assert "no such file" in machine.run("--offline", tmp_path / "y", code=1)

    def test_an_rqlite_for_trials_has_to_be_asked_for(self, machine: Machine, bundle) -> None:
        file = bundle(note="older than 9.3.13: for local clusters and tests only")
        assert "For a trial, say --third-party-rqlite" in machine.run("--dry-run", "--offline", file, code=1)
        machine.run("--dry-run", "--offline", file, "--third-party-rqlite")

    def test_the_log_is_private(self, machine: Machine, tmp_path: Path) -> None:
        machine.run("--offline", tmp_path / "y", code=1)
        log = machine.top / "var/log/debros-install.log"
        assert log.stat().st_mode & 0o777 == 0o600
        assert "no such file" in log.read_text()


class TestInventory:
    @pytest.fixture
    def installing(self, machine: Machine, bundle):
        """Install on a host n1 at 203.0.113.11; the services that the roles would start are a stand-in."""
        machine.program("hostname", "#!/bin/sh\necho n1\n")
        machine.program("ip", '#!/bin/sh\necho "$3 dev eth0 src 203.0.113.11 uid 0"\n')
        machine.write({"opt/debros/bin/debros-host": HOST})
        (machine.top / "opt/debros/bin/debros-host").chmod(0o755)
        return lambda: machine.run("--offline", bundle("changed: [host]", changed=1))

    def test_the_sample_in_the_documentation_is_what_it_writes(self, machine: Machine, installing) -> None:
        installing()
        written = (machine.top / "etc/debros/inventory/hosts.yml").read_text()
        assert written.replace(str(machine.top), "") == sample()

    def test_a_file_that_is_there_is_the_operators(self, machine: Machine, installing) -> None:
        mine = sample().replace("n1:", "mine:").replace("203.0.113.11", '"2001:db8::11" # ours')
        mine += "    gateway_port: 6002\n    # node_port: 1\n    gateway_tls_certificate_file: /etc/ssl/a.pem\n"
        machine.write({"etc/debros/inventory/hosts.yml": mine})
        said = installing()
        assert (machine.top / "etc/debros/inventory/hosts.yml").read_text() == mine
        assert "HTTP and WebSocket   https://[2001:db8::11]:6002\n" in said
        assert "peers (libp2p)       [2001:db8::11]:4001\n" in said
        assert "database             127.0.0.1:5001, for this host only" in said


class TestUpgrade:
    @pytest.fixture
    def runs(self, machine: Machine) -> Machine:
        """A machine on which an older release runs."""
        machine.write({"opt/debros/bin/debros-host": HOST, "opt/debros/src/1.2.2-0/release.json": "{}"})
        (machine.top / "opt/debros/bin/debros-host").chmod(0o755)
        (machine.top / "opt/debros/src/current").symlink_to("1.2.2-0")
        return machine

    def log(self, machine: Machine) -> str:
        return (machine.top / "var/log/debros-install.log").read_text()

    def test_a_backup_comes_first(self, runs: Machine, bundle) -> None:
        said = runs.run("--offline", bundle("changed: [host]", changed=1))
        assert [call for call in runs.calls() if call.startswith("debros-host")] == [
            "debros-host backup --if-older-than 1h",
            "debros-host wait-ready --timeout 120",
            "debros-host check",
        ]
        assert "Taking a backup before release 1.2.3-" in said

    def test_without_a_backup_nothing_is_upgraded(self, runs: Machine, bundle) -> None:
        runs.write({"opt/debros/bin/debros-host": "#!/bin/sh\necho error: no space for it >&2\nexit 1\n"})
        said = runs.run("--offline", bundle("changed: [host]", changed=1), code=1)
        assert "  no space for it\nerror: the backup before the upgrade failed" in said
        assert " ARGUMENTS " not in self.log(runs)

    def test_the_same_release_needs_none(self, runs: Machine, bundle) -> None:
        file = bundle("changed: [host]", changed=1)
        (runs.top / "opt/debros/src/current").unlink()
        (runs.top / "opt/debros/src/current").symlink_to(file.name.removeprefix("debros-bundle-").partition(".tar")[0])
        assert "backup" not in runs.run("--offline", file)
        assert not [call for call in runs.calls() if "backup" in call]

    def test_a_database_that_is_down_is_mended_without_one(self, runs: Machine, bundle) -> None:
        runs.program("systemctl", '#!/bin/sh\ncase "$1" in is-active) exit 3;; esac\n')
        runs.run("--offline", bundle("changed: [host]", changed=1))
        assert not [call for call in runs.calls() if "backup" in call]
        assert " ARGUMENTS " in self.log(runs)

    def test_a_dry_run_only_says_it(self, runs: Machine, bundle) -> None:
        assert "  take a backup, since another release runs here\n" in runs.run("--dry-run", "--offline", bundle())
        assert not [call for call in runs.calls() if call.startswith("debros-host")]


INVITE = "debros1-" + "a" * 60


class TestJoin:
    @pytest.fixture
    def joining(self, machine: Machine, bundle):
        """Run the installer with an invite; the services that the roles would start are a stand-in."""
        file = bundle("changed: [host]", changed=3)
        machine.program("hostname", "#!/bin/sh\necho n3\n")
        machine.program("ip", '#!/bin/sh\n[ "$3" != 127.0.0.1 ] || echo "$3 dev lo src 127.0.0.9 uid 0"\n')

        def run(*words: str, code: int = 0, invite: str = INVITE, **environ: str) -> str:
            return machine.run("--join", invite, "--offline", file, *words, code=code, **environ)

        return run

    @pytest.fixture
    def member(self, machine: Machine, joining) -> str:
        """What was said while the host joined."""
        machine.write({"opt/debros/bin/debros-host": HOST})
        (machine.top / "opt/debros/bin/debros-host").chmod(0o755)
        return joining()

    def log(self, machine: Machine) -> str:
        return (machine.top / "var/log/debros-install.log").read_text()

    def test_asked_first_joined_then_installed(self, machine: Machine, member: str) -> None:
        secrets = machine.top / "etc/debros/secrets"
        state = machine.top / "etc/debros/joining"
        assert machine.calls() == [
            f"enrol check --name=None --address=None --state={state}",
            f"enrol check --name=n3 --address=127.0.0.9 --state={state}",
            f"enrol join --name=n3 --address=127.0.0.9 --state={state}",
            "debros-host wait-ready --timeout 120",
            "debros-host check",
            "debros-host members announce --json",
        ]
        assert "Joining the cluster of n1, n2 as n3 at 127.0.0.9 ..." in member
        assert "The other hosts let this one in through their firewalls" in member
        assert "Its cluster: n1, n2, n3." in member
        assert (secrets / "ca.key").exists()

    def test_the_roles_are_told_who_it_is(self, machine: Machine, member: str) -> None:
        del member
        etc = machine.top / "etc/debros"
        assert "\n    n3:\n" in (etc / "inventory/hosts.yml").read_text()
        assert "debros_address: 127.0.0.9\n" in (etc / "inventory/hosts.yml").read_text()
        assert json.loads((etc / "installer.json").read_text()) == {
            "debros_self_managed": True, "debros_joins": True, "rqlite_third_party": False,
        }  # fmt: skip
        (line,) = [line for line in self.log(machine).splitlines() if " ARGUMENTS " in line]
        assert f"-i {etc}/inventory/hosts.yml -i {etc}/inventory/members.yml --limit n3 -e @" in line

    def test_the_invite_is_not_in_the_log(self, machine: Machine, member: str) -> None:
        assert INVITE not in self.log(machine)
        assert INVITE not in member

    def test_the_next_run_asks_nobody(self, machine: Machine, member: str, bundle, joining) -> None:
        del member
        machine.calls_file.unlink()
        bundle("ok: [host]", changed=0)  # the same release; its roles find nothing to do
        said = joining(invite=INVITE.replace("a", "b"))
        assert [call.split()[:2] for call in machine.calls() if "enrol" in call] == [["enrol", "check"]]
        assert "Its cluster: n1, n2, n3." in said

    def test_a_first_host_is_not_one_that_joins(self, machine: Machine, bundle) -> None:
        machine.write({"opt/debros/bin/debros-host": HOST})
        (machine.top / "opt/debros/bin/debros-host").chmod(0o755)
        machine.run("--offline", bundle("changed: [host]", changed=1))
        about = json.loads((machine.top / "etc/debros/installer.json").read_text())
        assert (about["debros_self_managed"], about["debros_joins"]) == (True, False)
        assert not [call for call in machine.calls() if "announce" in call]

    def test_the_invite_may_come_over_standard_input(self, machine: Machine, bundle) -> None:
        (machine.top.parent / "invite").write_text(f"  {INVITE}\n")
        with (machine.top.parent / "invite").open() as invite:
            said = machine.run("--join", "-", "--offline", bundle(), "--dry-run", stdin=invite)
        assert "get the cluster's secrets and members from it" in said

    def test_a_dry_run_asks_nobody(self, machine: Machine, joining) -> None:
        shutil.rmtree(machine.top / "var/tmp/debros-install.killed")
        before = machine.files()
        assert "ask the host that made the invite" in joining("--dry-run")
        assert machine.calls() == []
        assert machine.files() == before

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"invite": "debros1-" + "refused" * 5},
             ["error: this invite was used already, by another host\n", "\n  Make a new one.\n"]),
            ({"THEIRS": "2.0.0 10.2.7"},
             ["the cluster runs DeBros Network 2.0.0, and this would install 1.2.3", "--version 2.0.0"]),
            ({"THEIRS": "1.2.3 9.4.5"}, ["the cluster's database is rqlite 9.4.5, and this release brings 10.2.7"]),
        ],
    )  # fmt: skip
    def test_a_refusal_leaves_the_machine_as_it_was(self, machine: Machine, joining, given, words) -> None:
        said = joining(code=1, **given)
        assert [each for each in words if each not in said] == []
        assert "Traceback" not in said
        left = {name.removeprefix(str(machine.top)) for name in machine.files()}
        assert [name for name in left if "debros" in name] == ["/var/log/debros-install.log"]

    def test_a_host_with_data_of_its_own_is_not_overwritten(self, machine: Machine, joining) -> None:
        machine.write({"opt/debros/data/db/raft.db": "precious"})
        said = joining(code=1)
        assert "belongs to a cluster already" in said
        assert "--purge" in said
        assert not (machine.top / "etc/debros").exists()

    def test_who_began_to_join_makes_no_cluster_of_its_own(self, machine: Machine, bundle) -> None:
        machine.write({"etc/debros/joining": "{}"})
        said = machine.run("--offline", bundle(), code=1)
        assert "was about to join a cluster, and was interrupted" in said
        assert "--join" in said

    def test_it_waits_for_the_service_that_follows_the_members(self, machine: Machine, bundle) -> None:
        machine.program("systemctl", "#!/bin/sh\necho activating\n")
        lock = machine.top / "run/debros-install.lock"
        with subprocess.Popen(["flock", lock, "sleep", "2"]) as other:
            while subprocess.run(["flock", "--nonblock", lock, "true"], check=False).returncode == 0:
                assert other.poll() is None
            said = machine.run("--dry-run", "--offline", bundle())
        assert "Waiting for debros-members.service" in said
        assert "nothing was changed" in said

    def test_uninstalled_it_keeps_its_place(self, machine: Machine, member: str) -> None:
        del member
        machine.write({
            "etc/debros/invites/1.json": "{}", "var/lib/private/debros-enrol/claims": "",
            "etc/systemd/system/debros-members.path": "", "var/lib/debros-members/applied": "",
        })  # fmt: skip
        (machine.top / "var/lib/debros-enrol").symlink_to("private/debros-enrol")
        said = machine.run("--uninstall", "--yes")
        assert "Its place in the cluster of n1, n2, n3 stays" in said
        assert "sudo debros-host members remove n3" in said
        assert "of two hosts" not in said
        left = {name.removeprefix(str(machine.top)) for name in machine.files()}
        assert {"/etc/debros/secrets/ca.key", "/etc/debros/inventory/members.yml", "/etc/debros/installer.json"} <= left
        assert [name for name in left if "invites" in name or "/var/lib" in name or "members.path" in name] == []
        assert not (machine.top / "var/lib/debros-enrol").is_symlink()

    def test_one_of_two_gives_up_its_place_before_it_goes(self, machine: Machine, member: str) -> None:
        del member
        members = machine.top / "etc/debros/inventory/members.yml"
        members.write_text(members.read_text().replace('    "n1":\n      debros_address: "192.0.2.11"\n', ""))
        said = machine.run("--uninstall", "--dry-run")
        assert "of two hosts" not in said  # nothing is said about the cluster as long as nothing is done
        said = machine.run("--uninstall", "--yes")
        assert "while this host still runs: of two hosts the one that is left can write nothing" in said


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path):
    (tmp_path / "dist").mkdir(exist_ok=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=tmp_path / "dist"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


class TestDownload:
    def test_a_stamped_installer_takes_what_it_names(
        self, machine: Machine, bundle, tmp_path: Path, server: str
    ) -> None:
        script = stamped(tmp_path, bundle())
        assert "Downloading debros-bundle-1.2.3-" in machine.run("--dry-run", script=script, DEBROS_RELEASE_URL=server)

    def test_through_a_pipe_as_well(self, machine: Machine, bundle, tmp_path: Path, server: str) -> None:
        script = stamped(tmp_path, bundle())
        done = subprocess.run(
            ["bash", "-s", "--", "--dry-run"], input=script.read_text(),
            capture_output=True, text=True, check=False, cwd="/",
            env={**os.environ, "PATH": f"{machine.bin}:{os.environ['PATH']}", "DEBROS_TEST_ROOT": str(machine.top),
                 "CALLS": str(machine.calls_file), "DEBROS_RELEASE_URL": server},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "That was a dry run" in done.stdout

    def test_another_file_than_promised_is_refused(self, machine: Machine, bundle, tmp_path: Path, server: str) -> None:
        file = bundle()
        script = stamped(tmp_path, file)
        file.write_bytes(b"something else")
        said = machine.run(script=script, DEBROS_RELEASE_URL=server, code=1)
        assert f"has SHA-256 {hashlib.sha256(b'something else').hexdigest()}, expected" in said
        assert not (machine.top / "opt/debros").exists()

    def test_a_place_that_does_not_answer_is_named(self, machine: Machine, bundle, tmp_path: Path) -> None:
        said = machine.run(script=stamped(tmp_path, bundle()), DEBROS_RELEASE_URL="http://127.0.0.1:9", code=1)
        assert "could not be downloaded" in said
        assert "--offline BUNDLE" in said

    def test_checksums_are_not_taken_from_a_place_that_cannot_prove_itself(
        self, machine: Machine, tmp_path: Path, server: str
    ) -> None:
        shutil.copy(SCRIPT, tmp_path / "alone.sh")
        said = machine.run(script=tmp_path / "alone.sh", DEBROS_RELEASE_URL=server, code=1)
        assert "is not https, and this installer carries no checksum" in said


# Where there is no wget: fetches for real, knows the options the installer uses, and no other.
STAND_IN_FOR_WGET = """
import argparse, shutil, sys, urllib.request
parser = argparse.ArgumentParser(allow_abbrev=False)
parser.add_argument("-q", action="store_true", required=True)
parser.add_argument("--tries", type=int, required=True)
parser.add_argument("--timeout", type=float, required=True)
parser.add_argument("-O", dest="file", required=True)
parser.add_argument("url")
given = parser.parse_args()
try:
    with urllib.request.urlopen(given.url, timeout=given.timeout) as answer, open(given.file, "wb") as file:
        shutil.copyfileobj(answer, file)
except OSError as error:
    sys.exit(str(error))  # in wget's place, not in its words
"""


class TestOnlyWget:
    @pytest.fixture
    def path(self, machine: Machine, tmp_path: Path) -> str:
        """A PATH with every program of this system but curl; returns it."""
        programs = tmp_path / "programs"
        programs.mkdir()
        for folder in ("/usr/sbin", "/usr/bin", "/sbin", "/bin"):
            for program in Path(folder).iterdir():
                if program.name not in {"curl", "wget"} and not (programs / program.name).is_symlink():
                    (programs / program.name).symlink_to(program)
        return f"{machine.bin}:{programs}"

    @pytest.fixture
    def wget(self, machine: Machine) -> None:
        """The system's wget, noted in the calls, or the stand-in."""
        real = shutil.which("wget") or "/usr/bin/python3 " + str(machine.bin / "stand-in-for-wget.py")
        (machine.bin / "stand-in-for-wget.py").write_text(STAND_IN_FOR_WGET)
        machine.program("wget", f'#!/bin/sh\necho "wget $*" >> "$CALLS"\nexec {real} "$@"\n')

    @pytest.mark.usefixtures("wget")
    def test_it_downloads_with_it(self, machine: Machine, bundle, tmp_path: Path, server: str, path: str) -> None:
        file = bundle("changed: [host]", changed=1)
        said = machine.run("--dry-run", script=stamped(tmp_path, file), DEBROS_RELEASE_URL=server, PATH=path)
        assert "That was a dry run" in said
        (call,) = [call for call in machine.calls() if call.startswith("wget ")]
        assert call.endswith(f" {server}/{file.name}")

    @pytest.mark.usefixtures("wget")
    def test_a_failure_has_its_words(self, machine: Machine, bundle, tmp_path: Path, server: str, path: str) -> None:
        file = bundle()
        script = stamped(tmp_path, file)
        file.unlink()
        said = machine.run("--dry-run", script=script, DEBROS_RELEASE_URL=server, PATH=path, code=1)
        assert f"{server}/{file.name} could not be downloaded" in said

    def test_without_either_it_says_so(self, machine: Machine, bundle, tmp_path: Path, server: str, path: str) -> None:
        script = stamped(tmp_path, bundle())
        said = machine.run("--dry-run", script=script, DEBROS_RELEASE_URL=server, PATH=path, code=1)
        assert "error: neither curl nor wget is installed" in said
        assert "apt-get install -y curl" in said


class TestPython:
    @pytest.fixture
    def python(self, machine: Machine) -> Path:
        """Where the system's Python is to be; it is not there."""
        (machine.top / "usr/bin").mkdir(parents=True)
        return machine.top / "usr/bin/python3"

    @pytest.fixture
    def script(self, tmp_path: Path, bundle, python: Path) -> Path:
        script = stamped(tmp_path, bundle("changed: [host]", changed=1))
        text = script.read_text()
        assert "\nPYTHON=/usr/bin/python3\n" in text
        script.write_text(text.replace("\nPYTHON=/usr/bin/python3\n", f"\nPYTHON={python}\n"))
        return script

    def test_where_it_is_missing_it_is_installed(
        self, machine: Machine, script: Path, python: Path, server: str
    ) -> None:
        machine.program(
            "apt-get",
            f'#!/bin/sh\necho "apt-get $* as $DEBIAN_FRONTEND" >> "$CALLS"\n'
            f'case "$1" in install) ln -s /usr/bin/python3 {python};; esac\n',
        )
        machine.write({"opt/debros/bin/debros-host": HOST})
        (machine.top / "opt/debros/bin/debros-host").chmod(0o755)
        said = machine.run(script=script, DEBROS_RELEASE_URL=server)
        assert machine.calls()[:2] == [
            "apt-get update -qq as noninteractive",
            "apt-get install -y -qq --no-install-recommends python3 as noninteractive",
        ]
        assert "Installing python3 ..." in said
        assert "runs on this host." in said

    def test_a_failure_shows_the_last_words_of_apt(self, machine: Machine, script: Path, server: str) -> None:
        machine.program("apt-get", '#!/bin/sh\necho "E: Unable to locate package"\nexit 100\n')
        said = machine.run(script=script, DEBROS_RELEASE_URL=server, code=1)
        assert "  E: Unable to locate package\nerror: apt-get update failed" in said

    @pytest.mark.parametrize("flag", ["--dry-run", "--offline"])
    def test_nothing_is_installed_where_nothing_may_be(
        self, machine: Machine, script: Path, python: Path, flag
    ) -> None:
        machine.program("apt-get")
        said = machine.run(flag, *(["bundle"] if flag == "--offline" else []), script=script, code=1)
        assert f"error: {python} is missing\n  Install it: apt-get install -y python3\n" in said
        assert machine.calls() == []

    @pytest.mark.parametrize("version", ["3.14.0", "3.10.2"])
    def test_another_version_is_refused_in_the_words_of_the_documentation(
        self, machine: Machine, script: Path, python: Path, version: str
    ) -> None:
        """The stand-in runs what it is given, with its version changed."""
        numbers = tuple(map(int, version.split(".")))
        python.write_text(
            "#!/usr/bin/python3\nimport sys\n"
            f"if sys.argv[1] == '--version':\n    sys.exit(print('Python {version}'))\n"
            f"sys.version_info = {numbers}\nexec(sys.argv[2])\n"
        )
        python.chmod(0o755)
        said = machine.run("--dry-run", script=script, code=1)
        assert f"error: {python} is Python {version}; Python 3.11, 3.12 or 3.13 is needed\n" in said
        told = (ROOT / "docs/install.md").read_text()
        assert "*/usr/bin/python3 is Python 3.14.0; Python 3.11, 3.12 or 3.13 is needed*" in told


class TestUninstall:
    @pytest.fixture
    def installed(self, machine: Machine) -> Machine:
        machine.write({
            "etc/systemd/system/debros-node.service": "", "etc/systemd/system/debros-backup.timer": "",
            "etc/systemd/system/debros-node.service.d/10-debros.conf": "",
            "etc/systemd/system/debros-node.service.d/mine.conf": "",
            "etc/systemd/system/other.service": "", "etc/sysusers.d/debros.conf": "", "etc/tmpfiles.d/debros.conf": "",
            "opt/debros/data/db/x": "precious", "opt/debros/keys/identity.key": "k", "opt/debros/src/1-0/x": "",
            "opt/debros/bin/rqlited": "", "etc/debros/secrets/ca.key": "k", "var/cache/debros/x": "",
            "usr/local/bin/.keep": "", "var/lib/systemd/timers/stamp-debros-backup.timer": "",
        })  # fmt: skip
        (machine.top / "usr/local/bin/network-cli").symlink_to(machine.top / "opt/debros/bin/network-cli")
        for name in HELP:
            link = machine.top / "usr/local/share" / name
            link.parent.mkdir(parents=True)
            link.symlink_to(machine.top / "opt/debros/src/current" / link.name)
        return machine

    def ufw(self, machine: Machine, *rules: str, status: str = "active") -> None:
        lines = "\n".join(["Added user rules (see 'ufw status' for running firewall):", *rules])
        machine.program(
            "ufw",
            '#!/bin/sh\necho "ufw $*" >> "$CALLS"\ncase "$*" in\n'
            f'"show added") cat <<"E"\n{lines}\nE\n;;\nstatus) echo "Status: {status}";;\nesac\n',
        )

    def test_uninstall_leaves_data_keys_and_configuration(self, installed: Machine) -> None:
        installed.run("--uninstall", "--yes")
        left = {name.removeprefix(str(installed.top)) for name in installed.files()}
        assert {"/opt/debros/data/db/x", "/opt/debros/keys/identity.key", "/etc/debros/secrets/ca.key"} <= left
        assert "/etc/systemd/system/debros-node.service.d/mine.conf" in left
        assert "/etc/systemd/system/other.service" in left
        gone = ("/opt/debros/bin", "/opt/debros/src", "/var/cache", "/etc/sysusers.d", "/etc/tmpfiles.d")
        assert not [name for name in left if name.startswith(gone)]
        assert not (installed.top / "usr/local/bin/network-cli").is_symlink()
        assert not [name for name in left if name.endswith((".timer", "debros-node.service", "10-debros.conf"))
                    and "stamp" not in name]  # fmt: skip
        assert "systemctl stop debros-backup.timer debros-node.service" in installed.calls()
        assert "systemctl disable debros-backup.timer debros-node.service" in installed.calls()
        assert not [call for call in installed.calls() if call.startswith("userdel")]

    def test_purge_leaves_nothing(self, installed: Machine) -> None:
        said = installed.run("--purge", "--yes")
        assert "gone from this machine" in said
        assert not [name for name in installed.files() if "debros" in name.removeprefix(str(installed.top))]
        assert "userdel debros" in installed.calls()

    def test_the_folders_of_manual_page_and_completions_go_with_them(self, installed: Machine) -> None:
        share = installed.top / "usr/local/share"
        (share / "zsh/site-functions/_other").touch()
        (share / "fish/vendor_completions.d/network-cli.fish").unlink()
        (share / "fish/vendor_completions.d/network-cli.fish").touch()  # the operator's own
        installed.program("dpkg-query", '#!/bin/sh\n[ "$*" = "--search /usr/local/share/man/man1" ]\n')
        said = installed.run("--uninstall", "--dry-run")
        assert f"rmdir -- {share}/bash-completion\n" in said
        assert (share / "bash-completion").is_dir()
        installed.run("--uninstall", "--yes")
        assert [str(path.relative_to(share)) for path in sorted(share.rglob("*"))] == [
            *("fish", "fish/vendor_completions.d", "fish/vendor_completions.d/network-cli.fish"),
            *("man", "man/man1", "zsh", "zsh/site-functions", "zsh/site-functions/_other"),
        ]

    def test_a_user_who_cannot_be_removed_is_told(self, installed: Machine) -> None:
        installed.program("getent", "#!/bin/sh\nexit 0\n")
        said = installed.run("--purge", "--yes", code=1)
        assert "error: the user debros could not be removed" in said
        assert "ps -u debros" in said
        assert (installed.top / "var/log/debros-install.log").exists()

    def test_folders_that_held_nothing_else_go_with_what_they_held(self, installed: Machine) -> None:
        installed.run("--purge", "--yes")
        assert not (installed.top / "etc/sysusers.d").exists()
        assert not (installed.top / "etc/tmpfiles.d").exists()

    def test_folders_of_somebody_else_stay(self, installed: Machine) -> None:
        installed.write({"etc/sysusers.d/other.conf": ""})
        (installed.top / "etc/sysctl.d").mkdir()  # empty, but nothing of ours was in it
        installed.program("dpkg-query", '#!/bin/sh\n[ "$*" = "--search /etc/tmpfiles.d" ]\n')
        installed.run("--purge", "--yes")
        assert [path.name for path in (installed.top / "etc/sysusers.d").iterdir()] == ["other.conf"]
        assert list((installed.top / "etc/tmpfiles.d").iterdir()) == []
        assert (installed.top / "etc/sysctl.d").is_dir()

    def test_a_program_of_the_operator_stays(self, installed: Machine) -> None:
        installed.write({"usr/local/bin/debros-host": "mine"})
        (installed.top / "usr/local/bin/network-cli").unlink()
        (installed.top / "usr/local/bin/network-cli").symlink_to("/opt/mine")
        installed.run("--purge", "--yes")
        assert (installed.top / "usr/local/bin/debros-host").read_text() == "mine"
        assert (installed.top / "usr/local/bin/network-cli").is_symlink()

    def test_a_dry_run_only_says_it(self, installed: Machine) -> None:
        shutil.rmtree(installed.top / "var/tmp/debros-install.killed")
        before = installed.files()
        said = installed.run("--purge", "--dry-run")
        assert f"rm -rf -- {installed.top}/opt/debros" in said
        assert "userdel debros" in said
        assert installed.files() == before
        assert f"rmdir -- {installed.top}/etc/sysusers.d" in said
        steps = [line for line in said.splitlines() if line.startswith("  ")]
        assert len(steps) == len(set(steps))
        assert not [call for call in installed.calls() if call.startswith(("userdel", "systemctl"))]

    def test_a_second_time_there_is_nothing_to_do(self, installed: Machine) -> None:
        installed.run("--purge", "--yes")
        # What ansible/uninstall.yml looks at: indented lines are what is to be done.
        said = installed.run("--purge", "--dry-run")
        assert [line for line in said.splitlines() if line.startswith(" ")] == []
        calls = installed.calls()
        installed.run("--purge", "--yes")
        assert [call for call in installed.calls()[len(calls) :] if not call.startswith("ufw show")] == []

    def changes(self, machine: Machine) -> list[str]:
        """Return what ufw was told."""
        calls = [call.removeprefix("ufw ") for call in machine.calls() if call.startswith("ufw ")]
        return [call for call in calls if call not in ("show added", "status")]

    def test_only_our_rules_go_and_ssh_stays_allowed(self, installed: Machine) -> None:
        self.ufw(installed, "ufw allow 4001/tcp comment 'debros: libp2p'", "ufw allow 80/tcp",
                 "ufw allow 7002/tcp comment 'debros-invite'",
                 "ufw allow from 192.0.2.12 to any port 7001 proto tcp comment 'debros: raft'",
                 "ufw limit 22/tcp comment 'debros: SSH'")  # fmt: skip
        said = installed.run("--uninstall", "--yes")
        assert self.changes(installed) == [
            "--force delete allow 4001/tcp",
            "--force delete allow 7002/tcp",
            "--force delete allow from 192.0.2.12 to any port 7001 proto tcp",
            "limit 22/tcp comment ssh",
        ]
        assert "SSH stays allowed" in said

    @pytest.mark.parametrize(
        ("theirs", "ours", "ours_stays"),
        [
            ("allow OpenSSH", "allow 22/tcp", False),
            ("limit 22/tcp comment 'me'", "allow 22/tcp", False),
            ("allow from 192.0.2.0/24 to any port 22 proto tcp", "allow 22/tcp", False),
            ("allow 2200/tcp", "allow from 192.0.2.0/24 to any port 2200 proto tcp", False),
            ("allow 2200/tcp", "allow 22/tcp", True),
            ("deny 22/tcp", "allow 22/tcp", True),
            ("allow out 22/tcp", "allow 22/tcp", True),
            ("allow from 192.0.2.22 to any port 80 proto tcp", "allow 22/tcp", True),
            ("allow ssh", "allow 2200/tcp", True),
        ],
    )
    def test_our_rule_for_ssh_goes_where_the_operator_has_one(
        self, installed: Machine, theirs, ours, ours_stays
    ) -> None:
        self.ufw(installed, f"ufw {theirs}", f"ufw {ours} comment 'debros: ssh'")
        installed.write({"etc/ufw/debros-before.json": '{"enabled": true, "incoming": "deny"}'})
        installed.run("--uninstall", "--yes")
        assert self.changes(installed) == [f"{ours} comment ssh" if ours_stays else f"--force delete {ours}"]

    def test_where_everybody_is_let_in_no_rule_for_ssh_is_left(self, installed: Machine) -> None:
        self.ufw(installed, "ufw allow 22/tcp comment 'debros: ssh'")
        installed.write({"etc/ufw/debros-before.json": '{"enabled": true, "incoming": "allow"}'})
        installed.run("--uninstall", "--yes")
        assert self.changes(installed) == ["default allow incoming", "--force delete allow 22/tcp"]

    def test_a_firewall_that_was_off_before_us_is_off_again(self, installed: Machine) -> None:
        self.ufw(installed, "ufw allow 80/tcp", "ufw allow 22/tcp comment 'debros: ssh'")
        installed.write({"etc/ufw/debros-before.json": '{"enabled": false, "incoming": "allow"}'})
        installed.run("--uninstall", "--yes")
        assert self.changes(installed) == [
            "--force disable", "default allow incoming", "--force delete allow 22/tcp",
        ]  # fmt: skip
        assert not (installed.top / "etc/ufw/debros-before.json").exists()

    def test_a_firewall_that_was_ours_alone_is_switched_off_before_its_ssh_rule_goes(self, installed: Machine) -> None:
        self.ufw(installed, "ufw allow 4001/tcp comment 'debros: libp2p'", "ufw allow 22/tcp comment 'debros: ssh'")
        installed.run("--purge", "--yes")
        assert self.changes(installed)[-2:] == ["--force disable", "--force delete allow 22/tcp"]

    @pytest.mark.parametrize("rules", [(), ("ufw allow 80/tcp",)])
    def test_a_firewall_we_never_touched_stays_as_it_is(self, installed: Machine, rules: tuple[str, ...]) -> None:
        self.ufw(installed, *rules)
        installed.run("--purge", "--yes")
        assert self.changes(installed) == []
