"""Certificates that are renewed, and files that are wrong. Real handshakes in memory; no server."""

import datetime as dt
import ssl
from pathlib import Path

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from debros.gateway.tls import Tls, TlsError
from testkit.tls import self_signed


def write(directory: Path, name: str, *, key=None, days: tuple[int, int] = (-1, 1)) -> tuple[Path, Path]:
    """Write a pair whose certificate is good between two days, counted from now."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days=days[0])).not_valid_after(now + dt.timedelta(days=days[1]))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    key_file, certificate_file = directory / f"{name}.key", directory / f"{name}.crt"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return key_file, certificate_file


def handshake(context: ssl.SSLContext, **client) -> ssl.SSLObject:
    """Connect to a context; returns the client's end."""
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    for name, value in client.items():
        setattr(trust, name, value)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = trust.wrap_bio(to_client, to_server, server_hostname="x")
    there = context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for end in (here, there):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return here


def shown(context: ssl.SSLContext) -> str:
    """Return the name on the certificate a new connection gets."""
    der = handshake(context).getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(der).subject.rfc4514_string()


@pytest.fixture
def tls(tmp_path) -> Tls:
    write(tmp_path, "old")
    (tmp_path / "old.key").rename(tmp_path / "key")
    (tmp_path / "old.crt").rename(tmp_path / "crt")
    return Tls(tmp_path / "key", tmp_path / "crt")


def install(directory: Path, pair: tuple[Path, Path]) -> None:
    pair[0].replace(directory / "key")
    pair[1].replace(directory / "crt")


def test_a_renewed_certificate_is_for_new_connections(tls, tmp_path) -> None:
    assert shown(tls.context) == "CN=old"
    before = tls.expires
    install(tmp_path, write(tmp_path, "new", days=(-1, 30)))
    assert shown(tls.context) == "CN=old"
    assert tls.reload()
    assert shown(tls.context) == "CN=new"
    assert tls.expires > before
    assert tls.reloads == {"ok": 1, "refused": 0}


def stranger(directory):
    write(directory, "other")[0].replace(directory / "key")


def no_key(directory):
    (directory / "key").unlink()


def half(directory):
    (directory / "crt").write_bytes((directory / "crt").read_bytes()[:200])


def nonsense(directory):
    (directory / "key").write_text("not a key")


def with_passphrase(directory):
    install(directory, self_signed(directory, "locked", password=b"secret"))


def expired(directory):
    install(directory, write(directory, "late", days=(-9, -2)))


def too_early(directory):
    install(directory, write(directory, "early", days=(2, 9)))


def weak(directory):
    install(directory, write(directory, "weak", key=rsa.generate_private_key(65537, 1024)))


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (stranger, "security.certificate_file: does not belong to security.private_key_file; give the two halves"),
        (no_key, "security.private_key_file: cannot read {}/key: No such file or directory; check its owner and mode"),
        (half, "security.certificate_file: {}/crt is not a PEM certificate; give a PEM file"),
        (nonsense, "security.private_key_file: {}/key is not an unencrypted PEM private key; give a PEM file"),
        (with_passphrase, "security.private_key_file: {}/key is not an unencrypted PEM private key; give a PEM file"),
        (expired, "security.certificate_file: {}/crt expired on "),
        (too_early, "security.certificate_file: {}/crt is good only from "),
        (weak, "security.certificate_file: cannot use {}/crt: [SSL: EE_KEY_TOO_SMALL]"),
    ],
)
def test_wrong_files_are_named_and_the_old_ones_stay(tls, tmp_path, harm, reason) -> None:
    before = tls.expires
    harm(tmp_path)
    with structlog.testing.capture_logs() as logged:
        assert not tls.reload()
    assert shown(tls.context) == "CN=old"
    assert tls.expires == before
    assert tls.reloads == {"ok": 0, "refused": 1}
    assert [entry["event"] for entry in logged] == ["the new certificate is not used; the one in use stays"]
    assert logged[0]["reason"].startswith(reason.format(tmp_path))
    install(tmp_path, write(tmp_path, "new"))
    assert tls.reload()
    assert shown(tls.context) == "CN=new"


def test_a_start_with_wrong_files_fails(tmp_path) -> None:
    with pytest.raises(TlsError, match=r"private_key_file: cannot read .*; security\.certificate_file: cannot read"):
        Tls(tmp_path / "key", tmp_path / "crt")


def test_a_start_with_an_expired_certificate_is_a_start(tmp_path) -> None:
    expired(tmp_path)
    with structlog.testing.capture_logs() as logged:
        assert shown(Tls(tmp_path / "key", tmp_path / "crt").context) == "CN=late"
    assert logged[0]["event"] == "clients will refuse the certificate"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_what_is_spoken(tls, version) -> None:
    end = handshake(tls.context, minimum_version=version, maximum_version=version)
    name, _, _ = end.cipher()
    assert end.version() == version.name.replace("_", ".")
    assert name.startswith(("TLS_AES", "TLS_CHACHA20", "ECDHE-ECDSA-AES", "ECDHE-ECDSA-CHACHA20"))
    assert not name.endswith("-SHA")


def test_tls_1_1_and_old_ciphers_are_refused(tls) -> None:
    with pytest.warns(DeprecationWarning, match="TLSv1"), pytest.raises(ssl.SSLError):
        handshake(tls.context, minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1_1)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_ciphers("AES128-SHA:AES256-SHA256:ECDHE-ECDSA-AES128-SHA")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = old.wrap_bio(to_client, to_server, server_hostname="x")
    there = tls.context.wrap_bio(to_server, to_client, server_side=True)
    with pytest.raises(ssl.SSLWantReadError):
        here.do_handshake()
    with pytest.raises(ssl.SSLError, match="NO_SHARED_CIPHER"):
        there.do_handshake()
