"""An Ethereum wallet in a file, for trying out sign-in. Keep nothing of value in it.

`wallet.py address FILE` prints the address, and makes the file (0600) when there is none. `wallet.py sign FILE` signs
standard input, without its last line end, as personal_sign does.
"""

import os
import sys
from pathlib import Path

import coincurve
from Crypto.Hash import keccak


def keccak256(data: bytes) -> bytes:
    """Return Ethereum's hash."""
    return keccak.new(digest_bits=256, data=data).digest()


def load(path: Path) -> coincurve.PrivateKey:
    """Return the key of a file, made when there is none."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(coincurve.PrivateKey().to_hex() + "\n")
    return coincurve.PrivateKey.from_hex(path.read_text().strip())


def address(key: coincurve.PrivateKey) -> str:
    """Return the address of a key."""
    return "0x" + keccak256(key.public_key.format(compressed=False)[1:])[-20:].hex()


def sign(key: coincurve.PrivateKey, message: bytes) -> str:
    """Return the signature of a message (EIP-191)."""
    digest = keccak256(b"\x19Ethereum Signed Message:\n" + str(len(message)).encode() + message)
    signature = key.sign_recoverable(digest, hasher=None)
    return "0x" + signature[:64].hex() + bytes([signature[64] + 27]).hex()


def main() -> None:
    """Do what the command line says."""
    match sys.argv[1:]:
        case ["address", file]:
            print(address(load(Path(file))))  # noqa: T201 - its answer
        case ["sign", file]:
            print(sign(load(Path(file)), sys.stdin.buffer.read().removesuffix(b"\n")))  # noqa: T201 - its answer
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
