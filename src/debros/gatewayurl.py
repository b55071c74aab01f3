"""The address of a gateway, in its one form."""

from urllib.parse import urlsplit

EXPECTED = "expected http(s)://host[:port]"


class PasswordError(ValueError):
    """The address holds a user or password, which every user of the host could see."""


def parse(text: str) -> str:
    """Return an address in its one form: a scheme (http when none is given), the host in small letters, no slash last.

    Args:
        text: for example ``localhost:6001`` or ``https://gateway.example/``.

    Raises:
        PasswordError: there is a user in it; the text must not be shown.
        ValueError: it is not an http(s) URL of a host.
    """
    if "@" in text:
        raise PasswordError("no user or password in the address; use api_key_file (--api-key-file)")
    url = text.strip() if "://" in text else f"http://{text.strip()}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or " " in url or parts.query or parts.fragment:
        raise ValueError(f"not the address of a gateway; {EXPECTED}")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"
