"""Who comes to the door of a cluster: hosts with invites, and strangers."""

import hashlib
import json
import secrets
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from debros import version
from debros.enrol.door import offers
from debros.enrol.invite import Invite, decode
from debros.enrol.knock import Door, JoinError
from testkit.ports import free_port
from testkit.tls import Authority

SOURCE = Path(__file__).resolve().parents[3] / "src"
DOOR = "debros-enrol.service"
VERSION = version.current().version
PEERS = ("12D3KooWA1bPVSyuPHGrRnBP2jMbKsVTWcUQPGcfvDAHGZMxDNEF", "12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8")
NUMBERS = iter(range(2, 250))


class Guest:
    """A bare host that wants to join."""

    def __init__(self, home, number=None):
        self.home = home
        self.number = number or next(NUMBERS)
        self.name, self.address = f"guest{self.number}", f"192.0.2.{self.number}"
        self.secrets, self.inventory, self.state = home / "secrets", home / "inventory", home / "claim"
        home.mkdir(exist_ok=True)

    def run(self, what, invite, **changed):
        """Run the joiner in an interpreter that sees nothing but the standard library and our sources."""
        given = {"name": self.name, "address": self.address, "version": VERSION, "secrets": self.secrets}
        given |= {"state": self.state, **({"inventory": self.inventory} if what == "join" else {}), **changed}
        words = [word for key, value in given.items() if value for word in (f"--{key}", str(value))]
        return subprocess.run(
            [sys.executable, "-S", "-m", "debros.enrol.join", what, *words],
            env={"PYTHONPATH": str(SOURCE), "PATH": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"},
            input=invite if isinstance(invite, str) else invite.encode(),
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def json(self, what, invite, **changed):
        done = self.run(what, invite, **changed)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def error(self, what, invite, **changed):
        done = self.run(what, invite, **changed)
        assert done.returncode == 1, done.stdout + done.stderr
        assert done.stderr.startswith("error: ")
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
        return done.stderr


class Stranger:
    """A TLS server with a certificate of another authority; whatever it is asked, it shows one of its choice."""

    def __init__(self, ca, directory):
        authority = Authority(directory / "stranger")
        key, certificate = authority.issue("stranger")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self.shows = ca.pem.decode()
        self.heard = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                raw, _ = self._socket.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(raw, server_side=True) as sock:
                    self.heard.append(sock.recv(65536))
                    body = self.shows.encode()
                    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            except OSError:
                continue

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def invited(host, *words):
    done = host.invite(*words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    return decode(done.stdout)


def offer(host, *, seconds):
    """Put an invite of any length of life beside the others and let the door read it."""
    secret, port = secrets.token_bytes(32), free_port()
    one = offers.Offer(secrets.token_hex(4), hashlib.sha256(secret).hexdigest(), int(time.time() + seconds), port)
    offers.write(one, host.etc / "invites")
    host.systemctl("restart", DOOR, check=False)
    certificate = (host.etc / "secrets" / "ca.crt").read_text()
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).digest()
    return Invite("127.0.0.1", port, digest, secret, one.expires)


def door_is_open(host):
    state = subprocess.run(["systemctl", "show", DOOR], env=host.env, capture_output=True, text=True, check=True).stdout
    return "ActiveState=active" in state


def refusal(invite, path, claim, guest):
    with pytest.raises(JoinError) as caught:
        Door(invite).ask(path, claim=claim, name=guest.name, address=guest.address, version=VERSION)
    return str(caught.value)
