"""The controller's directory of secrets: what is missing is made, what is there is never changed."""

from __future__ import annotations

import fcntl
import os
import secrets
import string
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from ansible_collections.debros.network.plugins.module_utils import pki

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# rqlite's users; what each may do stands in the role debros.
USERS = ("gateway", "node", "cluster", "admin")
# A host forwards statements to the leader with the caller's name and password, so while passwords change every host
# must know both generations. New ones therefore come with new names: gateway, gateway-1, gateway-2 … Only `cluster`
# keeps its name: it is needed in the moment of joining, which is repeated until it succeeds.
_LASTING = "cluster"
# The key of an authority that the hosts are just learning to trust.
_NEXT_KEY = "ca.next.key"
_VAULTED = b"$ANSIBLE_VAULT"  # the beginning of a file that ansible-vault has encrypted
_ALPHABET = string.ascii_letters + string.digits
_PASSWORD_LENGTH = 40  # 238 bits
_KEY_LENGTH = 24  # 142 bits, the length that existing clients know
_HEAD = "# Passwords of rqlite's users. Made by the playbook; may be encrypted with ansible-vault.\n"


class SecretsError(Exception):
    """The directory cannot be used; the text says why and what to do."""


class SecretFiles:
    """The files of one cluster.

    Args:
        directory: Where they are.
        read: Returns a file's text, decrypted.
        check: Make up what is missing, but write nothing.
    """

    def __init__(self, directory: Path, read: Callable[[Path], str], *, check: bool) -> None:
        self.directory = directory
        self.made: list[str] = []
        self.bared: list[str] = []  # those that were encrypted and are plain now: nobody but the operator can encrypt
        self._read = read
        self._check = check

    def collect(self, passwords: str = "keep", authority: str = "keep") -> dict[str, Any]:
        """Return all secrets, after making those that are missing.

        Args:
            passwords: What to do with rqlite's. keep: go on with what is in use. prepare: make new ones, known beside
                the old ones. switch: use the new ones, still knowing the old ones. finish: forget the old ones.
            authority: The same for the cluster's authority: a new one is trusted, signs, is the only one.

        Returns:
            ca_key ("" when the operator keeps it elsewhere), ca_certificate (while the authority changes: both),
            api_keys and server_key (texts), rqlite (role → the line user:password to use), rqlite_users (all that
            rqlite knows: role, username, password).

        Raises:
            SecretsError: A file cannot be read, is damaged or cannot be written.
        """
        try:
            with self._alone():
                return self._collect(passwords, authority)
        except OSError as error:
            raise SecretsError(f"{error.filename or self.directory}: {error.strerror}") from None
        except pki.PkiError as error:
            raise SecretsError(f"{self.directory}: {error}") from None

    def _collect(self, phase: str, authority: str) -> dict[str, Any]:
        key, certificate = self._turn_authority(*self._authority(), authority)
        users = self._users(self._text("rqlite.yml") or self._write("rqlite.yml", _HEAD + _dump(_passwords(0))))
        changed = _turn(users, phase)
        if changed is not None:
            users = changed
            self._write("rqlite.yml", _HEAD + _dump(users))
        keys = self._text("api-keys") or self._write("api-keys", f"ak_{_random(_KEY_LENGTH)}:default admin\n")
        server_key = self._text("server-key") or self._write("server-key", f"{_random(_PASSWORD_LENGTH)}\n")
        known = [users, *([users["old"]] if "old" in users else [])]
        used = known[0] if phase in ("switch", "finish") else known[-1]
        return {
            "ca_key": key,
            "ca_certificate": certificate,
            "api_keys": keys,
            "server_key": server_key,
            "rqlite": {role: f"{_username(role, used)}:{used[role]}" for role in USERS if role != _LASTING},
            "rqlite_users": [
                {"role": role, "username": _username(role, one), "password": one[role]}
                for one in known
                for role in USERS
                if role != _LASTING or one is users
            ],
        }

    def _authority(self) -> tuple[str, str]:
        """Return the authority's key and certificate, after making them when there are none."""
        certificate, key = self._text("ca.crt"), self._text("ca.key")
        if not key and not certificate:
            key = self._write("ca.key", pki.new_key())
        if not certificate:
            certificate = self._write("ca.crt", pki.new_ca(key))
        pki.authorities(certificate)
        return key, certificate

    def _turn_authority(self, key: str, trusted: str, phase: str) -> tuple[str, str]:
        """Return key and certificates after a phase; the authority that signs is the one whose key is in ca.key."""
        new = self._text(_NEXT_KEY)
        if phase == "prepare" and (new or len(pki.authorities(trusted)) == 1):
            new = new or self._write(_NEXT_KEY, pki.new_key())
            if not _belongs(new, trusted):
                trusted = self._write("ca.crt", trusted.rstrip("\n") + "\n" + pki.new_ca(new))
        elif phase == "switch" and new:
            pki.signer(new, trusted)  # the hosts must have been told to trust it
            self.made.append("ca.key")
            if not self._check:
                if self._is_vaulted("ca.key") and not self._is_vaulted(_NEXT_KEY):
                    self.bared.append("ca.key")
                (self.directory / _NEXT_KEY).replace(self.directory / "ca.key")
            key = new
        elif phase == "finish" and not new and len(pki.authorities(trusted)) > 1:
            if not key:
                raise SecretsError(f"{self.directory / 'ca.key'} is needed to know which authority stays; put it there")
            trusted = self._write("ca.crt", pki.pem_of(pki.signer(key, trusted)))
        return key, trusted

    def _users(self, text: str) -> dict[str, Any]:
        path = self.directory / "rqlite.yml"
        try:
            found = yaml.safe_load(text)
        except yaml.YAMLError:
            raise SecretsError(f"{path} is not YAML; restore it from a backup") from None  # the error would quote it
        generations = [found, found["old"]] if isinstance(found, dict) and "old" in found else [found]
        for one in generations:
            if not isinstance(one, dict) or not all(isinstance(one.get(user), str) for user in USERS):
                raise SecretsError(f"{path} must have a password, as text, for each of {', '.join(USERS)}")
            if any(not one[user] or set(one[user]) & set(":\r\n") for user in USERS):
                raise SecretsError(f"{path}: a password must not be empty or contain a colon or a line break")
        return dict(found)

    def _text(self, name: str) -> str:
        path = self.directory / name
        if not path.exists():
            return ""
        if path.stat().st_mode & 0o077:
            raise SecretsError(f"{path} can be read by others; run: chmod 600 {path}")
        return self._read(path)

    def _write(self, name: str, text: str) -> str:
        self.made.append(name)
        if self._check:
            return text
        if name != "ca.crt" and self._is_vaulted("ca.key" if name == _NEXT_KEY else name):
            self.bared.append(name)
        number, draft = tempfile.mkstemp(prefix=f".{name}.", dir=self.directory)  # mode 0600
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(number)
            Path(draft).replace(self.directory / name)
        finally:
            Path(draft).unlink(missing_ok=True)
        return text

    def _is_vaulted(self, name: str) -> bool:
        path = self.directory / name
        return path.exists() and path.read_bytes().startswith(_VAULTED)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep two playbooks apart that meet in an empty directory."""
        if not self._check:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.directory.is_dir():
            yield
            return
        descriptor = os.open(self.directory, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _belongs(key: str, trusted: str) -> bool:
    try:
        pki.signer(key, trusted)
    except pki.PkiError:
        return False
    return True


def _passwords(generation: int) -> dict[str, Any]:
    return {"generation": generation, **{user: _random(_PASSWORD_LENGTH) for user in USERS}}


def _dump(users: dict[str, Any]) -> str:
    return yaml.safe_dump(users, sort_keys=False)


def _username(role: str, users: dict[str, Any]) -> str:
    generation = int(users.get("generation", 0))
    return f"{role}-{generation}" if generation and role != _LASTING else role


def _turn(users: dict[str, Any], phase: str) -> dict[str, Any] | None:
    """Return the users after a phase, None when it changes nothing (so an interrupted rotation can be repeated)."""
    if phase == "prepare" and "old" not in users:
        return {**_passwords(int(users.get("generation", 0)) + 1), "old": users}
    if phase == "finish" and "old" in users:
        return {name: value for name, value in users.items() if name != "old"}
    return None


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
