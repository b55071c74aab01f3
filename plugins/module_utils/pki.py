"""The cluster's small certificate authority. For the controller: needs `cryptography`, which ansible-core brings.

One root, ECDSA P-256, ten years, that signs nothing but host certificates (path length 0). A host's key is made on the
host; what comes here is its request, of which only the public key is used: names are what the inventory says.
"""

from __future__ import annotations

import datetime as dt
import ipaddress

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS = 3650
HOST_DAYS = 365
# Clocks differ; a certificate that is "not yet valid" on a neighbour would keep a host out.
_BACKDATED = dt.timedelta(hours=1)


class PkiError(Exception):
    """A key, request or certificate is not usable; the text says which and why."""


def new_key() -> str:
    """Return a new private key, PEM (PKCS #8, not encrypted)."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def new_ca(key_pem: str) -> str:
    """Return the authority's own certificate, PEM.

    Raises:
        PkiError: The key is none.
    """
    key = _key(key_pem)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "DeBros cluster CA")])
    return (
        _builder(key.public_key(), name, name, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )


def sign(csr_pem: str, ca_key_pem: str, ca_pem: str, *, dns: list[str], address: str, days: int = HOST_DAYS) -> str:
    """Return a host's certificate, PEM, for server and client use.

    Args:
        csr_pem: The host's request; it must ask for no other names than these.
        ca_key_pem: The authority's key.
        ca_pem: The authority's certificate; there may be others beside it, whose key is another one.
        dns: Names the certificate carries, the first one as common name.
        address: IP address it carries.
        days: How long it is valid.

    Raises:
        PkiError: The request is not one, asks for other names, or the authority's files do not belong together.
    """
    key, authority = _key(ca_key_pem), signer(ca_key_pem, ca_pem)
    try:
        request = x509.load_pem_x509_csr(csr_pem.encode())
        sound = request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm) as error:
        raise PkiError(f"the host's certificate request cannot be read: {error}") from None
    if not sound:
        raise PkiError("the host's certificate request is not signed by its own key")
    allowed: list[x509.GeneralName] = [x509.DNSName(name) for name in dns]
    allowed.append(x509.IPAddress(ipaddress.ip_address(address)))
    if strange := [name for name in _names(request.extensions) if name not in allowed]:
        asked = ", ".join(str(name.value) for name in strange)
        raise PkiError(f"the host asks for a certificate for {asked}, which the inventory does not give it")
    public = request.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise PkiError("the host's key is not an elliptic-curve key")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, dns[0][:64])])
    return (
        _builder(public, subject, authority.subject, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.SubjectAlternativeName(allowed), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )


def signer(ca_key_pem: str, ca_pem: str) -> x509.Certificate:
    """Return the certificate of the authority that a key belongs to.

    Args:
        ca_key_pem: The authority's key.
        ca_pem: Certificates of authorities that the hosts trust.

    Raises:
        PkiError: It belongs to none of them, or is no key.
    """
    key = _key(ca_key_pem).public_key()
    found = next((one for one in authorities(ca_pem) if one.public_key() == key), None)
    if found is None:
        raise PkiError("ca.key and ca.crt do not belong together; restore both from one backup")
    return found


def authorities(ca_pem: str) -> list[x509.Certificate]:
    """Read one or more certificates.

    Raises:
        PkiError: There is none.
    """
    try:
        return x509.load_pem_x509_certificates(ca_pem.encode())
    except ValueError as error:
        raise PkiError(f"not a certificate: {error}") from None


def pem_of(found: x509.Certificate) -> str:
    """Return a certificate as PEM."""
    return found.public_bytes(serialization.Encoding.PEM).decode()


def faults(pem: str, ca_pem: str, *, dns: list[str], address: str, renew_days: int, ca_key_pem: str = "") -> list[str]:
    """Say why a host's certificate has to be made anew; [] when it is good.

    Args:
        pem: The certificate, "" when there is none.
        ca_pem: The authorities it may come from.
        dns: Names it must carry.
        address: IP address it must carry.
        renew_days: Days that must be left.
        ca_key_pem: With it, the certificate must come from the authority this key belongs to.
    """
    if not pem.strip():
        return ["there is none"]
    try:
        found = certificate(pem)
    except PkiError as error:
        return [str(error)]
    trusted = [signer(ca_key_pem, ca_pem)] if ca_key_pem.strip() else authorities(ca_pem)
    reasons = [] if any(_issued(found, one) for one in trusted) else ["it comes from another authority"]
    left = found.not_valid_after_utc - dt.datetime.now(dt.UTC)
    if left < dt.timedelta(days=renew_days):
        reasons.append(f"{max(left.days, 0)} days are left")
    wanted = {x509.DNSName(name) for name in dns} | {x509.IPAddress(ipaddress.ip_address(address))}
    if set(_names(found.extensions)) != wanted:
        reasons.append("name or address of the host has changed")
    return reasons


def certificate(pem: str) -> x509.Certificate:
    """Read a certificate.

    Raises:
        PkiError: It is none.
    """
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise PkiError(f"not a certificate: {error}") from None


def _issued(found: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        found.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _key(pem: str) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise PkiError(f"ca.key cannot be read: {error}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PkiError("ca.key is not an elliptic-curve key")
    return key


def _builder(
    public: ec.EllipticCurvePublicKey, subject: x509.Name, issuer: x509.Name, days: int
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .public_key(public)
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _names(extensions: x509.Extensions) -> list[x509.GeneralName]:
    try:
        return list(extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return []
