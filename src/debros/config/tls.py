"""Whether a certificate and a private key fit each other. The only part of the configuration that needs OpenSSL."""

from pathlib import Path
from typing import Any

from debros.config.problems import Fault, printable

KEY = ("security", "private_key_file")
CERTIFICATE = ("security", "certificate_file")


def pair_faults(key_file: Path, certificate_file: Path) -> list[Fault]:
    """Say what keeps the two files from serving TLS; nothing when they fit each other."""
    faults: list[Fault] = []
    key = _load(KEY, key_file, _private_key, "an unencrypted PEM private key", faults)
    certificate = _load(CERTIFICATE, certificate_file, _certificate_key, "a PEM certificate", faults)
    if not faults and key != certificate:
        faults.append(
            Fault(CERTIFICATE, "does not belong to security.private_key_file", "give the two halves of one pair")
        )
    return faults


def _load(path: tuple[str, str], file: Path, read: Any, wanted: str, faults: list[Fault]) -> bytes | None:
    try:
        public: bytes = read(file.read_bytes())
    except OSError as error:
        faults.append(Fault(path, f"cannot read {printable(file)}: {error.strerror}", "check its owner and mode"))
    except (ValueError, TypeError):
        # cryptography raises TypeError for a key with a passphrase.
        faults.append(Fault(path, f"{printable(file)} is not {wanted}", "give a PEM file"))
    else:
        return public
    return None


def _private_key(raw: bytes) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 -- only when TLS is on, see the module
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 -- same

    try:
        return _encoded(load_pem_private_key(raw, password=None).public_key())
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error


def _certificate_key(raw: bytes) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 -- only when TLS is on, see the module
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415 -- same

    try:
        return _encoded(load_pem_x509_certificate(raw).public_key())
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error


def _encoded(public: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415 -- same

    encoded: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded
