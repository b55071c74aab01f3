"""The files of a page: plain ones in a folder of this package, and under which rules a browser shows them."""

from functools import cache
from importlib import resources

# Own files only, no frame around them, no form sent anywhere; the data: URLs are wallets' icons.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_TYPES = {"css": "text/css", "html": "text/html", "js": "text/javascript"}


def media_type(name: str) -> str:
    """Return the media type of a file by its name."""
    return _TYPES[name.rpartition(".")[2]]


@cache
def text(folder: str, name: str) -> str:
    """Return the text of a file; only names that a page's module lists may be asked for."""
    return (resources.files("debros.gateway.pages") / folder / name).read_text(encoding="utf-8")
