"""The authority of a cluster, which signs the requests that hosts make."""

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Ca:
    """The cluster's authority, as the playbook keeps it."""

    def __init__(self, name="test authority"):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(self.name, self.key.public_key(), days=3650)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.pem = self._signed(builder)
        self.private = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def sign(self, request, *, days=365, begin=0, usages=2, without_names=False):
        csr = x509.load_pem_x509_csr(request)
        assert csr.is_signature_valid
        builder = self._builder(csr.subject, csr.public_key(), days=days, begin=begin)
        for extension in csr.extensions:
            value = extension.value
            if isinstance(value, x509.ExtendedKeyUsage):
                value = x509.ExtendedKeyUsage(list(value)[:usages])
            if not (without_names and isinstance(value, x509.SubjectAlternativeName)):
                builder = builder.add_extension(value, critical=extension.critical)
        return self._signed(builder)

    def _builder(self, subject, key, *, days, begin=0):
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + dt.timedelta(days=begin, hours=-1))
            .not_valid_after(now + dt.timedelta(days=begin + days))
        )

    def _signed(self, builder):
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
