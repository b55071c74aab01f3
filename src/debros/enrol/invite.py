"""The invite: one string with everything a bare host needs to find a cluster, to know it again, and to be let in.

`debros1-` and then base64url of compact JSON with four bytes of its SHA-256 behind it, so that a paste that was cut off
or mistyped is told from a string that never was an invite. Whoever holds it may join once, until it expires.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import json
import re
from dataclasses import dataclass, field
from typing import Final

PREFIX: Final = "debros1-"
SECRET_BYTES: Final = 32
# The longest that makes sense: a DNS name has 253 characters, everything else is about 200.
_LONGEST: Final = 2048
_CHECKSUM_BYTES: Final = 4
_FAMILY: Final = re.compile(r"debros[0-9]+-")
_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DNS_NAME: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")


class InviteError(ValueError):
    """A string that is no invite, or not a whole one; the text says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Invite:
    """What an invite says.

    Attributes:
        address: under which the door is reached: an IP address or a DNS name.
        port: of the door.
        ca_sha256: SHA-256 of the DER form of the cluster's authority, 32 bytes.
        secret: what the door wants to hear, 32 bytes.
        expires: seconds since 1970 (UTC) from which on it is worth nothing.
    """

    address: str
    port: int
    ca_sha256: bytes
    secret: bytes = field(repr=False)
    expires: int

    def encode(self) -> str:
        """Return the string to carry to the new host."""
        document = {
            "a": self.address,
            "p": self.port,
            "c": base64.b64encode(self.ca_sha256).decode(),
            "s": base64.b64encode(self.secret).decode(),
            "e": self.expires,
        }
        text = json.dumps(document, separators=(",", ":")).encode()
        return PREFIX + base64.urlsafe_b64encode(text + _checksum(text)).decode().rstrip("=")

    @property
    def door(self) -> str:
        """Where the door is, as `address:port`."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def decode(text: str) -> Invite:
    """Read an invite; white space that came in while it was copied does not count.

    Raises:
        InviteError: it is none, or damaged.
    """
    compact = "".join(text.split())
    if not compact:
        raise InviteError("there is no invite; make one on a member of the cluster: sudo network-cli invite")
    if not compact.startswith(PREFIX):
        if _FAMILY.match(compact):
            raise InviteError(
                "this invite was made by another version of DeBros Network; use the installer of that one"
            )
        raise InviteError(f"that is no invite of DeBros Network: one begins with {PREFIX}")
    payload = _payload(compact.removeprefix(PREFIX))
    try:
        document = json.loads(payload)
        invite = Invite(
            address=str(document["a"]),
            port=int(document["p"]),
            ca_sha256=base64.b64decode(document["c"], validate=True),
            secret=base64.b64decode(document["s"], validate=True),
            expires=int(document["e"]),
        )
    except (ValueError, KeyError, TypeError):
        raise InviteError("this invite holds something else than an invite does; make a new one") from None
    if not (is_host(invite.address) and 0 < invite.port < 65536 and invite.expires > 0):
        raise InviteError("this invite names no address, port or time that could be one; make a new one")
    if len(invite.ca_sha256) != hashlib.sha256().digest_size or len(invite.secret) != SECRET_BYTES:
        raise InviteError("the keys in this invite have the wrong length; make a new one")
    return invite


def is_host(text: str) -> bool:
    """Tell whether a text is an IP address or a DNS name."""
    try:
        return "%" not in text and bool(ipaddress.ip_address(text))
    except ValueError:
        return _DNS_NAME.fullmatch(text) is not None


def _payload(text: str) -> bytes:
    damaged = InviteError("this invite was cut off or mistyped: copy it whole, in one piece")
    if len(text) > _LONGEST or not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise damaged
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise damaged from None
    document, checksum = raw[:-_CHECKSUM_BYTES], raw[-_CHECKSUM_BYTES:]
    if checksum != _checksum(document):
        raise damaged
    return document


def _checksum(document: bytes) -> bytes:
    return hashlib.sha256(document).digest()[:_CHECKSUM_BYTES]
