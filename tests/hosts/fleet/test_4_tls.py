"""Gateways that speak HTTPS: a certificate is renewed while connections stay open."""

import asyncio
import ipaddress
import json
import socket
import ssl

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.client import connect

from hostkit.patience import eventually
from testkit.ca import Ca

pytestmark = pytest.mark.timeout(1800)

FOLDER = "/etc/ssl/gateway-test"
FILES = {
    "gateway_tls_certificate_file": f"{FOLDER}/fullchain.pem",
    "gateway_tls_private_key_file": f"{FOLDER}/privkey.pem",
}
# As a client that renews certificates leaves them: both at once, the key for root alone.
PUT = """
import json, os, sys
folder, files = json.load(sys.stdin)
os.makedirs(folder, exist_ok=True)
for name, text in files.items():
    with open(f"{folder}/{name}.new", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(text)
    os.rename(f"{folder}/{name}.new", f"{folder}/{name}")
print("null")
"""


@pytest.fixture(scope="module")
def ca():
    return Ca("authority of the gateways")


@pytest.fixture(scope="module")
def trusting(ca):
    return ssl.create_default_context(cadata=ca.pem.decode())


def pair(ca, machine):
    """Return a new certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(machine.address))])
    request = x509.CertificateSigningRequestBuilder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, machine.name)]))
    signed = request.add_extension(names, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return ca.sign(signed.public_bytes(serialization.Encoding.PEM)).decode(), private.decode()


def put(machine, **files):
    machine.python(PUT, root=True, data=[FOLDER, {f"{name}.pem": text for name, text in files.items()}])


def serial(machine, trusting):
    """Return the serial number of the certificate that a new connection is shown."""
    with (
        socket.create_connection((machine.address, 6001), timeout=10) as plain,
        trusting.wrap_socket(plain, server_hostname=machine.address) as tls,
    ):
        return x509.load_der_x509_certificate(tls.getpeercert(binary_form=True)).serial_number


def started(machine):
    return machine.unit("debros-gateway.service", "MainPID", "NRestarts", "ActiveEnterTimestampMonotonic")


@pytest.fixture(scope="module")
def secure(fleet, ca):
    """The fleet, speaking HTTPS."""
    for machine in fleet.cluster:
        certificate, key = pair(ca, machine)
        put(machine, fullchain=certificate, privkey=key)
    fleet.be(*fleet.names, **FILES)
    fleet.play("site.yml")
    yield fleet.cluster
    fleet.be(*fleet.names)
    fleet.play("site.yml")
    fleet.cluster.until_whole()


def test_every_gateway_speaks_https_and_nothing_else(fleet, secure, trusting):
    for machine in secure:
        url = f"https://{machine.address}:6001/health"
        assert httpx.get(url, verify=trusting, trust_env=False, timeout=10).json()["status"] == "ok"
        with pytest.raises(httpx.TransportError):
            httpx.get(url.replace("https", "http"), trust_env=False, timeout=10)
        assert machine.root("debros-host check").count("BAD") == 0
        assert machine.root(f"stat -c %a {FOLDER}/privkey.pem").strip() == "600"
    assert fleet.play("site.yml").changed_tasks() == []


def test_a_renewed_certificate_is_taken_while_connections_stay_open(secure, ca, trusting):
    machine = secure.machines[0]
    before, old = started(machine), serial(machine, trusting)

    async def renewed():
        url = f"wss://{machine.address}:6001/v1/pubsub/ws?topic=renewal"
        async with connect(url, ssl=trusting, additional_headers={"X-API-Key": secure.key}, proxy=None) as open_one:
            certificate, key = pair(ca, machine)
            put(machine, fullchain=certificate, privkey=key)
            assert serial(machine, trusting) == old, "nobody has told it yet"
            machine.root("systemctl reload debros-gateway")
            new = x509.load_pem_x509_certificate(certificate.encode()).serial_number
            eventually(lambda: serial(machine, trusting) == new, "new connections get the old certificate", 30)
            await open_one.send(b"still here")
            assert await asyncio.wait_for(open_one.recv(), 10) == b"still here"

    asyncio.run(renewed())
    assert started(machine) == before


def test_the_playbook_takes_a_renewed_certificate_without_a_restart(fleet, secure, ca, trusting):
    machine = secure.machines[-1]
    before = started(machine)
    certificate, key = pair(ca, machine)
    put(machine, fullchain=certificate, privkey=key)
    changed = fleet.play("site.yml").changed_tasks()
    assert [task.rpartition(": ")[2] for task in changed] == [machine.name]
    assert "Take the renewed certificate" in changed[0]
    new = x509.load_pem_x509_certificate(certificate.encode()).serial_number
    eventually(lambda: serial(machine, trusting) == new, "new connections get the old certificate", 30)
    assert started(machine) == before


def test_a_pair_that_does_not_fit_is_named_and_not_taken(secure, ca, trusting):
    machine = secure.machines[0]
    old = serial(machine, trusting)
    certificate, key = pair(ca, machine)
    _, of_another = pair(ca, machine)
    cursor = machine.root("journalctl -n 0 --show-cursor").splitlines()[-1].removeprefix("-- cursor: ")
    put(machine, fullchain=certificate, privkey=of_another)
    machine.root("systemctl reload debros-gateway")

    def said():
        words = machine.root(f"journalctl --after-cursor='{cursor}' -u debros-gateway -o json --no-pager")
        return [entry for entry in map(json.loads, words.splitlines()) if "is not used" in str(entry["MESSAGE"])]

    eventually(said, "nothing in the journal", 30)
    assert serial(machine, trusting) == old
    put(machine, fullchain=certificate, privkey=key)
    machine.root("systemctl reload debros-gateway")
    eventually(lambda: serial(machine, trusting) != old, "the good pair is not taken", 30)


def test_switched_off_no_copy_of_the_key_stays(fleet, secure):
    assert all("gateway-tls.key" in machine.root("ls /run/debros-gateway/tls") for machine in secure)
    fleet.be(*fleet.names)
    fleet.play("site.yml")
    secure.until_whole()
    for machine in secure:
        assert machine.root("ls -A /run/debros-gateway") == ""
