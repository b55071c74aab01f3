"""The gateway, seen from here: whether it answers, how, and to whom."""

from __future__ import annotations

import socket
import ssl
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from debros.cli.access import Need
from debros.cli.answers import sign_in_command
from debros.cli.diagnosis.finding import Finding, State, failed
from debros.cli.http import Gateway
from debros.cli.signin import clock
from debros.terminal.errors import CliError
from debros.version import current

if TYPE_CHECKING:
    from collections.abc import Iterator

    from debros.cli.connection import Answer
    from debros.cli.settings import Settings
    from debros.cli.target import Target

_OK, _DEGRADED = 200, 503
_SOON = 14 * 86_400  # seconds before its end at which a certificate should have been renewed (Let's Encrypt: 30 days)


def look(settings: Settings) -> Iterator[Finding]:
    """Ask the gateway what anybody may ask, and who we are."""
    try:
        gateway = Gateway(settings, need=Need.CREDENTIAL)
    except CliError as exc:
        yield failed("gateway", exc, "network-cli health")
        return
    with gateway:
        try:
            answer = gateway.get("/v1/health", public=True, accept=[_DEGRADED])
            yield _health(gateway.target, answer)
        except CliError as exc:
            yield failed("gateway", exc, "network-cli health")
            return
        yield _tls(settings, gateway.target)
        yield _clock(answer)
        yield _version(gateway)
        yield _identity(gateway)


def _health(target: Target, answer: Answer) -> Finding:
    checks = (answer.json().get("client") or {}).get("checks") or {}
    failing = [f"{name} ({state})" for name, state in checks.items() if state != "ok"]
    if answer.status == _OK and not failing:
        return Finding("gateway", State.OK, f"{target.url} answers")
    text = f"{target.url} answers, and is degraded: {', '.join(failing) or f'status {answer.status}'}"
    return Finding("gateway", State.FAIL, text, "network-cli health; on its host: debros-host check")


def _tls(settings: Settings, target: Target) -> Finding:
    if target.url.startswith("http://"):
        if target.loopback:
            return Finding("tls", State.OK, "not needed on this host")
        text = f"{target.url} is not encrypted: whoever is on the way can read credentials and data"
        return Finding(
            "tls", State.WARN, text, "name it with https://; on its host: security.enable_tls in gateway.yaml"
        )
    try:
        ends = _certificate_end(target.url, settings.timeout)
    except OSError as exc:  # a proxy stands between; httpx has checked the certificate already
        return Finding("tls", State.OK, f"trusted; its end is not known ({exc})")
    days = int((ends - time.time()) // 86_400)
    if ends - time.time() > _SOON:
        return Finding("tls", State.OK, f"trusted, for {days} more days")
    return Finding("tls", State.WARN, f"the certificate ends in {days} days", "renew it on the gateway's host")


def _certificate_end(url: str, timeout: float) -> float:
    """Return when a server's certificate ends, in seconds since 1970."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, parts.port or 443), timeout) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        certificate = secured.getpeercert() or {}
    return float(ssl.cert_time_to_seconds(str(certificate["notAfter"])))


def _clock(answer: Answer) -> Finding:
    if remark := clock.remark(answer.headers):
        return Finding("clock", State.WARN, remark, "sudo timedatectl set-ntp true")
    seconds = clock.ahead(answer.headers)
    if seconds is None:
        return Finding("clock", State.OK, "the gateway tells no time to compare with")
    return Finding("clock", State.OK, f"within {clock.FORGIVEN:g} s of the gateway's")


def _version(gateway: Gateway) -> Finding:
    own = current().version
    try:
        theirs = str(gateway.get("/v1/version", public=True).json().get("version") or "unknown")
    except CliError as exc:
        return failed("version", exc, "network-cli version", State.WARN)
    if own.split(".")[:2] == theirs.split(".")[:2]:
        return Finding("version", State.OK, f"network-cli {own}, gateway {theirs}")
    text = f"network-cli {own} and gateway {theirs} are of different releases"
    return Finding("version", State.WARN, text, "bring both to one release: docs/install.md, docs/deploy.md")


def _identity(gateway: Gateway) -> Finding:
    try:
        found = gateway.get("/v1/auth/whoami").json()
    except CliError as exc:
        return failed("sign-in", exc, sign_in_command(gateway.target), State.WARN)
    if not found.get("authenticated"):
        text = "the gateway lets everybody in, and nobody is signed in"
        return Finding("sign-in", State.WARN, text, sign_in_command(gateway.target))
    who = f"{found.get('subject') or 'API key'}, namespace {found.get('namespace')}"
    return Finding("sign-in", State.OK, who)
