"""The key and certificate of rqlite's Raft port, which the hosts show each other.

The key is made on its host and never leaves it; only the request and the certificate travel. ECDSA on P-256: every Go
accepts it for every TLS version, and its handshakes are the cheapest. All certificates carry one common name among
their alternative names, because rqlited checks every peer against one name (`-node-verify-server-name`).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    import datetime as dt

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

_USAGES = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


class CertificateError(Exception):
    """A key, request or certificate that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a certificate says, and what is wrong with it.

    Attributes:
        subject: in RFC 4514's form.
        names: alternative names: DNS names and addresses.
        begins: valid from, UTC.
        expires: valid until, UTC.
        problems: why rqlite could not use it now, in words; empty for a good one.
    """

    subject: str
    names: list[str]
    begins: dt.datetime
    expires: dt.datetime
    problems: list[str]


def new_key() -> bytes:
    """Return a new private key in PEM (PKCS #8)."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def request(key_pem: bytes, *, name: str, address: str, common_name: str) -> bytes:
    """Return a certificate request in PEM.

    Args:
        key_pem: the private key.
        name: of the host.
        address: under which the others reach it: an IP address or a DNS name.
        common_name: the name every host's certificate carries.

    Raises:
        CertificateError: the key cannot be used, or a name is none.
    """
    key = _key(key_pem)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CertificateError("the key is not an elliptic curve key")
    try:
        names: list[x509.GeneralName] = [x509.DNSName(each) for each in dict.fromkeys((common_name, name))]
        host = _general_name(address)
        if host not in names:
            names.append(host)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    except (ValueError, TypeError) as error:
        raise CertificateError(f"{name!r} or {address!r} cannot stand in a certificate: {error}") from None
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage(_USAGES), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def inspect(
    certificate_pem: bytes, key_pem: bytes | None, ca_pem: bytes, *, common_name: str, now: dt.datetime
) -> Facts:
    """Read a certificate and look whether this host's rqlite can use it.

    Args:
        certificate_pem: the certificate; others may follow it.
        key_pem: this host's private key; None for who may not read it, and so cannot tell whether it fits.
        ca_pem: the certificates of the authority the hosts trust.
        common_name: the name every host's certificate carries.
        now: the time, with zone.

    Raises:
        CertificateError: one of them cannot be read.
    """
    certificate = _certificates(certificate_pem, "certificate")[0]
    authorities = _certificates(ca_pem, "authority's certificate")
    names = _names(certificate)
    begins, expires = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    checks = {
        "it does not belong to this host's key": key_pem is None or _fits(certificate, key_pem),
        "it is not signed by the authority the hosts trust": any(_signed(certificate, one) for one in authorities),
        f"{common_name} is not among its names": common_name in names,
        "it is not for servers and clients alike": set(_USAGES) <= set(_extended_usage(certificate)),
        f"it is valid only from {begins:%Y-%m-%d %H:%M} UTC; is the clock right?": begins <= now,
        f"it has expired on {expires:%Y-%m-%d %H:%M} UTC": now <= expires,
    }
    problems = [problem for problem, good in checks.items() if not good]
    return Facts(certificate.subject.rfc4514_string(), names, begins, expires, problems)


def end(certificate_pem: bytes) -> dt.datetime:
    """Return until when a certificate is valid, UTC.

    Raises:
        CertificateError: it is none.
    """
    return _certificates(certificate_pem, "certificate")[0].not_valid_after_utc


def _key(pem: bytes) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise CertificateError(f"the key is not an unencrypted PEM private key: {error}") from None


def _certificates(pem: bytes, what: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise CertificateError(f"the {what} is not PEM: {error}") from None


def _signed(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _fits(certificate: x509.Certificate, key_pem: bytes) -> bool:
    return _public(certificate.public_key()) == _public(_key(key_pem).public_key())


def _public(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(entry.value) for entry in extension]


def _extended_usage(certificate: x509.Certificate) -> list[x509.ObjectIdentifier]:
    try:
        return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return []


def _general_name(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)
