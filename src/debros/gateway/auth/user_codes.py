"""Codes that people type: eight consonants, so that they spell no word and nobody mistakes O for 0 (RFC 8628, 6.1)."""

import re
import secrets

_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
_GROUP = 4
_BETWEEN = re.compile(r"[\s-]+")
_CODE = re.compile(f"[{_ALPHABET}]{{8}}")


def new() -> str:
    """Return a new code, `XXXX-XXXX`; 34 bits, which is enough for ten minutes of counted guesses."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(2))


def read(text: str) -> str | None:
    """Return a code as it was given out, whatever case, blanks and hyphens it was typed with; None when it is none."""
    code = _BETWEEN.sub("", text[:64]).upper()
    return f"{code[:_GROUP]}-{code[_GROUP:]}" if _CODE.fullmatch(code) else None
