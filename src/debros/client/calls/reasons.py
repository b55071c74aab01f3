"""Why a connection did not come about or broke, in words that help."""

from __future__ import annotations

import socket
import ssl

import aiohttp


def why(error: BaseException, seconds: float) -> str:  # noqa: PLR0911 - one a case
    """Return why; `seconds` is what it had."""
    found = _os_error(error)
    match found:
        case socket.gaierror():
            return f"its host is not known: {found.strerror}"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted: {found.verify_message}"
        case ssl.SSLError():
            return f"no TLS connection: {found.reason}"
        case ConnectionRefusedError():
            return "it refuses connections; is it running?"
        case TimeoutError():
            return f"no answer within {seconds:g}s"
        case OSError(strerror=str(text)):
            return text
    return str(error) or type(error).__name__


def _os_error(error: BaseException) -> BaseException:
    if isinstance(error, aiohttp.ClientConnectorError):
        error = error.os_error
    while isinstance(error, BaseExceptionGroup):  # addresses tried one after the other
        error = error.exceptions[0]
    return error
