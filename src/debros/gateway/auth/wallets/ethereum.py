"""Ethereum: addresses (EIP-55) and personal_sign signatures (EIP-191, version 0x45).

Straight on libsecp256k1 and Keccak: eth-account does the same and costs 24 MB, a second at each start and 25 packages.
"""

import re

import coincurve
from Crypto.Hash import keccak

from debros.gateway.auth.wallets.errors import WalletError

_ADDRESS = re.compile(r"(?:0[xX])?([0-9a-fA-F]{40})")
_SIGNATURE = re.compile(r"(?:0[xX])?([0-9a-fA-F]{130})")
# The last byte: the recovery id as it is (0, 1), or with Bitcoin's offset, which most wallets add.
_RECOVERY = {0: 0, 1: 1, 27: 0, 28: 1}


def parse_address(text: str) -> str:
    """Return an address in lower case with 0x; its letters' case, a mere checksum, does not count.

    Raises:
        WalletError: It is not one.
    """
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise WalletError("invalid_wallet", "wallet is not an Ethereum address; expected 0x and 40 hex digits")
    return f"0x{match[1].lower()}"


def checksummed(address: str) -> str:
    """Return an address with the checksum that stands in the case of its letters (EIP-55)."""
    digits = address.removeprefix("0x").lower()
    marks = _keccak(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if int(mark, 16) > 7 else digit for digit, mark in zip(digits, marks, strict=False)
    )


def public_key_of_signer(address: str, message: bytes, signature: str) -> str | None:
    """Return the public key (0x04…, hex) when the address has signed the message with personal_sign, else None.

    Raises:
        WalletError: The signature is not 65 bytes of hex, or its last byte is none of 0, 1, 27, 28.
    """
    match = _SIGNATURE.fullmatch(signature.strip())
    if match is None:
        raise WalletError("malformed_signature", "signature is not 65 bytes (r, s, v) in hex")
    raw = bytes.fromhex(match[1])
    if raw[64] not in _RECOVERY:
        raise WalletError("malformed_signature", f"the signature's last byte is {raw[64]}; expected 0, 1, 27 or 28")
    digest = _keccak(b"\x19Ethereum Signed Message:\n" + str(len(message)).encode() + message)
    compact = raw[:64] + bytes([_RECOVERY[raw[64]]])
    try:
        key = coincurve.PublicKey.from_signature_and_message(compact, digest, hasher=None).format(compressed=False)
    except ValueError:
        return None  # r or s out of range, or no such point: nobody's signature
    return f"0x{key.hex()}" if f"0x{_keccak(key[1:])[-20:].hex()}" == address else None


def _keccak(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()
