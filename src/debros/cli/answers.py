"""What a gateway's refusal means for the user: status and problem document → message, code, exit code, next step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from debros.cli.target import Target

_EXIT_CODES = {
    401: ExitCode.AUTHENTICATION,
    403: ExitCode.AUTHENTICATION,
    404: ExitCode.NOT_FOUND,
    429: ExitCode.UNAVAILABLE,
    502: ExitCode.UNAVAILABLE,
    503: ExitCode.UNAVAILABLE,
    504: ExitCode.UNAVAILABLE,
}


class RefusedError(CliError):
    """The gateway answered, and did not do it.

    Attributes:
        status: of the answer.
        headers: of the answer.
    """

    def __init__(self, status: int, headers: Mapping[str, str], message: str, **options: Any) -> None:
        super().__init__(message, **options)
        self.status = status
        self.headers = headers


def refusal(target: Target, status: int, headers: Mapping[str, str], body: bytes) -> CliError:
    """Return the error for an answer that is not 2xx.

    Args:
        target: who answered.
        status: HTTP status.
        headers: of the answer.
        body: of the answer, a problem document (RFC 9457 with `error` and `code`) when a gateway wrote it.
    """
    message, code = _problem(body)
    if message is None:
        if status not in _EXIT_CODES or status == 404:  # a missing page, not a missing thing
            return unexpected(target.url, status, headers.get("Location"))
        message = f"{target.url} answered with status {status}"
    exit_code = _EXIT_CODES.get(status, ExitCode.FAILURE)
    hint = _hint(target, status, code, headers.get("Retry-After"))
    return RefusedError(status, headers, message, code=code or f"http_{status}", exit_code=exit_code, hint=hint)


def sign_in_command(target: Target) -> str:
    """Return the command that signs in to a gateway."""
    return f"network-cli auth login --gateway {target.url}"


def unexpected(url: str, status: int | None, location: str | None = None) -> CliError:
    """Return the error for an answer that no gateway gives."""
    answered = f" (status {status})" if status else ""
    hint = f"it sends you on to {location}; try --gateway with that host" if location else "check --gateway"
    return CliError(f"{url} answers, but not as a DeBros gateway{answered}", code="not_a_gateway", hint=hint)


def _problem(body: bytes) -> tuple[str | None, str | None]:
    try:
        problem = json.loads(body)
        message, code = problem["error"], problem.get("code")
    except (ValueError, TypeError, KeyError, AttributeError):
        return None, None
    if not isinstance(message, str):
        return None, None
    return message, code if isinstance(code, str) else None


def _hint(target: Target, status: int, code: str | None, retry_after: str | None) -> str | None:
    if code == "outcome_unknown":
        return "look whether the change was made before repeating it"
    if status == 401:
        if target.credential is None:
            where = " (or run 'make up' for a local cluster)" if target.loopback else ""
            return f"sign in with: {sign_in_command(target)}{where}; or give --api-key-file PATH"
        again = sign_in_command(target)
        return f"what was sent is not valid there; sign in with: {again}; or give a key with --api-key-file PATH"
    if retry_after and retry_after.isdigit():
        return f"try again in {retry_after}s"
    if status in (502, 503, 504):
        return "see 'network-cli health'"
    return None
