"""Why a gateway could not be talked to, from whatever an HTTP or WebSocket library raised."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from debros.cli.target import Target


def explain(exc: BaseException, target: Target) -> CliError:
    """Return the error for a connection that could not be made or broke, exit code 5."""
    for cause in _chain(exc):
        if isinstance(cause, socket.gaierror):
            hint = "check the spelling of the host, and the network"
            return _error(f"the host of {target.url} is not known ({cause.strerror})", "gateway_unknown_host", hint)
        if isinstance(cause, ssl.SSLCertVerificationError):
            hint = "check the address; for a private authority set SSL_CERT_FILE"
            text = f"the certificate of {target.url} is not trusted ({cause.verify_message})"
            return _error(text, "gateway_untrusted", hint)
        if isinstance(cause, ssl.SSLError):
            hint = f"does it speak plain HTTP? try --gateway {target.url.replace('https://', 'http://', 1)}"
            return _error(f"no TLS connection to {target.url} ({cause.reason})", "gateway_tls", hint)
        if isinstance(cause, ConnectionRefusedError):
            return not_running(target)
        if isinstance(cause, OSError) and cause.strerror and not isinstance(cause, TimeoutError):
            return _error(f"gateway at {target.url}: {cause.strerror}", "gateway_unreachable", _where(target))
    return _error(f"gateway at {target.url}: {str(exc) or type(exc).__name__}", "gateway_unreachable", _where(target))


def not_running(target: Target) -> CliError:
    """Return the error for a gateway that refuses connections."""
    return _error(f"gateway at {target.url} does not answer; is it running?", "gateway_unreachable", _where(target))


def timed_out(target: Target, seconds: float, *, writing: bool) -> CliError:
    """Return the error for an answer that did not come in time.

    Args:
        target: who did not answer.
        seconds: how long we waited.
        writing: the request changes something, so the user must know that it may have happened.
    """
    doubt = "; the change may have been made, so look before repeating it" if writing else ""
    hint = "wait longer with --timeout, or see 'network-cli health'"
    return _error(f"no answer from {target.url} within {seconds:g}s{doubt}", "timeout", hint)


def _error(message: str, code: str, hint: str) -> CliError:
    return CliError(message, code=code, exit_code=ExitCode.UNAVAILABLE, hint=hint)


def _where(target: Target) -> str:
    if target.loopback:
        return "try: make up (development), or: systemctl status debros-gateway"
    return "check the address (--gateway, DEBROS_GATEWAY_URL) and the firewall between here and there"


def _chain(exc: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and what it came from; sockets tried one after the other come as a group."""
    while exc is not None:
        yield exc
        if isinstance(exc, BaseExceptionGroup):
            for member in exc.exceptions:
                yield from _chain(member)
        exc = exc.__cause__ or exc.__context__
