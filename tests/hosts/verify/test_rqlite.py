"""One cluster, its voters, and who may talk to it."""

import pytest

from debros.rqlite.version import Capabilities, Version
from hostkit import rqlite

# What a member sees that shows `certificate` on a neighbour's Raft port: "served", or why not. A TLS 1.3 server
# refuses a client's certificate only after the client has finished its handshake; so it is read from, too.
CALL = """
import json, socket, ssl, subprocess, sys
address, certificate = sys.argv[1:]
context = ssl.create_default_context(cafile="/opt/debros/keys/raft-ca.crt")
if certificate == "own":
    context.load_cert_chain("/opt/debros/keys/raft.crt", "/opt/debros/keys/raft.key")
elif certificate == "foreign":
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=debros-raft -keyout /tmp/foreign.pem -out "
    subprocess.run([*make.split(), "/tmp/foreign.pem.crt"], check=True, capture_output=True)
    context.load_cert_chain("/tmp/foreign.pem.crt", "/tmp/foreign.pem")
try:
    with socket.create_connection((address, 7001), timeout=5) as plain:
        with context.wrap_socket(plain, server_hostname="debros-raft") as tls:
            tls.settimeout(3)
            try:
                answer = tls.recv(1)
                print(json.dumps("served" if answer else "closed"))
            except TimeoutError:
                print(json.dumps("served"))
except (ssl.SSLError, ConnectionError) as error:
    print(json.dumps(f"refused: {error}"))
"""


def test_one_cluster_with_the_right_voters(cluster):
    assert cluster.whole()
    voters = {machine.name for machine in list(cluster)[:3]}
    views = [rqlite.nodes(machine) for machine in cluster]
    for view in views:
        assert {name for name, node in view.items() if node["voter"]} == voters
        assert {name: node["addr"] for name, node in view.items()} == {
            machine.name: f"{machine.address}:7001" for machine in cluster
        }


def test_every_host_is_ready(machine):
    assert rqlite.ask(machine, "/readyz?sync")[0] == 200


def test_the_database_demands_credentials(machine):
    for path in ("/status", "/nodes", "/db/query?q=SELECT+1", "/db/backup"):
        assert rqlite.ask(machine, path, "-")[0] == 401, path


@pytest.mark.parametrize(
    ("user", "allowed"),
    [
        ("rqlite-node", {"/status", "/nodes", "/db/query?q=SELECT+1"}),
        ("rqlite-gateway", {"/status", "/db/query?q=SELECT+1"}),
    ],
)
def test_a_user_may_do_its_work_and_no_more(machine, user, allowed):
    for path in sorted(allowed):
        assert rqlite.ask(machine, path, user)[0] == 200, path
    assert rqlite.ask(machine, "/db/backup", user)[0] == 401


class TestRaftPort:
    @pytest.fixture
    def demanding(self, machine, request):
        """For tests that need a server which asks for a certificate at all."""
        version = rqlite.get(machine, "/status")["build"]["version"]
        found = Version.find(version)
        assert found, version
        if not Capabilities.of(found).verifies_hosts:
            reason = f"rqlited {found} forgets -node-verify-client; there the firewall and the passwords stand alone"
            request.applymarker(pytest.mark.xfail(strict=True, reason=reason))

    @pytest.fixture
    def caller(self, cluster, machine):
        return cluster.after(machine)  # of a single host: itself

    def test_serves_a_member(self, caller, machine):
        assert caller.python(CALL, machine.address, "own", root=True) == "served"

    @pytest.mark.usefixtures("demanding")
    def test_refuses_who_shows_no_certificate(self, caller, machine):
        assert caller.python(CALL, machine.address, "none", root=True).startswith("refused")

    @pytest.mark.usefixtures("demanding")
    def test_refuses_a_certificate_of_another_authority(self, caller, machine):
        assert caller.python(CALL, machine.address, "foreign", root=True).startswith("refused")
