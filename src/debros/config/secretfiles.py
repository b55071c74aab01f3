"""Files that hold secrets: passwords for rqlite, API keys. Read whole, checked line by line, never quoted in a message.

A file that everybody on the host can read is refused: a warning would scroll by, and the key would stay public.
Its group may read it, because systemd hands out credentials with mode 0440 and an access list (systemd 254 and newer).
"""

import json
import os
import re
import stat
from pathlib import Path
from typing import Any, NamedTuple

from debros.config import checks
from debros.config.problems import ConfigError, Problem, printable
from debros.config.types import ApiKey, GatewayConfig

# Ten thousand API keys; a file that is larger is not what was meant.
_LARGEST = 1024 * 1024
_SERVER_KEY = re.compile(r"[\x21-\x7e]{32,1024}")


class SecretFileError(ValueError):
    """A file of secrets that cannot be used; ``message`` and ``hint`` quote nothing of it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message}; {hint}")
        self.message, self.hint = message, hint


class UserPassword(NamedTuple):
    """A user of rqlite and its password."""

    user: str
    password: str


def read(path: Path, *, secret: bool = True) -> bytes:
    """Read a file whole.

    Args:
        path: the file.
        secret: refuse it when everybody may read it.

    Raises:
        SecretFileError: it cannot be read, everybody can read it, or it is far too large.
    """
    name = printable(path)
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise SecretFileError(f"cannot read {name}: {error.strerror}", "check the path, its owner and mode") from None
    if secret and mode & stat.S_IROTH:
        raise SecretFileError(f"{name} holds a secret and everybody can read it", f"run: chmod 600 {name}")
    if len(data) > _LARGEST:
        raise SecretFileError(f"{name} is larger than {_LARGEST} bytes", "give another file")
    return data


def read_credentials(path: Path) -> UserPassword:
    """Read a user and its password, one line ``user:password``; the password may hold colons.

    Raises:
        SecretFileError: it is something else.
    """
    lines = _text(path).removesuffix("\n").split("\n")
    user, colon, password = lines[0].rstrip("\r").partition(":")
    if len(lines) != 1 or not (user and colon and password) or not lines[0].rstrip("\r").isprintable():
        raise SecretFileError(f"{printable(path)} does not hold credentials", "expected one line user:password")
    return UserPassword(user, password)


def read_server_key(path: Path) -> bytes:
    """Read the secret under which the gateway keeps credentials: one line of printable ASCII.

    Raises:
        SecretFileError: it is something else.
    """
    line = _text(path).rstrip("\r\n")
    if not _SERVER_KEY.fullmatch(line):
        raise SecretFileError(
            f"{printable(path)} does not hold a server key", "expected one line of 32 to 1024 letters, digits or signs"
        )
    return line.encode()


def read_api_keys(path: Path) -> list[tuple[int, ApiKey]]:
    """Read API keys, one ``key:namespace`` or ``key:namespace scope`` a line, and the number of the line of each.

    Raises:
        SecretFileError: a line is something else, or a key stands in it twice.
    """
    found: dict[str, tuple[int, ApiKey]] = {}
    for number, line in enumerate(_text(path).splitlines(), 1):
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        if answer := checks.api_key(entry):
            raise SecretFileError(f"{printable(path)} line {number}: {answer[0]}", answer[1])
        key = ApiKey(*checks.split_api_key(entry))
        if key.key in found:
            raise SecretFileError(
                f"{printable(path)} line {number}: duplicate API key", f"it is on line {found[key.key][0]} already"
            )
        found[key.key] = (number, key)
    return list(found.values())


def read_auth_users(path: Path) -> dict[str, list[str]]:
    """Read the users of rqlite's -auth file: name and permissions.

    An entry without "perms" is refused: rqlite gives it those of the entry before it (all versions so far).

    Raises:
        SecretFileError: it is something else.
    """
    name = printable(path)
    try:
        entries = json.loads(read(path))
    except ValueError as error:
        if isinstance(error, SecretFileError):
            raise
        raise SecretFileError(f"{name} is not JSON", "expected a list of users") from None
    if not isinstance(entries, list) or not all(_is_user(entry) for entry in entries):
        raise SecretFileError(
            f"{name} is not an rqlite auth file", 'each user needs "username", "password" and "perms", a list'
        )
    return {entry["username"]: entry["perms"] for entry in entries}


def rqlite_credentials(path: Path | None, key: str) -> UserPassword | None:
    """Read the credentials a program was configured with; None without a file.

    Args:
        path: the file.
        key: the key of the configuration that names it.

    Raises:
        ConfigError: the file is not what it was when the configuration was checked.
    """
    try:
        return read_credentials(path) if path else None
    except SecretFileError as error:
        raise ConfigError([Problem(key, error.message, error.hint)]) from None


def static_api_keys(config: GatewayConfig) -> list[ApiKey]:
    """List the static keys of a gateway: those of the configuration, then those of its file.

    Raises:
        ConfigError: the file is not what it was when the configuration was checked.
    """
    if config.api_keys_file is None:
        return list(config.api_keys)
    try:
        return [*config.api_keys, *(key for _, key in read_api_keys(config.api_keys_file))]
    except SecretFileError as error:
        raise ConfigError([Problem("api_keys_file", error.message, error.hint)]) from None


def _text(path: Path) -> str:
    try:
        return read(path).decode()
    except UnicodeDecodeError:
        raise SecretFileError(f"{printable(path)} is not UTF-8 text", "give a text file") from None


def _is_user(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("username"), str)
        and isinstance(entry.get("password", ""), str)
        and isinstance(entry.get("perms"), list)
        and all(isinstance(perm, str) for perm in entry["perms"])
    )
