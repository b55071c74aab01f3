"""The form of the file of credentials."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from pathlib import Path

VERSION = "2.0"

# What an entry of a type must hold as text; one of another type is kept and not used.
_TEXTS = {
    "api_key": ("api_key", "namespace"),
    "session": ("wallet", "namespace", "access_token", "refresh_token"),
}


class CredentialsError(CliError):
    """The file cannot be used; the text says what is wrong, where, and what to do."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, code="credentials_unusable", exit_code=ExitCode.AUTHENTICATION, hint=hint)


def empty() -> dict[str, Any]:
    """Return the document of a file that does not exist."""
    return {"version": VERSION, "current": "", "gateways": {}}


def parse(path: Path, text: bytes) -> dict[str, Any]:
    """Return the document of a file.

    Args:
        path: where it lies, for errors.
        text: its content.

    Raises:
        CredentialsError: it is not valid, or of a version we do not know.
    """
    try:
        document = json.loads(text)
    except ValueError as exc:
        raise CredentialsError(f"{path}: not JSON ({exc}); repair it or move it away") from exc
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION:
        hint = "upgrade network-cli" if _is_newer(version) else "repair it or move it away"
        raise CredentialsError(f"{path}: version {version!r} is not {VERSION!r}; {hint}")
    if not _is_valid(document):
        raise CredentialsError(
            f"{path}: not the form of a version {VERSION} credentials file; repair it or move it away"
        )
    assert isinstance(document, dict)
    return document


def _is_newer(version: object) -> bool:
    try:
        return [int(part) for part in str(version).split(".")] > [int(part) for part in VERSION.split(".")]
    except ValueError:
        return False


def _is_valid(document: dict[str, Any]) -> bool:
    gateways = document.get("gateways")
    return (
        isinstance(document.get("current"), str)
        and isinstance(gateways, dict)
        and all(isinstance(entry, dict) and _is_valid_gateway(entry) for entry in gateways.values())
    )


def _is_valid_gateway(entry: dict[str, Any]) -> bool:
    credentials, current = entry.get("credentials"), entry.get("current")
    return (
        isinstance(credentials, list)
        and isinstance(current, int)
        and 0 <= current < max(len(credentials), 1)
        and all(isinstance(one, dict) and _is_valid_credential(one) for one in credentials)
    )


def _is_valid_credential(one: dict[str, Any]) -> bool:
    type_ = one.get("type")
    if not isinstance(type_, str) or not isinstance(one.get("wallet", ""), str):
        return False
    if type_ == "session" and (isinstance(one.get("expires_at"), bool) or not isinstance(one.get("expires_at"), int)):
        return False
    return all(isinstance(one.get(name), str) for name in _TEXTS.get(type_, ()))
