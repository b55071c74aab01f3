"""The installer's own work (flags, refusals, getting a release, uninstalling) on a machine that is a directory.

Programs that would change this machine are stand-ins. Whole installations run on real hosts (molecule/installer).
"""

import functools
import hashlib
import http.server
import os
import platform
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from debros.release import archive, wheel
from debros.release.manifest import Entry, Manifest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "scripts/install-debros-network.sh"
DEBIAN = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
# What the roles are to the installer: a program that prints Ansible's words and ends with a status.
PLAYBOOK = """
import os, sys
def main():
    print("PLAY [debros]\\n\\nTASK [debros.network.node : Write the configuration] ***\\n" + WORDS)
    print("PLAY RECAP ***\\nhost : ok=3  changed=%d  unreachable=0  failed=0" % CHANGED)
    sys.exit(STATUS)
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
        for name in ("systemctl", "userdel", "groupdel", "getent", "dpkg"):
            self.program(name)

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

    def run(self, *words: object, script: Path = SCRIPT, code: int = 0, **environ: str) -> str:
        env = {
            **os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", "DEBROS_TEST_ROOT": str(self.top),
            "CALLS": str(self.calls_file), **environ,
        }  # fmt: skip
        done = subprocess.run(
            ["bash", script, *map(str, words)],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, check=False,
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
        paths = sorted(path for path in content.rglob("*") if path.is_file())
        entries = [Entry(str(path.relative_to(content)), archive.sha256(path), source=path) for path in paths]
        rqlite = {"version": "10.2.7", "source": "release", "sha256": "", "note": note}
        whole = Manifest("1.2.3", "c", "t", platform.machine(), ("3.11", "3.12", "3.13"), rqlite, tuple(entries))
        target = tmp_path / "dist" / f"debros-bundle-{whole.id}.tar.gz"
        archive.write(whole, target)
        return target

    return make


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

    def test_joining_is_refused_with_what_to_do_instead(self, machine: Machine) -> None:
        said = machine.run("--join", "debros:192.0.2.11:6001/abcdef0123456789", code=2)
        assert "not available in this version" in said
        assert "Add the host to the inventory" in said

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
            "usr/local/bin/network-cli": "", "var/lib/systemd/timers/stamp-debros-backup.timer": "",
        })  # fmt: skip
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
        assert not [
            name for name in left if name.startswith(("/opt/debros/bin", "/opt/debros/src", "/var/cache", "/usr/local"))
        ]
        assert not [name for name in left if name.endswith((".timer", "debros-node.service", "10-debros.conf"))
                    and "stamp" not in name]  # fmt: skip
        assert "systemctl stop debros-backup.timer debros-node.service" in installed.calls()
        assert "systemctl disable debros-backup.timer debros-node.service" in installed.calls()
        assert not [call for call in installed.calls() if call.startswith("userdel")]

    def test_purge_leaves_nothing(self, installed: Machine) -> None:
        said = installed.run("--purge", "--yes")
        assert "gone from this machine" in said
        assert not [name for name in installed.files() if "debros" in name.removeprefix(str(installed.top))]
        assert {"userdel debros", "groupdel debros"} <= set(installed.calls())

    def test_a_dry_run_only_says_it(self, installed: Machine) -> None:
        shutil.rmtree(installed.top / "var/tmp/debros-install.killed")
        before = installed.files()
        said = installed.run("--purge", "--dry-run")
        assert f"rm -rf -- {installed.top}/opt/debros" in said
        assert "userdel debros" in said
        assert installed.files() == before
        assert not [call for call in installed.calls() if call.startswith(("userdel", "systemctl"))]

    def test_a_second_time_there_is_nothing_to_do(self, installed: Machine) -> None:
        installed.run("--purge", "--yes")
        installed.program("getent", "#!/bin/sh\nexit 2\n")
        installed.run("--purge", "--yes")

    def test_only_our_rules_go_and_ssh_stays_allowed(self, installed: Machine) -> None:
        self.ufw(installed, "ufw allow 4001/tcp comment 'debros: libp2p'", "ufw allow 80/tcp",
                 "ufw allow from 192.0.2.12 to any port 7001 proto tcp comment 'debros: raft'",
                 "ufw limit 22/tcp comment 'debros: SSH'")  # fmt: skip
        said = installed.run("--uninstall", "--yes")
        calls = [
            call for call in installed.calls() if call.startswith("ufw") and "show" not in call and "status" not in call
        ]
        assert calls == [
            "ufw --force delete allow 4001/tcp",
            "ufw --force delete allow from 192.0.2.12 to any port 7001 proto tcp",
            "ufw --force delete limit 22/tcp",
            "ufw limit 22/tcp",
        ]
        assert "SSH stays allowed" in said

    def test_a_firewall_that_was_off_before_us_is_off_again(self, installed: Machine) -> None:
        self.ufw(installed, "ufw allow 80/tcp", "ufw allow 22/tcp comment 'debros: ssh'")
        installed.write({"etc/ufw/debros-before.json": '{"enabled": false, "incoming": "allow"}'})
        installed.run("--uninstall", "--yes")
        calls = [call for call in installed.calls() if call.startswith(("ufw --force", "ufw default"))]
        assert calls == ["ufw --force disable", "ufw default allow incoming", "ufw --force delete allow 22/tcp"]
        assert not (installed.top / "etc/ufw/debros-before.json").exists()

    def test_a_firewall_that_was_ours_alone_is_switched_off_before_its_ssh_rule_goes(self, installed: Machine) -> None:
        self.ufw(installed, "ufw allow 4001/tcp comment 'debros: libp2p'", "ufw allow 22/tcp comment 'debros: ssh'")
        installed.run("--purge", "--yes")
        calls = [call for call in installed.calls() if call.startswith("ufw --force")]
        assert calls[-2:] == ["ufw --force disable", "ufw --force delete allow 22/tcp"]
