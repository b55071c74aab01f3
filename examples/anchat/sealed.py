"""Messages that only the members of a room can read, and of which each member knows who wrote them.

A room is a random key of 32 bytes, handed on as an invite, outside of the network. A message is signed by its author's
wallet (Ed25519) and then encrypted with the room's key (XChaCha20-Poly1305, a random nonce each). Gateway, node and
database see the room's id, a hash of the key, and random bytes. Who gets hold of the key reads the history as well:
there is no forward secrecy, and nobody can be put out of a room but by making a new one.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import TYPE_CHECKING

import base58
import msgspec
from nacl.exceptions import BadSignatureError, CryptoError
from nacl.secret import Aead
from nacl.signing import VerifyKey

if TYPE_CHECKING:
    from debros.client import Wallet

_KEY = 32  # bytes
_INVITE = "anchat1:"  # so that an invite is not mistaken for something else


class SealError(Exception):
    """What was received is no message of this room, or not its author's."""


class Line(msgspec.Struct, frozen=True):
    """A message: `author` is a Solana address, `sent_at` Unix time in milliseconds by the author's clock."""

    id: str
    author: str
    text: str
    sent_at: int


class _Signed(msgspec.Struct):
    line: Line
    signature: str


class RoomKey:
    """What makes somebody a member of a room.

    Raises:
        ValueError: It has not 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY:
            raise ValueError(f"a room's key has {_KEY} bytes")
        self._key = key
        self._box = Aead(key)
        self.id = hashlib.blake2b(key, digest_size=16, person=b"anchat room id").hexdigest()

    @classmethod
    def new(cls) -> RoomKey:
        """Return the key of a room that nobody is in."""
        return cls(secrets.token_bytes(_KEY))

    @classmethod
    def of_invite(cls, invite: str) -> RoomKey:
        """Return the key that an invite carries.

        Raises:
            ValueError: It is none.
        """
        start, _, key = invite.partition(":")
        try:
            return cls(base64.urlsafe_b64decode(key if f"{start}:" == _INVITE else ""))
        except ValueError:
            raise ValueError(f"this is no invite; one begins with {_INVITE}, shown to who made the room") from None

    @property
    def invite(self) -> str:
        """What is handed to new members. Whoever sees it reads everything."""
        return _INVITE + base64.urlsafe_b64encode(self._key).decode()

    def seal(self, line: Line, wallet: Wallet) -> bytes:
        """Return a line, signed and encrypted."""
        signed = _Signed(line, wallet.sign(self._signed_text(line)))
        return bytes(self._box.encrypt(msgspec.json.encode(signed), self.id.encode()))

    def open(self, sealed: bytes) -> Line:
        """Return the line.

        Raises:
            SealError: It was not made with this room's key, or not by who is said to have written it.
        """
        try:
            signed = msgspec.json.decode(self._box.decrypt(sealed, self.id.encode()), type=_Signed)
        except (CryptoError, ValueError, msgspec.DecodeError):
            raise SealError("a message that was not made with this room's key") from None
        try:
            signature = base64.b64decode(signed.signature, validate=True)
            VerifyKey(base58.b58decode(signed.line.author)).verify(self._signed_text(signed.line).encode(), signature)
        except (BadSignatureError, ValueError, TypeError):
            raise SealError(f"a message that {signed.line.author} has not written") from None
        return signed.line

    def _signed_text(self, line: Line) -> str:
        """Return what the wallet signs: no text that means something elsewhere, such as a sign-in, begins like this."""
        return f"anchat message in {self.id}\n" + msgspec.json.encode(line).decode()
