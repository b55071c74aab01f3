"""TLS of the gateway: which versions and ciphers, and a certificate that is renewed while connections stay open."""

import datetime as dt
import ssl
from pathlib import Path
from typing import Final

from cryptography import x509

from debros import logs
from debros.config.problems import Fault, dotted
from debros.config.tls import File, pair_faults
from debros.config.types import SecuritySection

_log = logs.get("debros.gateway.tls")
_KEY: Final = ("security", "private_key_file")
_CERTIFICATE: Final = ("security", "certificate_file")
# Mozilla's "intermediate" list (https://wiki.mozilla.org/Security/Server_Side_TLS) without DHE: of TLS 1.2 only what
# has forward secrecy and authenticated encryption. Those of TLS 1.3 are all good, and not set here.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"


class TlsError(Exception):
    """Certificate and key cannot be used; one line for the operator for each reason.

    Attributes:
        reasons: The lines.
    """

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class _Switch(ssl.SSLContext):
    """What the listener holds: every new connection gets the context of the moment.

    An event loop asks a server's context for nothing but `wrap_bio`, once a connection. Loading a pair into a context
    in use would not do: when the two files do not fit, that context is left with half of each.
    """

    current: ssl.SSLContext

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,  # noqa: FBT001, FBT002 - the signature of the standard library
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Begin a connection."""
        return self.current.wrap_bio(incoming, outgoing, server_side, server_hostname, session)


class Tls:
    """The gateway's certificate and key.

    Args:
        key_file: PEM, without a passphrase.
        certificate_file: PEM, its chain after it.

    Attributes:
        context: For the listener; stays the same when the certificate is renewed.
        expires: When the certificate in use ends, Unix time.
        reloads: How often it was read again, by result: ok or refused.

    Raises:
        TlsError: They cannot be used. A certificate that is out of date can: clients will say so, and see more than
            with a gateway that does not start.
    """

    def __init__(self, key_file: Path, certificate_file: Path) -> None:
        self._key = File(_KEY, key_file)
        self._certificate = File(_CERTIFICATE, certificate_file)
        self.context = _Switch(ssl.PROTOCOL_TLS_SERVER)
        self.reloads = {"ok": 0, "refused": 0}
        self.context.current, certificate = self._read()
        self.expires = certificate.not_valid_after_utc.timestamp()
        if reason := _out_of_date(certificate):
            _log.error("clients will refuse the certificate", file=str(certificate_file), reason=reason)

    def reload(self) -> bool:
        """Use both files as they are now for new connections; what is wrong with them is logged and changes nothing.

        Returns:
            Whether they are used.
        """
        try:
            context, certificate = self._read()
            if reason := _out_of_date(certificate):
                raise TlsError([f"{dotted(_CERTIFICATE)}: {self._certificate.path} {reason}; give a renewed one"])  # noqa: TRY301 - one place answers for all that can be wrong
        except TlsError as error:
            for reason in error.reasons:
                _log.error("the new certificate is not used; the one in use stays", reason=reason)
            self.reloads["refused"] += 1
            return False
        self.context.current = context
        self.expires = certificate.not_valid_after_utc.timestamp()
        self.reloads["ok"] += 1
        _log.info(
            "new connections get the certificate that was read again",
            file=str(self._certificate.path),
            serial=f"{certificate.serial_number:x}",
            expires=certificate.not_valid_after_utc.isoformat(),
        )
        return True

    def _read(self) -> tuple[ssl.SSLContext, x509.Certificate]:
        if faults := pair_faults(self._key, self._certificate):
            raise TlsError([_line(fault) for fault in faults])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(_CIPHERS)
        context.set_alpn_protocols(["http/1.1"])
        context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
        try:
            # A passphrase that would be asked for on the terminal is none; such a key was refused above.
            context.load_cert_chain(self._certificate.path, self._key.path, password="")
            certificate = x509.load_pem_x509_certificate(self._certificate.path.read_bytes())
        except (OSError, ValueError) as error:  # an SSLError is an OSError
            raise TlsError([f"{dotted(_CERTIFICATE)}: cannot use {self._certificate.path}: {error}"]) from None
        return context, certificate


def load(security: SecuritySection) -> Tls | None:
    """Return what the configuration asks for, None without TLS.

    Raises:
        TlsError: The certificate or its key cannot be used.
    """
    if not security.enable_tls:
        return None
    if security.certificate_file is None or security.private_key_file is None:
        raise TlsError(["TLS needs security.certificate_file and security.private_key_file"])
    return Tls(security.private_key_file, security.certificate_file)


def _out_of_date(certificate: x509.Certificate) -> str:
    now = dt.datetime.now(dt.UTC)
    if now > certificate.not_valid_after_utc:
        return f"expired on {certificate.not_valid_after_utc.isoformat()}"
    if now < certificate.not_valid_before_utc:
        return f"is good only from {certificate.not_valid_before_utc.isoformat()} on; is the clock right?"
    return ""


def _line(fault: Fault) -> str:
    return f"{dotted(fault.path)}: {fault.message}; {fault.hint}"
