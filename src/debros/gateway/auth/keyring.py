"""This gateway's signing keys, in a file of its data directory: the next one, the current one, and the last ones.

A key waits one lifetime as the next before it signs for one lifetime, so every gateway has had its public half long
before the first token arrives. Switching needs nobody: it is a matter of the time.
"""

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from debros import files
from debros.clock import Clock, now_ms
from debros.config import ConfigError
from debros.config.problems import Problem

FILE = "signing-keys.json"
_FILE_OF = "signing-keys-{}.json"


class _Stored(msgspec.Struct):
    seed: str
    signs_from: int
    signs_until: int


class _Document(msgspec.Struct):
    version: Literal[1]
    keys: list[_Stored]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key. Times are milliseconds since 1970; it signs from the first until the second.

    Attributes:
        kid: Its name: the thumbprint of its public half (RFC 7638), so nobody can give two keys one name.
        public_key: 32 bytes in base64url, as in a JWK.
    """

    kid: str
    public_key: str
    private: Ed25519PrivateKey
    signs_from: int
    signs_until: int


def file_of(worker: int) -> str:
    """Return the name of the file that a worker's keys are in; nobody else writes it. The first one's is the gateway's.

    Args:
        worker: Which worker of the gateway, from 0.
    """
    return _FILE_OF.format(worker + 1) if worker else FILE


class KeyRing:
    """The keys, kept up to date by `turn`.

    Args:
        path: The file.
        lifetime: Milliseconds for which one key signs.
        keep: Milliseconds a key is kept after that, as long as a token it signed can live.
        clock: Milliseconds since 1970.

    Raises:
        ConfigError: The file cannot be read, or holds something else.
    """

    def __init__(self, path: Path, *, lifetime: int, keep: int, clock: Clock = now_ms) -> None:
        self._path = path
        self._lifetime = lifetime
        self._keep = keep
        self._clock = clock
        self.keys = _read(path)

    def expires_at(self, key: SigningKey) -> int:
        """Return when the last token signed with a key has ended."""
        return key.signs_until + self._keep

    def turn(self) -> bool:
        """Drop what has ended, make the current and the next key where they are missing; tell whether anything changed.

        Raises:
            OSError: The file cannot be written; nothing has changed.
        """
        now = self._clock()
        keys = [key for key in self.keys if self.expires_at(key) > now]
        if not any(key.signs_from <= now < key.signs_until for key in keys):
            keys.append(_new(os.urandom(32), now, now + self._lifetime))
        last = max(key.signs_until for key in keys)
        if not any(key.signs_from > now for key in keys):
            keys.append(_new(os.urandom(32), last, last + self._lifetime))
        if keys == self.keys:
            return False
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.replace(self._path, _dump(keys))
        self.keys = keys
        return True

    def current(self, usable: set[str]) -> SigningKey | None:
        """Return the key to sign with now, one of the `usable` (by kid); None when there is none yet."""
        now = self._clock()
        begun = [key for key in self.keys if key.signs_from <= now < key.signs_until and key.kid in usable]
        return max(begun, key=lambda key: key.signs_from, default=None)


def _read(path: Path) -> list[SigningKey]:
    try:
        document = msgspec.json.decode(path.read_bytes(), type=_Document)
        return [
            _new(base64.b64decode(key.seed, validate=True), key.signs_from, key.signs_until) for key in document.keys
        ]
    except FileNotFoundError:
        return []
    except OSError as error:
        problem = Problem("data_dir", f"cannot read {path}: {error.strerror}", "check its owner and mode")
    except (ValueError, msgspec.MsgspecError):
        problem = Problem(
            "data_dir", f"{path} is damaged", "remove it: new keys are made, and who is signed in renews the token"
        )
    raise ConfigError([problem])


def _dump(keys: list[SigningKey]) -> bytes:
    document: dict[str, Any] = {
        "version": 1,
        "keys": [
            {
                "seed": base64.b64encode(key.private.private_bytes_raw()).decode(),
                "signs_from": key.signs_from,
                "signs_until": key.signs_until,
            }
            for key in keys
        ],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _new(seed: bytes, signs_from: int, signs_until: int) -> SigningKey:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = _base64url(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    return SigningKey(thumbprint(public), public, private, signs_from, signs_until)


def thumbprint(public_key: str) -> str:
    """Return the name of an Ed25519 public key (RFC 7638 over RFC 8037's members)."""
    members = f'{{"crv":"Ed25519","kty":"OKP","x":"{public_key}"}}'
    return _base64url(hashlib.sha256(members.encode()).digest())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
