"""Keys are made once and stay; a certificate gets in only when it fits. No configuration is needed for any of it."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from debros import identity


class Keys:
    """A directory of keys, and debros-host beside it."""

    def __init__(self, path, ca):
        self.path = path
        path.mkdir(mode=0o700)
        (path / "raft-ca.crt").write_bytes(ca.pem)

    def run(self, *words, stdin=b""):
        return subprocess.run(
            [sys.executable, "-m", "debros.hosts.main", *words],
            env={"CREDENTIALS_DIRECTORY": str(self.path), "PATH": "/nonexistent"},
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def request(self):
        return self.run("csr", "--name", "n1", "--address", "192.0.2.7").stdout

    def mode(self, name):
        return oct((self.path / name).stat().st_mode)[-3:]


@pytest.fixture
def keys(tmp_path, ca):
    return Keys(tmp_path / "keys", ca)


def test_the_identity_is_made_once(keys) -> None:
    first = keys.run("identity")
    assert first.returncode == 0
    again = keys.run("identity", "--json")
    assert first.stdout.decode().strip() == identity.load(keys.path / "identity.key").peer_id
    assert first.stdout.decode().strip() in again.stdout.decode()
    assert b'"changed": false' in again.stdout
    assert keys.mode("identity.key") == "600"


def test_of_many_at_once_one_makes_the_identity(keys) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = {done.stdout for done in pool.map(lambda _: keys.run("identity"), range(6))}
    assert len(answers) == 1
    assert answers.pop().startswith(b"12D3KooW")
    assert [path.name for path in keys.path.iterdir() if path.name != "raft-ca.crt"] == ["identity.key"]


def test_an_identity_that_cannot_be_read_is_never_replaced(keys) -> None:
    (keys.path / "identity.key").write_bytes(b"nonsense")
    (keys.path / "identity.key").chmod(0o600)
    done = keys.run("identity")
    assert done.returncode == 1
    assert b"cannot use this key file" in done.stderr
    assert (keys.path / "identity.key").read_bytes() == b"nonsense"


def test_a_key_that_others_may_read_is_not_taken(keys) -> None:
    keys.run("identity")
    (keys.path / "identity.key").chmod(0o644)
    done = keys.run("identity")
    assert done.returncode == 1
    assert b"chmod 600" in done.stderr


def test_a_request_names_the_host_and_what_all_hosts_share(keys) -> None:
    csr = x509.load_pem_x509_csr(keys.request())
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    usages = csr.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert csr.is_signature_valid
    assert names.get_values_for_type(x509.DNSName) == ["debros-raft", "n1"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]
    assert set(usages) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert isinstance(csr.public_key(), ec.EllipticCurvePublicKey)
    assert keys.mode("raft.key") == "600"
    # The key stays, so a second request is for the same one.
    assert x509.load_pem_x509_csr(keys.request()).public_key() == csr.public_key()


def test_a_certificate_is_installed_once(keys, ca) -> None:
    pem = ca.sign(keys.request())
    first, again = (keys.run("certificate", "install", "--json", stdin=pem).stdout for _ in range(2))
    assert b'"changed": true' in first
    assert b'"changed": false' in again
    assert (keys.path / "raft.crt").read_bytes() == pem
    assert keys.mode("raft.crt") == "600"
    shown = keys.run("certificate")
    assert shown.returncode == 0
    assert b"names:   debros-raft, n1, 192.0.2.7" in shown.stdout


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        ({"days": -1}, "it has expired on"),
        ({"begin": 3}, "is the clock right?"),
        ({"usages": 1}, "not for servers and clients alike"),
        ({"without_names": True}, "debros-raft is not among its names"),
    ],
)
def test_a_certificate_that_rqlite_could_not_use_is_refused(keys, ca, harm, reason) -> None:
    good = ca.sign(keys.request())
    keys.run("certificate", "install", stdin=good)
    if harm.get("days") == -1:
        harm = {"days": 2, "begin": -3}
    done = keys.run("certificate", "install", stdin=ca.sign(keys.request(), **harm))
    assert done.returncode == 1
    assert reason in done.stderr.decode()
    assert (keys.path / "raft.crt").read_bytes() == good


def test_a_strangers_certificate_and_another_key_are_refused(keys, ca, make_ca, tmp_path) -> None:
    done = keys.run("certificate", "install", stdin=make_ca("stranger").sign(keys.request()))
    assert b"not signed by the authority" in done.stderr
    # The same name does not make it the same authority.
    done = keys.run("certificate", "install", stdin=make_ca("test authority").sign(keys.request()))
    assert b"not signed by the authority" in done.stderr
    other = Keys(tmp_path / "other", ca)
    done = keys.run("certificate", "install", stdin=ca.sign(other.request()))
    assert b"does not belong to this host's key" in done.stderr
    assert not (keys.path / "raft.crt").exists()


@pytest.mark.parametrize("stdin", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_told(keys, stdin) -> None:
    keys.request()
    done = keys.run("certificate", "install", stdin=stdin)
    assert done.returncode == 1
    assert b"certificate" in done.stderr
    assert b"Traceback" not in done.stderr


def test_without_a_key_the_way_to_one_is_told(keys, ca, tmp_path) -> None:
    pem = ca.sign(Keys(tmp_path / "other", ca).request())
    assert b"debros-host csr" in keys.run("certificate", "install", stdin=pem).stderr
    assert keys.run("certificate").returncode == 1


@pytest.mark.parametrize("words", [("--name", "ä", "--address", "192.0.2.1"), ("--name", "", "--address", "192.0.2.1")])
def test_a_name_that_is_none_is_told(keys, words) -> None:
    done = keys.run("csr", *words)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"--name" in done.stderr


def test_root_writes_through_no_link(keys, ca, tmp_path) -> None:
    pem = ca.sign(keys.request())
    target = tmp_path / "precious"
    target.write_text("precious")
    (keys.path / "raft.crt").symlink_to(target)
    done = keys.run("certificate", "install", stdin=pem)
    assert done.returncode == 1
    assert b"symbolic link" in done.stderr
    assert target.read_text() == "precious"
