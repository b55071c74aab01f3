"""A node's identity: one Ed25519 key in the file format of go- and js-libp2p, and the peer id that follows from it.

The file is libp2p's protobuf ``PrivateKey`` message, written out byte by byte because it never varies:
``08 01`` (Type = Ed25519), ``12 40`` (Data, 64 bytes), the 32-byte seed, the 32-byte public key; 68 bytes in all.
https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md#ed25519
"""

import contextlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import base58
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from debros import files

_HEADER: Final = bytes.fromhex("08011240")
# Other layouts found in the field: py-libp2p writes the bare seed, old go-libp2p repeated the public key.
_HEADER_SEED_ONLY: Final = bytes.fromhex("08011220")
_HEADER_OLD_GO: Final = bytes.fromhex("08011260")
_SIZES: Final = {_HEADER: 68, _HEADER_SEED_ONLY: 36, _HEADER_OLD_GO: 100}

# An Ed25519 peer id is the public key itself as an "identity" multihash (00, length 24) of the protobuf PublicKey.
_PEER_ID_PREFIX: Final = bytes.fromhex("002408011220")


class IdentityError(Exception):
    """The key file cannot be used; the text says which file, what is wrong with it and what to do."""


@dataclass(frozen=True, slots=True)
class Identity:
    """An Ed25519 key pair.

    Attributes:
        seed: the secret, 32 bytes; never shown in a repr.
        public_key: 32 bytes.
    """

    seed: bytes = field(repr=False)
    public_key: bytes

    @classmethod
    def from_seed(cls, seed: bytes) -> "Identity":
        """Derive the key pair of a 32-byte seed.

        Raises:
            ValueError: the seed is not 32 bytes long.
        """
        if len(seed) != 32:
            raise ValueError(f"an Ed25519 seed has 32 bytes; got {len(seed)}")
        return cls(seed, Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())

    @property
    def peer_id(self) -> str:
        """The libp2p peer id, ``12D3KooW…``."""
        return base58.b58encode(_PEER_ID_PREFIX + self.public_key).decode("ascii")

    def marshal(self) -> bytes:
        """The 68 bytes of the key file."""
        return _HEADER + self.seed + self.public_key


def unmarshal(data: bytes) -> Identity:
    """Read a private key in one of the three layouts (68, 36 or 100 bytes).

    Raises:
        ValueError: it is none of them, or its public half does not belong to its seed.
    """
    if not data:
        raise ValueError("it is empty")
    if _SIZES.get(data[:4]) != len(data):
        raise ValueError(f"it is not an Ed25519 libp2p private key ({len(data)} bytes, expected 68 starting 08011240)")
    identity = Identity.from_seed(data[4:36])
    rest = data[36:]
    if any(rest[i : i + 32] != identity.public_key for i in range(0, len(rest), 32)):
        raise ValueError("its public key does not belong to its private key")
    return identity


def load(path: Path) -> Identity:
    """Read the key file.

    Raises:
        IdentityError: there is none, or it cannot be read, or it is not a key, or every user may read it.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(4096)  # a key has at most 100 bytes; a huge file is refused without reading it all
    except FileNotFoundError:
        raise IdentityError(f"{path}: no such key file; start the node once to create it") from None
    except OSError as error:
        raise IdentityError(f"{path}: cannot read the key file: {error.strerror}; fix its owner or mode") from error
    if mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP):
        raise IdentityError(f"{path}: others may read or change this private key; run: chmod 600 {path}")
    try:
        return unmarshal(data)
    except ValueError as error:
        raise IdentityError(
            f"{path}: cannot use this key file: {error}; restore it from a backup, "
            "or move it away to get a new identity (and a new peer id)"
        ) from error


def load_or_create(path: Path) -> Identity:
    """Read the key file; create it (mode 0600) when there is none.

    An existing file is never replaced: the new key appears under its name in one step (``link``), and when two
    processes do this at once the second one reads the first one's key.

    Raises:
        IdentityError: see :func:`load`; or the file cannot be created.
    """
    try:
        if not path.exists():
            _create(path, Identity.from_seed(os.urandom(32)))
    except OSError as error:
        raise IdentityError(
            f"{path}: cannot create the key file: {error.strerror}; "
            "make its directory writable for this user, or set node.key_file"
        ) from error
    return load(path)


def _create(path: Path, identity: Identity) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):  # someone else was first: theirs counts
        files.create(path, identity.marshal())
