"""Hosts on loopback: each with configuration, keys and a real rqlited that wants passwords and certificates.

Its programs are the installed ones; only systemd is a stand-in (testkit.systemctl), because there is none here.
"""

import contextlib
import datetime as dt
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from debros.rqlite import binary
from testkit import systemctl

READY = 60
RQLITE = "debros-rqlite.service"
USERS = {
    "gateway": ["execute", "query", "status", "ready"],
    "node": ["status", "ready", "query"],
    "cluster": ["join", "join-read-only", "remove"],
    "admin": ["all"],
}


class Ca:
    """The cluster's authority, as the playbook keeps it."""

    def __init__(self, name="test authority"):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(self.name, self.key.public_key(), days=3650)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.pem = self._signed(builder)

    def sign(self, request, *, days=365, begin=0, usages=2, without_names=False):
        csr = x509.load_pem_x509_csr(request)
        assert csr.is_signature_valid
        builder = self._builder(csr.subject, csr.public_key(), days=days, begin=begin)
        for extension in csr.extensions:
            value = extension.value
            if isinstance(value, x509.ExtendedKeyUsage):
                value = x509.ExtendedKeyUsage(list(value)[:usages])
            if not (without_names and isinstance(value, x509.SubjectAlternativeName)):
                builder = builder.add_extension(value, critical=extension.critical)
        return self._signed(builder)

    def _builder(self, subject, key, *, days, begin=0):
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + dt.timedelta(days=begin, hours=-1))
            .not_valid_after(now + dt.timedelta(days=begin + days))
        )

    def _signed(self, builder):
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class Host:
    """One host of the cluster."""

    def __init__(self, home, name, rqlited, passwords, *, full=False):
        self.name, self.home, self.keys = name, home, home / "keys"
        self.http, self.raft, self.p2p, self.public = free_ports(4)
        self.backups = home / "backups"
        self.config = home / "node.yaml"
        self.gateway_config = home / "gateway.yaml"
        home.mkdir()
        self.keys.mkdir(mode=0o700)
        auth = [{"username": user, "password": passwords[user], "perms": perms} for user, perms in USERS.items()]
        self.secret("rqlite-auth.json", json.dumps(auth))
        for user in ("gateway", "node", "admin"):
            self.secret(f"rqlite-{user}", f"{user}:{passwords[user]}\n")
        self.rqlited = rqlited
        units = {RQLITE: self.program("rqlite", self.config, "--allow-third-party")}
        if full:
            units |= {
                "debros-node.service": self.program("node", self.config),
                "debros-gateway.service": self.program("gateway", self.gateway_config),
            }
        self.env = {
            **os.environ,
            "CREDENTIALS_DIRECTORY": str(self.keys),
            **systemctl.install(home / "bin", units),
        }

    @staticmethod
    def program(name, config, *options):
        code = f"from debros.{name}.main import main; main()"
        return [sys.executable, "-c", code, "--config", str(config), *options]

    def secret(self, name, text):
        path = self.keys / name
        path.touch(0o600)
        path.chmod(0o600)
        path.write_text(text)

    def configure(self, hosts, **database):
        keys = "$CREDENTIALS_DIRECTORY"
        document = {
            "node": {
                "id": self.name,
                "type": "node",
                "data_dir": str(self.home / "node"),
                "key_file": f"{keys}/identity.key",
                "p2p_socket": str(self.home / "p2p.sock"),
                "listen_addresses": [f"/ip4/127.0.0.1/tcp/{self.p2p}"],
            },
            "database": {
                "data_dir": str(self.home / "db"),
                "rqlite_binary": str(self.rqlited),
                "rqlite_port": self.http,
                "rqlite_raft_port": self.raft,
                "rqlite_join_address": ",".join(f"127.0.0.1:{host.raft}" for host in hosts),
                "rqlite_bootstrap_expect": len(hosts),
                "rqlite_auth_file": f"{keys}/rqlite-auth.json",
                "rqlite_credentials_file": f"{keys}/rqlite-node",
                "rqlite_tls_cert_file": f"{keys}/raft.crt",
                "rqlite_tls_key_file": f"{keys}/raft.key",
                "rqlite_tls_ca_file": f"{keys}/raft-ca.crt",
                **database,
            },
        }
        self.config.write_text(yaml.safe_dump(document))

    def configure_gateway(self, **keys):
        document = {
            "listen_addr": f"127.0.0.1:{self.public}",
            "rqlite_dsn": f"http://127.0.0.1:{self.http}",
            "rqlite_credentials_file": "$CREDENTIALS_DIRECTORY/rqlite-gateway",
            "p2p_socket": str(self.home / "p2p.sock"),
            "data_dir": str(self.home / "gateway"),
            **keys,
        }
        self.gateway_config.write_text(yaml.safe_dump(document))

    def run(self, *words, stdin=b"", env=None, largest_file=None):
        """Run debros-host on this host; with largest_file (bytes) no file it writes may grow beyond."""

        def limit():
            if largest_file is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        return subprocess.run(
            [sys.executable, "-m", "debros.hosts.main", words[0], "--config", str(self.config), *words[1:]],
            env=self.env | (env or {}),
            input=stdin,
            capture_output=True,
            timeout=200,
            check=False,
            preexec_fn=limit,
        )

    def json(self, *words, code=0, **extra):
        done = self.run(words[0], "--json", *words[1:], **extra)
        assert done.returncode == code, done.stderr.decode() + done.stdout.decode()
        return json.loads(done.stdout if code == 0 else done.stderr.splitlines()[-1])

    def systemctl(self, verb, unit=RQLITE, *, check=True):
        subprocess.run(["systemctl", verb, unit], env=self.env, check=check, stderr=subprocess.DEVNULL)

    def start(self):
        self.systemctl("restart")

    def stop(self):
        self.systemctl("stop")

    def kill(self):
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            os.kill(self.pid, signal.SIGKILL)
            while (
                Path(f"/proc/{self.pid}").exists() and "State:\tZ" not in Path(f"/proc/{self.pid}/status").read_text()
            ):
                time.sleep(0.02)

    @property
    def pid(self):
        return int((self.home / "bin" / f"{RQLITE}.pid").read_text())

    @property
    def log(self):
        return (self.home / "bin" / f"{RQLITE}.log").read_text()

    def sql(self, *statements, level="strong", path=None):
        """Ask this host's rqlited as its administrator: reads by default, writes with path."""
        user, _, password = (self.keys / "rqlite-admin").read_text().strip().partition(":")
        url = f"http://127.0.0.1:{self.http}{path or f'/db/query?level={level}'}"
        answer = httpx.post(url, json=list(statements), auth=(user, password), timeout=30)
        answer.raise_for_status()
        results = answer.json()
        assert "error" not in results, results
        assert not any("error" in result for result in results["results"]), results
        return [result.get("values") or [] for result in results["results"]]

    def write(self, *statements):
        self.sql(*statements, path="/db/execute?transaction")


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in sockets]


@pytest.fixture(scope="session")
def rqlited():
    return binary.find(None, allow_third_party=True).path


@pytest.fixture(scope="session")
def ca():
    return Ca()


@pytest.fixture(scope="session")
def make_hosts(tmp_path_factory, rqlited, ca):
    """A factory of clusters; the keys and certificates are made by the commands under test."""
    made = []

    def make(count, *, full=False):
        passwords = {user: f"{user}:§-{count}" for user in USERS}
        root = tmp_path_factory.mktemp("hosts")
        hosts = [
            Host(root / f"h{number}", f"h{number}", rqlited, passwords, full=full) for number in range(1, count + 1)
        ]
        made.extend(hosts)
        for host in hosts:
            (host.keys / "raft-ca.crt").write_bytes(ca.pem)
            request = host.json("csr", "--name", host.name, "--address", "127.0.0.1")["csr"]
            host.json("certificate", "install", stdin=ca.sign(request.encode()))
            host.configure(hosts)
        for host in hosts:
            host.start()
        for host in hosts:
            host.json("wait-ready", "--voters", str(count), "--timeout", str(READY))
        return hosts

    yield make
    for host in made:
        for unit in ("debros-gateway.service", "debros-node.service", RQLITE):
            host.systemctl("stop", unit, check=False)


@pytest.fixture(scope="session")
def _cluster(make_hosts):
    return make_hosts(3)


@pytest.fixture
def cluster(_cluster):
    """Three hosts, all ready; what a test has stopped is started again."""
    for host in _cluster:
        if not _runs(host):
            host.start()
    for host in _cluster:
        host.json("wait-ready", "--voters", "3", "--timeout", str(READY))
    return _cluster


@pytest.fixture(scope="session")
def single(make_hosts):
    return make_hosts(1)[0]


@pytest.fixture
def roles(cluster):
    """The leader, and the followers."""
    leads = {host.name: host.json("leader")["is_leader"] for host in cluster}
    (leader,) = [host for host in cluster if leads[host.name]]
    return leader, [host for host in cluster if host is not leader]


def _runs(host):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(host.pid, 0)
        return "State:\tZ" not in Path(f"/proc/{host.pid}/status").read_text()
    return False


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 16 MB."""
    path = tmp_path / "disk"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs", str(path)], check=True)
    yield path
    subprocess.run(["umount", str(path)], check=True)


@pytest.fixture(scope="session")
def make_ca():
    return Ca
