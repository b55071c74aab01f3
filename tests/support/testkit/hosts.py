"""A host on loopback, run with the installed programs; only systemd is a stand-in (testkit.systemctl)."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import yaml

from debros.rqlite import migrate
from debros.rqlite.client import RqliteClient
from debros.rqlite.types import Credentials
from testkit import door, systemctl, warm
from testkit.ports import free_ports

READY = 120
MIGRATIONS = Path(__file__).resolve().parents[3] / "migrations"
RQLITE = "debros-rqlite.service"
USERS = {
    "gateway": ["execute", "query", "status", "ready"],
    "node": ["status", "ready", "query"],
    "cluster": ["join", "join-read-only", "remove"],
    "admin": ["all"],
}


class Host:
    """One host of the cluster."""

    def __init__(self, home, name, rqlited, passwords, *, full=False, address="127.0.0.1"):
        self.name, self.home, self.keys, self.address = name, home, home / "keys", address
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
        self.etc, self.claims = home / "etc", home / "claims"
        knock = [self.etc, self.keys, self.config, self.claims]
        units = {
            RQLITE: self.program("rqlite", self.config, "--allow-third-party"),
            "debros-enrol.service": [sys.executable, door.__file__, *map(str, knock)],
        }
        if full:
            units |= {
                "debros-node.service": self.program("node", self.config),
                "debros-gateway.service": self.program("gateway", self.gateway_config),
            }
        self.env = {
            **os.environ,
            "CREDENTIALS_DIRECTORY": str(self.keys),
            **systemctl.install(home / "bin", units, notify=["debros-enrol.service"]),
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
                "rqlite_join_address": ",".join(f"{host.address}:{host.raft}" for host in hosts),
                "rqlite_bootstrap_expect": len(hosts),
                "rqlite_auth_file": f"{keys}/rqlite-auth.json",
                "rqlite_credentials_file": f"{keys}/rqlite-node",
                "rqlite_tls_cert_file": f"{keys}/raft.crt",
                "rqlite_tls_key_file": f"{keys}/raft.key",
                "rqlite_tls_ca_file": f"{keys}/raft-ca.crt",
                **database,
            },
            "discovery": {"raft_adv_address": self.address},
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
        line = [words[0], "--config", str(self.config), *words[1:]]
        return warm.run(line, self.env | (env or {}), stdin=stdin, largest_file=largest_file)

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

    def halt(self):
        """Stop all that runs."""
        for file in (self.home / "bin").glob("*.pid"):
            self.systemctl("stop", file.stem, check=False)

    def kill(self):
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            os.kill(self.pid, signal.SIGKILL)
            while (
                Path(f"/proc/{self.pid}").exists() and "State:\tZ" not in Path(f"/proc/{self.pid}/status").read_text()
            ):
                time.sleep(0.02)

    def manage_itself(self, ca):
        """Give the host what the installer keeps of a cluster that manages itself, and the table of members."""
        secrets = self.etc / "secrets"
        (secrets / "peers").mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, data in {
            "ca.crt": ca.pem,
            "ca.key": ca.private,
            "rqlite.yml": b"gateway: secret-word\n",
            "api-keys": b"ak_secret-key:default\n",
            f"peers/{self.name}": b"x\n",
        }.items():
            (secrets / name).touch(0o600)
            (secrets / name).write_bytes(data)
        self.json("identity")
        asyncio.run(self._migrate())

    async def _migrate(self):
        user, _, password = (self.keys / "rqlite-admin").read_text().strip().partition(":")
        async with RqliteClient([f"http://127.0.0.1:{self.http}"], credentials=Credentials(user, password)) as client:
            await migrate.apply(client, migrate.load_directory(MIGRATIONS))

    def invite(self, *words, port=None):
        """Make an invite with network-cli; returns the finished process."""
        command = ["-m", "debros.cli.main", "invite", "--etc", str(self.etc), "--node-config", str(self.config)]
        return subprocess.run(
            [sys.executable, *command, "--port", str(port or free_ports(1)[0]), *words],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def invites(self):
        """Return the files of the invites that are good."""
        return sorted((self.etc / "invites").glob("*.json"))

    def enter(self, name, address, peer_id=""):
        """Put a host at the end of the list of members."""
        place = "(SELECT coalesce(max(position), 0) + 1 FROM _gw_members)"
        self.write([f"INSERT INTO _gw_members SELECT ?, ?, ?, {place}, 1", name, address, peer_id])

    @property
    def members(self):
        (rows,) = self.sql("SELECT name, address, peer_id, position FROM _gw_members ORDER BY position")
        return [tuple(row) for row in rows]

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
