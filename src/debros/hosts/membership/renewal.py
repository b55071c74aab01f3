"""The certificate of a host that manages itself: the roles make a new one in its last days, and run because of it."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Final

from debros import files
from debros.hosts import certificates

if TYPE_CHECKING:
    from pathlib import Path

    from debros.config import NodeConfig

# The roles' own rule (roles/debros/defaults: debros_certificate_renew_days).
DAYS: Final = 30
# An inventory may have set another rule; then the roles run for nothing, and not more often than this, in seconds.
_PAUSE: Final = 86400.0


class Renewal:
    """Whether the roles are to run because of the certificate.

    Args:
        config: of the node; names the certificate.
        note: file that remembers when the roles last ran because of it.
    """

    def __init__(self, config: NodeConfig, note: Path) -> None:
        self._certificate, self._note = config.database.rqlite_tls_cert_file, note

    def due(self) -> str:
        """Return why they are, in words; "" when they are not.

        A certificate that is missing or cannot be read is for `debros-host check` to tell.
        """
        if self._certificate is None:
            return ""
        try:
            ends = certificates.end(self._certificate.read_bytes())
        except (OSError, certificates.CertificateError):
            return ""
        left = ends - dt.datetime.now(dt.UTC)
        if left >= dt.timedelta(days=DAYS) or self._ran_lately():
            return ""
        return f"the certificate {'ends' if left > dt.timedelta(0) else 'has ended'} on {ends:%Y-%m-%d}"

    def ran(self) -> None:
        """Note that the roles have run.

        Raises:
            OSError: it cannot be noted.
        """
        self._note.parent.mkdir(parents=True, exist_ok=True)
        files.replace(self._note, f"{int(time.time())}\n", mode=0o644)

    def _ran_lately(self) -> bool:
        try:
            before = float(self._note.read_text("ascii"))
        except (OSError, ValueError):
            return False
        return 0 <= time.time() - before < _PAUSE
