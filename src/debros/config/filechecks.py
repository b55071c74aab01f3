"""The rules of values that name a file or directory. They look, and create nothing."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from debros.config import secretfiles
from debros.config.checks import Answer
from debros.config.paths import expand
from debros.config.problems import printable

# sun_path of sockaddr_un has 108 bytes, the last one NUL (man 7 unix).
_LONGEST_SOCKET_PATH = 107


def path(text: str, environ: Mapping[str, str]) -> Answer:
    """Any path: it must expand."""
    try:
        expand(text, environ)
    except ValueError as error:
        return "invalid path", str(error)
    return None


def directory(text: str, environ: Mapping[str, str]) -> Answer:
    """A directory to write to, which exists or can be created."""
    if answer := path(text, environ):
        return answer
    wanted = expand(text, environ)
    try:
        return _writable_directory(wanted) if wanted.exists() else _creatable(wanted)
    except OSError as error:
        return _unusable(wanted, error)


def writable_file(text: str, environ: Mapping[str, str]) -> Answer:
    """A file to append to, which exists or can be created."""
    if answer := path(text, environ):
        return answer
    wanted = expand(text, environ)
    try:
        if wanted.is_dir():
            return f"{_name(wanted)} is a directory", "give the path of a file"
        if wanted.exists():
            return None if os.access(wanted, os.W_OK) else _not_writable(wanted)
        return _creatable(wanted)
    except OSError as error:
        return _unusable(wanted, error)


def socket_path(text: str, environ: Mapping[str, str]) -> Answer:
    """A Unix socket: only its length is known to be wrong before the program that serves it has started."""
    if answer := path(text, environ):
        return answer
    length = len(os.fsencode(expand(text, environ)))
    if length > _LONGEST_SOCKET_PATH:
        return f"path too long for a Unix socket ({length} bytes)", f"at most {_LONGEST_SOCKET_PATH} bytes"
    return None


def readable_file(text: str, environ: Mapping[str, str]) -> Answer:
    """A file that is only read, and holds no secret."""
    return _read(text, environ, lambda file: secretfiles.read(file, secret=False))


def secret_file(text: str, environ: Mapping[str, str]) -> Answer:
    """A file that is only read, and not by everybody."""
    return _read(text, environ, secretfiles.read)


def credentials_file(text: str, environ: Mapping[str, str]) -> Answer:
    """A file with a user and its password."""
    return _read(text, environ, secretfiles.read_credentials)


def api_keys_file(text: str, environ: Mapping[str, str]) -> Answer:
    """A file of API keys."""
    return _read(text, environ, secretfiles.read_api_keys)


def server_key_file(text: str, environ: Mapping[str, str]) -> Answer:
    """A file with the gateways' common secret."""
    return _read(text, environ, secretfiles.read_server_key)


def rqlite_auth_file(text: str, environ: Mapping[str, str]) -> Answer:
    """A file of rqlite's users."""
    return _read(text, environ, secretfiles.read_auth_users)


def _read(text: str, environ: Mapping[str, str], read: Callable[[Path], Any]) -> Answer:
    if answer := path(text, environ):
        return answer
    try:
        read(expand(text, environ))
    except secretfiles.SecretFileError as error:
        return error.message, error.hint
    return None


def _creatable(wanted: Path) -> Answer:
    nearest = next(parent for parent in wanted.absolute().parents if parent.exists())
    answer = _writable_directory(nearest)
    return (f"cannot create {_name(wanted)}: {answer[0]}", answer[1]) if answer else None


def _writable_directory(place: Path) -> Answer:
    if not place.is_dir():
        return f"{_name(place)} is not a directory", "give the path of a directory"
    return None if os.access(place, os.W_OK | os.X_OK) else _not_writable(place)


def _not_writable(place: Path) -> Answer:
    return f"{_name(place)} is not writable", "check its owner and mode"


def _unusable(place: Path, error: OSError) -> Answer:
    return f"cannot use {_name(place)}: {error.strerror}", "check the path, its owner and mode"


def _name(place: Path) -> str:
    return printable(place)


# By the name that ``check_with`` gives them; each looks at what is there, unless the file is another program's.
FILE_CHECKS: dict[str, Callable[[str, Mapping[str, str]], Answer]] = {
    check.__name__: check
    for check in (
        path,
        directory,
        writable_file,
        socket_path,
        readable_file,
        secret_file,
        credentials_file,
        api_keys_file,
        rqlite_auth_file,
        server_key_file,
    )
}
