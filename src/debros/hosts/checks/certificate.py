"""The certificate of the Raft port: without a good one the hosts no longer talk to each other."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from debros.hosts import certificates, units
from debros.hosts.checks.result import Metric, Result, State
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from debros.config import NodeConfig

_WARN_DAYS, _BAD_DAYS = 30, 7
# Where the cluster manages itself (debros.hosts.membership.renewal), and where a controller does.
_RENEWED = f"{units.MEMBERS} renews it; if it does not, journalctl -u {units.MEMBERS} says why"
_MAKE_NEW = "run the installer here again, which makes a new one (first, if nobody leads: systemctl stop debros-rqlite)"
_RENEW = "renew it with the playbook rotate.yml"


def expiry(config: NodeConfig) -> Iterator[Result]:
    """Look at the certificate, if the configuration names one."""
    database = config.database
    certificate, authority = database.rqlite_tls_cert_file, database.rqlite_tls_ca_file
    if not (certificate and authority):
        return
    now = dt.datetime.now(dt.UTC)
    try:
        pem, authorities = certificate.read_bytes(), authority.read_bytes()
        # Never with the private key, which is rqlite's alone: `debros-host certificate install` takes no certificate
        # that does not fit it, and a rqlited whose two files do not fit does not start, which is seen as well.
        facts = certificates.inspect(pem, None, authorities, common_name=database.rqlite_tls_server_name, now=now)
    except OSError as error:
        yield Result("certificate", State.BAD, f"{error.filename}: {error.strerror}")
        return
    except certificates.CertificateError as error:
        yield Result("certificate", State.BAD, f"{certificate}: {error}")
        return
    days = (facts.expires - now).days
    state = State.BAD if facts.problems or days < _BAD_DAYS else State.WARN if days < _WARN_DAYS else State.OK
    text = "; ".join(facts.problems) or f"valid for {days} days"
    metric = Metric("certificate_expiry_timestamp_seconds", facts.expires.timestamp())
    if state is not State.OK:
        text = f"{text}; {_hint(usable=not facts.problems)}"
    yield Result("certificate", state, text, (metric,))


def _hint(*, usable: bool) -> str:
    """Say who makes a new certificate.

    Args:
        usable: it is only about to end. With one that is not, this host may be without a leader, and then the roles run
            only while its database is stopped: they do not touch a cluster that has lost its majority.
    """
    try:
        alone = units.show(units.MEMBERS_TIMER).active == "active"
    except CliError:
        alone = False
    if not alone:
        return _RENEW
    return _RENEWED if usable else _MAKE_NEW
