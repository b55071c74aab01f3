"""Whether certificates and private keys fit each other. The only part of the configuration that needs OpenSSL."""

from pathlib import Path
from typing import Any, NamedTuple

from debros.config.problems import Fault, KeyPath, dotted, printable


class File(NamedTuple):
    """A PEM file and the key of the configuration that names it."""

    key: KeyPath
    path: Path


def pair_faults(key: File, certificate: File) -> list[Fault]:
    """Say what keeps the two files from serving TLS; nothing when they fit each other."""
    faults: list[Fault] = []
    private = _load(key, _private_key, "an unencrypted PEM private key", faults)
    public = _load(certificate, _certificate_key, "a PEM certificate", faults)
    if not faults and private != public:
        faults.append(
            Fault(certificate.key, f"does not belong to {dotted(key.key)}", "give the two halves of one pair")
        )
    return faults


def signature_faults(certificate: File, authority: File) -> list[Fault]:
    """Say what keeps an authority, or one of several in its file, from having signed a certificate."""
    faults: list[Fault] = []
    signed = _load(certificate, _certificate, "a PEM certificate", faults)
    signers = _load(authority, _all_certificates, "a PEM certificate", faults)
    if not faults and not any(_has_signed(signer, signed) for signer in signers):
        faults.append(
            Fault(certificate.key, f"was not signed by {dotted(authority.key)}", "give the authority that signed it")
        )
    return faults


def name_faults(certificate: File, name: str) -> list[Fault]:
    """Say what keeps a certificate from proving a DNS name; nothing when it carries it."""
    faults: list[Fault] = []
    found = _load(certificate, _certificate, "a PEM certificate", faults)
    if not faults and name.lower() not in _dns_names(found):
        faults.append(Fault(certificate.key, f"does not carry the DNS name {name}", "make a certificate that does"))
    return faults


def _load(file: File, read: Any, wanted: str, faults: list[Fault]) -> Any:
    name = printable(file.path)
    try:
        return read(file.path.read_bytes())
    except OSError as error:
        faults.append(Fault(file.key, f"cannot read {name}: {error.strerror}", "check its owner and mode"))
    except (ValueError, TypeError):
        # cryptography raises TypeError for a key with a passphrase.
        faults.append(Fault(file.key, f"{name} is not {wanted}", "give a PEM file"))
    return None


def _private_key(raw: bytes) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 -- only when TLS is on, see the module
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 -- same

    try:
        return _encoded(load_pem_private_key(raw, password=None).public_key())
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error


def _certificate(raw: bytes) -> Any:
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415 -- only when TLS is on, see the module

    return load_pem_x509_certificate(raw)


def _all_certificates(raw: bytes) -> Any:
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415 -- only when TLS is on, see the module

    return load_pem_x509_certificates(raw)


def _certificate_key(raw: bytes) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 -- only when TLS is on, see the module

    try:
        return _encoded(_certificate(raw).public_key())
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error


def _has_signed(signer: Any, signed: Any) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415 -- same

    try:
        signed.verify_directly_issued_by(signer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _dns_names(certificate: Any) -> set[str]:
    from cryptography.x509 import DNSName, ExtensionNotFound, SubjectAlternativeName  # noqa: PLC0415 -- same

    try:
        names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    except (ExtensionNotFound, ValueError):
        return set()
    return {name.lower() for name in names.get_values_for_type(DNSName)}


def _encoded(public: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415 -- same

    encoded: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded
